"""How much wider than usual a market is quoted: for doubt, for old news, for jumps, for thin books.

Avellaneda and Stoikov (2008) quote around a fair price with a total spread of
gamma sigma^2 (T - t) + (2 / gamma) log(1 + gamma / k): a part for the risk that is carried and a
part for the market's appetite. The second is a market's usual margin here. The first cannot be
taken over as it is: a probability is no diffusion, it jumps with the next event, and the feed
that tells of it is late. So the risk is told in three other terms, the first two an amount of
probability that a bettor who knows better can take, added up over a market as an overround is:

- doubt: the filter's standard error of each probability, times an aversion;
- jumps: sum over the next events of rate x |probability after - probability| (`jump_risk`), times
  how long a price stands open to somebody who saw the event first;
- a thin book: where a hedge finds no size, the whole margin is scaled up.

Inventory is not looked at: it moves both sides of a market one way, which is a skew and no width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.settings import Range

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The figures of widening. Judgement, not measured, unless a comment says otherwise."""

    # What somebody who knows a normal error gains by backing an outcome only where it pays:
    # E max(0, error) = 1 / sqrt(2 pi) of the standard error. Who bets against a quote that is wrong
    # has picked it, so errors do not average out.
    doubt_aversion: float = 0.4
    # A feed that speaks each second is not late before this; from there its silence counts in full.
    fresh_us: int = 2_000_000
    # Bets are taken at the price of the moment that they are handled in, so that what is left is
    # the feed's own way from the pitch: a scout's hand and a connection.
    delay_us: int = 1_000_000
    # At this size on the best offer the margin is half as much again as on a deep book.
    depth_half_minor: int = 50_000
    thin_factor: float = 1.0
    # No market is quoted wider than this, whatever is wrong: past it suspension is the answer.
    factor_max: float = 4.0
    overround_max: float = 0.35
    # A price below the shortest is not offered; one above the longest becomes it.
    price_milli_min: int = 1_010
    price_milli_max: int = 1_000_000


DEFAULT_SPREAD = Spread()
"""The figures used where nobody chose others."""

SPREAD_RANGES = {
    "doubt_aversion": Range(0.0, 10.0),
    "fresh_us": Range(0, 20_000_000, is_whole=True),
    "delay_us": Range(0, 20_000_000, is_whole=True),
    "depth_half_minor": Range(1, 10**9, is_whole=True),
    "thin_factor": Range(0.0, 5.0),
    "factor_max": Range(1.0, 10.0),
    "overround_max": Range(0.05, 0.5),
}
"""What may be set of them."""


def jump_risk(rates_per_s: Floats, after: Floats, now: Floats) -> Floats:
    """Probability that moves on each outcome each second, without its sign, shape (..., n).

    Its sum over a market is what `margin_of` asks for.

    Args:
        rates_per_s: how often each of the next events happens, shape (events,).
        after: the outcomes' probabilities after each event, shape (events, ..., selections).
        now: those before, shape (..., selections).
    """
    risk: Floats = np.tensordot(rates_per_s, np.abs(after - now), axes=1)
    return risk


def margin_of(  # noqa: PLR0917 - the conditions, in the order of the sum
    margin: float,
    uncertainty: float,
    age_us: int,
    jump_per_s: float,
    delay_us: int,
    depth_minor: int | None,
    spread: Spread = DEFAULT_SPREAD,
) -> float:
    """The factor on a market's usual margin, from 1 up to `Spread.factor_max`.

    It never falls when doubt, age, jumps or delay grow or when depth shrinks, and margin x factor
    never passes `Spread.overround_max` unless the usual margin does.

    Args:
        margin: the market's usual margin, above 0.
        uncertainty: standard errors of the outcomes' probabilities, added up; 0: sure.
        age_us: time since the feed was last heard of the match.
        jump_per_s: the `jump_risk` of the market's outcomes, added up.
        delay_us: how long a price stands after it was asked for: the bet delay where prices are
            kept through it, and the feed's own way.
        depth_minor: size on the best offer of the exchange where this is hedged; 0 if there is
            none, None if it is not hedged on one.
        spread: the figures of widening.

    Raises:
        ValueError: a figure is negative or not a number, or the margin is not above 0.
    """
    conditions = (uncertainty, age_us, jump_per_s, delay_us, depth_minor or 0)
    # Said so that a NaN is refused as well: it would otherwise pass every bound below.
    if not margin > 0.0 or not all(each >= 0 for each in conditions):
        raise ValueError(f"no margin of {margin} under {conditions}")
    alone = np.array([margin]), np.array([uncertainty]), np.array([jump_per_s])
    open_us = opened_us(age_us, delay_us, spread)
    return float(factors(*alone, open_us, thinness(depth_minor, spread), spread)[0])


def factors(  # noqa: PLR0917 - the conditions, in the order of the sum
    margins: Floats,
    uncertainties: Floats,
    jumps_per_s: Floats,
    open_us: int,
    thin: float,
    spread: Spread = DEFAULT_SPREAD,
) -> Floats:
    """`margin_of` for many markets, unchecked: shape (markets,) but for the time and the book."""
    # No jump moves more than all of the probability, off one outcome and on another.
    added = spread.doubt_aversion * uncertainties + np.minimum(2.0, jumps_per_s * (open_us / 1e6))
    most = np.minimum(spread.factor_max, spread.overround_max / margins)
    return np.maximum(1.0, np.minimum((1.0 + added / margins) * thin, most))


def opened_us(age_us: int, delay_us: int, spread: Spread = DEFAULT_SPREAD) -> int:
    """For how long a price may stand open to somebody who saw an event first."""
    return delay_us + max(0, age_us - spread.fresh_us)


def thinness(depth_minor: int | None, spread: Spread = DEFAULT_SPREAD) -> float:
    """What a thin book makes of a margin, from 1 for a deep one, or none, up."""
    if depth_minor is None:
        return 1.0
    half = spread.depth_half_minor
    return 1.0 + spread.thin_factor * half / (half + depth_minor)


def within_caps(
    price_milli: NDArray[np.int64], spread: Spread = DEFAULT_SPREAD
) -> NDArray[np.int64]:
    """The prices that may stand: 0 for those below the shortest, the longest for those above it."""
    capped = np.minimum(price_milli, spread.price_milli_max)
    return np.where(capped < spread.price_milli_min, 0, capped)

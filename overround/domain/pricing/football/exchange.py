"""What an exchange's 1X2 says of the sides beyond prices, score, cards and shots: a Kalman pull.

The exchange knows what no feed of ours tells: a side's form today, an injury, ten men who hold on.
Its offers are an observation of both log rates with noise: half the spread, more where little
money stands behind it. Log rates are pulled towards it as far as our own doubt and its noise say
(an iterated extended Kalman filter: Bell and Cathey, 1993), and drift back to the model's own as
time passes without offers (an Ornstein-Uhlenbeck process). How far apart the two were, in standard
errors, is told with each pull, so that whoever trades can stop when one of them must be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import INDEX
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.grid import grid_of, score_weights
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match, Parameters

Floats = NDArray[np.float64]

_OUTCOMES = ("home", "draw", "away")
_RESULT = tuple(INDEX[f"1x2/{outcome}"] for outcome in _OUTCOMES)
# The middles of three spreads sum to 1 but for the spreads' own width.
_BOOK_MIN, _BOOK_MAX = 0.9, 1.1
_STEPS = 4
_NUDGE = 1e-4
# Past this neither side's rate is what the prices said, whatever the exchange says.
_LOG_MAX = 1.5


@dataclass(frozen=True, slots=True)
class Offers:
    """The best offers of an outcome: prices in thousandths, sizes in hundredths."""

    back_milli: int
    back_size_minor: int
    lay_milli: int
    lay_size_minor: int


@dataclass(frozen=True, slots=True)
class Pulling:
    """The figures of the pull. Judgement, not measured, unless a comment says otherwise."""

    # Standard deviation in log rate of what our own rates miss: what the shots' filter found of
    # the prices before kick-off (`Parameters.shots_prior` of 45 is 0.15).
    spread: float = 0.15
    # What is not repeated within a quarter of an hour is two thirds forgotten.
    forgotten_s: float = 900.0
    # A price is a step of the ladder, and the middle of a spread is not where it trades.
    probability_noise: float = 0.004
    # With this size behind the thinner offer the noise's variance is doubled.
    size_half_minor: int = 20_000
    # An offer that stands is not said again: what is heard sooner than this after the last one
    # counts for as much less.
    news_s: float = 30.0


DEFAULT_PULLING = Pulling()
"""The figures used where nobody chose others."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Logarithms of what the exchange does to both rates, and their covariance; in millionths.

    `heard_at_s` is when it was last heard, on any clock that only rises; None: never.
    """

    heard_at_s: int | None
    home_micro: int
    away_micro: int
    home_variance_micro: int
    away_variance_micro: int
    covariance_micro: int


def fresh(pulling: Pulling = DEFAULT_PULLING) -> Pull:
    """A pull that no offer has moved yet."""
    variance_micro = round(MICROS * pulling.spread**2)
    return Pull(None, 0, 0, variance_micro, variance_micro, 0)


def pull_factors(pull: Pull, at_s: int, pulling: Pulling = DEFAULT_PULLING) -> tuple[float, float]:
    """What it does to the rates of home and away at a moment, if nothing was heard since."""
    mean, _ = _passed(pull, at_s, pulling)
    home, away = np.exp(mean).tolist()
    return home, away


def _passed(pull: Pull, at_s: int, pulling: Pulling) -> tuple[Floats, Floats]:
    """Mean and covariance after time without offers: nearer to none, as uncertain as at first."""
    kept = exp(-_silent_s(pull, at_s) / pulling.forgotten_s)
    variances = [pull.home_variance_micro, pull.away_variance_micro]
    covariance = (np.diag(variances) + pull.covariance_micro * np.eye(2)[::-1]) / MICROS
    back = (1.0 - kept**2) * pulling.spread**2 * np.eye(2)
    mean = kept * np.array([pull.home_micro, pull.away_micro]) / MICROS
    return mean, kept**2 * covariance + back


def _silent_s(pull: Pull, at_s: int) -> int:
    return 0 if pull.heard_at_s is None else max(0, at_s - pull.heard_at_s)


def observed(
    offers: Mapping[str, Offers], pulling: Pulling = DEFAULT_PULLING
) -> tuple[Floats, Floats]:
    """Probabilities of a home and an away win, and their variances, shape (2,) each.

    Args:
        offers: of `home`, `draw` and `away`.
        pulling: the figures of the pull.

    Raises:
        Refusal: `offers_missing` when an outcome has none on a side, or no size behind one;
            `price_out_of_range`; `offers_crossed` when one backs above where another lays;
            `market_sum_out_of_range`.
    """
    if any(outcome not in offers for outcome in _OUTCOMES):
        raise Refusal("offers_missing", f"only of {', '.join(sorted(offers)) or 'nothing'}")
    middles, variances = zip(*(_middle(offers[each], pulling) for each in _OUTCOMES), strict=True)
    book = sum(middles)
    if not _BOOK_MIN <= book <= _BOOK_MAX:
        raise Refusal("market_sum_out_of_range", f"the middles of 1X2 sum to {book:.3f}")
    home, _, away = (middle / book for middle in middles)
    return np.array([home, away]), np.array([variances[0], variances[2]])


def _middle(offers: Offers, pulling: Pulling) -> tuple[float, float]:
    """The middle of the spread as a probability, and the variance of its noise."""
    if not PRICE_MILLI_MIN <= offers.back_milli <= PRICE_MILLI_MAX:
        raise Refusal("price_out_of_range", f"to back at {offers.back_milli}")
    if not PRICE_MILLI_MIN <= offers.lay_milli <= PRICE_MILLI_MAX:
        raise Refusal("price_out_of_range", f"to lay at {offers.lay_milli}")
    if offers.back_milli > offers.lay_milli:
        raise Refusal("offers_crossed", f"{offers.back_milli} to back, {offers.lay_milli} to lay")
    size_minor = min(offers.back_size_minor, offers.lay_size_minor)
    if size_minor <= 0:
        raise Refusal("offers_missing", f"{size_minor} behind an offer")
    high, low = 1_000.0 / offers.back_milli, 1_000.0 / offers.lay_milli
    # Anywhere in the spread alike: a third of the square of half its width.
    noise = ((high - low) / 2.0) ** 2 / 3.0 + pulling.probability_noise**2
    return (high + low) / 2.0, noise * (1.0 + pulling.size_half_minor / size_minor)


def pulled(  # noqa: PLR0917 - state, match, observation, time, figures
    pull: Pull,
    match: Match,
    offers: Mapping[str, Offers],
    at_s: int,
    parameters: Parameters = DEFAULTS,
    pulling: Pulling = DEFAULT_PULLING,
) -> tuple[Pull, float]:
    """The pull after an exchange's offers, and how many standard errors they were off before.

    The most likely log rates given both, by Gauss-Newton from the pull as it is; the distance is
    that of the offers from what was expected of them (Mahalanobis, two degrees of freedom).

    Raises:
        Refusal: see `observed`; `match_not_priced` when there is nothing left to pull.
    """
    if not match.is_priced:
        raise Refusal("match_not_priced", match.period)
    wanted, noise = observed(offers, pulling)
    mean, prior = _passed(pull, at_s, pulling)
    point = mean
    expected, slopes = _result(match, point, parameters)
    doubt = slopes @ prior @ slopes.T + np.diag(noise)
    missed = wanted - expected
    distance = sqrt(float(missed @ np.linalg.solve(doubt, missed)))
    news = 1.0 if pull.heard_at_s is None else _silent_s(pull, at_s) / pulling.news_s
    if news <= 0.0:
        return pull, distance
    noise /= min(1.0, news)
    for _ in range(_STEPS):
        doubt = slopes @ prior @ slopes.T + np.diag(noise)
        gain = np.linalg.solve(doubt, slopes @ prior).T
        step = mean + gain @ (wanted - expected - slopes @ (mean - point))
        point = np.clip(step, -_LOG_MAX, _LOG_MAX)
        expected, slopes = _result(match, point, parameters)
    left = prior - gain @ slopes @ prior
    return _kept(at_s, point, (left + left.T) / 2.0), distance


def _kept(at_s: int, point: Floats, left: Floats) -> Pull:
    home, away = np.rint(MICROS * point).astype(np.int64).tolist()
    (home_variance, covariance), (_, away_variance) = (
        np.rint(MICROS * left).astype(np.int64).tolist()
    )
    return Pull(at_s, home, away, max(1, home_variance), max(1, away_variance), covariance)


def _result(match: Match, point: Floats, parameters: Parameters) -> tuple[Floats, Floats]:
    """Probabilities of home and away wins at these log factors, and their slopes, (2, 2)."""
    home, away, rho = remaining_rates(match, parameters)
    won, _ = score_weights(_RESULT)
    chances = []
    for nudge in (np.zeros(2), np.array([_NUDGE, 0.0]), np.array([0.0, _NUDGE])):
        by_home, by_away = np.exp(point + nudge).tolist()
        scores = (match.home_goals, match.away_goals)
        grid = grid_of(home * by_home, away * by_away, rho, *scores, parameters)
        chances.append((grid.ravel() @ won)[[0, 2]])
    slopes: Floats = (np.array(chances[1:]) - chances[0]).T / _NUDGE
    return chances[0], slopes

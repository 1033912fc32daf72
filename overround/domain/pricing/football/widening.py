"""How much wider than usual each market of a match is quoted now: `spread` for football."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.doubt import unseen
from overround.domain.pricing.football.jumps import Steps, goals_per_s, level_rates, moves, stepped
from overround.domain.pricing.football.layout import ON_SIDES
from overround.domain.pricing.football.margin import MARKET_OF, margins_of
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.spread import DEFAULT_SPREAD, Spread, factors, opened_us, thinness

Floats = NDArray[np.float64]

# Widening is looked up for conditions rounded to such steps: of a side's goals a second, which are
# some 2.5e-4, and of the standard errors of rates, which come to 0.07. So it is off by a twentieth
# of itself at most, in a margin that is off by more; and a match makes a new one each half minute.
_GOALS_PER_S_STEP = 1e-5
_DOUBT_STEP = 0.0025
_KEPT = 4_096


def widening(
    match: Match,
    parameters: Parameters = DEFAULTS,
    spread: Spread = DEFAULT_SPREAD,
    age_us: int = 0,
    depth_minor: int | None = None,
) -> Floats | None:
    """Factors on the margins of a match, shape (markets,); None where every one of them is 1.

    Args:
        match: a match that is priced.
        parameters: the figures of the model.
        spread: the figures of widening.
        age_us: how long the match was not heard of.
        depth_minor: size on the best offer of the exchange where it is hedged, None without one.
    """
    is_begun = match.period is not Period.NOT_STARTED
    if not is_begun and depth_minor is None:
        return None
    rates = level_rates(match, parameters)
    home, away = goals_per_s(match, rates, parameters)
    home_doubt, away_doubt = unseen(match, parameters)
    return _near(
        stepped(rates),
        (match.home_goals, match.away_goals),
        (round(home / _GOALS_PER_S_STEP), round(away / _GOALS_PER_S_STEP)),
        (round(home_doubt / _DOUBT_STEP), round(away_doubt / _DOUBT_STEP)),
        (opened_us(age_us, spread.delay_us, spread), thinness(depth_minor, spread)),
        parameters,
        spread,
    )


def beside(widened: Floats | None) -> Floats | None:
    """The factors on the margins of the side markets, shape (side markets,), from `widening`'s.

    They follow from the same rates and the next goal moves them no less, so they are as wide as
    the widest of the others.
    """
    return None if widened is None else np.full(len(ON_SIDES.markets), widened.max())


@lru_cache(maxsize=_KEPT)
def _near(  # noqa: PLR0917 - what it follows from, from the match outwards
    rates: Steps,
    score: tuple[int, int],
    goals: tuple[int, int],
    doubts: tuple[int, int],
    standing: tuple[int, float],
    parameters: Parameters,
    spread: Spread,
) -> Floats:
    moved = moves(rates, score, parameters)
    jumps = np.array(goals) * _GOALS_PER_S_STEP @ moved.goals
    home, away = doubts
    by_rate = np.hypot(moved.slopes[0] * home, moved.slopes[1] * away) * _DOUBT_STEP
    doubted = np.bincount(MARKET_OF, by_rate).astype(np.float64)
    wider = factors(margins_of(parameters), doubted, jumps, *standing, spread)
    wider.flags.writeable = False  # it is kept, and handed out again
    return wider

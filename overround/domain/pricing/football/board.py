"""Every price of a match: from one state, all that `catalogue.OFFERS` lists.

All goals markets come from one remaining-time grid of scores and one course of the score, corners
and cards from the same opinion of the sides. What is decided has the shares of its result; what
cannot be known from the state (an earlier goal's scorer, a first half that nobody told of, corners
that nobody counts) has none. `boards` does the same for many matches at once.
"""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.match import Period
from overround.domain.pricing.football import catalogue
from overround.domain.pricing.football.catalogue import FIRST_HALF, HALF, OFFERS
from overround.domain.pricing.football.corners import corners_of
from overround.domain.pricing.football.course import SCORES, SPELL
from overround.domain.pricing.football.grid import (
    ON_SCORE,
    ScoreWeights,
    grid_of,
    low_score_taus,
    many_taus,
)
from overround.domain.pricing.football.halves import Halves, halves
from overround.domain.pricing.football.intensity import (
    cards_left,
    remaining_rates,
    share_left,
    strengths,
)
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.football.order import DEPTH, put_order
from overround.domain.pricing.football.qualify import home_after_level, is_open
from overround.domain.pricing.football.tallies import cards, corners

Floats = NDArray[np.float64]

ON_FIRST_HALF = ScoreWeights.of(FIRST_HALF)
ON_SECOND_HALF = ScoreWeights.of(HALF)


def _sections() -> tuple[slice, ...]:
    lengths = [len(section) for section in catalogue.SECTIONS]
    ends = np.cumsum(lengths).tolist()
    return tuple(slice(end - length, end) for end, length in zip(ends, lengths, strict=True))


SCORE, FIRST, SECOND, RESULTS, ORDER, QUALIFY, CORNERS, CARDS = _sections()
BOTH_HALVES = slice(FIRST.start, SECOND.stop)
RESULT = slice(0, 3)
"""1X2, which is the catalogue's first market."""

FIRST_HALF_OPEN = (Period.NOT_STARTED, Period.FIRST_HALF)


class Rates(NamedTuple):
    """What is still to come of a match, or of many, each a number or an array with one a match.

    `home`, `away` and `rho` as in `remaining_rates`, `until_half` the share of the goals to come
    that comes before half time, 0 from there on.
    """

    home: Any
    away: Any
    rho: Any
    until_half: Any


def shares(match: Match, parameters: Parameters = DEFAULTS) -> tuple[Floats, Floats]:
    """Expected won and refunded shares of a stake on each of `OFFERS`, shape (OFFERS,) each."""
    both = np.zeros((2, len(OFFERS)))
    if match.is_priced:
        _put_goals(both, match, parameters)
        _put_tallies(both[0], match, parameters)
    if is_open(match):
        put_qualifying(both[0], match, parameters)
    return both[0], both[1]


def rates_of(match: Match, parameters: Parameters) -> Rates:
    """What is still to come of a match with rates."""
    home, away, rho = remaining_rates(match, parameters)
    if match.period is Period.NOT_STARTED:
        return Rates(home, away, rho, 1.0 - share_left(Period.HALF_TIME, 0, parameters))
    if match.period is not Period.FIRST_HALF:
        return Rates(home, away, rho, 0.0)
    after = share_left(Period.HALF_TIME, 0, parameters)
    left = share_left(match.period, match.clock_s, parameters)
    return Rates(home, away, rho, 1.0 - after / left)


def _put_goals(both: Floats, match: Match, parameters: Parameters) -> None:
    goals = match.home_goals, match.away_goals
    rates = rates_of(match, parameters)
    grid = grid_of(rates.home, rates.away, rates.rho, *goals, parameters)
    scores = grid.ravel()
    both[:, SCORE] = ON_SCORE.shares(scores)
    won = both[0]
    if match.period in FIRST_HALF_OPEN:
        parts = halves_of(goals[0] - goals[1], rates, won[RESULT], parameters)
        both[:, BOTH_HALVES] = on_halves(*goals).shares(parts.goals)
        won[RESULTS] = parts.results
    else:
        _put_second_half(both, match, grid)
    if max(goals) + DEPTH <= SCORES:
        put_order(won[ORDER], scores, rates.home, rates.away, goals, parameters)


@lru_cache(maxsize=256)
def on_halves(home: int, away: int) -> ScoreWeights:
    """The weights of both halves' selections over goals to come, from a score in the first."""
    return ON_FIRST_HALF.within(home, away, SPELL).beside(ON_SECOND_HALF.within(0, 0, SPELL))


def halves_of(lead: int, rates: Rates, results: Floats, parameters: Parameters) -> Halves:
    """The halves of a match in its first, or of many with one lead; see `halves`."""
    home, away, rho, until_half = rates
    first = home * until_half, away * until_half
    second = home - first[0], away - first[1]
    taus = None
    if isinstance(rho, float):
        taus = np.array(low_score_taus(home, away, rho)) if rho else None
    elif rho.any():
        taus = many_taus(home, away, rho)
    return halves(first, second, taus, lead, results, parameters)


def _put_second_half(both: Floats, match: Match, grid: Floats) -> None:
    half = half_goals(match)
    if half is None:
        return
    both[:, FIRST] = decided_first_half(*half)
    later = np.zeros((SCORES, SCORES))
    later[: SCORES - half[0], : SCORES - half[1]] = grid[half[0] :, half[1] :]
    both[:, SECOND] = ON_SECOND_HALF.shares(later.ravel())
    both[0, results_after(*half)] = both[0, RESULT]


def results_after(home: int, away: int) -> slice:
    """The offers on half time and full time whose half time is this score's."""
    row = 0 if home > away else 1 if home == away else 2
    return slice(RESULTS.start + 3 * row, RESULTS.start + 3 * row + 3)


def half_goals(match: Match) -> tuple[int, int] | None:
    """The first half's score as the grid has it, if it is over.

    None if nobody told of it, or if it cannot be, as there are fewer goals now.
    """
    goals = match.home_goals, match.away_goals
    half = goals if match.period is Period.HALF_TIME else match.half_goals
    if half is None or half[0] > goals[0] or half[1] > goals[1]:
        return None
    return min(half[0], SCORES - 1), min(half[1], SCORES - 1)


@lru_cache(maxsize=256)
def decided_first_half(home: int, away: int) -> Floats:
    """Won and refunded shares of the first half's selections when it ended so."""
    return ON_FIRST_HALF.of_scores[:, home * SCORES + away]


def put_qualifying(won: Floats, match: Match, parameters: Parameters) -> None:
    """Put the chances to go on, which need those of 1X2 to be there."""
    after = home_after_level(*strengths(match, parameters), match, parameters)
    home, level = 0.0, 1.0
    if match.is_priced:
        home, level = won[RESULT].tolist()[:2]
    home += level * after
    won[QUALIFY] = home, 1.0 - home


def _put_tallies(won: Floats, match: Match, parameters: Parameters) -> None:
    gap = log(match.home_rate_micro / match.away_rate_micro)
    known = corners_of(match, parameters)
    if known is not None:
        won[CORNERS] = corners(gap, known.left, known.so_far, parameters.corners)
    left = cards_left(match.period, match.clock_s, parameters)
    won[CARDS] = cards(gap, left, match.cards_so_far, parameters.cards)

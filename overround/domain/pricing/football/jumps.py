"""How far the next goal, or an error in a rate, moves each price."""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.course import pushed
from overround.domain.pricing.football.grid import grid_of, selection_weights
from overround.domain.pricing.football.intensity import remaining_rates, share_left
from overround.domain.pricing.football.margin import MARKET_OF
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match, Parameters

Floats = NDArray[np.float64]

_IN_PLAY = (Period.FIRST_HALF, Period.SECOND_HALF)
_MARKETS = int(MARKET_OF[-1]) + 1

# Moves are looked up for rates rounded to so many parts of a goal. They are off by a hundredth of
# themselves at most for a rate of 1, and they are a part of a margin, not a price.
_STEPS_A_GOAL = 50
# Of the rates that a busy hour of matches passes through; 3 kB each.
_MOVES_KEPT = 2_048
# Large enough for the rounding of 256 sums, small enough for a slope.
_NUDGE = 1.001


Rates = tuple[float, float, float]
"""Goals to come of home and away were the scores level, and their dependence while they are."""

Steps = tuple[int, int, int]
"""The same in whole steps."""


class Moves(NamedTuple):
    """What moves probabilities, by home and away.

    `goals`: how far the next goal of a side moves those of each market, shape (2, markets).
    `slopes`: how far one of the logarithm of its rate moves each selection's, (2, selections).
    """

    goals: Floats
    slopes: Floats


def market_jumps(match: Match, parameters: Parameters = DEFAULTS) -> Floats:
    """Probability that goals move in each market a second, shape (markets,): `spread.jump_risk`.

    Only goals: a dismissal comes fifteen times less often and moves prices less. 0 while no goal
    can fall.
    """
    if not match.is_priced or match.period not in _IN_PLAY:
        return np.zeros(_MARKETS)
    rates, score = level_rates(match, parameters), (match.home_goals, match.away_goals)
    moved = moves_of(rates, score, parameters)
    jumps: Floats = np.array(goals_per_s(match, rates, parameters)) @ moved.goals
    return jumps


def stepped(rates: Rates) -> Steps:
    """Rates near to these, for which moves are looked up."""
    home, away, rho = rates
    return round(home * _STEPS_A_GOAL), round(away * _STEPS_A_GOAL), round(rho * _STEPS_A_GOAL)


@lru_cache(maxsize=_MOVES_KEPT)
def moves(steps: Steps, score: tuple[int, int], parameters: Parameters) -> Moves:
    """The moves at rates of so many steps."""
    home, away, rho = (step / _STEPS_A_GOAL for step in steps)
    return moves_of((home, away, rho), score, parameters)


def goals_per_s(match: Match, rates: Rates, parameters: Parameters) -> tuple[float, float]:
    """How often home and away score a second now; 0 while no goal can fall."""
    if match.period not in _IN_PLAY:
        return 0.0, 0.0
    left = share_left(match.period, match.clock_s, parameters)
    passing = 1.0 - share_left(match.period, match.clock_s + 1, parameters) / left
    lead = match.home_goals - match.away_goals
    return pushed(rates[0] * passing, rates[1] * passing, lead, parameters)


def level_rates(match: Match, parameters: Parameters) -> Rates:
    """The rates of a match."""
    home, away, rho = remaining_rates(match, parameters)
    if match.home_goals != match.away_goals and match.rho_micro:
        # That of the score after the goal that makes it level.
        rho = match.rho_micro / MICROS * share_left(match.period, match.clock_s, parameters)
    return home, away, rho


def moves_of(rates: Rates, score: tuple[int, int], parameters: Parameters) -> Moves:
    """The moves at these rates and this score; takes five score grids."""
    home, away, rho = rates

    def fair(home_rate: float, away_rate: float, more: tuple[int, int] = (0, 0)) -> Floats:
        goals = (score[0] + more[0], score[1] + more[1])
        dependence = rho if goals[0] == goals[1] else 0.0
        return _fair(grid_of(home_rate, away_rate, dependence, *goals, parameters))

    now = fair(home, away)
    scored = np.stack((fair(home, away, (1, 0)), fair(home, away, (0, 1))))
    goals = [np.bincount(MARKET_OF, each) for each in np.abs(scored - now)]
    nudged = np.stack((fair(home * _NUDGE, away), fair(home, away * _NUDGE)))
    return Moves(np.stack(goals), (nudged - now) / log(_NUDGE))


def _fair(grid: Floats) -> Floats:
    """Probabilities of winning a bet that is not refunded, (selections,); 0 where all are."""
    won, refunded = selection_weights(grid)
    undecided = 1.0 - refunded
    return np.divide(won, undecided, out=np.zeros_like(won), where=undecided > 1e-12)

"""The distribution of the final score of regular time, and what it says of every selection."""

from __future__ import annotations

from functools import lru_cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE
from overround.domain.pricing.football.course import (
    SCORES,
    course_weights,
    many_course_weights,
    poisson_goals,
)
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import Match, Parameters

Floats = NDArray[np.float64]

# Which selections others quote rarely changes; each set's weights are 4 kB a selection.
_WEIGHTS_KEPT = 32

# Below a goal in 10^9 matches no price changes, and the bounds on rho stay finite.
_RATE_MIN = 1e-9


def score_grid(match: Match, parameters: Parameters) -> Floats:
    """Probabilities of the final scores, shape (16, 16) by home and away goals; they sum to 1."""
    home_rate, away_rate, rho = remaining_rates(match, parameters)
    return grid_of(home_rate, away_rate, rho, match.home_goals, match.away_goals, parameters)


def grid_of(  # noqa: PLR0917 - what a score follows from, in the order of the formula
    home_rate: float,
    away_rate: float,
    rho: float,
    home_goals: int,
    away_goals: int,
    parameters: Parameters,
) -> Floats:
    """The same from remaining goals at level scores, their dependence and the score so far.

    Remaining goals are two Poisson counts times the weights of the score's course, with the
    Dixon-Coles (1997) correction of the four lowest scores.
    """
    home, away = min(home_goals, SCORES - 1), min(away_goals, SCORES - 1)
    grid: Floats = np.multiply.outer(final_goals(home_rate, home), final_goals(away_rate, away))
    weights = course_weights(home_rate, away_rate, home_goals - away_goals, parameters)
    grid[home:, away:] *= weights[: SCORES - home, : SCORES - away]
    if rho != 0.0 and max(home, away) < SCORES - 2:
        taus = low_score_taus(home_rate, away_rate, rho)
        grid[home : home + 2, away : away + 2] *= np.array(taus).reshape(2, 2)
    # The weights sum to one but for their last few digits and what lies past the last goal.
    grid /= grid.sum()
    return grid


def grids_of(points: Floats, parameters: Parameters) -> Floats:
    """`grid_of` before kick-off for several (home rate, away rate, rho): (n, 3) to (n, 256)."""
    home, away, rho = points.T
    grids: Floats = many_course_weights(home, away, 0, parameters)
    grids *= poisson_goals(home)[:, :, np.newaxis] * poisson_goals(away)[:, np.newaxis, :]
    if rho.any():
        taus = [low_score_taus(*point) for point in points.tolist()]
        grids[:, :2, :2] *= np.array(taus).reshape(-1, 2, 2)
    grids /= grids.sum(axis=(1, 2), keepdims=True)
    return grids.reshape(-1, SCORES * SCORES)


def final_goals(rate: float, scored: int) -> list[float]:
    """Probabilities of 0 to 15 final goals with `scored` so far and a Poisson rate to come.

    A loop over 16 numbers: at this size it takes a third of the array arithmetic's time.
    """
    term = exp(-rate)
    goals = [0.0] * scored
    for more in range(1, SCORES - scored):
        goals.append(term)
        term *= rate / more
    goals.append(max(0.0, 1.0 - sum(goals)))
    return goals


def low_score_taus(
    home_rate: float, away_rate: float, rho: float
) -> tuple[float, float, float, float]:
    """Dixon and Coles' tau of 0-0, 0-1, 1-0 and 1-1; none is negative.

    `rho` is brought within max(-1/l, -1/m) <= rho <= min(1/(l m), 1), outside of which a score
    would have a negative probability.
    """
    l, m = max(home_rate, _RATE_MIN), max(away_rate, _RATE_MIN)  # noqa: E741 - the paper's
    rho = min(max(rho, -1.0 / l, -1.0 / m), 1.0 / (l * m), 1.0)
    # At a bound one of them is zero, give or take the rounding of its last bit.
    return (
        max(0.0, 1.0 - l * m * rho),
        max(0.0, 1.0 + l * rho),
        max(0.0, 1.0 + m * rho),
        max(0.0, 1.0 - rho),
    )


def _weights() -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """The class of each score, the weights by row and class, and each selection's two rows.

    224 rows (win and refund of 112 selections) times 256 scores have few distinct lines: home
    -0.5 is a home win, both sides of a line are refunded together, and every market sees 7-6 as
    it sees 8-6. Scores are added up by class first, so that the product is small enough to stay
    on one core (OpenBLAS would wake another from 9,216 weights on, at a price in the tail).
    """
    factors = [
        [selection.factor(home, away) for home in range(SCORES) for away in range(SCORES)]
        for selection in CATALOGUE
    ]
    wins = [[factor.win_halves / 2 for factor in row] for row in factors]
    refunds = [[factor.refund_halves / 2 for factor in row] for row in factors]
    rows, places = np.unique(np.array(wins + refunds), axis=0, return_inverse=True)
    classes, class_of = np.unique(rows, axis=1, return_inverse=True)
    return class_of.reshape(-1), classes, places.reshape(2, len(CATALOGUE))


_CLASS_OF, _ROWS, _PLACES = _weights()


def selection_weights(grid: Floats) -> tuple[Floats, Floats]:
    """The expected won share a and refunded share b of a stake on each selection, shape (112,).

    One matrix product for all markets, so no two of them can disagree about the match. A bet at
    price d returns a d + b of its stake, hence the fair price (1 - b) / a.
    """
    by_class = np.bincount(_CLASS_OF, grid.ravel())
    won, refunded = (_ROWS @ by_class)[_PLACES]
    return won, refunded


@lru_cache(maxsize=_WEIGHTS_KEPT)
def score_weights(selections: tuple[int, ...]) -> tuple[Floats, Floats]:
    """What each final score wins and refunds of a stake on these selections, shape (256, n) each.

    Probabilities of the scores times these are `selection_weights` of a few selections.
    """
    won, refunded = (_ROWS[rows[list(selections)]][:, _CLASS_OF].T for rows in _PLACES)
    return np.ascontiguousarray(won), np.ascontiguousarray(refunded)

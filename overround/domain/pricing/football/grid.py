"""The distribution of the final score of regular time, and what it says of every selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE, Selection
from overround.domain.pricing.football.course import SCORES, log_goals
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import Match, Parameters

Floats = NDArray[np.float64]

# Which selections others quote rarely changes; each set's weights are 4 kB a selection.
_WEIGHTS_KEPT = 32

_ALL_SCORES = np.ones(SCORES * SCORES)
_LOW_SCORES = (0, 1, SCORES, SCORES + 1)

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

    Remaining goals are those of the score's course, with the Dixon-Coles (1997) correction of the
    four lowest scores.
    """
    home, away = min(home_goals, SCORES - 1), min(away_goals, SCORES - 1)
    to_come = _to_come(home_rate, away_rate, rho, home_goals - away_goals, parameters)
    return _after(to_come.reshape(SCORES, SCORES), home, away)


def _to_come(
    home_rate: float, away_rate: float, rho: float, lead: int, parameters: Parameters
) -> Floats:
    """Chances of goals to come, shape (256,); they sum to 1."""
    to_come: Floats = np.exp(log_goals(home_rate, away_rate, (lead,), SCORES, parameters))
    if rho != 0.0:
        for place, tau in zip(_LOW_SCORES, low_score_taus(home_rate, away_rate, rho), strict=True):
            to_come[place] *= tau
    to_come /= to_come.dot(_ALL_SCORES)
    return to_come


def _after(to_come: Floats, home: int, away: int) -> Floats:
    """Probabilities of the final scores from those of goals to come: the last holds what is above.

    Of one match, shape (16, 16), or of many, (n, 16, 16).
    """
    if home == away == 0:
        return to_come
    more_home, more_away = SCORES - home, SCORES - away
    grid = np.zeros_like(to_come)
    grid[..., home:, away:] = to_come[..., :more_home, :more_away]
    grid[..., -1, away:] += to_come[..., more_home:, :more_away].sum(axis=-2)
    grid[..., home:, -1] += to_come[..., :more_home, more_away:].sum(axis=-1)
    grid[..., -1, -1] += to_come[..., more_home:, more_away:].sum(axis=(-2, -1))
    return grid


def grids_of(
    points: Floats, parameters: Parameters, home_goals: int = 0, away_goals: int = 0
) -> Floats:
    """`grid_of` for several (home rate, away rate, rho) with one score so far: (n, 3) to (n, 256).

    The dependence counts at level scores alone, so at others it is to be 0.
    """
    home, away, rho = points.T
    logs = log_goals(home, away, (home_goals - away_goals,), SCORES, parameters)
    to_come = np.exp(logs).reshape(-1, SCORES, SCORES)
    if rho.any():
        to_come[:, :2, :2] *= many_taus(home, away, rho).reshape(-1, 2, 2)
    to_come /= to_come.reshape(-1, SCORES * SCORES).dot(_ALL_SCORES)[:, np.newaxis, np.newaxis]
    grids = _after(to_come, min(home_goals, SCORES - 1), min(away_goals, SCORES - 1))
    return grids.reshape(-1, SCORES * SCORES)


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


def many_taus(home_rates: Floats, away_rates: Floats, rhos: Floats) -> Floats:
    """`low_score_taus` of many, shape (n, 4)."""
    home, away = np.maximum(home_rates, _RATE_MIN), np.maximum(away_rates, _RATE_MIN)
    both = home * away
    least = np.maximum(-1.0 / home, -1.0 / away)
    rho = np.minimum(np.maximum(rhos, least), np.minimum(1.0 / both, 1.0))
    taus = np.stack((1.0 - both * rho, 1.0 + home * rho, 1.0 + away * rho, 1.0 - rho), axis=1)
    return np.maximum(taus, 0.0, out=taus)


@dataclass(frozen=True, slots=True, eq=False)
class ScoreWeights:
    """What each score wins and refunds of a stake on each of some selections; make it with `of`.

    Two rows (win and refund) a selection times 256 scores have few distinct lines: home -0.5 is a
    home win, both sides of a line are refunded together, and every market sees 7-6 as it sees
    8-6. Scores are added up by class first, so that the product is small enough to stay on one
    core (OpenBLAS would wake another from 9,216 weights on, at a price in the tail).

    `class_of` has the class of each score, `rows` the distinct lines by class, `places` the rows
    of each selection, (2, selections).
    """

    class_of: NDArray[np.intp]
    rows: Floats
    places: NDArray[np.intp]

    @classmethod
    def of(cls, selections: Sequence[Selection]) -> ScoreWeights:
        """The weights of these over the final scores, by the rules of the kernel."""
        factors = [
            [selection.factor(home, away) for home in range(SCORES) for away in range(SCORES)]
            for selection in selections
        ]
        wins = [[factor.win_halves / 2 for factor in row] for row in factors]
        refunds = [[factor.refund_halves / 2 for factor in row] for row in factors]
        rows, places = np.unique(np.array(wins + refunds), axis=0, return_inverse=True)
        classes, class_of = np.unique(rows, axis=1, return_inverse=True)
        return cls(class_of.reshape(-1), classes, places.reshape(2, len(selections)))

    def shares(self, chances: Floats) -> Floats:
        """Expected won share a and refunded share b of a stake on each, shape (2, ..., selections).

        From the probabilities of one match's scores, shape (256,), or of many, (n, 256). One
        matrix product for all markets, so no two of them can disagree about the match. A bet
        at price d returns a d + b of its stake, hence the fair price (1 - b) / a.
        """
        if chances.ndim == 1:
            by_class = np.bincount(self.class_of, chances, len(self.rows[0]))
            shares: Floats = self.rows.dot(by_class).take(self.places)
            return shares
        order, starts, rows = _by_class(self)
        by_row = np.add.reduceat(chances.take(order, axis=1), starts, axis=1).dot(rows)
        of_each: Floats = by_row.take(self.places, axis=1)
        return of_each.swapaxes(0, 1)

    @property
    def of_scores(self) -> Floats:
        """What each score wins and refunds of each selection, shape (2, scores, selections)."""
        return self.rows[:, self.class_of].T[:, self.places].swapaxes(0, 1)

    def within(self, home: int, away: int, size: int) -> ScoreWeights:
        """The same over `size` by `size` scores from `home`-`away` on."""
        rows, columns = (np.minimum(side + np.arange(size), SCORES - 1) for side in (home, away))
        return ScoreWeights(
            self.class_of[np.add.outer(rows * SCORES, columns).ravel()], self.rows, self.places
        )

    def beside(self, other: ScoreWeights) -> ScoreWeights:
        """The weights of both, over the scores of this and then of the other, in one product."""
        rows = np.zeros(np.add(self.rows.shape, other.rows.shape))
        rows[: len(self.rows), : len(self.rows[0])] = self.rows
        rows[len(self.rows) :, len(self.rows[0]) :] = other.rows
        return ScoreWeights(
            np.concatenate((self.class_of, other.class_of + len(self.rows[0]))),
            rows,
            np.concatenate((self.places, other.places + len(self.rows)), axis=1),
        )


@lru_cache(maxsize=512)
def _by_class(weights: ScoreWeights) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Scores in the order of their classes, where each class begins, and its part of each row.

    Many matches are added up from one class to the next: a product with ones and noughts would
    take as long again.
    """
    order = np.argsort(weights.class_of, kind="stable")
    present, starts = np.unique(weights.class_of[order], return_index=True)
    return order, starts, np.ascontiguousarray(weights.rows[:, present].T)


ON_SCORE = ScoreWeights.of(CATALOGUE)
"""The weights of the catalogue, all of which is on the final score."""


def selection_weights(grid: Floats) -> tuple[Floats, Floats]:
    """`ScoreWeights.shares` of the catalogue, shape (selections,) each."""
    won, refunded = ON_SCORE.shares(grid.ravel())
    return won, refunded


def shares_of_score(match: Match, parameters: Parameters) -> Floats:
    """`ScoreWeights.shares` of a match's `score_grid`, up to rounding, in half the time.

    Goals to come are added up by what they make of the score, so that no grid of final scores has
    to be laid out; the weights are kept for each score.
    """
    home_rate, away_rate, rho = remaining_rates(match, parameters)
    lead = match.home_goals - match.away_goals
    to_come = _to_come(home_rate, away_rate, rho, lead, parameters)
    return _on_score_from(match.home_goals, match.away_goals).shares(to_come)


@lru_cache(maxsize=SCORES * SCORES)
def _on_score_from(home: int, away: int) -> ScoreWeights:
    return ON_SCORE.within(home, away, SCORES)


@lru_cache(maxsize=_WEIGHTS_KEPT)
def score_weights(selections: tuple[int, ...]) -> tuple[Floats, Floats]:
    """What each final score wins and refunds of a stake on these selections, shape (256, n) each.

    Probabilities of the scores times these are `selection_weights` of a few selections.
    """
    won, refunded = ScoreWeights.of([CATALOGUE[index] for index in selections]).of_scores
    return np.ascontiguousarray(won), np.ascontiguousarray(refunded)

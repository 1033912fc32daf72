"""Which side scores next, and which is first to some number of goals.

The score's course is a birth process, so each way through the scores is a chain: from a score that
is left, home scores next with the share that it has of both rates there. How often a score is left
follows from the final scores alone: it is reached as often as its neighbours are left towards it,
and whenever it was not the last one, it was left. So the order of goals adds up to the grid that
every other market is priced from. Where that grid carries a dependence (rho), which says nothing of
the order, each score keeps its shares.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.side_market import GOALS_MAX, RACES
from overround.domain.pricing.football.course import SCORES, Rate, pushed
from overround.domain.pricing.football.model import DEFAULTS, Parameters
from overround.domain.pricing.football.smooth import Axis, Smooth

Floats = NDArray[np.float64]
Scored = dict[tuple[int, int], Any]

DEPTH = 2 * max(RACES) - 1
"""So many goals to come are followed: the longest race is over by then."""

_CELLS = tuple((home, away) for home in range(DEPTH) for away in range(DEPTH - home))
_ROWS, _COLUMNS = (np.array(each) for each in zip(*_CELLS, strict=True))
_NEXT, _RACES = 3 * DEPTH, 3 * len(RACES)
# So many nodes give every chance to 1e-9.
_SHARES = Axis(0.0, 1.0, 11)
_SCORES_KEPT = 256


def put_order(  # noqa: PLR0917 - where to, of what, and what it follows from
    chances: Floats,
    scores: Floats,
    home: Rate,
    away: Rate,
    score: tuple[int, int],
    parameters: Parameters,
) -> None:
    """Put the chances of the selections of `ON_ORDER`, shape (..., selections).

    What is past stays as it is, and so does a goal that is further off than `DEPTH`.

    Args:
        chances: where they are put.
        scores: probabilities of the final scores, shape (..., 256); those are read in which
            fewer than `DEPTH` goals are still to come.
        home: expected goals of home at level scores, a number or an array.
        away: the same of away.
        score: goals of home and away so far.
        parameters: the figures of the model.
    """
    weights = _weights(score, parameters.score_push).at(home / (home + away))
    weights = weights.reshape(*weights.shape[:-1], 1 + len(_CELLS), _NEXT + _RACES)
    cells = scores.take(_places(score), axis=-1)
    if cells.ndim == 1:
        both = cells.dot(weights[1:])
    else:
        both = np.matmul(cells[:, np.newaxis, :], weights[:, 1:])[:, 0]
    both += weights[..., 0, :]
    past = 3 * sum(score)
    live = max(0, min(_NEXT, 3 * GOALS_MAX - past))
    chances[..., past : past + live] = both[..., :live]
    chances[..., -_RACES:] = both[..., _NEXT:]


@lru_cache(maxsize=_SCORES_KEPT)
def _places(score: tuple[int, int]) -> NDArray[np.intp]:
    """Where the cells are among the final scores."""
    places: NDArray[np.intp] = (_ROWS + score[0]) * SCORES + _COLUMNS + score[1]
    return places


@lru_cache(maxsize=_SCORES_KEPT)
def _weights(score: tuple[int, int], score_push: float) -> Smooth:
    """What each cell adds to each chance, by home's share of the rates at level scores.

    The chances are linear in the cells, so they are taken of none and of each cell by itself.
    """
    parameters = replace(DEFAULTS, score_push=score_push)
    return Smooth.of(lambda shares: _by_cells(shares, score, parameters), _SHARES)


def _by_cells(shares: Floats, score: tuple[int, int], parameters: Parameters) -> Floats:
    nodes, cells = len(shares), len(_CELLS)
    each = np.zeros((1 + cells, DEPTH, DEPTH))
    each[np.arange(cells) + 1, _ROWS, _COLUMNS] = 1.0
    sides = [_share_of_home(shares, side, parameters)[:, np.newaxis] for side in (-1, 0, 1)]
    by_home, by_away = _chain(each, sides, score[0] - score[1])
    chances = np.zeros((_NEXT + _RACES, nodes, 1 + cells))
    _put_next(chances, by_home, by_away)
    _put_races(chances[_NEXT:], by_home, by_away, score)
    chances[..., 1:] -= chances[..., :1]
    return np.moveaxis(chances, 0, -1).reshape(nodes, -1)


def _share_of_home(shares: Floats, side: int, parameters: Parameters) -> Floats:
    home, away = pushed(shares, 1.0 - shares, side, parameters)
    share: Floats = home / (home + away)
    return share


def _chain(each: Floats, sides: list[Floats], lead: int) -> tuple[Scored, Scored]:
    """Chances that the next goal after h and a more is home's, and away's, by (h, a).

    `each` has probabilities of goals to come, `sides` home's share of the rates behind, level and
    ahead; whatever shapes they have besides are those of the chances.
    """
    by_home: Scored = {}
    by_away: Scored = {}
    for home, away in _CELLS:
        reached = by_home.get((home - 1, away), 0.0) + by_away.get((home, away - 1), 0.0)
        left = (1.0 if home == away == 0 else reached) - each[:, home, away]
        ahead = lead + home - away
        by_home[home, away] = left * sides[(ahead > 0) - (ahead < 0) + 1]
        by_away[home, away] = left - by_home[home, away]
    return by_home, by_away


def _put_next(chances: Floats, by_home: Scored, by_away: Scored) -> None:
    for more in range(DEPTH):
        home = sum(by_home[each, more - each] for each in range(more + 1))
        away = sum(by_away[each, more - each] for each in range(more + 1))
        _put(chances, more, home, away)


def _put_races(chances: Floats, by_home: Scored, by_away: Scored, score: tuple[int, int]) -> None:
    for place, goals in enumerate(RACES):
        home_wants, away_wants = goals - score[0], goals - score[1]
        if home_wants > 0 and away_wants > 0:
            home = sum(by_home[home_wants - 1, each] for each in range(away_wants))
            away = sum(by_away[each, away_wants - 1] for each in range(home_wants))
            _put(chances, place, home, away)
        elif home_wants > 0 or away_wants > 0:
            chances[3 * place + (home_wants > 0)] = 1.0


def _put(chances: Floats, place: int, home: Any, away: Any) -> None:
    chances[3 * place], chances[3 * place + 1] = home, away
    chances[3 * place + 2] = 1.0 - home - away

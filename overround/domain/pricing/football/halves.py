"""The halves of a match: what each brings, and how half time and full time go together.

The course of the score (`course`) has no memory but the lead, so a match is its first half and,
from whatever lead that leaves, its second. Where the full time's scores carry a dependence (rho),
every path to them is weighed by it, so that halves and match stay one distribution.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.football.course import SCORES, SPELL, Rate, log_goals
from overround.domain.pricing.football.model import Parameters

Floats = NDArray[np.float64]

# From three goals ahead a side is seldom caught up with in one half: leads beyond are taken as
# three, which moves a probability by 2e-6, and by 2e-5 where three goals a side are expected of it.
_LEAD_MAX = 3
_LEADS = tuple(range(-_LEAD_MAX, _LEAD_MAX + 1))
_CELLS = SPELL * SPELL
_DIFFERENCES = 2 * SPELL - 1
_NOTHING = 1e-300
_LEADS_KEPT = 2 * SCORES + 1


class Halves(NamedTuple):
    """Goals to come, shape (..., 98), and the pairs of results, shape (..., 9).

    `goals` has the first half's by home and away, 0 to 6 of each, and then the second half's.
    `results` goes by half time (home, draw, away), then full time.
    """

    goals: Floats
    results: Floats


def halves(  # noqa: PLR0917 - what the halves follow from
    first: tuple[Rate, Rate],
    second: tuple[Rate, Rate],
    taus: Floats | None,
    lead: int,
    results: Floats,
    parameters: Parameters,
) -> Halves:
    """The halves of a match, or of many with one lead, of which the first is not over.

    Args:
        first: expected goals at level scores of home and away until half time.
        second: the same of the second half.
        taus: what the dependence does to 0-0, 0-1, 1-0 and 1-1 more goals, shape (..., 4).
        lead: goals that home is ahead by now.
        results: probabilities of home, draw, away at full time, shape (..., 3), which `both` adds
            up to.
        parameters: the figures of the model.
    """
    logs = (
        log_goals(*first, (lead,), SPELL, parameters),
        log_goals(*second, _LEADS, SPELL, parameters),
    )
    lanes = np.shape(first[0])
    goals = np.exp(np.concatenate(logs, axis=-1)).reshape(-1, _CELLS)
    goals /= goals.dot(_ALL_CELLS)[:, np.newaxis]
    goals = goals.reshape(*lanes, 1 + len(_LEADS), _CELLS)
    early, late = goals[..., 0, :], goals[..., 1:, :]
    tables = _tables(lead)
    by_lead = early.dot(_BY_DIFFERENCE)
    further = late.reshape(-1, _CELLS).dot(_BY_DIFFERENCE).reshape(*lanes, len(_LEADS), -1)
    joint = by_lead[..., np.newaxis] * further.take(tables.group_of, axis=-2)
    three = np.concatenate(
        (
            early,
            _times(early.dot(tables.to_groups), late),
            joint.reshape(*lanes, -1).dot(tables.results),
        ),
        axis=-1,
    )
    if taus is not None:
        three = _dependent(three, late, taus)
    return Halves(three[..., : 2 * _CELLS], _adding_up(three[..., 2 * _CELLS :], results))


def _times(rows: Floats, matrices: Floats) -> Floats:
    """A vector times a matrix, or a vector a match times a matrix a match."""
    product: Floats
    if rows.ndim == 1:
        product = rows.dot(matrices)
    else:
        product = np.matmul(rows[:, np.newaxis, :], matrices)[:, 0, :]
    return product


def _adding_up(both: Floats, results: Floats) -> Floats:
    """The same with the full times that the match has, which the tables miss by some 1e-6.

    What they miss is shared out by the half times, which stay; but where a result is rarer than
    that (a lead that hardly a half makes good), by what there is of it.
    """
    wanted, had = results.dot(_EACH_FULL_TIME), both.dot(_SAME_FULL_TIME)
    added: Floats = both.dot(_SAME_HALF_TIME)
    added *= wanted - had
    added += both
    if added.min() < 0.0:
        scaled = both * wanted / (had + _NOTHING)
        added = np.where(added.min(axis=-1, keepdims=True) < 0.0, scaled, added)
    return added


def _dependent(three: Floats, late: Floats, taus: Floats) -> Floats:
    """The same when level scores' dependence weighs the paths to at most one goal a side."""
    paths = three.take(_PATHS.first, axis=-1)
    paths *= late.reshape(*late.shape[:-2], -1).take(_PATHS.second, axis=-1)
    paths *= taus.take(_PATHS.last, axis=-1) - 1.0
    weighed: Floats = paths.dot(_PATHS.added)
    weighed += three
    weighed /= 1.0 + np.add.reduce(paths, axis=-1, keepdims=True)
    return weighed


def _side(difference: int) -> int:
    return 0 if difference > 0 else 1 if difference == 0 else 2


def _by_difference() -> Floats:
    by_difference = np.zeros((_CELLS, _DIFFERENCES))
    for home, away in np.ndindex(SPELL, SPELL):
        by_difference[home * SPELL + away, home - away + SPELL - 1] = 1.0
    return by_difference


_BY_DIFFERENCE = _by_difference()
_ALL_CELLS = np.ones(_CELLS)


class _Tables(NamedTuple):
    """What leads come to: at half time by the first half's difference, and at full time by both's.

    `group_of` is the place in `_LEADS` that a difference leads to, shape (13,), `to_groups` 1 where
    goals to come do, (49, 7), and `results` where two differences make a pair of results, (169, 9).
    """

    group_of: NDArray[np.intp]
    to_groups: Floats
    results: Floats


@lru_cache(maxsize=_LEADS_KEPT)
def _tables(lead: int) -> _Tables:
    groups = np.zeros((_DIFFERENCES, len(_LEADS)))
    results = np.zeros((_DIFFERENCES, _DIFFERENCES, 9))
    for first in range(_DIFFERENCES):
        half = lead + first - (SPELL - 1)
        groups[first, max(-_LEAD_MAX, min(_LEAD_MAX, half)) + _LEAD_MAX] = 1.0
        for second in range(_DIFFERENCES):
            full = half + second - (SPELL - 1)
            results[first, second, 3 * _side(half) + _side(full)] = 1.0
    return _Tables(groups.argmax(axis=1), _BY_DIFFERENCE @ groups, results.reshape(-1, 9))


class _Paths(NamedTuple):
    """The nine ways, from level scores, to at most one more goal a side: places and what they add.

    `first`, `second` and `last` are places in the first half's goals, in the second half's by lead,
    and in the taus; `added` carries a path to each half's goals and to the pair of results, which
    lie side by side.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    last: NDArray[np.intp]
    added: Floats


def _paths() -> _Paths:
    ways = [
        (home, away, more_home, more_away)
        for home, away, more_home, more_away in np.ndindex(2, 2, 2, 2)
        if home + more_home <= 1 and away + more_away <= 1
    ]
    first = [home * SPELL + away for home, away, _, _ in ways]
    second = [home * SPELL + away for _, _, home, away in ways]
    group = [(home - away + _LEAD_MAX) * _CELLS for home, away, _, _ in ways]
    last = [2 * (h + mh) + a + ma for h, a, mh, ma in ways]
    both = [3 * _side(h - a) + _side(h + mh - a - ma) for h, a, mh, ma in ways]
    added = np.hstack((np.eye(_CELLS)[first], np.eye(_CELLS)[second], np.eye(9)[both]))
    return _Paths(np.array(first), np.add(group, second), np.array(last), added)


_PATHS = _paths()

# Full times among the nine pairs of results, and which pairs have the same full or half time.
_EACH_FULL_TIME = np.tile(np.eye(3), (1, 3))
_SAME_FULL_TIME = _EACH_FULL_TIME.T @ _EACH_FULL_TIME
_SAME_HALF_TIME = np.kron(np.eye(3), np.ones((3, 3)))

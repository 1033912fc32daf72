"""The course of the score: goals to come when the score itself moves the rates.

A side that trails attacks and one that leads defends, so remaining goals are not Poisson: the score
is a birth process whose rates depend on the lead (Dixon and Robinson, 1998). Its rates change with
the lead alone and not with time, once time is counted in expected goals, so that it is solved once
per lead and not once per price: given how many goals each side is still to score, the ratio of its
probability to that of two Poisson counts is a smooth function of their two means, whose logarithm a
cubic holds to some 3e-6. That of a Poisson count is linear in its mean and in the mean's own
logarithm, so a price then costs one small product and one exponential.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import exp, log
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.football.model import DEFAULTS, Parameters

Floats = NDArray[np.float64]
Rate = TypeVar("Rate", float, NDArray[np.float64])

SCORES = 16
"""Final goals of a side run from 0 to 15; the last also holds whatever is above."""

SPELL = 7
"""Goals of a side in half a match or less run from 0 to 6; the last also holds what is above."""

# The cubic is fitted where matches are.
RATE_MAX = 6.0
_NODES = 6
# So many jumps hold all but 1e-12 of the probability of the largest rates.
_JUMPS_MAX = 64
# Below a goal in 10^9 matches no price changes.
_RATE_MIN = 1e-9


def course(home: Floats, away: Floats, lead: int, parameters: Parameters) -> Floats:
    """Probabilities of goals to come, shape (n, 16, 16), for n pairs of expected ones.

    Exact up to rounding, by uniformisation (Jensen, 1953): jumps come at the largest rate of all
    scores, and where the rate is less some of them change nothing. Goals past 15 are left out.

    Args:
        home: expected goals of the home side were the scores level throughout, shape (n,).
        away: the same of the away side.
        lead: goals that the home side is ahead by now.
        parameters: the figures of the model.
    """
    ahead = np.subtract.outer(np.arange(SCORES), np.arange(SCORES)) + lead
    push = np.exp(-parameters.score_push * np.sign(ahead))
    home_jump, away_jump = np.multiply.outer(home, push), np.multiply.outer(away, 1.0 / push)
    most = (home_jump + away_jump).max(axis=(1, 2), keepdims=True)
    home_jump, away_jump = home_jump / most, away_jump / most
    stay = 1.0 - home_jump - away_jump
    scores = np.zeros_like(stay)
    scores[:, 0, 0] = 1.0
    weight = np.exp(-most)
    total: Floats = scores * weight
    for jump in range(1, _JUMPS_MAX):
        after = scores * stay
        after[:, 1:] += (scores * home_jump)[:, :-1]
        after[:, :, 1:] += (scores * away_jump)[:, :, :-1]
        scores, weight = after, weight * most / jump
        total += scores * weight
    return total


def pushed(home: Rate, away: Rate, lead: int, parameters: Parameters) -> tuple[Rate, Rate]:
    """The rates of home and away at this lead, from those at level scores."""
    push = exp(-parameters.score_push * ((lead > 0) - (lead < 0)))
    return home * push, away / push


def log_goals(
    home: Rate, away: Rate, leads: tuple[int, ...], goals: int, parameters: Parameters
) -> Floats:
    """Logarithms of the chances of goals to come, shape (..., leads * goals^2), but for a constant.

    The process of `course` from each lead, by home's and away's goals from 0 to `goals` - 1, of
    which the last holds more as well; for one pair of expected goals at level scores or for as
    many as the arrays have. Made to sum to 1, their exponentials are probabilities.
    """
    most = _rate_max(goals)
    if isinstance(home, float):
        powers = _powers(min(home, most), min(away, most))
        powers += [log(max(home, _RATE_MIN)), log(max(away, _RATE_MIN))]
    else:
        powers = _powers(np.minimum(home, most), np.minimum(away, most))
        powers += [np.log(np.maximum(home, _RATE_MIN)), np.log(np.maximum(away, _RATE_MIN))]
    logs: Floats = np.array(powers).T.dot(_log_table(leads, goals, parameters.score_push))
    return logs


def _rate_max(goals: int) -> float:
    """To where the cubic of so many goals is fitted; beyond, its own value at the border stands."""
    return min(RATE_MAX, goals / 2)


@lru_cache(maxsize=256)
def _log_table(leads: tuple[int, ...], goals: int, score_push: float) -> Floats:
    """What the ten powers and the two logarithms of the rates add, shape (12, leads * goals^2)."""
    places = [max(-SCORES, min(SCORES, lead)) + SCORES for lead in leads]
    return np.concatenate(_tables(goals, score_push)[places], axis=1)


def _powers(home: Rate, away: Rate) -> list[Rate]:
    """The ten products of a cubic in two variables; written out, a third of the time."""
    home_2, away_2 = home * home, away * away
    return [
        home * 0.0 + 1.0,
        away,
        away_2,
        away_2 * away,
        home,
        home * away,
        home * away_2,
        home_2,
        home_2 * away,
        home_2 * home,
    ]


@lru_cache(maxsize=8)
def _tables(goals: int, score_push: float) -> Floats:
    """Coefficients of the logarithms, shape (33, 12, goals^2), for leads from -16 to 16.

    A count h of rate l has l^h to itself, hence the last two, and e^-l, which all have in common.
    The nodes are those of Chebyshev: a least-squares cubic through them is close to the best one.
    """
    parameters = replace(DEFAULTS, score_push=score_push)
    nodes = (1.0 - np.cos((np.arange(_NODES) + 0.5) * np.pi / _NODES)) * _rate_max(goals) / 2
    home, away = (axis.ravel() for axis in np.meshgrid(nodes, nodes))
    solve = np.linalg.pinv(np.array(_powers(home, away)).T)
    counts = np.array([count.ravel() for count in np.indices((goals, goals))], dtype=np.float64)
    own = np.log([home, away]).T @ counts - (home + away)[:, np.newaxis]
    tables = []
    for lead in range(-SCORES, SCORES + 1):
        exact = course(home, away, lead, parameters)
        for side in (1, 2):  # the last place of each holds whatever is above
            exact = np.add.reduceat(exact, range(goals), axis=side)
        logs = np.log(exact.reshape(len(home), -1)) - own
        tables.append(np.concatenate((solve @ logs, counts)))
    return np.stack(tables)


def poisson_goals(rates: Floats) -> Floats:
    """Probabilities of 0 to 15 goals at each rate, shape (n, 16); more goals are left out."""
    more = np.divide.outer(rates, np.arange(1.0, SCORES))
    terms = np.concatenate((np.exp(-rates)[:, np.newaxis], more), axis=1)
    return np.multiply.accumulate(terms, axis=1)

"""Whether what was said is what came: bins, their bands, and how far chance alone takes them.

A band is not the binomial one: three outcomes of a match are one draw, and a quarter line is won
by halves. Final scores are drawn from the model's own grids instead, match by match, and every
bin and every error is computed of them as of what came: 95 % of what would be seen were the model
right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from benches.played.matches import Floats, Places
from overround.domain.pricing.football.grid import score_weights

BINS = 10
# Beyond these a bet is as good as decided and would fill the outer bins with what nobody doubts.
_SURE = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """One market at one minute, its bins in the order of what was said.

    `said` and `came` are means by bin, `low` and `high` the pointwise 95 % band of `came`;
    `is_inside_all` is the simultaneous one, of the largest distance over the bins. `error` is the
    expected calibration error over tenths of equal width, `floor` its mean and 95th percentile
    were the model right. `missed` is what came less what was said, added up in each tenth.
    """

    count: int
    said: Floats
    came: Floats
    low: Floats
    high: Floats
    is_inside_all: bool
    error: float
    floor: tuple[float, float]
    missed: Floats

    @property
    def inside(self) -> int:
        """How many bins are within the pointwise band."""
        return int(((self.came >= self.low) & (self.came <= self.high)).sum())


class Bets(NamedTuple):
    """Bets of a market that are in doubt, each of a match and a selection of it.

    `said` is the share that wins of what is not refunded, `at_risk` the share that is not.
    """

    match: Places
    selection: Places
    said: Floats
    at_risk: Floats


def bets_of(grids: Floats, selections: Sequence[int]) -> Bets:
    """The bets on selections that are not as good as decided, from grids (n, 256)."""
    won, refunded = (each.T for each in score_weights(tuple(selections)))
    at_risk = 1.0 - grids @ refunded.T
    said = (grids @ won.T) / np.maximum(at_risk, 1e-9)
    doubtful = (said > _SURE) & (said < 1.0 - _SURE) & (at_risk > _SURE)
    match, selection = np.nonzero(doubtful)
    return Bets(match, selection, said[match, selection], at_risk[match, selection])


def came_of(bets: Bets, selections: Sequence[int], results: Places) -> tuple[Floats, Floats]:
    """What was won and what was at stake of each bet, by final scores of shape (..., n)."""
    won, refunded = (each.T for each in score_weights(tuple(selections)))
    of_bets = results[..., bets.match]
    return won[bets.selection, of_bets], 1.0 - refunded[bets.selection, of_bets]


def drawn(grids: Floats, draws: int, rng: Generator) -> Places:
    """Final scores by their place in a grid, (draws, n), from grids (n, 256)."""
    steps = np.cumsum(grids, axis=1)
    # One sorted line of all matches: each has its own unit of it.
    line = (steps / steps[:, -1:] + np.arange(len(grids))[:, np.newaxis]).ravel()
    at = rng.random((draws, len(grids))) + np.arange(len(grids))
    return np.searchsorted(line, at) - np.arange(len(grids)) * grids.shape[1]


def reliability(
    grids: Floats, final: Places, scores: Places, selections: Sequence[int]
) -> Reliability:
    """Of selections together, each match's bet on each of them one forecast.

    A bet's forecast is the share that it wins of what is not refunded; half won is half of it.

    Args:
        grids: probabilities of final scores, (n, 256).
        final: the scores that came, by place, (n,).
        scores: `drawn` ones, (draws, n).
        selections: places in the catalogue.
    """
    bets = bets_of(grids, selections)
    forecasts = bets.said
    wins, stakes = came_of(bets, selections, np.concatenate([final[np.newaxis], scores]))
    order = np.argsort(forecasts, kind="stable")
    edges = np.arange(BINS) * len(order) // BINS
    came = _by_bin(wins[:, order], edges) / np.maximum(_by_bin(stakes[:, order], edges), 1e-9)
    risks = bets.at_risk[order][np.newaxis]
    mean = (_by_bin(risks * forecasts[order], edges) / _by_bin(risks, edges))[0]
    low, high = np.quantile(came[1:], (0.025, 0.975), axis=0)
    missed = missed_by_tenth(forecasts, wins - forecasts * stakes)
    errors = np.abs(missed).sum(axis=1) / len(order)
    floor = (float(errors[1:].mean()), float(np.quantile(errors[1:], 0.95)))
    return Reliability(
        len(order), mean, came[0], low, high, _inside_all(came), float(errors[0]), floor, missed[0]
    )


def pooled_error(found: Sequence[Reliability]) -> float:
    """The expected calibration error of several markets or minutes taken as one."""
    missed = np.sum([each.missed for each in found], axis=0)
    return float(np.abs(missed).sum() / sum(each.count for each in found))


def _by_bin(values: Floats, edges: Places) -> Floats:
    sums: Floats = np.add.reduceat(values, edges, axis=1)
    return sums


def _inside_all(came: Floats) -> bool:
    centre, spread = came[1:].mean(axis=0), np.maximum(came[1:].std(axis=0), 1e-9)
    farthest = np.abs((came - centre) / spread).max(axis=1)
    return bool(farthest[0] <= np.quantile(farthest[1:], 0.95))


def missed_by_tenth(forecasts: Floats, off: Floats) -> Floats:
    """As `calibration_error`: what bins of equal width miss by, (draws, 10), not divided."""
    place = np.minimum((forecasts * BINS).astype(np.intp), BINS - 1)
    order = np.argsort(place, kind="stable")
    edges = np.flatnonzero(np.diff(place[order], prepend=-1))
    missed = np.zeros((len(off), BINS))
    missed[:, place[order][edges]] = _by_bin(off[:, order], edges)
    return missed

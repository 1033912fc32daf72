"""Matches that were never played, possession by possession, many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from overround.domain.kernel.match import Side
from overround.domain.pricing.basketball.model import (
    MICROS,
    Clock,
    Format,
    Incident,
    Scored,
    Strength,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A possession of either side takes about 14.4 s, so 48 minutes have a hundred of each.
_POSSESSION_S = 14.4
_POINTS = np.arange(4)
# Nothing, one free throw, two points, three points: tilted to the mean and the spread wanted.
_USUAL = np.array([0.50, 0.05, 0.33, 0.12])
_NEWTON_STEPS = 60
_NEAR = 1e-10
_OVERTIMES_MAX = 12


@dataclass(frozen=True, slots=True)
class Simulated:
    """n matches that have ended.

    `scores` counts the scores of one, two and three points of home and away in each period,
    overtimes after the regular ones: shape (n, periods, 2, 3). No period is played without
    points; one with none was not played.
    """

    format: Format
    scores: Integers

    @property
    def points(self) -> Integers:
        """Points of home and away in each period, shape (n, periods, 2)."""
        return self.scores @ _POINTS[1:]

    def incidents(self, index: int, rng: Generator) -> Iterator[Incident]:
        """A match as a feed would tell of it, in order; the times of its scores are drawn here."""
        sequence = 0
        for period, counts in enumerate(self.scores[index].tolist(), start=1):
            if period > self.format.periods and not np.sum(counts):
                return
            length_s = self.format.length_s(period)
            baskets = [
                (side, points)
                for side, row in zip(Side, counts, strict=True)
                for points, count in enumerate(row, start=1)
                for _ in range(count)
            ]
            left = np.sort(rng.integers(0, length_s, len(baskets)))[::-1].tolist()
            sequence += 1
            yield Clock(sequence, period, length_s)
            for left_s, place in zip(left, rng.permutation(len(baskets)).tolist(), strict=True):
                sequence += 1
                yield Scored(sequence, period, left_s, *baskets[place])
            sequence += 1
            yield Clock(sequence, period, 0)


def simulate(strength: Strength, count: int, rng: Generator, form: Format) -> Simulated:
    """Play matches of two sides of which this much is expected.

    Sides have the ball in turn; possessions score independently. The pace of a period varies,
    which spreads the total more than the lead, as far as the two spreads ask for it.

    Raises:
        ValueError: no possessions have such a mean and spread.
    """
    each = form.regular_s / _POSSESSION_S / 2
    sides, pace_variance = _possessions(strength, each)
    periods: list[Integers] = []
    for number in range(1, form.periods + _OVERTIMES_MAX + 1):
        share = form.length_s(number) / form.regular_s
        pace = rng.normal(each * share, np.sqrt(pace_variance * share), count)
        turns = np.maximum(1, np.floor(pace + rng.random(count))).astype(np.int64)
        if number > form.periods:
            turns[~_is_level(periods)] = 0
        if not turns.any():
            break
        scores = [rng.multinomial(turns, chances)[:, 1:] for chances in sides]
        periods.append(np.stack(scores, axis=1))
    return Simulated(form, np.stack(periods, axis=1))


def _is_level(periods: list[Integers]) -> NDArray[np.bool_]:
    points = sum(period @ _POINTS[1:] for period in periods)
    level: NDArray[np.bool_] = np.diff(points)[:, 0] == 0
    return level


def _possessions(strength: Strength, each: float) -> tuple[list[Floats], float]:
    """Chances of 0 to 3 points in a possession of home and of away, and the pace's variance."""
    lead, total = strength.lead_micro / MICROS, strength.total_micro / MICROS
    lead_variance = (strength.lead_sigma_micro / MICROS) ** 2
    total_variance = (strength.total_sigma_micro / MICROS) ** 2
    home, away = (total + lead) / 2 / each, (total - lead) / 2 / each
    pace = max(0.0, total_variance - lead_variance) / ((home + away) ** 2 - (home - away) ** 2)
    own = (lead_variance - pace * (home - away) ** 2) / (2 * each)
    return [_tilted(home, own), _tilted(away, own)], pace


def _tilted(mean: float, variance: float) -> Floats:
    """Chances of 0 to 3 points with this mean and variance, as near to the usual as can be.

    The usual times exp(a k + b k^2), by Newton's method on the two moments.
    """
    powers = np.stack([_POINTS, _POINTS**2]).astype(np.float64)
    wanted = np.array([mean, variance + mean**2])
    tilt = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        odds = _USUAL * np.exp(np.clip(tilt @ powers, -300.0, 300.0))
        chances: Floats = odds / odds.sum()
        moments = powers @ chances
        if np.abs(moments - wanted).max() < _NEAR:
            return chances
        slopes = (powers * chances) @ powers.T - np.outer(moments, moments)
        step = np.linalg.lstsq(slopes, wanted - moments, rcond=None)[0]
        tilt += step / max(1.0, np.abs(step).max())
    raise ValueError(f"no possessions of {mean:.2f} points with variance {variance:.2f}")

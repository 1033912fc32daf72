"""From fair probabilities to prices: the margin by the power method, and the price ladder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE, MARKETS, MarketType
from overround.domain.pricing.football.model import Parameters

Floats = NDArray[np.float64]

MARKET_OF = np.array([MARKETS.index(selection.market) for selection in CATALOGUE])
"""The market of each selection, shape (112,)."""

_STARTS = np.searchsorted(MARKET_OF, np.arange(len(MARKETS)))
_RESULT = slice(0, 3)
_DOUBLE_CHANCE = slice(3, 6)

# Stands for zero: beside any probability it vanishes, and its logarithm is finite.
_PROBABILITY_FLOOR = 1e-300
# No margin worth quoting needs a smaller exponent; a decided market (1, 0) has no root at all.
EXPONENT_MIN = 0.05
# Newton's starting points, by the entropy of a market in steps of 1/4,096 nat; no market of the
# catalogue can have more than log 26.
_ENTROPY_STEPS = 4_096
_ENTROPY_MAX = 3.3
# From the table each step squares the error. Two leave, in any market without an outcome above
# 0.995, at most 1e-12 of overround with two outcomes, 6e-6 with three and, when one of 26 scores
# is 98 % sure, 1.5e-3 of the 0.18; a step of the ladder is rarely less than 5e-3.
_NEWTON_STEPS = 2
# For one market from k = 1: ten are enough for any book, the rest is a limit, not a plan.
_NEWTON_STEPS_MAX = 50
# A price that is a whole tick but for rounding of its last bit stays on that tick.
_TICK_SLACK_MILLI = 1e-6


def power_exponent(probabilities: Sequence[float], total: float) -> float:
    """The k for which the powers p^k of one market sum to `total`.

    Clarke, Kovalchik and Ingram (2017): powers cannot leave [0, 1] and load long prices more.
    Newton's method on the logarithm of the sum, which is convex and falls in k: after one step it
    comes from below and cannot overshoot.

    Args:
        probabilities: each within (0, 1), at least two of them.
        total: 1 takes a margin off, 1 + margin puts one on.
    """
    logs = [log(probability) for probability in probabilities]
    exponent = 1.0
    for _ in range(_NEWTON_STEPS_MAX):
        powers = [exp(exponent * each) for each in logs]
        power_sum = sum(powers)
        slope = sum(power * each for power, each in zip(powers, logs, strict=True))
        step = log(power_sum / total) * power_sum / slope
        exponent -= step
        if abs(step) < 1e-14:
            break
    return exponent


def with_margin(effective: Floats, parameters: Parameters) -> Floats:
    """Add each market's margin to fair probabilities, both shape (112,).

    Solves sum p^k = 1 + margin for the k of every market at once by Newton's method. Double
    chance, whose probabilities sum to 2, is priced as the pairs of 1X2, so that the two cannot be
    played against each other.
    """
    targets, offsets, table = _starting_table(parameters)
    probabilities = effective + _PROBABILITY_FLOOR
    logs = np.log(probabilities)
    entropies = np.add.reduceat(probabilities * logs, _STARTS)
    exponents = table.take((entropies * -_ENTROPY_STEPS).astype(np.intp) + offsets)
    powers = np.empty((2, len(CATALOGUE)))
    for _ in range(_NEWTON_STEPS):
        np.exp(logs * exponents[MARKET_OF], out=powers[0])
        np.multiply(powers[0], logs, out=powers[1])
        sums, slopes = np.add.reduceat(powers, _STARTS, axis=1)
        # A market with one certain outcome has no slope; 1e-12 keeps its step finite.
        exponents -= (sums - targets) / (slopes - 1e-12)
        np.maximum(exponents, EXPONENT_MIN, out=exponents)
    loaded: Floats = np.exp(logs * exponents[MARKET_OF])
    # 1X2 backwards: away, draw, home are what the three pairs leave out.
    loaded[_DOUBLE_CHANCE] = targets[0] - loaded[_RESULT][::-1]
    return loaded


def on_ladder(price_milli: Floats, parameters: Parameters) -> NDArray[np.int64]:
    """The highest step of the ladder that is not above each price; 0 below the first step.

    Rounding is always down, to the house's side; prices past the last step become the last.
    """
    steps, edges = _ladder(parameters)
    return steps[edges.searchsorted(price_milli, side="right")]


@lru_cache(maxsize=8)
def _ladder(parameters: Parameters) -> tuple[NDArray[np.int64], Floats]:
    starts = [start for start, _ in parameters.ladder]
    ends = [*starts[1:], parameters.ladder_end_milli]
    steps = [0]
    for (start, step), end in zip(parameters.ladder, ends, strict=True):
        steps.extend(range(start, end, step))
    steps.append(parameters.ladder_end_milli)
    ladder = np.array(steps, dtype=np.int64)
    edges = ladder[1:].astype(np.float64) - _TICK_SLACK_MILLI
    return ladder, edges


@lru_cache(maxsize=8)
def _starting_table(parameters: Parameters) -> tuple[Floats, NDArray[np.intp], Floats]:
    """What each market sums to, where its starting points begin, and those: k by entropy.

    Up to log 2 it is the k of two outcomes with that entropy; above, where a
    margin changes k little, the first step of Newton from k = 1.
    """
    margin_of: dict[MarketType, float] = dict(parameters.margins)
    margin_of[MarketType.DOUBLE_CHANCE] = margin_of[MarketType.RESULT]
    margins = np.array([margin_of[market.type] for market in MARKETS])
    distinct, rows = np.unique(margins, return_inverse=True)
    entropies = (np.arange(int(_ENTROPY_MAX * _ENTROPY_STEPS)) + 0.5) / _ENTROPY_STEPS
    underdog = np.exp(np.linspace(log(1e-9), log(0.5), 20_000))
    two_way = -underdog * np.log(underdog) - (1.0 - underdog) * np.log1p(-underdog)
    p = np.interp(entropies, two_way, underdog)
    table = np.stack([_two_way_exponents(p, margin) for margin in distinct])
    many = entropies > log(2.0)
    table[:, many] = 1.0 - np.log1p(distinct)[:, None] / entropies[many]
    return 1.0 + margins, rows.reshape(-1) * len(entropies), table.ravel()


def _two_way_exponents(p: Floats, margin: float) -> Floats:
    low, high = np.full(p.shape, EXPONENT_MIN), np.ones(p.shape)
    for _ in range(50):
        middle = (low + high) / 2
        above = p**middle + (1.0 - p) ** middle > 1.0 + margin
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return low

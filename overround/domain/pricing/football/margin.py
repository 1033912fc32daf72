"""Football's margins: which each market carries, and where one market's prices bind another's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.football.layout import DOUBLED, ON_SCORE, Layout
from overround.domain.pricing.football.model import Parameters
from overround.domain.pricing.loading import NOTHING, Loading

Floats = NDArray[np.float64]

MARKET_OF = ON_SCORE.market_of
"""The market of each selection on the final score, shape (selections,)."""

# For one market from k = 1: ten are enough for any book, the rest is a limit, not a plan.
_NEWTON_STEPS_MAX = 50


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


def with_margin(
    effective: Floats,
    parameters: Parameters,
    widening: Floats | None = None,
    layout: Layout = ON_SCORE,
) -> Floats:
    """Add each market's margin to fair probabilities, both (..., selections) of the layout.

    `widening` multiplies the margins, shape (..., markets).

    Double chance, whose probabilities sum to 2, is priced as the pairs of 1X2, so that the two
    cannot be played against each other.
    """
    return with_pairs(_loading(parameters, layout).load(effective, widening), layout)


def with_pairs(loaded: Floats, layout: Layout = ON_SCORE) -> Floats:
    """Inverse prices with each double chance as the pairs of its 1X2, in place."""
    for result, double_chance in layout.pairs:
        # 1X2 backwards: away, draw, home are what the three pairs leave out.
        three = loaded[..., result]
        pairs = three.sum(axis=-1, keepdims=True) - three[..., ::-1]
        np.maximum(pairs, NOTHING, out=loaded[..., double_chance])
    return loaded


@lru_cache(maxsize=16)
def margins_of(parameters: Parameters, layout: Layout = ON_SCORE) -> Floats:
    """The usual margin of each market, shape (markets,)."""
    margin_of: dict[str, float] = dict(parameters.margins)
    margin_of |= {double: margin_of[result] for result, double in DOUBLED.items()}
    return np.array([margin_of[kind] for kind in layout.kinds], dtype=np.float64)


@lru_cache(maxsize=16)
def _loading(parameters: Parameters, layout: Layout) -> Loading:
    margins = margins_of(parameters, layout).tolist()
    return Loading.of(layout.sizes, margins, parameters.margin_method)

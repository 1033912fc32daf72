"""A model's figures with those that somebody has put in their place."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.pricing.football.layout import ON_SCORE, Layout
from overround.domain.pricing.football.margin import with_margin, with_pairs
from overround.domain.pricing.football.model import MICROS, Parameters

Floats = NDArray[np.float64]


def adjusted(  # noqa: PLR0917 - the model's prices, and what they are changed by
    prices: NDArray[np.int64],
    fair: Floats,
    parameters: Parameters,
    adjustments: Sequence[Adjustment],
    widening: Floats | None = None,
    layout: Layout = ON_SCORE,
) -> NDArray[np.int64]:
    """The prices of a match with what was put in the place of the model's figures.

    None makes the model offer what it does not. A market whose inverse prices come to less than 1
    with a set price is not offered: whoever backs every outcome of it would win for sure. Nor is
    double chance then, which is priced from 1X2.

    Args:
        prices: the model's own in thousandths, 0 where it offers none, shape (selections,).
        fair: its probabilities, of the same shape.
        parameters: the figures of the model.
        adjustments: one for a market at the most.
        widening: factors on the margins, shape (markets,).
        layout: of the selections.
    """
    probabilities = with_opinions(fair, adjustments, layout)
    loaded = with_margin(probabilities, parameters, widening, layout)
    set_ = [each for each in adjustments if each.kind is AdjustmentKind.PRICE]
    for each in set_:
        loaded[layout.index[each.selection]] = 1_000.0 / each.value
    with_pairs(loaded, layout)
    offered = prices > 0
    offered &= probabilities > parameters.probability_min
    offered &= probabilities < parameters.probability_max
    after = parameters.ladder.down(1_000.0 / loaded * offered)
    for each in set_:
        _put(each, after, loaded, layout)
    return after


def _put(price: Adjustment, prices: NDArray[np.int64], loaded: Floats, layout: Layout) -> None:
    index = layout.index[price.selection]
    of_market = np.equal(layout.market_of, layout.market_of[index])
    if prices[index]:
        prices[index] = price.value  # as it was set, whatever the ladder makes of it
    if loaded[of_market].sum() < 1.0:
        prices[of_market] = 0
        for result, double_chance in layout.pairs:
            if result.start <= index < result.stop:
                prices[double_chance] = 0


def with_opinions(
    fair: Floats, adjustments: Sequence[Adjustment], layout: Layout = ON_SCORE
) -> Floats:
    """Fair probabilities with the set ones and shifts, shape (selections,).

    The other outcomes of a market share what is left in the model's proportions. Of a decided
    market nothing is changed: there is no doubt left to have another opinion of.
    """
    probabilities = fair.copy()
    for each in adjustments:
        index = layout.index[each.selection]
        model = float(fair[index])
        if each.kind is AdjustmentKind.PRICE or not 0.0 < model < 1.0:
            continue
        of_market = np.equal(layout.market_of, layout.market_of[index])
        wanted = _wanted(model, each)
        probabilities[of_market] *= (1.0 - wanted) / (1.0 - model)
        probabilities[index] = wanted
    return probabilities


def _wanted(model: float, adjustment: Adjustment) -> float:
    if adjustment.kind is AdjustmentKind.PROBABILITY:
        return adjustment.value / MICROS
    log_odds = log(model / (1.0 - model)) + adjustment.value / 1_000
    return 1.0 / (1.0 + exp(-log_odds))

"""Everything that is bet on in a football match: on the final score, and beside it."""

from __future__ import annotations

from overround.domain.kernel.facts import Facts
from overround.domain.kernel.market import CATALOGUE, MARKETS, Factor, Market, Selection
from overround.domain.kernel.side_market import (
    SIDE_MARKETS,
    SIDE_SELECTIONS,
    SideMarket,
    SideSelection,
)

TRADED: tuple[Selection | SideSelection, ...] = (*CATALOGUE, *SIDE_SELECTIONS)
"""Every selection; its place here is its index in the arrays of an exposure.

New ones of either sort come at the end: exposures that are kept hold an array of these, by place.
"""

TRADED_MARKETS: tuple[Market | SideMarket, ...] = (*MARKETS, *SIDE_MARKETS)
"""Every market, in the order of their selections."""

TRADED_INDEX: dict[str, int] = {selection.id: index for index, selection in enumerate(TRADED)}
"""Selection id to place; a missing id is an unknown selection."""

TRADED_MARKET_IDS: frozenset[str] = frozenset(market.id for market in TRADED_MARKETS)
"""The id of every market; any other is an unknown market."""


def factor_of(selection: Selection | SideSelection, facts: Facts) -> Factor | None:
    """The fate of a bet on a selection; None while it is not decided."""
    if isinstance(selection, SideSelection):
        return selection.factor(facts)
    score = facts.regular
    return None if score is None else selection.factor(score.home, score.away)

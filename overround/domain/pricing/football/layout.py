"""Which selections stand side by side in arrays of prices, and what their markets have in common.

There are two: those on the final score, which are priced at every change of a match, and those of
the side markets, which are priced more seldom. Everything that puts margins and people's opinions
on probabilities takes either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE, Selection
from overround.domain.kernel.side_market import SIDE_SELECTIONS, SideSelection
from overround.domain.pricing.football.catalogue import PLACE


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Selections in their order; make it with `Layout.of`.

    `index` has their places by id, `market_of` the market of each, `markets` each market's id and
    `kinds` what its margin goes by, `places` where they are among all that is priced. `pairs` are
    the places of a result's three outcomes and of the double chance that is priced from them.
    """

    index: dict[str, int]
    market_of: NDArray[np.intp]
    markets: tuple[str, ...]
    kinds: tuple[str, ...]
    places: NDArray[np.intp]
    pairs: tuple[tuple[slice, slice], ...]

    @classmethod
    def of(cls, selections: Sequence[Selection | SideSelection]) -> Layout:
        """The layout of these selections, those of a market one after another."""
        kind_of = {each.market.id: _kind(each) for each in selections}
        markets = tuple(kind_of)
        market_of = np.array([markets.index(each.market.id) for each in selections])
        starts = {market: int((market_of == n).argmax()) for n, market in enumerate(markets)}
        results = [market for market in markets if market.partition(":")[0] in DOUBLED]
        return cls(
            {each.id: place for place, each in enumerate(selections)},
            market_of,
            markets,
            tuple(kind_of.values()),
            np.array([PLACE[each.id] for each in selections]),
            tuple((_three(starts[m]), _three(starts[doubled(m)])) for m in results),
        )

    def places_of(self, market: str) -> list[int]:
        """The places of a market's selections."""
        places: list[int] = np.flatnonzero(self.market_of == self.markets.index(market)).tolist()
        return places

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many outcomes each market has."""
        return tuple(np.bincount(self.market_of).tolist())


DOUBLED = {"1x2": "double_chance", "half_1x2": "half_double_chance"}
"""The kind of each result, and of the double chance that is priced from it."""


def doubled(result: str) -> str:
    """The market of double chance that goes with one of a result: of the match, or of a half."""
    kind, _, half = result.partition(":")
    return DOUBLED[kind] + (half and f":{half}")


def _kind(selection: Selection | SideSelection) -> str:
    if isinstance(selection, SideSelection):
        return selection.market.kind
    return str(selection.market.type)


def _three(start: int) -> slice:
    return slice(start, start + 3)


ON_SCORE = Layout.of(CATALOGUE)
"""The selections on the final score."""

ON_SIDES = Layout.of(SIDE_SELECTIONS)
"""Those of the side markets."""


def layout_with(selection: str) -> Layout:
    """The layout that a selection stands in; that of the score for one that there is not."""
    return ON_SIDES if selection in ON_SIDES.index else ON_SCORE


def layout_of(market: str) -> Layout:
    """The layout that a market stands in.

    Raises:
        ValueError: there is no such market.
    """
    for layout in (ON_SCORE, ON_SIDES):
        if market in layout.markets:
            return layout
    raise ValueError(f"no market {market}")

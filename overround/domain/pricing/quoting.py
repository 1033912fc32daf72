"""Quoted prices of any sport that is followed: its shares, with a margin, on the ladder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.columns import Columns
from overround.domain.kernel.market import TradingStatus
from overround.domain.pricing.events import Quote, SportQuotes
from overround.domain.pricing.ladder import BETFAIR
from overround.domain.pricing.loading import Loading, offerable
from overround.domain.pricing.sport import Live, Margins, Sport, sports

Floats = NDArray[np.float64]


class Workings(NamedTuple):
    """A selection's way to its price, as arrays: shape (selections,), prices in thousandths.

    `effective` is the probability that a bet wins if it is not refunded, `margined_milli` the
    price with the market's margin, `rounded_milli` that on the ladder, 0: not offered.
    """

    effective: Floats
    margined_milli: Floats
    rounded_milli: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Quoter:
    """What is the same for every match of a sport; make it with `quoter`."""

    sport: Sport[Any, Any, Any]
    live: Live[Any, Any]
    lines: tuple[Quote, ...]
    places: Mapping[str, int]
    _loading: Loading

    @classmethod
    def of(cls, sport: Sport[Any, Any, Any]) -> Quoter:
        """For a sport that is followed.

        Raises:
            ValueError: it is not, or a market has one outcome, or stands in two places.
        """
        if sport.live is None:
            raise ValueError(f"{sport.name} is not followed by this interface")
        by_market = groupby(offer.market for offer in sport.catalogue)
        markets = [(name, len(list(own))) for name, own in by_market]
        if len(dict(markets)) < len(markets):
            raise ValueError(f"the outcomes of a market of {sport.name} do not lie side by side")
        margins = sport.live.margins
        loading = Loading.of(
            [size for _, size in markets],
            [margin_of(margins, name) for name, _ in markets],
            margins.shape,
        )
        lines = tuple(Quote(offer.market, offer.outcome, 0) for offer in sport.catalogue)
        places = {offer.id: place for place, offer in enumerate(sport.catalogue)}
        return cls(sport, sport.live, lines, places, loading)

    @property
    def markets(self) -> list[str]:
        """The market of each selection, in catalogue order."""
        return [line.market for line in self.lines]

    def prices_milli(self, state: Any) -> NDArray[np.int64]:
        """The price of each selection in thousandths, in catalogue order; 0: not offered.

        Not offered are selections that are decided or as good as, almost surely refunded, or below
        the ladder with their margin (`Margins`).
        """
        return self.workings(state).rounded_milli

    def workings(self, state: Any) -> Workings:
        """What the prices of a state follow from, in catalogue order."""
        shares = np.array(self.sport.price(state, self.sport.parameters))
        effective, offered = offerable(shares, self.live.margins)
        margined = 1_000.0 / self._loading.load(effective)
        return Workings(effective, margined, BETFAIR.down(margined * offered))

    def quotes(
        self,
        event_id: str,
        version: int,
        status: TradingStatus,
        reason: str,
        state: Any,
        *,
        prices: NDArray[np.int64],
    ) -> SportQuotes:
        """The message of a match's prices, in catalogue order; those that are 0 have no line."""
        lines, score = Columns.nonzero(self.lines, prices), self.live.score(state)
        return SportQuotes(event_id, self.sport.name, version, status, reason, score, lines)


def margin_of(margins: Margins, market: str) -> float:
    """The margin of a market by its kind."""
    return margins.of_kind.get(market.partition(":")[0], margins.usual)


FOLLOWED: dict[str, Sport[Any, Any, Any]] = {
    name: sport for name, sport in sports().items() if sport.live is not None
}
"""The sports that MARKETS follows by their interface, by name."""


@lru_cache(maxsize=len(FOLLOWED))
def quoter(sport: str) -> Quoter:
    """The quoter of a sport that is followed; making one takes milliseconds."""
    return Quoter.of(FOLLOWED[sport])

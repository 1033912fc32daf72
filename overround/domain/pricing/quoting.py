"""Quoted prices of any sport that is followed: its shares, with a margin, on the ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.columns import Columns
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.odds import PRICE_MILLI_MAX
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Setting
from overround.domain.pricing.events import Quote, SportQuotes
from overround.domain.pricing.ladder import BETFAIR
from overround.domain.pricing.loading import Loading, offerable
from overround.domain.pricing.sport import Live, Margins, Sport, sports
from overround.domain.pricing.sport_settings import margins_of
from overround.domain.pricing.spread import factors, jump_risk, opened_us

Floats = NDArray[np.float64]


class Workings(NamedTuple):
    """A selection's way to its price, as arrays: shape (selections,), prices in thousandths.

    `effective` is the probability that a bet wins if it is not refunded, `margined_milli` the
    price with the market's margin, `rounded_milli` that on the ladder, 0: not offered. `widening`
    is what each market's margin was multiplied with, shape (markets,); None for none.
    """

    effective: Floats
    margined_milli: Floats
    rounded_milli: NDArray[np.int64]
    widening: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Quoter:
    """What is the same for every match of a sport; make it with `quoter`."""

    sport: Sport[Any, Any, Any]
    live: Live[Any, Any]
    lines: tuple[Quote, ...]
    places: Mapping[str, int]
    margins: Margins
    _loading: Loading

    @classmethod
    def of(cls, sport: Sport[Any, Any, Any], settings: Sequence[Setting] = ()) -> Quoter:
        """For a sport that is followed, with what was set of it.

        Raises:
            ValueError: it is not, or a market has one outcome, or stands in two places.
            Refusal: see `sport_settings.margins_of`.
        """
        if sport.live is None:
            raise ValueError(f"{sport.name} is not followed by this interface")
        by_market = groupby(offer.market for offer in sport.catalogue)
        markets = [(name, len(list(own))) for name, own in by_market]
        if len(dict(markets)) < len(markets):
            raise ValueError(f"the outcomes of a market of {sport.name} do not lie side by side")
        margins = margins_of(sport, settings)
        loading = Loading.of(
            [size for _, size in markets],
            [margins.of(name) for name, _ in markets],
            margins.method,
        )
        lines = tuple(Quote(offer.market, offer.outcome, 0) for offer in sport.catalogue)
        places = {offer.id: place for place, offer in enumerate(sport.catalogue)}
        return cls(sport, sport.live, lines, places, margins, loading)

    @property
    def markets(self) -> list[str]:
        """The market of each selection, in catalogue order."""
        return [line.market for line in self.lines]

    @property
    def market_of(self) -> NDArray[np.intp]:
        """The place of each selection's market, shape (selections,)."""
        return self._loading.market_of

    def prices_milli(self, state: Any, age_us: int = 0) -> NDArray[np.int64]:
        """The price of each selection in thousandths, in catalogue order; 0: not offered.

        Not offered are selections that are decided or as good as, almost surely refunded, or below
        the ladder with their margin (`Margins`). Margins are wider when nothing was heard of the
        match for `age_us`.
        """
        return self.workings(state, age_us).rounded_milli

    def workings(self, state: Any, age_us: int = 0) -> Workings:
        """What the prices of a state follow from, in catalogue order."""
        effective, offered = self._fair(state)
        widening = self._widening(state, effective, age_us)
        margined = 1_000.0 / self._loading.load(effective, widening)
        return Workings(effective, margined, BETFAIR.down(margined * offered), widening)

    def _fair(self, state: Any) -> tuple[Floats, NDArray[np.bool_]]:
        shares = np.array(self.sport.price(state, self.sport.parameters))
        return offerable(shares, self.margins)

    def _widening(self, state: Any, now: Floats, age_us: int) -> Floats | None:
        """How much wider the markets are for what may have happened unheard, shape (markets,).

        Fresh prices are not wider: the feed's own way is in the usual margin.
        """
        open_us = opened_us(age_us, 0)
        coming = self.live.coming(state) if open_us else ()
        if not coming:
            return None
        after = np.stack([self._fair(each)[0] for _, each in coming])
        risk = jump_risk(np.array([per_s for per_s, _ in coming]), after, now)
        margins = self._loading.totals - 1.0
        by_market = np.bincount(self.market_of, risk).astype(np.float64)
        return factors(margins, np.zeros_like(margins), by_market, open_us, thin=1.0)

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


FOLLOWED: dict[str, Sport[Any, Any, Any]] = {
    name: sport for name, sport in sports().items() if sport.live is not None
}
"""The sports that MARKETS follows by their interface, by name."""


# Equal settings give the same quoter; of each sport there are few in force at one time.
@lru_cache(maxsize=32)
def quoter(sport: str, settings: tuple[Setting, ...] = ()) -> Quoter:
    """The quoter of a sport that is followed, with settings that were in force.

    Making one takes milliseconds.
    """
    try:
        return Quoter.of(FOLLOWED[sport], settings)
    except Refusal as refusal:
        # Not the fault of the record at hand, which a refusal would make a dead letter.
        raise RuntimeError(f"parameters of another release: {refusal}") from None


def tried(sport: str, settings: tuple[Setting, ...]) -> None:
    """Price the sport's matches from their start with these settings, before one is quoted so.

    Raises:
        Refusal: see `sport_settings.margins_of`; `parameters_do_not_price`.
    """
    try:
        of = Quoter.of(FOLLOWED[sport], settings)
        for rules, start in of.live.starts.items():
            prices = of.prices_milli(start)
            if prices.max(initial=0) > PRICE_MILLI_MAX:
                raise Refusal("parameters_do_not_price", f"{prices.max()} of {rules or sport}")
    except (ArithmeticError, ValueError) as error:
        raise Refusal("parameters_do_not_price", str(error)) from error

"""Somebody else's prices in play: no price follows from them, and far from them none is offered."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables
from agents.markets.controls import controls_of
from agents.markets.overrides import changed
from overround.domain.control.breaker import observed
from overround.domain.control.model import Control, HeardBook
from overround.domain.feeds.events import PricesObserved
from overround.domain.kernel.decision import Decision
from overround.domain.pricing.football.apart import apart
from overround.runtime.topology import Outbox
from tables.books import Book

_RESULT = ("1x2/home", "1x2/draw", "1x2/away")


def watch(book: Book, prices: PricesObserved, tables: MarketTables, out: Outbox) -> None:
    """Hold back the markets on which the model and a book are apart; let those go that are near."""
    reliance = tables.reliances.get(book.event_id)
    if not book.match.is_priced or (reliance is not None and reliance.is_lost(prices.provider)):
        return
    controls = controls_of(tables.parameters)
    back = {each.selection: each.price_milli for each in prices.prices}
    lay = {e.selection: e.lay_milli for e in prices.prices if e.lay_milli is not None}
    sigmas = apart(book.match, back, lay, controls.model)
    heard = HeardBook(prices.provider, prices.sequence)
    change = observed(book.control, heard, book.event_id, sigmas, controls.breaker)
    if change.state is not book.control:
        state = with_depth(change.state, prices)
        changed(book, Decision(state, change.events), tables, out)


def with_depth(control: Control, prices: PricesObserved) -> Control:
    """The control when an exchange told how much can be had of each outcome of 1X2."""
    sizes = {each.selection: each.size_minor for each in prices.prices}
    known = [size for each in _RESULT if (size := sizes.get(each)) is not None and size >= 0]
    return replace(control, depth_minor=min(known)) if len(known) == len(_RESULT) else control

"""Somebody else's prices in play: far from them nothing is offered; near, an exchange's pull."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables, put
from agents.markets.controls import controls_of
from agents.markets.exchange import hear, heard_book
from overround.contracts import topics
from overround.domain.control.breaker import observed
from overround.domain.control.model import Control
from overround.domain.feeds.events import PricesObserved
from overround.domain.pricing.football.apart import apart
from overround.runtime.topology import Outbox
from tables.books import Book

_RESULT = ("1x2/home", "1x2/draw", "1x2/away")


def watch(
    book: Book, prices: PricesObserved, at_us: int, tables: MarketTables, out: Outbox
) -> None:
    """Hold back the markets on which the model and a book are apart; let those go that are near.

    The distance of an exchange's 1X2 is the filter's own, which knows its spread and its sizes.
    """
    reliance = tables.reliances.get(book.event_id)
    if not book.match.is_priced or (reliance is not None and reliance.is_lost(prices.provider)):
        return
    if prices.sequence <= book.control.heard_of(prices.provider):
        return
    if prices.sequence < book.match.heard_of(prices.provider):
        return  # from before the goal, say, that its provider has told of since
    controls = controls_of(tables.parameters)
    back = {each.selection: each.price_milli for each in prices.prices}
    lay = {e.selection: e.lay_milli for e in prices.prices if e.lay_milli is not None}
    sigmas = apart(book.match, back, lay, controls.model)
    heard = heard_book(book.control, book.match, prices, at_us)
    match, distance = hear(book, prices, heard, at_us, controls)
    if distance is not None:
        sigmas["1x2"] = distance
    change = observed(book.control, heard, book.event_id, sigmas, controls.breaker)
    if change.state is not book.control:
        for told in change.events:
            out.send(topics.MARKET_EVENTS, book.event_id, told)
        control = with_depth(change.state, prices)
        put(tables, out, book, replace(book, match=match, control=control))


def with_depth(control: Control, prices: PricesObserved) -> Control:
    """The control when an exchange told how much can be had of each outcome of 1X2."""
    sizes = {each.selection: each.size_minor for each in prices.prices}
    known = [size for each in _RESULT if (size := sizes.get(each)) is not None and size >= 0]
    if len(known) != len(_RESULT):
        return control
    # In steps of two: a size changes with every bet, and each of its own would make new quotes.
    return replace(control, depth_minor=(1 << min(known).bit_length()) >> 1)

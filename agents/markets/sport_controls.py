"""Single markets of another sport than football that a trader holds back, and for how long."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables
from agents.markets.sport_books import known, put
from overround.contracts import topics
from overround.domain.control import overrides
from overround.domain.control.commands import ReopenMarket, SuspendMarket
from overround.domain.control.limits import OverrideLimits
from overround.domain.control.overrides import Change, Terms
from overround.domain.pricing.quoting import quoter
from overround.runtime.topology import Event, Outbox
from tables.sport_books import SportBook

# How long a market may be held back for is set for football; here it is what the house ships with.
_LIMITS = OverrideLimits()


def hold(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold a market back or let it through again; what is over by now ends first."""
    order: SuspendMarket | ReopenMarket = event.value
    end(order.event_id, event.at_us, tables, out)
    book = known(tables, order.event_id)
    markets = quoter(book.sport).markets
    if isinstance(order, SuspendMarket):
        terms = Terms("", event.at_us, _LIMITS)
        change = overrides.suspended(book.control, order, terms, markets)
    else:
        change = overrides.reopened(book.control, order, markets)
    _store(book, change, tables, out)


def end(event_id: str, at_us: int, tables: MarketTables, out: Outbox) -> None:
    """Let markets through whose time is over."""
    book = known(tables, event_id)
    if book.control.is_over(at_us):
        _store(book, overrides.expired(book.control, event_id, at_us), tables, out)


def _store(book: SportBook, change: Change, tables: MarketTables, out: Outbox) -> None:
    for told in change.events:
        out.send(topics.MARKET_EVENTS, book.event_id, told)
    after = replace(book, control=change.state)
    put(tables, out, book, after, tables.sport_matches[book.event_id])

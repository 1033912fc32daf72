"""The book of a match: looked up, stored, and told to those who read its quotes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.contracts import topics
from overround.domain.betting.events import TradingChanged
from overround.domain.betting.model import Offer
from overround.domain.exposure.model import Exposure
from overround.domain.feeds.reliance import Reliance
from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.decide import quote, quotes
from overround.domain.settlement.model import Leg
from overround.runtime.topology import Outbox, TableView
from tables.books import Book
from tables.customer_exposures import CustomerExposure


class MarketTables(NamedTuple):
    """The tables of the agent."""

    books: TableView[Book]
    exposures: TableView[Exposure]
    customer_exposures: TableView[CustomerExposure]
    legs: TableView[Leg]
    reliances: TableView[Reliance]


def known(tables: MarketTables, event_id: str) -> Book:
    """The book of a match; refuses a match that was never scheduled."""
    book = tables.books.get(event_id)
    if book is None:
        raise Refusal("unknown_event", event_id)
    return book


def put(tables: MarketTables, out: Outbox, before: Book, after: Book) -> None:
    """Store a book and tell its readers what they can see of the change."""
    status, reason = after.trading.status(after.match.period, after.match.is_priced)
    is_traded_otherwise = (status, reason) != (before.status, before.reason)
    is_priced_otherwise = (after.match, after.voided_markets) != (
        before.match,
        before.voided_markets,
    )
    if not is_priced_otherwise and not is_traded_otherwise:
        if _unseen(after) != _unseen(before):
            tables.books[after.event_id] = after
        return
    version = before.version + 1
    prices = _prices(after) if is_priced_otherwise else before.prices_milli
    book = replace(after, status=status, reason=reason, version=version, prices_milli=prices)
    tables.books[book.event_id] = book
    told = quotes(book.event_id, version, status, reason, book.match, prices)
    # At once: a reader drops a version that it has seen, so a replay does no harm.
    out.publish(topics.QUOTES, book.event_id, told)
    if is_traded_otherwise:
        changed = TradingChanged(book.event_id, status, reason, version)
        out.send(topics.MARKET_EVENTS, book.event_id, changed)


def _unseen(book: Book) -> tuple[object, ...]:
    """What readers of quotes cannot see, and has to be kept all the same."""
    return book.trading, book.result_revision, book.quorum


def _prices(book: Book) -> NDArray[np.int64]:
    prices = quote(book.match)
    if book.voided_markets:
        voided = [
            s.market.id in book.voided_markets or "" in book.voided_markets for s in CATALOGUE
        ]
        prices[np.array(voided)] = 0
    return prices


def offer(tables: MarketTables, event_id: str, index: int) -> Offer | None:
    """What is offered on a selection by its place in the catalogue (-1: no such selection)."""
    book = tables.books.get(event_id)
    if book is None:
        return None
    price_milli = int(book.prices_milli[index]) if index >= 0 else 0
    return Offer(book.status, price_milli, book.version)

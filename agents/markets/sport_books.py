"""The book of a match of another sport than football: looked up, priced, stored and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.markets.books import MarketTables
from overround.contracts import topics
from overround.domain.betting.events import TradingChanged
from overround.domain.betting.following import status
from overround.domain.betting.model import Offer
from overround.domain.feeds.reliance import Reliance
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.events import SportQuotes
from overround.domain.pricing.quoting import quoter
from overround.runtime.topology import Outbox
from tables.sport_books import SportBook


def known(tables: MarketTables, event_id: str) -> SportBook:
    """The book of a match; refuses one that was never scheduled as a match of such a sport."""
    book = tables.sport_books.get(event_id)
    if book is None:
        raise Refusal("unknown_event", event_id)
    return book


def has_begun(tables: MarketTables, book: SportBook) -> bool:
    """Whether a match is played, or was."""
    return quoter(book.sport).live.has_begun(tables.sport_matches[book.event_id])


def is_over(tables: MarketTables, book: SportBook) -> bool:
    """Whether a match has been played to its end."""
    return quoter(book.sport).live.is_over(tables.sport_matches[book.event_id])


def put(tables: MarketTables, out: Outbox, before: SportBook, after: SportBook, state: Any) -> None:
    """Store a book and its match, and tell its readers what they can see of the change."""
    event_id = after.event_id
    is_priced_otherwise = (after.is_priced, after.voided_markets) != (
        before.is_priced,
        before.voided_markets,
    )
    if state != tables.sport_matches[event_id]:
        tables.sport_matches[event_id] = state
        is_priced_otherwise = True
    live = quoter(after.sport).live
    now = status(
        after.trading,
        after.following,
        is_over=live.is_over(state),
        is_priced=after.is_priced,
    )
    is_traded_otherwise = now != (before.status, before.reason)
    if not is_priced_otherwise and not is_traded_otherwise:
        if after != before:
            tables.sport_books[event_id] = after
        return
    book = replace(after, status=now[0], reason=now[1], version=before.version + 1)
    tables.sport_books[event_id] = book
    out.publish_newest(topics.QUOTES, event_id, _quotes, (book, state))
    if is_traded_otherwise:
        out.send(topics.MARKET_EVENTS, event_id, TradingChanged(event_id, *now, book.version))


def _quotes(told: Sequence[tuple[SportBook, Any]]) -> list[SportQuotes]:
    return [
        quoter(book.sport).quotes(
            book.event_id,
            book.version,
            book.status,
            book.reason,
            state,
            prices=_prices(book, state),
        )
        for book, state in told
    ]


def _prices(book: SportBook, state: Any) -> NDArray[np.int64]:
    """The price of each selection in thousandths, in catalogue order; 0: not offered."""
    of, voided = quoter(book.sport), book.voided_markets
    if not book.is_priced or "" in voided:
        return np.zeros(len(of.lines), dtype=np.int64)
    prices = of.prices_milli(state)
    if voided:
        prices[np.isin(of.markets, voided)] = 0
    return prices


def offer(book: SportBook, state: Any, selection: str) -> Offer:
    """What is offered on a selection, which may be none that there is."""
    place = quoter(book.sport).places.get(selection)
    price_milli = 0 if place is None else int(_prices(book, state)[place])
    return Offer(book.status, price_milli, book.version, is_known=place is not None)


def opened(tables: MarketTables, book: SportBook, reliance: Reliance) -> tuple[SportBook, Any]:
    """The book and match as the newest prices of a provider that is not lost have its beginning.

    In play no prices move the belief any more.
    """
    state, live = tables.sport_matches[book.event_id], quoter(book.sport).live
    if live.has_begun(state):
        return book, state
    if not reliance.openings:
        return replace(book, is_priced=False), live.starts[book.rules]
    key = opening_key(book.event_id, reliance.opened_by().provider)
    return replace(book, is_priced=True), tables.sport_matches[key]


def opening_key(event_id: str, provider: str) -> str:
    """Where the match lies as a provider's prices have its beginning."""
    return f"{event_id}/{provider}"


def relied_on(book: SportBook, reliance: Reliance, *, has_begun: bool) -> SportBook:
    """The book with its bets held back as lost sources demand it."""
    if has_begun:
        lost = reliance.lost_in_play((book.following.provider,))
    else:
        lost = reliance.lost_before_kick_off()
    return replace(book, trading=replace(book.trading, lost_source=lost))

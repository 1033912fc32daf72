"""The book of a match of another sport than football: looked up, priced, stored and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.markets.books import MarketTables
from overround.contracts import topics
from overround.domain.betting import trading
from overround.domain.betting.events import TradingChanged
from overround.domain.betting.following import status
from overround.domain.betting.model import Offer
from overround.domain.control.breaker import reasons
from overround.domain.control.parameters import InForce
from overround.domain.feeds.reliance import Reliance
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.events import SportQuotes
from overround.domain.pricing.quoting import Quoter, quoter
from overround.domain.pricing.spread import opened_us
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


def age_us(book: SportBook, at_us: int) -> int:
    """How long a match in play was not heard of, as far as its prices are wider for it."""
    unheard_us = trading.unheard_us(book.trading, at_us)
    return unheard_us if opened_us(unheard_us, delay_us=0) else 0


def is_over(tables: MarketTables, book: SportBook) -> bool:
    """Whether a match has been played to its end."""
    return quoter(book.sport).live.is_over(tables.sport_matches[book.event_id])


def put(tables: MarketTables, out: Outbox, before: SportBook, after: SportBook, state: Any) -> None:
    """Store a book and its match, and tell its readers what they can see of the change."""
    event_id = after.event_id
    is_priced_otherwise = _priced_by(after) != _priced_by(before)
    if state != tables.sport_matches[event_id]:
        tables.sport_matches[event_id] = state
        is_priced_otherwise = True
    is_priced_otherwise |= after.is_priced and is_set_otherwise(tables, before)
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
    if is_priced_otherwise:
        in_force = _in_force(tables, book.sport)
        book = replace(book, parameters_version=in_force.version, settings=in_force.settings)
    tables.sport_books[event_id] = book
    out.publish_newest(topics.QUOTES, event_id, _quotes, (book, state))
    if is_traded_otherwise:
        out.send(topics.MARKET_EVENTS, event_id, TradingChanged(event_id, *now, book.version))


def _priced_by(book: SportBook) -> tuple[object, ...]:
    """What prices follow from, beside the score and the parameters."""
    return book.is_priced, _closed(book), book.age_us


def _in_force(tables: MarketTables, sport: str) -> InForce:
    return tables.parameters.get(sport) or InForce(sport)


def is_set_otherwise(tables: MarketTables, book: SportBook) -> bool:
    """Whether other parameters are in force than those that a match was priced with last."""
    return book.parameters_version != _in_force(tables, book.sport).version


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


def _quoter(book: SportBook) -> Quoter:
    return quoter(book.sport, book.settings)


def _prices(book: SportBook, state: Any) -> NDArray[np.int64]:
    """The price of each selection in thousandths, in catalogue order; 0: not offered."""
    of, closed = _quoter(book), _closed(book)
    if not book.is_priced or "" in closed:
        return np.zeros(len(of.lines), dtype=np.int64)
    prices = of.prices_milli(state, book.age_us)
    if closed:
        prices[np.isin(of.markets, closed)] = 0
    return prices


def _closed(book: SportBook) -> tuple[str, ...]:
    """The markets on which no bet is taken, whatever others are; an empty id stands for all."""
    return (*book.voided_markets, *reasons(book.control))


def offer(book: SportBook, state: Any, selection: str) -> Offer:
    """What is offered on a selection, which may be none that there is."""
    place = quoter(book.sport).places.get(selection)
    price_milli = 0 if place is None else int(_prices(book, state)[place])
    return Offer(_status(book, selection), price_milli, book.version, is_known=place is not None)


def _status(book: SportBook, selection: str) -> TradingStatus:
    """The match's, or that of one market that is held back while others are not."""
    is_held = selection.rpartition("/")[0] in reasons(book.control)
    return TradingStatus.SUSPENDED if is_held and book.status == TradingStatus.OPEN else book.status


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

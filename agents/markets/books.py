"""The book of a match: looked up, stored, and told to those who read its quotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

from agents.markets.controls import DEFAULTS, SPORT
from agents.markets.prices import prices_milli, prices_of_all, seen
from overround.contracts import topics
from overround.domain.betting.events import TradingChanged
from overround.domain.betting.model import Offer
from overround.domain.control.breaker import reasons
from overround.domain.control.overrides import moved_on
from overround.domain.control.parameters import InForce
from overround.domain.feeds.reliance import Reliance
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.replace import replace
from overround.domain.pricing.events import Quotes, SideQuotes
from overround.domain.pricing.football.claim import claim_of, scene
from overround.domain.pricing.football.corners import counts_of
from overround.domain.pricing.football.decide import quotes, side_quotes
from overround.domain.pricing.football.layout import ON_SCORE, ON_SIDES, Layout, layout_with
from overround.domain.pricing.football.model import Match
from overround.domain.settlement.model import Leg
from overround.runtime.topology import Outbox, TableView
from tables.books import Book
from tables.customer_exposures import CustomerExposure
from tables.sport_books import SportBook

Message = TypeVar("Message", Quotes, SideQuotes)

# Side markets take twice the time of the others. Each second's tick tells them again, of so many
# matches as it has time for; a match of which more is told than once a second does not wait longer
# than twice this for it. From one to two times, each match its own: many that are told of in step,
# as one provider's are, would else all come to it at once, and hold up everything for 20 ms.
_SIDE_VERSIONS = 16


class MarketTables(NamedTuple):
    """The tables of the agent."""

    books: TableView[Book]
    exposures: TableView[Any]
    customer_exposures: TableView[CustomerExposure]
    legs: TableView[Leg]
    reliances: TableView[Reliance]
    parameters: TableView[InForce]
    sport_books: TableView[SportBook]
    sport_matches: TableView[Any]


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
    after = _moved_on(before, after, out)
    in_force = tables.parameters.get(SPORT) or DEFAULTS
    is_priced_otherwise = seen(after) != seen(before) or (
        before.parameters_version != in_force.version and after.match.is_priced
    )
    if not is_priced_otherwise and not is_traded_otherwise:
        if _unseen(after) != _unseen(before):
            tables.books[after.event_id] = after
        return
    book = replace(after, status=status, reason=reason, version=before.version + 1)
    if is_priced_otherwise:
        book = replace(book, parameters_version=in_force.version, settings=in_force.settings)
    is_played_otherwise = _play(after.match) != _play(before.match)
    if is_traded_otherwise or is_played_otherwise or _is_behind(book):
        book = quote_sides(book, out)
    tables.books[book.event_id] = book
    # At once: a reader drops a version that it has seen, so a replay does no harm. And the newest
    # only: to price a state costs more than all else about it, and a newer one is there already.
    out.publish_newest(topics.QUOTES, book.event_id, _quotes, book)
    if is_traded_otherwise:
        changed = TradingChanged(book.event_id, status, reason, book.version)
        out.send(topics.MARKET_EVENTS, book.event_id, changed)


def _unseen(book: Book) -> tuple[object, ...]:
    """What readers of quotes cannot see, and has to be kept all the same."""
    return book.trading, book.result_revision, book.quorum, book.control


def _is_behind(book: Book) -> bool:
    """Whether the prices of side markets were told too many versions ago."""
    behind = book.version - book.side_version
    if behind < _SIDE_VERSIONS:
        return False
    return behind >= _SIDE_VERSIONS + crc32(book.event_id.encode()) % _SIDE_VERSIONS


def quote_sides(book: Book, out: Outbox) -> Book:
    """The book when the prices of its side markets are told as well."""
    told = replace(book, side_version=book.version)
    out.publish_newest(topics.SIDE_QUOTES, told.event_id, side_quotes_of, told)
    return told


def _play(match: Match) -> tuple[object, ...]:
    """The state of play that side markets are about: the claim that bets rest on, and counts."""
    return claim_of(match), match.cards_so_far, counts_of(match)


def _quotes(books: Sequence[Book]) -> list[Quotes]:
    return _messages(quotes, books, ON_SCORE)


def side_quotes_of(books: Sequence[Book]) -> list[SideQuotes]:
    """What is told of the side markets of each of these books, which follows from it alone."""
    return _messages(side_quotes, books, ON_SIDES)


def _messages(
    message: Callable[..., Message], books: Sequence[Book], layout: Layout
) -> list[Message]:
    return [
        message(each.event_id, each.version, each.status, each.reason, each.match, prices)
        for each, prices in zip(books, prices_of_all(books, layout), strict=True)
    ]


def _moved_on(before: Book, after: Book, out: Outbox) -> Book:
    """The book without the overrides that were set for another state of play."""
    if not after.control.overrides or after.match == before.match:
        return after
    change = moved_on(after.control, after.event_id, scene(after.match))
    for told in change.events:
        out.send(topics.MARKET_EVENTS, after.event_id, told)
    return replace(after, control=change.state)


def offer(tables: MarketTables, event_id: str, selection: str) -> Offer | None:
    """What is offered on a selection, which may be none that there is."""
    book = tables.books.get(event_id)
    if book is None:
        return None
    layout = layout_with(selection)
    place = layout.index.get(selection)
    price_milli = 0 if place is None else int(prices_milli(book, layout)[place])
    return Offer(_status(book, selection), price_milli, book.version, is_known=place is not None)


def _status(book: Book, selection: str) -> TradingStatus:
    """The match's, or that of one market that is held back while others are not."""
    if book.status is not TradingStatus.OPEN or not book.control.is_holding:
        return book.status
    is_held = selection.rpartition("/")[0] in reasons(book.control)
    return TradingStatus.SUSPENDED if is_held else book.status

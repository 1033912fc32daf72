"""A match turns out to be another one, or two that were taken for one are told apart."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables, put
from agents.markets.controls import controls_of
from agents.markets.legs import change_legs
from agents.markets.sources import counted, reliance_of, relied_on, with_announced, with_rates
from overround.domain.betting import trading
from overround.domain.feeds import reliance as reliances
from overround.domain.feeds.identity.events import EventMerged, EventParted
from overround.domain.kernel.match import Period
from overround.domain.pricing.football import quorum
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.play import forgotten
from overround.domain.settlement.decide import void
from overround.runtime.topology import Event, Outbox
from tables.books import Book

# Who holds bets back until a trader has looked: nobody knows what was played under the wrong id.
_HALTED_BY = "identity"


def merge(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Close the book of a match that is another one.

    Its records go to the other book from here on, so that no result would ever settle its legs:
    they are refunded. Legs that are settled stay as they are.
    """
    merged: EventMerged = event.value
    book = tables.books.get(merged.event_id) or Book.empty(merged.event_id)
    if not book.trading.is_settled:
        reason = f"merged into {merged.into_event_id}"
        change_legs(merged.event_id, tables, out, lambda leg: void(leg, reason))
    closed = replace(book.trading, merged_into=merged.into_event_id)
    put(tables, out, book, replace(book, trading=closed))


def part(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold bets back on both matches until a trader lets them through.

    The one that the provider's fixture has left forgets what that provider has said; the one that
    it is again is open under its own id.
    """
    parted: EventParted = event.value
    book = tables.books.get(parted.event_id) or Book.empty(parted.event_id)
    if parted.has_left:
        after = _without(book, parted.provider, event.at_us, tables)
    else:
        after = replace(book, trading=replace(book.trading, merged_into=""))
    reason = f"parted from {parted.other_event_id}"
    halted = replace(after.trading, halted_by=_HALTED_BY, halt_reason=reason)
    put(tables, out, book, replace(after, trading=halted))


def _without(book: Book, provider: str, at_us: int, tables: MarketTables) -> Book:
    before = reliance_of(tables, book.event_id)
    reliance = reliances.without(before, provider)
    if reliance != before:
        tables.reliances[book.event_id] = reliance
    match = with_announced(with_rates(forgotten(book.match, provider), reliance), reliance)
    after = replace(
        book,
        match=match if reliance.openings else _unpriced(match),
        quorum=quorum.without(book.quorum, provider),
        trading=replace(trading.without(book.trading, provider), disagreement=""),
    )
    controls = controls_of(tables.parameters)
    return relied_on(counted(after, reliance, controls, at_us), reliance)


def _unpriced(match: Match) -> Match:
    """The match without prices, if it has not begun: they were those of another."""
    if match.period is not Period.NOT_STARTED:
        return match
    return replace(match, home_rate_micro=0, away_rate_micro=0, rho_micro=0)

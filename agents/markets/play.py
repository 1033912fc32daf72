"""What happens in and around a match: fixture, prices, incidents, traders and time."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables, known, put
from agents.markets.legs import change_legs
from agents.markets.sources import reliance_of, relied_on, with_rates
from overround.contracts import topics
from overround.domain.betting import trading
from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.feeds.reliance import Reliance, announced, priced, told
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.match import BEFORE_FULL_TIME, Incident, IncidentKind, Period
from overround.domain.pricing.football.decide import observe, opening
from overround.domain.pricing.football.play import heard
from overround.domain.settlement.decide import settle, void
from overround.domain.settlement.events import Certainty, ResultRecorded
from overround.runtime.topology import Event, Outbox
from tables.books import Book


def schedule(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Open the book of a match; again, change nothing."""
    scheduled: FixtureScheduled = event.value
    # Legs lie under `event_id/leg_id`: with a slash in it, a match would find another's legs.
    require_id("event_id", scheduled.event_id)
    if scheduled.event_id not in tables.books:
        tables.books[scheduled.event_id] = Book.empty(scheduled.event_id)
    before = reliance_of(tables, scheduled.event_id)
    reliance = announced(before, scheduled.provider)
    if reliance is not before:
        tables.reliances[scheduled.event_id] = reliance
        book = tables.books[scheduled.event_id]
        after = relied_on(book.trading, reliance, book.match)
        put(tables, out, book, replace(book, trading=after))


def open_prices(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take a view of both sides from somebody's prices, before kick-off."""
    observed: PricesObserved = event.value
    book = known(tables, observed.event_id)
    if book.match.period is not Period.NOT_STARTED:
        return  # in play the model follows the match, not somebody else's prices
    if observed.sequence <= book.match.heard_of(observed.provider):
        return  # FEEDS publishes again after a crash: older prices must not come back
    rates = opening({price.selection: price.price_milli for price in observed.prices})
    reliance = priced(reliance_of(tables, observed.event_id), observed.provider, rates)
    tables.reliances[observed.event_id] = reliance
    match = with_rates(heard(book.match, observed.provider, observed.sequence), reliance)
    held = relied_on(book.trading, reliance, match)
    put(tables, out, book, replace(book, match=match, trading=held))


def play(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Follow an incident: price it, hold bets back or let them through, settle at the end."""
    incident: Incident = event.value
    book = known(tables, incident.event_id)
    is_news = incident.sequence > book.match.heard_of(incident.provider)
    reliance = _told(tables, incident)
    after = replace(book, match=observe(book.match, incident))
    if is_news:
        is_live = not reliance.is_lost(incident.provider)
        state = trading.heard(book.trading, incident.kind, event.at_us, is_relied_on=is_live)
        after = replace(after, trading=relied_on(state, reliance, after.match))
    if incident.kind is IncidentKind.ABANDONED and not book.match.abandoned:
        after = _void_all(after, tables, out)
    elif is_news and after.match.period not in BEFORE_FULL_TIME and not after.match.abandoned:
        after = _record_result(book, after, incident.kind, tables, out)
    put(tables, out, book, after)


def _told(tables: MarketTables, incident: Incident) -> Reliance:
    """What is known of the match's sources, this one among them."""
    before = reliance_of(tables, incident.event_id)
    after = told(before, incident.provider)
    if after is not before:
        tables.reliances[incident.event_id] = after
    return after


def trade(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Do as a trader says."""
    command: SuspendTrading | ReopenTrading = event.value
    book = known(tables, command.event_id)
    if isinstance(command, SuspendTrading):
        after = trading.suspended(book.trading, command)
    else:
        after = trading.reopened(book.trading, command)
    put(tables, out, book, replace(book, trading=after))


def tick(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold back the bets of matches that were not heard of for too long."""
    for event_id in tables.books:
        book = tables.books[event_id]
        after = trading.ticked(book.trading, book.match.period, event.at_us)
        if after is not book.trading:
            put(tables, out, book, replace(book, trading=after))


def _record_result(
    before: Book, after: Book, kind: IncidentKind, tables: MarketTables, out: Outbox
) -> Book:
    """Settle every leg when there is a result, when it changes, and when it is confirmed."""
    confirms = kind is IncidentKind.RESULT_CONFIRMED
    score = (after.match.regular_home_goals, after.match.regular_away_goals)
    same = score == (before.match.regular_home_goals, before.match.regular_away_goals)
    if before.trading.is_settled and same and not confirms:
        return after
    certainty = Certainty.CONFIRMED if confirms else Certainty.LIVE
    legs = change_legs(
        after.event_id, tables, out, lambda leg: settle(leg, *score, certainty, "result")
    )
    revision = after.result_revision + 1
    recorded = ResultRecorded(after.event_id, *score, certainty, revision, legs)
    out.send(topics.MARKET_EVENTS, after.event_id, recorded)
    return replace(
        after,
        trading=replace(after.trading, is_settled=True),
        result_revision=revision,
        is_confirmed=confirms,
    )


def _void_all(book: Book, tables: MarketTables, out: Outbox) -> Book:
    change_legs(book.event_id, tables, out, lambda leg: void(leg, "abandoned"))
    return replace(book, trading=replace(book.trading, is_settled=True))

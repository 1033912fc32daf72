"""What happens in and around a match: fixture, prices, incidents, traders and time."""

from __future__ import annotations

from agents.markets.books import MarketTables, known, put, quote_sides
from agents.markets.breaker import watch, with_depth
from agents.markets.controls import Controls, controls_of
from agents.markets.exchange import is_of_now, is_pulling, opening_milli
from agents.markets.overrides import end
from agents.markets.parameters import renew
from agents.markets.results import conclude
from agents.markets.sources import (
    counted,
    hearing_of,
    reliance_of,
    relied_on,
    with_announced,
    with_rates,
)
from overround.domain.betting import trading
from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.feeds.reliance import Announcement, Reliance, announced, priced, told
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.kernel.play import PlaySignalled
from overround.domain.kernel.replace import replace
from overround.domain.kernel.statistics import StatisticsObserved
from overround.domain.pricing.football.corners import with_corners
from overround.domain.pricing.football.decide import observe, opening
from overround.domain.pricing.football.play import signalled
from overround.domain.pricing.football.quorum import believe, founded, hear
from overround.runtime.topology import Event, Outbox
from tables.books import Book

# Prices of the side markets of so many matches are made in some 1.2 ms, for which a tick may hold
# quotes and bets up. With more matches in a partition, each of them is told again less often.
_SIDES_A_TICK = 8


def schedule(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Open the book of a match; again, only take who says that it needs a winner."""
    scheduled: FixtureScheduled = event.value
    # Legs lie under `event_id/leg_id`: with a slash in it, a match would find another's legs.
    require_id("event_id", scheduled.event_id)
    before = reliance_of(tables, scheduled.event_id)
    said = Announcement(scheduled.provider, scheduled.sequence, scheduled.needs_winner)
    reliance = announced(before, said)
    book = tables.books.get(scheduled.event_id) or Book.empty(scheduled.event_id)
    after = replace(book, match=with_announced(book.match, reliance))
    if scheduled.event_id not in tables.books:
        tables.books[scheduled.event_id] = book = after  # nobody has seen another one
    if reliance is not before:
        tables.reliances[scheduled.event_id] = reliance
        put(tables, out, book, relied_on(after, reliance))


def open_prices(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take a view of both sides from somebody's prices, before kick-off.

    An exchange's pull what somebody else has opened.
    """
    observed: PricesObserved = event.value
    book = known(tables, observed.event_id)
    before = reliance_of(tables, observed.event_id)
    if observed.sequence <= before.priced_in(observed.provider):
        return  # FEEDS publishes again after a crash: older prices must not come back
    if not is_of_now(book.match, observed):
        return
    if book.match.period is not Period.NOT_STARTED or is_pulling(observed, before):
        watch(book, observed, event.at_us, tables, out)
        return
    model = controls_of(tables.parameters).model
    rates = opening(opening_milli(observed.prices), model)
    reliance = priced(before, observed.provider, observed.sequence, rates)
    tables.reliances[observed.event_id] = reliance
    match = with_rates(book.match, reliance)
    after = replace(book, match=match, control=with_depth(book.control, observed))
    put(tables, out, book, relied_on(after, reliance))


def play(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Follow an incident: price it, hold bets back or let them through, settle at the end."""
    incident: Incident = event.value
    book = known(tables, incident.event_id)
    is_news = incident.sequence > book.match.heard_of(incident.provider)
    reliance = _told(tables, incident)
    controls = controls_of(tables.parameters)
    after = _heard(book, incident, reliance, controls, event.at_us)
    if is_news:
        state = trading.heard(book.trading, incident, event.at_us, lost=reliance.lost)
        after = replace(
            after, trading=state, age_us=trading.aged(state, after.match.period, event.at_us)
        )
    confirms = is_news and incident.kind is IncidentKind.RESULT_CONFIRMED
    conclude(tables, out, book, relied_on(after, reliance), confirms=confirms)


def signal(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold bets back on a provider's sign that says no more, or let them through again."""
    told: PlaySignalled = event.value
    book = known(tables, told.event_id)
    match = signalled(book.match, told)
    if match is None or told.order.is_early or told.order.is_late:
        return
    lost = reliance_of(tables, told.event_id).lost
    state = trading.signalled(book.trading, told, event.at_us, lost=lost)
    put(tables, out, book, replace(book, match=match, trading=state))


def count(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take what a provider has counted, which may be what decides bets.

    Of a match that is not known here nothing is priced.
    """
    observed: StatisticsObserved = event.value
    book = tables.books.get(observed.event_id)
    if book is not None:
        match = with_corners(book.match, observed, controls_of(tables.parameters).model)
        conclude(tables, out, book, replace(book, match=match))


def _heard(
    book: Book, incident: Incident, reliance: Reliance, controls: Controls, at_us: int
) -> Book:
    """The book when this was told: an only provider is believed, several have to agree."""
    others = [each for each in reliance.told_by if each != incident.provider]
    if not others:
        return replace(book, match=observe(book.match, incident, controls.model))
    before = book.quorum if book.quorum.accounts else founded(book.match, others)
    hearing = hearing_of(book, reliance, controls, at_us)
    quorum, match = hear(before, book.match, incident, hearing)
    return replace(book, quorum=quorum, match=match)


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
        put(tables, out, book, replace(book, trading=trading.suspended(book.trading, command)))
        return
    reliance = reliance_of(tables, command.event_id)
    hearing = hearing_of(book, reliance, controls_of(tables.parameters), event.at_us)
    quorum, match = believe(book.quorum, book.match, command.believe, hearing)
    state = trading.reopened(book.trading, command)
    after = relied_on(replace(book, quorum=quorum, match=match, trading=state), reliance)
    conclude(tables, out, book, after, trader_id=command.trader_id)


def tick(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold back the bets of matches that were not heard of, or not agreed on, for too long."""
    controls = controls_of(tables.parameters)
    silent_after_us = controls.breaker.silent_after_us
    for event_id in tables.books:
        end(event_id, event.at_us, tables, out)
        book = after = tables.books[event_id]
        state = trading.ticked(book.trading, book.match.period, event.at_us, silent_after_us)
        if state is not book.trading:
            after = replace(after, trading=state)
        age_us = trading.aged(state, book.match.period, event.at_us)
        if age_us != book.age_us and book.status is TradingStatus.OPEN:
            after = replace(after, age_us=age_us)
        if book.quorum.since_us:
            reliance = reliance_of(tables, event_id)
            after = relied_on(counted(after, reliance, controls, event.at_us), reliance)
        if after is not book:
            conclude(tables, out, book, after)
    renew(tables, out)
    _quote_sides(tables, out)


def _quote_sides(tables: MarketTables, out: Outbox) -> None:
    """Tell the prices of side markets that are not those of the newest state, oldest first."""
    books = (tables.books[event_id] for event_id in tables.books)
    behind = [each for each in books if each.match.is_priced and each.side_version != each.version]
    behind.sort(key=lambda book: book.side_version - book.version)
    for book in behind[:_SIDES_A_TICK]:
        tables.books[book.event_id] = quote_sides(book, out)

"""MARKETS: the single writer of a match, of its prices, its exposure and its settlement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from overround.contracts import topics
from overround.domain.betting import trading
from overround.domain.betting.commands import ReopenTrading, ReserveLeg, SuspendTrading
from overround.domain.betting.events import LegReserved, RejectReason, TradingChanged
from overround.domain.betting.model import Offer
from overround.domain.betting.offer import decide_leg
from overround.domain.exposure.decide import (
    exposure_changed,
    leg_liability_minor,
    release,
    stake_that_fits,
    take,
)
from overround.domain.exposure.model import EMPTY, LIMITS, Exposure
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.kernel.decision import Decision, Tick
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.market import INDEX, MARKET_IDS
from overround.domain.kernel.match import BEFORE_FULL_TIME, Incident, IncidentKind, Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.decide import observe, opening, quote, quotes
from overround.domain.pricing.play import heard
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.decide import is_voided_by, settle, void
from overround.domain.settlement.events import Certainty, LegSettled, ResultRecorded
from overround.domain.settlement.model import Leg, leg_key
from overround.runtime.topology import Agent, Event, Outbox, TableView
from tables.books import BOOKS, Book
from tables.customer_exposures import CUSTOMER_EXPOSURES, CustomerExposure
from tables.exposures import EXPOSURES
from tables.legs import LEGS


class MarketTables(NamedTuple):
    """The tables of the agent."""

    books: TableView[Book]
    exposures: TableView[Exposure]
    customer_exposures: TableView[CustomerExposure]
    legs: TableView[Leg]


def handle(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Carry one record of the inbox to the rule that decides it."""
    step = _STEPS.get(type(event.value))
    if step is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    if event.key != getattr(event.value, "event_id", None):
        raise Refusal("key_is_not_event_id", str(event.key))
    step(event, tables, out)


def _schedule(event: Event, tables: MarketTables, out: Outbox) -> None:
    scheduled: FixtureScheduled = event.value
    # Legs lie under `event_id/leg_id`: with a slash in it, a match would find another's legs.
    require_id("event_id", scheduled.event_id)
    if scheduled.event_id not in tables.books:
        tables.books[scheduled.event_id] = Book.empty(scheduled.event_id)


def _open(event: Event, tables: MarketTables, out: Outbox) -> None:
    observed: PricesObserved = event.value
    book = _book(tables, observed.event_id)
    if book.match.period is not Period.NOT_STARTED:
        return  # in play the model follows the match, not somebody else's prices
    if observed.sequence <= book.match.heard_of(observed.provider):
        return  # FEEDS publishes again after a crash: older prices must not come back
    rates = opening({price.selection: price.price_milli for price in observed.prices})
    seen = heard(book.match, observed.provider, observed.sequence)
    match = replace(seen, home_rate_micro=rates[0], away_rate_micro=rates[1])
    _put(tables, out, book, replace(book, match=match))


def _play(event: Event, tables: MarketTables, out: Outbox) -> None:
    incident: Incident = event.value
    book = _book(tables, incident.event_id)
    is_news = incident.sequence > book.match.heard_of(incident.provider)
    after = replace(book, match=observe(book.match, incident))
    if is_news:
        after = replace(after, trading=trading.heard(book.trading, incident.kind, event.at_us))
    if incident.kind is IncidentKind.ABANDONED and not book.match.abandoned:
        after = _void_all(after, tables, out)
    elif is_news and after.match.period not in BEFORE_FULL_TIME and not after.match.abandoned:
        after = _record_result(book, after, incident.kind, tables, out)
    _put(tables, out, book, after)


def _trade(event: Event, tables: MarketTables, out: Outbox) -> None:
    command: SuspendTrading | ReopenTrading = event.value
    book = _book(tables, command.event_id)
    if isinstance(command, SuspendTrading):
        after = trading.suspended(book.trading, command)
    else:
        after = trading.reopened(book.trading, command)
    _put(tables, out, book, replace(book, trading=after))


def _tick(event: Event, tables: MarketTables, out: Outbox) -> None:
    for event_id in tables.books:
        book = tables.books[event_id]
        after = trading.ticked(book.trading, book.match.period, event.at_us)
        if after is not book.trading:
            _put(tables, out, book, replace(book, trading=after))


def _book(tables: MarketTables, event_id: str) -> Book:
    book = tables.books.get(event_id)
    if book is None:
        raise Refusal("unknown_event", event_id)
    return book


def _put(tables: MarketTables, out: Outbox, before: Book, after: Book) -> None:
    """Store a book and tell its readers what they can see of the change."""
    status, reason = after.trading.status(after.match.period, after.match.is_priced)
    is_traded_otherwise = (status, reason) != (before.status, before.reason)
    if after.match == before.match and not is_traded_otherwise:
        if after.trading != before.trading or after.result_revision != before.result_revision:
            tables.books[after.event_id] = after
        return
    version = before.version + 1
    prices = before.prices_milli if after.match == before.match else quote(after.match)
    book = replace(after, status=status, reason=reason, version=version, prices_milli=prices)
    tables.books[book.event_id] = book
    told = quotes(book.event_id, version, status, reason, book.match, prices)
    # At once: a reader drops a version that it has seen, so a replay does no harm.
    out.publish(topics.QUOTES, book.event_id, told)
    if is_traded_otherwise:
        changed = TradingChanged(book.event_id, status, reason, version)
        out.send(topics.MARKET_EVENTS, book.event_id, changed)


def _reserve(event: Event, tables: MarketTables, out: Outbox) -> None:
    request: ReserveLeg = event.value
    if leg_key(request.event_id, request.leg_id) in tables.legs:
        raise Refusal("leg_already_reserved", request.leg_id)
    exposure_key = f"{request.event_id}/{request.currency}"
    exposure = tables.exposures.get(exposure_key) or EMPTY
    customer_key = f"{request.event_id}/{request.customer_id}/{request.currency}"
    customer = tables.customer_exposures.get(customer_key) or CustomerExposure(0)
    index = INDEX.get(request.selection, -1)

    def room(price_milli: int) -> tuple[int, RejectReason | None]:
        limits = LIMITS.get(request.currency)
        if limits is None:
            return 0, RejectReason.CURRENCY_MISMATCH
        fits = stake_that_fits(
            exposure,
            limits,
            index,
            price_milli=price_milli,
            stake_minor=request.stake_minor,
            customer_loss_minor=customer.liability_minor,
        )
        return fits.stake_minor, RejectReason(fits.binding) if fits.binding else None

    answer = decide_leg(request, _offer(tables, request.event_id, index), room)
    if isinstance(answer, LegReserved):
        after = take(exposure, index, answer.stake_minor, answer.price_milli)
        liability = leg_liability_minor(answer.stake_minor, answer.price_milli)
        tables.exposures[exposure_key] = after
        tables.customer_exposures[customer_key] = CustomerExposure(
            customer.liability_minor + liability
        )
        tables.legs[leg_key(request.event_id, request.leg_id)] = _leg(request, answer)
        _tell_exposure(out, request.event_id, request.currency, after)
    out.send(topics.ACCOUNTS_INBOX, request.customer_id, answer)
    out.send(topics.MARKET_EVENTS, request.event_id, answer)


def _offer(tables: MarketTables, event_id: str, index: int) -> Offer | None:
    book = tables.books.get(event_id)
    if book is None:
        return None
    price_milli = int(book.prices_milli[index]) if index >= 0 else 0
    return Offer(book.status, price_milli, book.version)


def _leg(request: ReserveLeg, answer: LegReserved) -> Leg:
    return Leg(
        customer_id=request.customer_id,
        bet_id=request.bet_id,
        leg_id=request.leg_id,
        event_id=request.event_id,
        selection=request.selection,
        currency=request.currency,
        stake_minor=answer.stake_minor,
        price_milli=answer.price_milli,
    )


def _tell_exposure(out: Outbox, event_id: str, currency: str, exposure: Exposure) -> None:
    out.send(topics.MARKET_EVENTS, event_id, exposure_changed(event_id, currency, exposure))


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
    legs = _change_legs(
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
    _change_legs(book.event_id, tables, out, lambda leg: void(leg, "abandoned"))
    return replace(book, trading=replace(book.trading, is_settled=True))


def _void_market(event: Event, tables: MarketTables, out: Outbox) -> None:
    command: VoidMarket = event.value
    _book(tables, command.event_id)
    if command.market and command.market not in MARKET_IDS:
        raise Refusal("unknown_market", command.market)

    def rule(leg: Leg) -> Decision[Leg, LegSettled]:
        return void(leg, command.reason) if is_voided_by(leg, command) else Decision(leg)

    _change_legs(command.event_id, tables, out, rule)


def _change_legs(
    event_id: str,
    tables: MarketTables,
    out: Outbox,
    rule: Callable[[Leg], Decision[Leg, LegSettled]],
) -> int:
    """Put every leg of a match through a rule; how many it told something new."""
    told = 0
    for key in tables.legs.within(event_id):
        leg = tables.legs[key]
        decision = rule(leg)
        if decision.state == leg:
            continue
        tables.legs[key] = decision.state
        if decision.state.voided and not leg.voided:
            _release(tables, out, leg)
        for settled in decision.events:
            told += 1
            out.send(topics.ACCOUNTS_INBOX, settled.customer_id, settled)
    return told


def _release(tables: MarketTables, out: Outbox, leg: Leg) -> None:
    """Take a voided leg out of the exposure: it can cost nothing any more."""
    key = f"{leg.event_id}/{leg.currency}"
    after = release(tables.exposures[key], INDEX[leg.selection], leg.stake_minor, leg.price_milli)
    tables.exposures[key] = after
    customer_key = f"{leg.event_id}/{leg.customer_id}/{leg.currency}"
    customer = tables.customer_exposures[customer_key]
    tables.customer_exposures[customer_key] = CustomerExposure(
        customer.liability_minor - leg_liability_minor(leg.stake_minor, leg.price_milli)
    )
    _tell_exposure(out, leg.event_id, leg.currency, after)


_STEPS: dict[type, Callable[[Event, MarketTables, Outbox], Any]] = {
    FixtureScheduled: _schedule,
    PricesObserved: _open,
    Incident: _play,
    ReserveLeg: _reserve,
    SuspendTrading: _trade,
    ReopenTrading: _trade,
    VoidMarket: _void_market,
    Tick: _tick,
}

MARKETS = Agent(
    "markets",
    inbox=topics.MARKETS_INBOX,
    handle=handle,
    tables=MarketTables,
    owns=(BOOKS, EXPOSURES, CUSTOMER_EXPOSURES, LEGS),
    sends=(topics.ACCOUNTS_INBOX, topics.MARKET_EVENTS),
    publishes=(topics.QUOTES,),
)

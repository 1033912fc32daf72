"""The legs of a match: taken within its limits, settled, voided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agents.markets.books import MarketTables, known, offer, put
from agents.markets.overrides import end
from overround.contracts import topics
from overround.domain.betting.commands import ReserveLeg
from overround.domain.betting.events import LegReserved, RejectReason
from overround.domain.betting.offer import decide_leg
from overround.domain.exposure.decide import (
    exposure_changed,
    leg_liability_minor,
    release,
    stake_that_fits,
    take,
)
from overround.domain.exposure.model import EMPTY, LIMITS, Exposure
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.traded import TRADED_INDEX, TRADED_MARKET_IDS
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.decide import is_voided_by, void
from overround.domain.settlement.events import LegSettled
from overround.domain.settlement.model import Leg, leg_key
from overround.runtime.topology import Event, Outbox
from tables.customer_exposures import CustomerExposure


def reserve(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take a leg whole or in part, or reject it; the price and the room are the writer's own."""
    request: ReserveLeg = event.value
    if leg_key(request.event_id, request.leg_id) in tables.legs:
        raise Refusal("leg_already_reserved", request.leg_id)
    end(request.event_id, event.at_us, tables, out)
    exposure_key = f"{request.event_id}/{request.currency}"
    exposure = tables.exposures.get(exposure_key) or EMPTY
    customer_key = f"{request.event_id}/{request.customer_id}/{request.currency}"
    customer = tables.customer_exposures.get(customer_key) or CustomerExposure(0)
    index = TRADED_INDEX.get(request.selection, -1)

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

    answer = decide_leg(request, offer(tables, request.event_id, request.selection), room)
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


def void_market(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Refund every leg on a market, or on the match, and take no more bets on it."""
    command: VoidMarket = event.value
    book = known(tables, command.event_id)
    if command.market and command.market not in TRADED_MARKET_IDS:
        raise Refusal("unknown_market", command.market)

    def rule(leg: Leg) -> Decision[Leg, LegSettled]:
        return void(leg, command.reason) if is_voided_by(leg, command) else Decision(leg)

    change_legs(command.event_id, tables, out, rule)
    voided = tuple(sorted({*book.voided_markets, command.market}))
    put(tables, out, book, replace(book, voided_markets=voided))


def change_legs(
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
    index = TRADED_INDEX[leg.selection]
    after = release(tables.exposures[key], index, leg.stake_minor, leg.price_milli)
    tables.exposures[key] = after
    customer_key = f"{leg.event_id}/{leg.customer_id}/{leg.currency}"
    customer = tables.customer_exposures[customer_key]
    tables.customer_exposures[customer_key] = CustomerExposure(
        customer.liability_minor - leg_liability_minor(leg.stake_minor, leg.price_milli)
    )
    _tell_exposure(out, leg.event_id, leg.currency, after)

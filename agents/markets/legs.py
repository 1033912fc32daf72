"""The legs of a match: taken within its limits, settled, voided."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from agents.markets.books import MarketTables, known, offer, put
from agents.markets.overrides import end
from overround.contracts import topics
from overround.domain.betting.commands import ReserveLeg
from overround.domain.betting.events import LegReserved, RejectReason
from overround.domain.betting.model import Offer
from overround.domain.betting.offer import decide_leg
from overround.domain.exposure.decide import leg_liability_minor
from overround.domain.exposure.model import LIMITS
from overround.domain.exposure.reckoning import BY_MARKET, BY_SCORE, Reckoning
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.traded import TRADED_MARKET_IDS
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.decide import is_voided_by, void
from overround.domain.settlement.events import LegSettled
from overround.domain.settlement.model import Leg, leg_key
from overround.runtime.topology import Event, Outbox
from tables.customer_exposures import CustomerExposure


def reserve(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take a leg on football; the price and the room are the writer's own."""
    request: ReserveLeg = event.value
    require_new(request, tables)
    end(request.event_id, event.at_us, tables, out)
    take(request, offer(tables, request.event_id, request.selection), tables, out)


def require_new(request: ReserveLeg, tables: MarketTables) -> None:
    """Refuse a leg that was taken before (`leg_already_reserved`)."""
    if leg_key(request.event_id, request.leg_id) in tables.legs:
        raise Refusal("leg_already_reserved", request.leg_id)


def take(request: ReserveLeg, offered: Offer | None, tables: MarketTables, out: Outbox) -> None:
    """Take a leg whole or in part at what is offered on it, or reject it, and tell."""
    reckoning = _reckoning(tables, request.event_id)
    exposure_key = f"{request.event_id}/{request.currency}"
    exposure = tables.exposures.get(exposure_key) or reckoning.empty
    customer_key = f"{request.event_id}/{request.customer_id}/{request.currency}"
    customer = tables.customer_exposures.get(customer_key) or CustomerExposure(0)

    def room(price_milli: int) -> tuple[int, RejectReason | None]:
        limits = LIMITS.get(request.currency)
        if limits is None:
            return 0, RejectReason.CURRENCY_MISMATCH
        fits = reckoning.stake_that_fits(
            exposure,
            limits,
            request.selection,
            price_milli=price_milli,
            stake_minor=request.stake_minor,
            customer_loss_minor=customer.liability_minor,
        )
        return fits.stake_minor, RejectReason(fits.binding) if fits.binding else None

    answer = decide_leg(request, offered, room)
    if isinstance(answer, LegReserved):
        leg = _leg(request, answer)
        after = reckoning.take(exposure, leg.selection, leg.stake_minor, leg.price_milli)
        liability_minor = leg_liability_minor(leg.stake_minor, leg.price_milli)
        tables.exposures[exposure_key] = after
        tables.customer_exposures[customer_key] = CustomerExposure(
            customer.liability_minor + liability_minor
        )
        tables.legs[leg_key(leg.event_id, leg.leg_id)] = leg
        out.send(
            topics.MARKET_EVENTS,
            leg.event_id,
            reckoning.changed(leg.event_id, leg.currency, after),
        )
    out.send(topics.ACCOUNTS_INBOX, request.customer_id, answer)
    out.send(topics.MARKET_EVENTS, request.event_id, answer)


def _reckoning(tables: MarketTables, event_id: str) -> Reckoning[Any]:
    return BY_MARKET if event_id in tables.sport_books else BY_SCORE


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


def void_market(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Refund every leg on a market, or on the match, and take no more bets on it."""
    command: VoidMarket = event.value
    book = known(tables, command.event_id)
    voided = void_legs(command, book.voided_markets, TRADED_MARKET_IDS, tables, out)
    put(tables, out, book, replace(book, voided_markets=voided))


def void_legs(
    command: VoidMarket,
    voided: Collection[str],
    markets: Collection[str],
    tables: MarketTables,
    out: Outbox,
) -> tuple[str, ...]:
    """Refund the legs that a trader's void covers; the match's void markets with it.

    Raises:
        Refusal: `unknown_market`, for one that is not among `markets`.
    """
    if command.market and command.market not in markets:
        raise Refusal("unknown_market", command.market)

    def rule(leg: Leg) -> Decision[Leg, LegSettled]:
        return void(leg, command.reason) if is_voided_by(leg, command) else Decision(leg)

    change_legs(command.event_id, tables, out, rule)
    return tuple(sorted({*voided, command.market}))


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
    reckoning = _reckoning(tables, leg.event_id)
    key = f"{leg.event_id}/{leg.currency}"
    after = reckoning.release(
        tables.exposures[key], leg.selection, leg.stake_minor, leg.price_milli
    )
    tables.exposures[key] = after
    customer_key = f"{leg.event_id}/{leg.customer_id}/{leg.currency}"
    customer = tables.customer_exposures[customer_key]
    tables.customer_exposures[customer_key] = CustomerExposure(
        customer.liability_minor - leg_liability_minor(leg.stake_minor, leg.price_milli)
    )
    changed = reckoning.changed(leg.event_id, leg.currency, after)
    out.send(topics.MARKET_EVENTS, leg.event_id, changed)

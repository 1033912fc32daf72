"""The customer's side of a bet: place, hear from the match's writer, record what it paid."""

from __future__ import annotations

from dataclasses import replace

from overround.domain.betting.commands import BetLeg, PlaceBet, ReserveLeg
from overround.domain.betting.events import (
    BetRejected,
    LegRejected,
    LegReserved,
    RejectReason,
)
from overround.domain.betting.model import (
    Bet,
    BetDecision,
    BetStatus,
    answer,
    fingerprint,
    leg_id,
)
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.money import STAKE_MINOR_MAX
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal


def place(
    bet: Bet | None, command: PlaceBet, account_currency: str | None, available_minor: int
) -> BetDecision:
    """Hold the stake and ask the match's writer, or reject with the first reason that holds.

    `bet` is what is kept under the command's key; `account_currency` is None for an unknown
    customer. The order of the checks: the id was not used for another body; the customer is
    known; the stake is positive and not too large; one leg, as only singles are offered; its
    price in range; the currency; the funds.

    The same id with the same body gets the same answer again (none while the bet waits), also
    when it was rejected: a retry never does what its sender was told had failed. The same id
    with another body is rejected and the kept bet stays as it is.

    Raises:
        Refusal: `malformed_id`, or `stake_not_integer` for a stake that is no whole number.
    """
    require_id("customer_id", command.customer_id)
    require_id("bet_id", command.bet_id)
    if type(command.stake_minor) is not int:
        raise Refusal("stake_not_integer", repr(command.stake_minor))
    body = fingerprint(command)
    if bet is not None:
        return _again(bet, command, body)
    reason = _reason_against(command, account_currency, available_minor)
    if reason is not None:
        largest_minor = STAKE_MINOR_MAX if reason is RejectReason.STAKE_TOO_LARGE else 0
        return _reject(_new(command, body), reason, largest_minor)
    return BetDecision(
        _new(command, body), reserve=(_reserve(command),), hold_minor=command.stake_minor
    )


def leg_reserved(bet: Bet | None, reserved: LegReserved) -> BetDecision:
    """The match's writer took the leg: the bet stands, and its stake is posted from the hold.

    A second arrival changes nothing.

    Raises:
        Refusal: `unknown_bet`, or `stake_not_asked_for` when more was taken than was held.
    """
    held = _known(bet, reserved)
    if held.status is not BetStatus.HELD:
        return BetDecision(held)
    if not 0 < reserved.stake_minor <= held.requested_minor:
        raise Refusal("stake_not_asked_for", f"{reserved.stake_minor} of {held.requested_minor}")
    whole = reserved.stake_minor == held.requested_minor
    taken = replace(
        held,
        status=BetStatus.ACCEPTED if whole else BetStatus.PARTLY_ACCEPTED,
        stake_minor=reserved.stake_minor,
        price_milli=reserved.price_milli,
    )
    return _answered(taken, post_minor=reserved.stake_minor)


def leg_rejected(bet: Bet | None, rejected: LegRejected) -> BetDecision:
    """The match's writer did not take the leg: the bet is rejected and its hold voided.

    A second arrival changes nothing.

    Raises:
        Refusal: `unknown_bet`.
    """
    held = _known(bet, rejected)
    if held.status is not BetStatus.HELD:
        return BetDecision(held)
    return _reject(held, rejected.reason, rejected.stake_minor_max, void=True)


def leg_settled(bet: Bet, *, revision: int, payout_minor: int, shortfall_minor: int) -> Bet:
    """The bet after a settlement was booked; a revision that was seen before changes nothing.

    Raises:
        Refusal: `bet_not_taken`, for a bet that waits or was rejected; `amount_negative`.
    """
    if bet.status in (BetStatus.HELD, BetStatus.REJECTED):
        raise Refusal("bet_not_taken", f"{bet.customer_id}/{bet.bet_id} is {bet.status}")
    if payout_minor < 0 or shortfall_minor < 0:
        raise Refusal("amount_negative", f"{payout_minor}, {shortfall_minor}")
    if revision <= bet.revision:
        return bet
    return replace(
        bet,
        status=BetStatus.SETTLED,
        revision=revision,
        payout_minor=payout_minor,
        shortfall_minor=shortfall_minor,
    )


def _again(bet: Bet, command: PlaceBet, body: bytes) -> BetDecision:
    if body == bet.fingerprint:
        told = answer(bet)
        return BetDecision(bet, events=() if told is None else (told,))
    other = BetRejected(
        customer_id=command.customer_id,
        bet_id=command.bet_id,
        currency=command.currency,
        requested_minor=command.stake_minor,
        stake_minor_max=0,
        reason=RejectReason.DUPLICATE_WITH_OTHER_BODY,
    )
    return BetDecision(bet, events=(other,))


def _reason_against(
    command: PlaceBet, account_currency: str | None, available_minor: int
) -> RejectReason | None:
    checks = (
        (account_currency is not None, RejectReason.UNKNOWN_CUSTOMER),
        (command.stake_minor > 0, RejectReason.STAKE_NOT_POSITIVE),
        (command.stake_minor <= STAKE_MINOR_MAX, RejectReason.STAKE_TOO_LARGE),
        (len(command.legs) == 1, RejectReason.LEGS_NOT_OFFERED),
        (all(_in_range(leg) for leg in command.legs), RejectReason.PRICE_OUT_OF_RANGE),
        (command.currency == account_currency, RejectReason.CURRENCY_MISMATCH),
        (command.stake_minor <= available_minor, RejectReason.INSUFFICIENT_FUNDS),
    )
    return next((reason for holds, reason in checks if not holds), None)


def _in_range(leg: BetLeg) -> bool:
    return PRICE_MILLI_MIN <= leg.price_milli <= PRICE_MILLI_MAX


def _new(command: PlaceBet, body: bytes) -> Bet:
    return Bet(
        customer_id=command.customer_id,
        bet_id=command.bet_id,
        fingerprint=body,
        status=BetStatus.HELD,
        currency=command.currency,
        legs=command.legs,
        requested_minor=command.stake_minor,
    )


def _reserve(command: PlaceBet) -> ReserveLeg:
    (leg,) = command.legs
    return ReserveLeg(
        event_id=leg.event_id,
        leg_id=leg_id(command.customer_id, command.bet_id, 0),
        customer_id=command.customer_id,
        bet_id=command.bet_id,
        selection=leg.selection,
        currency=command.currency,
        stake_minor=command.stake_minor,
        price_milli=leg.price_milli,
        price_policy=command.price_policy,
        tolerance_bp=command.tolerance_bp,
        accept_partial=command.accept_partial,
    )


def _known(bet: Bet | None, leg: LegReserved | LegRejected) -> Bet:
    if bet is None or (bet.customer_id, bet.bet_id) != (leg.customer_id, leg.bet_id):
        raise Refusal("unknown_bet", leg.leg_id)
    if leg.leg_id != leg_id(bet.customer_id, bet.bet_id, 0):
        raise Refusal("unknown_leg", leg.leg_id)
    return bet


def _reject(
    bet: Bet, reason: RejectReason, stake_minor_max: int, void: bool = False
) -> BetDecision:
    rejected = replace(
        bet, status=BetStatus.REJECTED, reason=str(reason), stake_minor_max=stake_minor_max
    )
    return _answered(rejected, void=void)


def _answered(bet: Bet, post_minor: int = 0, void: bool = False) -> BetDecision:
    told = answer(bet)
    assert told is not None, "a decided bet has an answer"
    return BetDecision(bet, events=(told,), post_minor=post_minor, void=void)

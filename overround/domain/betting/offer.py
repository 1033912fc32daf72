"""The match's side: whether a leg is taken, at what price, and how much of its stake."""

from __future__ import annotations

from overround.domain.betting.commands import PricePolicy, ReserveLeg
from overround.domain.betting.events import LegRejected, LegReserved, RejectReason
from overround.domain.betting.model import Offer, RoomAt
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.money import STAKE_MINOR_MAX
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal

# A part below one unit of the currency, or below a hundredth of what was asked, is not the bet
# that the punter wanted: it would cost two entries and a settlement, and use up the bet's id.
PART_MINOR_MIN = 100
PART_SHARE_MIN = 100  # one hundredth

BASIS_POINTS = 10_000


def decide_leg(request: ReserveLeg, offer: Offer | None, room: RoomAt) -> LegReserved | LegRejected:
    """Take a leg whole or in part, or reject it with the first reason that holds.

    The order of the checks: the stake is positive and not absurd; the match is known (`offer`
    None: it is not); the selection is known; trading is open; the selection is quoted; the price
    policy agrees; the limits leave room. A leg is always taken at the current price: it may be
    better than the one seen, and is never worse than the policy allows. A rejection by a limit
    says what would have fitted, and reserves nothing.

    Raises:
        Refusal: `stake_not_integer`, for a stake that is no whole number.
    """
    if type(request.stake_minor) is not int:
        raise Refusal("stake_not_integer", repr(request.stake_minor))
    reason = _stake_reason(request) or _offer_reason(request, offer)
    if reason is not None or offer is None:
        reason = reason or RejectReason.UNKNOWN_EVENT
        return _rejected(request, reason, 0, offer.price_milli if offer is not None else 0)
    fits_minor, limit = room(offer.price_milli)
    assert 0 <= fits_minor <= request.stake_minor
    if fits_minor == request.stake_minor:
        return _reserved(request, offer, fits_minor)
    assert limit is not None, "a stake is cut by a limit that has a name"
    if request.accept_partial and fits_minor >= part_minor_min(request.stake_minor):
        return _reserved(request, offer, fits_minor)
    return _rejected(request, limit, fits_minor, offer.price_milli)


def part_minor_min(stake_minor: int) -> int:
    """The smallest part of a stake that is worth taking, in minor units."""
    return max(PART_MINOR_MIN, -(-stake_minor // PART_SHARE_MIN))


def price_agreed(policy: PricePolicy, tolerance_bp: int, seen_milli: int, now_milli: int) -> bool:
    """Whether a punter who saw one price takes another; exact, without division.

    `WITHIN` lets the price fall by `tolerance_bp` basis points of the seen one and no further;
    every policy but `EXACT` takes a better price.
    """
    if policy is PricePolicy.EXACT:
        return now_milli == seen_milli
    if policy is PricePolicy.BETTER:
        return now_milli >= seen_milli
    if policy is PricePolicy.WITHIN:
        return now_milli * BASIS_POINTS >= seen_milli * (BASIS_POINTS - tolerance_bp)
    return True


def _stake_reason(request: ReserveLeg) -> RejectReason | None:
    if request.stake_minor <= 0:
        return RejectReason.STAKE_NOT_POSITIVE
    if request.stake_minor > STAKE_MINOR_MAX:
        return RejectReason.STAKE_TOO_LARGE
    return None


def _offer_reason(request: ReserveLeg, offer: Offer | None) -> RejectReason | None:
    if offer is None:
        return RejectReason.UNKNOWN_EVENT
    if not offer.is_known:
        return RejectReason.UNKNOWN_SELECTION
    if offer.status is TradingStatus.SUSPENDED:
        return RejectReason.TRADING_SUSPENDED
    if offer.status is not TradingStatus.OPEN:
        return RejectReason.TRADING_CLOSED
    if not PRICE_MILLI_MIN <= offer.price_milli <= PRICE_MILLI_MAX:
        return RejectReason.SELECTION_NOT_QUOTED
    agreed = price_agreed(
        request.price_policy, request.tolerance_bp, request.price_milli, offer.price_milli
    )
    return None if agreed else RejectReason.PRICE_CHANGED


def _reserved(request: ReserveLeg, offer: Offer, stake_minor: int) -> LegReserved:
    return LegReserved(
        customer_id=request.customer_id,
        bet_id=request.bet_id,
        leg_id=request.leg_id,
        event_id=request.event_id,
        selection=request.selection,
        stake_minor=stake_minor,
        price_milli=offer.price_milli,
        quotes_version=offer.quotes_version,
    )


def _rejected(
    request: ReserveLeg, reason: RejectReason, stake_minor_max: int, price_milli: int
) -> LegRejected:
    return LegRejected(
        customer_id=request.customer_id,
        bet_id=request.bet_id,
        leg_id=request.leg_id,
        event_id=request.event_id,
        selection=request.selection,
        reason=reason,
        stake_minor_max=stake_minor_max,
        price_milli=price_milli,
    )

"""A bet as its customer's partition keeps it, and an offer as the match's writer makes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from overround.domain.betting.commands import BetLeg, PlaceBet, ReserveLeg
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    RejectReason,
)
from overround.domain.kernel.market import TradingStatus


@dataclass(frozen=True, slots=True)
class Offer:
    """What a match's writer offers on one selection now; `price_milli` 0 means not quoted.

    `is_known`: whether the match's sport has such a selection at all.
    """

    status: TradingStatus
    price_milli: int
    quotes_version: int
    is_known: bool = True


RoomAt = Callable[[int], tuple[int, RejectReason | None]]
"""Asked with the price at which a leg would be taken: the greatest stake that the limits allow,
at most the stake asked for, and the limit that holds it below (None: the whole stake fits)."""


class BetStatus(StrEnum):
    """Where a bet stands; `HELD` waits for the match's writer."""

    HELD = "held"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REJECTED = "rejected"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Bet:
    """A bet under the key `customer_id/bet_id`, with all that a repeated command must be told.

    `fingerprint` is the SHA-256 of the command's body. `stake_minor` and `price_milli` are what
    was taken (0 until then); `reason` and `stake_minor_max` are set on a rejection. What was
    paid is `payout_minor`; of it, and of earlier payouts, the customer still owes back
    `shortfall_minor`. `revision` is the last settlement's, 0 before the first.
    """

    customer_id: str
    bet_id: str
    fingerprint: bytes
    status: BetStatus
    currency: str
    legs: tuple[BetLeg, ...]
    requested_minor: int
    stake_minor: int = 0
    price_milli: int = 0
    reason: str = ""
    stake_minor_max: int = 0
    payout_minor: int = 0
    shortfall_minor: int = 0
    revision: int = 0


BetAnswer = BetAccepted | BetPartlyAccepted | BetRejected


@dataclass(frozen=True, slots=True)
class BetDecision:
    """The bet after a step, what to tell, whom to ask, and what money must move.

    At most one of the money fields is set: hold `hold_minor` of the customer's balance, post
    `post_minor` of that hold (the rest is free again), or void the hold whole.
    """

    bet: Bet
    events: tuple[BetAnswer, ...] = ()
    reserve: tuple[ReserveLeg, ...] = ()
    hold_minor: int = 0
    post_minor: int = 0
    void: bool = False

    def __post_init__(self) -> None:
        moves = (self.hold_minor > 0) + (self.post_minor > 0) + self.void
        assert moves <= 1, "one step moves money one way"
        assert self.hold_minor >= 0 <= self.post_minor, "amounts have no sign"


def bet_key(customer_id: str, bet_id: str) -> str:
    """The key of a bet in the customer's partition."""
    return f"{customer_id}/{bet_id}"


def leg_id(customer_id: str, bet_id: str, index: int) -> str:
    """The id of a bet's leg, the same on every replay."""
    return f"{customer_id}/{bet_id}/{index}"


def fingerprint(command: PlaceBet) -> bytes:
    """SHA-256 over every field of the command, in a fixed order: two bodies, two fingerprints."""
    body = [
        command.customer_id,
        command.bet_id,
        command.currency,
        command.stake_minor,
        [[leg.event_id, leg.selection, leg.price_milli] for leg in command.legs],
        command.price_policy,
        command.tolerance_bp,
        command.accept_partial,
    ]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode("ascii")).digest()


def answer(bet: Bet) -> BetAnswer | None:
    """What the punter was told of a bet; None while it waits. Settling does not change it."""
    if bet.status is BetStatus.HELD:
        return None
    if bet.status is BetStatus.REJECTED:
        return BetRejected(
            customer_id=bet.customer_id,
            bet_id=bet.bet_id,
            currency=bet.currency,
            requested_minor=bet.requested_minor,
            stake_minor_max=bet.stake_minor_max,
            reason=RejectReason(bet.reason),
        )
    assert 0 < bet.stake_minor <= bet.requested_minor
    if bet.stake_minor == bet.requested_minor:
        return BetAccepted(
            customer_id=bet.customer_id,
            bet_id=bet.bet_id,
            currency=bet.currency,
            stake_minor=bet.stake_minor,
            price_milli=bet.price_milli,
            legs=bet.legs,
        )
    return BetPartlyAccepted(
        customer_id=bet.customer_id,
        bet_id=bet.bet_id,
        currency=bet.currency,
        requested_minor=bet.requested_minor,
        stake_minor=bet.stake_minor,
        price_milli=bet.price_milli,
        legs=bet.legs,
    )

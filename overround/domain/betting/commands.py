"""What punters and traders ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PricePolicy(StrEnum):
    """Which price a punter agrees to when it has moved since it was seen."""

    EXACT = "exact"
    BETTER = "better"
    WITHIN = "within"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class BetLeg:
    """One selection of a bet at the price that the punter saw."""

    event_id: str
    selection: str
    price_milli: int


@dataclass(frozen=True, slots=True)
class PlaceBet:
    """Bet a stake on the legs; `bet_id` is the customer's own and makes a retry safe.

    `tolerance_bp` counts only with the policy `WITHIN`: the most, in basis points of the seen
    price, that the taken price may be lower. `accept_partial` lets the house take the part of
    the stake that fits its limits.
    """

    customer_id: str
    bet_id: str
    currency: str
    stake_minor: int
    legs: tuple[BetLeg, ...]
    price_policy: PricePolicy = PricePolicy.BETTER
    tolerance_bp: int = 0
    accept_partial: bool = True


@dataclass(frozen=True, slots=True)
class ReserveLeg:
    """Ask the writer of a match to take a leg: price, status and exposure are its own."""

    event_id: str
    leg_id: str
    customer_id: str
    bet_id: str
    selection: str
    currency: str
    stake_minor: int
    price_milli: int
    price_policy: PricePolicy
    tolerance_bp: int
    accept_partial: bool


@dataclass(frozen=True, slots=True)
class SuspendTrading:
    """A trader stops bets on a match until `ReopenTrading`."""

    event_id: str
    trader_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReopenTrading:
    """A trader allows bets again, if nothing else holds them back, and ends a dispute.

    `believe` names the provider whose account of the match is right where providers disagree;
    without one, what was believed before the dispute stays.
    """

    event_id: str
    trader_id: str
    believe: str = ""

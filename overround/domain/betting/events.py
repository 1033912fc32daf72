"""How bets and trading went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from overround.domain.betting.commands import BetLeg
from overround.domain.kernel.market import TradingStatus


class RejectReason(StrEnum):
    """Why a bet was not taken, or not whole; a code for programs, told to the punter."""

    STAKE_NOT_POSITIVE = "stake_not_positive"
    STAKE_TOO_LARGE = "stake_too_large"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    LEGS_NOT_OFFERED = "legs_not_offered"
    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_SELECTION = "unknown_selection"
    SELECTION_NOT_QUOTED = "selection_not_quoted"
    SPORT_NOT_TRADED = "sport_not_traded"  # of older records: bets on all sports are taken
    CURRENCY_MISMATCH = "currency_mismatch"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    DUPLICATE_WITH_OTHER_BODY = "duplicate_with_other_body"
    TRADING_SUSPENDED = "trading_suspended"
    TRADING_CLOSED = "trading_closed"
    PRICE_CHANGED = "price_changed"
    SELECTION_LIMIT = "selection_limit"
    MARKET_LIMIT = "market_limit"
    MATCH_LIMIT = "match_limit"
    CUSTOMER_LIMIT = "customer_limit"


@dataclass(frozen=True, slots=True)
class LegReserved:
    """The match's writer took the leg, at this stake and price, and holds its exposure."""

    customer_id: str
    bet_id: str
    leg_id: str
    event_id: str
    selection: str
    stake_minor: int
    price_milli: int
    quotes_version: int


@dataclass(frozen=True, slots=True)
class LegRejected:
    """The match's writer did not take the leg; `stake_minor_max` would have fitted (0: none)."""

    customer_id: str
    bet_id: str
    leg_id: str
    event_id: str
    selection: str
    reason: RejectReason
    stake_minor_max: int
    price_milli: int


@dataclass(frozen=True, slots=True)
class BetAccepted:
    """The whole stake stands at `price_milli`."""

    customer_id: str
    bet_id: str
    currency: str
    stake_minor: int
    price_milli: int
    legs: tuple[BetLeg, ...]


@dataclass(frozen=True, slots=True)
class BetPartlyAccepted:
    """`stake_minor` of the `requested_minor` stands; the rest is free again."""

    customer_id: str
    bet_id: str
    currency: str
    requested_minor: int
    stake_minor: int
    price_milli: int
    legs: tuple[BetLeg, ...]


@dataclass(frozen=True, slots=True)
class BetRejected:
    """No part of the bet stands."""

    customer_id: str
    bet_id: str
    currency: str
    requested_minor: int
    stake_minor_max: int
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class TradingChanged:
    """Bets on a match are taken, held back or over, and why."""

    event_id: str
    status: TradingStatus
    reason: str
    quotes_version: int


@dataclass(frozen=True, slots=True)
class DisputeChanged:
    """Providers disagree about a match, and waiting does not mend it; or they do not any more.

    `dispute` says who claims what, empty if it is over: by the word of `trader_id`, or by
    agreement if that is empty. It is told of a settled match as well, whose result it leaves.
    """

    event_id: str
    dispute: str
    trader_id: str

"""A leg as its match's writer keeps it, and what settling a bet comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from overround.domain.kernel.market import Factor
from overround.domain.settlement.events import BetResettled, BetSettled


@dataclass(frozen=True, slots=True)
class Leg:
    """A reserved leg, under the key `event_id/leg_id` at the match's writer.

    `revision` counts the fates that were told, from 1; 0 is an open leg. `confirmed` is set once
    a confirmed result agreed with the fate or made it. A voided leg stays void.
    """

    customer_id: str
    bet_id: str
    leg_id: str
    event_id: str
    selection: str
    currency: str
    stake_minor: int
    price_milli: int
    revision: int = 0
    win_halves: int = 0
    refund_halves: int = 0
    settled: bool = False
    confirmed: bool = False
    voided: bool = False

    @property
    def factor(self) -> Factor:
        """The fate as it stands; means something only once the leg is settled."""
        return Factor(self.win_halves, self.refund_halves)


def leg_key(event_id: str, leg_id: str) -> str:
    """The key of a leg in its match's partition."""
    return f"{event_id}/{leg_id}"


class TakenBet(Protocol):
    """What settlement must know of a bet; betting's own record of it fits."""

    @property
    def customer_id(self) -> str:
        """Whose bet it is."""

    @property
    def bet_id(self) -> str:
        """The customer's own id of it."""

    @property
    def currency(self) -> str:
        """The currency of every amount."""

    @property
    def stake_minor(self) -> int:
        """The stake that was taken; 0 while none was."""

    @property
    def price_milli(self) -> int:
        """The price that it was taken at."""

    @property
    def payout_minor(self) -> int:
        """What the last settlement paid; 0 before the first."""

    @property
    def shortfall_minor(self) -> int:
        """What the customer still owes back on it."""

    @property
    def revision(self) -> int:
        """The last settlement that was booked; 0 before the first."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a changed payout moves, all amounts without sign.

    Pay to the customer, take back from the customer, and beside it what the house writes off
    because the balance does not hold it, or writes back out of an earlier write-off.
    `shortfall_minor` is what stays owed on this bet afterwards.
    """

    pay_minor: int = 0
    take_back_minor: int = 0
    write_off_minor: int = 0
    write_back_minor: int = 0
    shortfall_minor: int = 0


@dataclass(frozen=True, slots=True)
class BetSettlement:
    """A bet after a leg's fate: what to record, what to tell, and what money must move."""

    revision: int
    payout_minor: int
    money: Correction
    events: tuple[BetSettled | BetResettled, ...] = ()

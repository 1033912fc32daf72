"""The chart of accounts for bets: which accounts each step of a bet moves money between.

A stake waits and is taken from the customer to the house's stakes; winnings come from the house's
payouts. What a correction cannot get back is moved from shortfall to payouts, so that payouts
show what results cost and shortfall what customers owe.
"""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.ledger.decide import hold, post, transfer, void
from overround.domain.ledger.model import (
    Balances,
    Booking,
    Hold,
    HouseKind,
    Purpose,
    customer_account,
    house_account,
)


@dataclass(frozen=True, slots=True)
class BetMoney:
    """A bet's place in the books: its ids, its currency and the partition of its house accounts."""

    customer_id: str
    bet_id: str
    currency: str
    partition: int

    @property
    def customer(self) -> str:
        """The customer's account."""
        return customer_account(self.customer_id, self.currency)

    def house(self, kind: HouseKind) -> str:
        """A house account in the customer's own partition."""
        return house_account(self.partition, self.currency, kind)

    def purpose(self, step: str, revision: int = 0) -> Purpose:
        """The purpose of a step's entry; a settlement's step is repeated by revision."""
        reference = f"{self.customer_id}/{self.bet_id}"
        suffix = f"{step}:{revision}" if revision else step
        return Purpose(f"bet:{reference}:{suffix}", f"bet_{step}", self.customer_id, reference)


def hold_stake(balances: Balances, bet: BetMoney, stake_minor: int) -> Booking:
    """Set a stake aside while the match's writer decides; keep the booking's hold with the bet."""
    return hold(
        balances, bet.customer, bet.house(HouseKind.STAKES), stake_minor, bet.purpose("hold")
    )


def post_stake(balances: Balances, bet: BetMoney, held: Hold, stake_minor: int) -> Booking:
    """Take the stake that was reserved; the rest of the hold is free again."""
    _require_same_bet(bet, held)
    return post(balances, held, stake_minor, bet.purpose("post"))


def void_stake(balances: Balances, bet: BetMoney, held: Hold) -> Booking:
    """Free the whole stake of a rejected bet."""
    _require_same_bet(bet, held)
    return void(balances, held, bet.purpose("void"))


def pay_out(balances: Balances, bet: BetMoney, revision: int, amount_minor: int) -> Booking:
    """Pay winnings or a refund to the customer."""
    payouts = bet.house(HouseKind.PAYOUTS)
    return transfer(balances, payouts, bet.customer, amount_minor, bet.purpose("pay", revision))


def take_back(balances: Balances, bet: BetMoney, revision: int, amount_minor: int) -> Booking:
    """Take back from the customer what a corrected result no longer pays."""
    payouts = bet.house(HouseKind.PAYOUTS)
    why = bet.purpose("take_back", revision)
    return transfer(balances, bet.customer, payouts, amount_minor, why)


def write_off(balances: Balances, bet: BetMoney, revision: int, amount_minor: int) -> Booking:
    """Book what the customer's balance could not give back as owed."""
    shortfall, payouts = bet.house(HouseKind.SHORTFALL), bet.house(HouseKind.PAYOUTS)
    return transfer(balances, shortfall, payouts, amount_minor, bet.purpose("write_off", revision))


def write_back(balances: Balances, bet: BetMoney, revision: int, amount_minor: int) -> Booking:
    """Lessen what is owed, when a later result pays again what was never given back."""
    shortfall, payouts = bet.house(HouseKind.SHORTFALL), bet.house(HouseKind.PAYOUTS)
    return transfer(balances, payouts, shortfall, amount_minor, bet.purpose("write_back", revision))


def _require_same_bet(bet: BetMoney, held: Hold) -> None:
    """A hold of another bet here is a bug in who kept it, not an input to refuse."""
    assert held.pending_id in ("", bet.purpose("hold").entry_id), "the hold is another bet's"
    assert not held.pending_id or held.debit_account == bet.customer

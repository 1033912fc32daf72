"""Accounts, balances and holds: the words of double entry.

The semantics are those of TigerBeetle's two-phase transfers: a hold counts against what is
available at once, and ends once, by a post of all or part of it or by a void.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from overround.domain.kernel.ids import require_id
from overround.domain.kernel.money import EXPONENTS
from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.events import LedgerEntry

# The largest stake at the longest price pays 10**13; nothing greater is ever booked at once.
AMOUNT_MINOR_MAX = 10**13
# Balances are stored as 64-bit integers.
BALANCE_MINOR_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of an account's debits and credits, pending and posted; none is ever negative."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0


class Balances(Protocol):
    """Where balances are read: a mapping, or a table of the owner's partition."""

    def get(self, key: str, /) -> Balance | None:
        """The balance of an account, or None when it was never opened."""


class HoldStatus(StrEnum):
    """Whether a hold is open, and if not, how it ended."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Hold:
    """An amount set aside between two accounts; kept beside what it was made for.

    `pending_id` is the id of the entry that made it.
    """

    pending_id: str
    debit_account: str
    credit_account: str
    currency: str
    amount_minor: int
    status: HoldStatus


NO_HOLD = Hold("", "", "", "", 0, HoldStatus.VOIDED)
"""Nothing was held, so there is nothing to post or void: for a bet that was rejected at once."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an entry is booked for: its own id, a code for its kind, whose it is, and the cause."""

    entry_id: str
    code: str
    customer_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry, the two balances after it by account, and the hold that it made or ended."""

    entry: LedgerEntry
    balances: tuple[tuple[str, Balance], tuple[str, Balance]]
    hold: Hold = NO_HOLD


class HouseKind(StrEnum):
    """The house's accounts, one of each a partition and currency.

    `CASHIER` mirrors money outside (a deposit debits it), `STAKES` takes stakes, `PAYOUTS` pays
    winners, `SHORTFALL` carries what customers could not give back.
    """

    CASHIER = "cashier"
    STAKES = "stakes"
    PAYOUTS = "payouts"
    SHORTFALL = "shortfall"


_CUSTOMER = "customer:"


def customer_account(customer_id: str, currency: str) -> str:
    """A customer's account id; refuses an id that could not be a key, or an unknown currency."""
    require_id("customer_id", customer_id)
    return f"{_CUSTOMER}{customer_id}:{_taken(currency)}"


def house_account(partition: int, currency: str, kind: HouseKind) -> str:
    """A house account's id; each partition has its own, so that entries stay in one partition."""
    assert partition >= 0
    return f"house:{partition}:{_taken(currency)}:{kind}"


def _taken(currency: str) -> str:
    if currency not in EXPONENTS:
        raise Refusal("unknown_currency", currency)
    return currency


def is_bounded(account: str) -> bool:
    """Whether an account's debits, pending ones too, must not exceed its posted credits."""
    return account.startswith(_CUSTOMER)


def currency_of(account: str) -> str:
    """The currency of an account, from its id."""
    parts = account.split(":")
    return parts[-1] if is_bounded(account) else parts[2]


def available_minor(balance: Balance) -> int:
    """What an account can spend: posted credits less posted and pending debits."""
    return balance.credits_posted - balance.debits_posted - balance.debits_pending


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer who may deposit and bet, in one currency; under the key `customer_id`."""

    customer_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class DepositRecord:
    """A deposit as it was first asked and answered, under `customer_id/deposit_id`.

    `reason` is empty for one that was credited; `balance_minor` is what was available after it.
    """

    currency: str
    amount_minor: int
    balance_minor: int
    reason: str

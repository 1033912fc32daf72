"""What was booked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """The step of a transfer: at once, or in two phases (hold, then post or void)."""

    TRANSFER = "transfer"
    HOLD = "hold"
    POST = "post"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement between two accounts of one currency; it never changes.

    `pending_id` names the hold that a post or void ends; a post for less than the hold frees
    the rest.
    """

    entry_id: str
    kind: EntryKind
    debit_account: str
    credit_account: str
    currency: str
    amount_minor: int
    pending_id: str
    code: str
    customer_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """A customer can deposit and bet in a currency."""

    customer_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class FundsDeposited:
    """A deposit was credited; `balance_minor` is what is available after it."""

    customer_id: str
    deposit_id: str
    currency: str
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class MoneyRefused:
    """A command that would have moved money was refused, and why."""

    customer_id: str
    reference: str
    currency: str
    amount_minor: int
    reason: str

"""Opening an account and crediting a deposit; both safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.ids import require_id
from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.decide import transfer
from overround.domain.ledger.events import AccountOpened, FundsDeposited, MoneyRefused
from overround.domain.ledger.model import (
    Balances,
    Booking,
    Customer,
    DepositRecord,
    HouseKind,
    Purpose,
    available_minor,
    customer_account,
    house_account,
)


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """The customer after the command and what to tell; `opened` when the account is new."""

    customer: Customer
    events: tuple[AccountOpened | MoneyRefused, ...]
    opened: bool


def open_account(customer: Customer | None, command: OpenAccount) -> OpenDecision:
    """Open a customer's one account; again in the same currency it only answers again.

    Raises:
        Refusal: `malformed_id` or `unknown_currency`.
    """
    customer_account(command.customer_id, command.currency)
    if customer is not None and customer.currency != command.currency:
        other = MoneyRefused(
            command.customer_id, command.customer_id, command.currency, 0, "currency_mismatch"
        )
        return OpenDecision(customer, (other,), opened=False)
    opened = AccountOpened(command.customer_id, command.currency)
    kept = Customer(command.customer_id, command.currency)
    return OpenDecision(kept, (opened,), opened=customer is None)


@dataclass(frozen=True, slots=True)
class DepositDecision:
    """The record to keep, what to tell, and the entry to book (none for a repeat or a refusal)."""

    record: DepositRecord
    events: tuple[FundsDeposited | MoneyRefused, ...]
    bookings: tuple[Booking, ...] = ()


def deposit(
    balances: Balances, made: DepositRecord | None, command: Deposit, *, partition: int
) -> DepositDecision:
    """Credit a deposit once.

    `made` is what is kept under the command's key. The same id with the same body gets the same
    answer again, also when it was refused; with another body it is refused and nothing changes.

    Raises:
        Refusal: `malformed_id`, `amount_not_integer` or `unknown_currency`.
    """
    require_id("deposit_id", command.deposit_id)
    account = customer_account(command.customer_id, command.currency)
    if type(command.amount_minor) is not int:
        raise Refusal("amount_not_integer", repr(command.amount_minor))
    if made is not None:
        same = (made.currency, made.amount_minor) == (command.currency, command.amount_minor)
        return DepositDecision(made, (_told(command, made) if same else _other_body(command),))
    cashier = house_account(partition, command.currency, HouseKind.CASHIER)
    reference = f"{command.customer_id}/{command.deposit_id}"
    why = Purpose(f"deposit:{reference}", "deposit", command.customer_id, reference)
    try:
        booking = _credit(balances, cashier, account, command.amount_minor, why)
    except Refusal as refusal:
        record = DepositRecord(command.currency, command.amount_minor, 0, refusal.reason)
        return DepositDecision(record, (_told(command, record),))
    after_minor = available_minor(dict(booking.balances)[account])
    record = DepositRecord(command.currency, command.amount_minor, after_minor, "")
    return DepositDecision(record, (_told(command, record),), (booking,))


def _credit(
    balances: Balances, cashier: str, account: str, amount_minor: int, why: Purpose
) -> Booking:
    if balances.get(account) is None:
        raise Refusal("unknown_account", account)
    return transfer(balances, cashier, account, amount_minor, why)


def _told(command: Deposit, record: DepositRecord) -> FundsDeposited | MoneyRefused:
    if record.reason:
        return MoneyRefused(
            command.customer_id,
            command.deposit_id,
            record.currency,
            record.amount_minor,
            record.reason,
        )
    return FundsDeposited(
        command.customer_id,
        command.deposit_id,
        record.currency,
        record.amount_minor,
        record.balance_minor,
    )


def _other_body(command: Deposit) -> MoneyRefused:
    return MoneyRefused(
        command.customer_id,
        command.deposit_id,
        command.currency,
        command.amount_minor,
        "duplicate_with_other_body",
    )

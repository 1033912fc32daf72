"""Transfers at once and in two phases; each refuses rather than break a balance."""

from __future__ import annotations

from dataclasses import replace

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.domain.ledger.model import (
    AMOUNT_MINOR_MAX,
    BALANCE_MINOR_MAX,
    Balance,
    Balances,
    Booking,
    Hold,
    HoldStatus,
    Purpose,
    available_minor,
    currency_of,
    is_bounded,
)


def transfer(
    balances: Balances, debit: str, credit: str, amount_minor: int, why: Purpose
) -> Booking:
    """Move an amount at once from the debit account to the credit account.

    Raises:
        Refusal: `amount_not_integer`, `amount_not_positive`, `amount_too_large`, `same_account`,
            `currency_mismatch`, `unknown_account`, `insufficient_funds`, `balance_overflow`.
    """
    _require_pair(debit, credit, amount_minor)
    _require_funds(balances, debit, amount_minor)
    entry = _entry(EntryKind.TRANSFER, (debit, credit), amount_minor, why)
    return Booking(entry, _changed(balances, entry, 0))


def hold(balances: Balances, debit: str, credit: str, amount_minor: int, why: Purpose) -> Booking:
    """Set an amount aside: it is no longer available, and not yet the credit account's.

    Raises:
        Refusal: as `transfer`.
    """
    _require_pair(debit, credit, amount_minor)
    _require_funds(balances, debit, amount_minor)
    entry = _entry(EntryKind.HOLD, (debit, credit), amount_minor, why)
    held = Hold(why.entry_id, debit, credit, entry.currency, amount_minor, HoldStatus.PENDING)
    return Booking(entry, _changed(balances, entry, 0), held)


def post(balances: Balances, held: Hold, amount_minor: int, why: Purpose) -> Booking:
    """End a hold by moving all of it, or a part; the rest is available again.

    Raises:
        Refusal: `already_posted`, `already_voided`, `exceeds_hold`, or as `transfer`.
    """
    _require_open(held)
    _require_pair(held.debit_account, held.credit_account, amount_minor)
    if amount_minor > held.amount_minor:
        raise Refusal("exceeds_hold", f"{amount_minor} of {held.amount_minor}")
    entry = _ending(EntryKind.POST, held, amount_minor, why)
    after = replace(held, status=HoldStatus.POSTED)
    return Booking(entry, _changed(balances, entry, held.amount_minor), after)


def void(balances: Balances, held: Hold, why: Purpose) -> Booking:
    """End a hold by making all of it available again.

    Raises:
        Refusal: `already_posted` or `already_voided`.
    """
    _require_open(held)
    entry = _ending(EntryKind.VOID, held, held.amount_minor, why)
    after = replace(held, status=HoldStatus.VOIDED)
    return Booking(entry, _changed(balances, entry, held.amount_minor), after)


def apply(balances: Balances, entry: LedgerEntry, held_minor: int) -> tuple[Balance, Balance]:
    """The debit and the credit account's balance after an entry; the one place that adds.

    `held_minor` is the amount of the hold that a post or void ends, 0 for the other kinds. No
    bound is checked here: the verifier replays what was booked and looks for itself.

    Raises:
        Refusal: `balance_negative`, when a hold is ended that the balances do not contain;
            `balance_overflow`.
    """
    pending, posted = _deltas(entry, held_minor)
    debit = balances.get(entry.debit_account) or Balance()
    credit = balances.get(entry.credit_account) or Balance()
    after_debit = replace(
        debit,
        debits_pending=_within(debit.debits_pending + pending),
        debits_posted=_within(debit.debits_posted + posted),
    )
    after_credit = replace(
        credit,
        credits_pending=_within(credit.credits_pending + pending),
        credits_posted=_within(credit.credits_posted + posted),
    )
    return after_debit, after_credit


def _deltas(entry: LedgerEntry, held_minor: int) -> tuple[int, int]:
    """What an entry adds to the pending and to the posted side of both accounts."""
    return {
        EntryKind.TRANSFER: (0, entry.amount_minor),
        EntryKind.HOLD: (entry.amount_minor, 0),
        EntryKind.POST: (-held_minor, entry.amount_minor),
        EntryKind.VOID: (-held_minor, 0),
    }[entry.kind]


def _within(minor: int) -> int:
    if minor < 0:
        raise Refusal("balance_negative", str(minor))
    if minor > BALANCE_MINOR_MAX:
        raise Refusal("balance_overflow", str(minor))
    return minor


def _changed(
    balances: Balances, entry: LedgerEntry, held_minor: int
) -> tuple[tuple[str, Balance], tuple[str, Balance]]:
    debit, credit = apply(balances, entry, held_minor)
    assert not is_bounded(entry.debit_account) or available_minor(debit) >= 0
    return ((entry.debit_account, debit), (entry.credit_account, credit))


def require_amount(amount_minor: int) -> None:
    """Refuse an amount that no entry can have; a float is refused, never rounded."""
    if type(amount_minor) is not int:
        raise Refusal("amount_not_integer", repr(amount_minor))
    if amount_minor <= 0:
        raise Refusal("amount_not_positive", str(amount_minor))
    if amount_minor > AMOUNT_MINOR_MAX:
        raise Refusal("amount_too_large", str(amount_minor))


def _require_pair(debit: str, credit: str, amount_minor: int) -> None:
    require_amount(amount_minor)
    if debit == credit:
        raise Refusal("same_account", debit)
    if currency_of(debit) != currency_of(credit):
        raise Refusal("currency_mismatch", f"{debit}, {credit}")


def _require_funds(balances: Balances, debit: str, amount_minor: int) -> None:
    """Pending debits count, so that ending a hold can never break the bound."""
    if not is_bounded(debit):
        return
    balance = balances.get(debit)
    if balance is None:
        raise Refusal("unknown_account", debit)
    if available_minor(balance) < amount_minor:
        raise Refusal("insufficient_funds", f"{available_minor(balance)} for {amount_minor}")


def _require_open(held: Hold) -> None:
    if held.status is HoldStatus.POSTED:
        raise Refusal("already_posted", held.pending_id)
    if held.status is HoldStatus.VOIDED:
        raise Refusal("already_voided", held.pending_id)


def _ending(kind: EntryKind, held: Hold, amount_minor: int, why: Purpose) -> LedgerEntry:
    accounts = (held.debit_account, held.credit_account)
    return _entry(kind, accounts, amount_minor, why, pending_id=held.pending_id)


def _entry(
    kind: EntryKind,
    accounts: tuple[str, str],
    amount_minor: int,
    why: Purpose,
    *,
    pending_id: str = "",
) -> LedgerEntry:
    debit, credit = accounts
    return LedgerEntry(
        entry_id=why.entry_id,
        kind=kind,
        debit_account=debit,
        credit_account=credit,
        currency=currency_of(debit),
        amount_minor=amount_minor,
        pending_id=pending_id,
        code=why.code,
        customer_id=why.customer_id,
        reference=why.reference,
    )

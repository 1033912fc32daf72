"""The ledger added up from its entries alone, without the rules that booked them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.verification.model import Check, Entry
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.domain.ledger.model import Balance, Hold

_FIELDS = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")


@dataclass(slots=True)
class _Sums:
    """An account's four sums, in the order of `Balance`."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    @property
    def free_minor(self) -> int:
        return self.credits_posted - self.debits_posted - self.debits_pending


@dataclass(slots=True)
class _Books:
    """The books while they are added up; `held` has the amount of each open hold."""

    check: Check
    sums: dict[str, _Sums] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def add(self, entry: LedgerEntry) -> None:
        self.check.counted += 1
        if entry.entry_id in self.ids:
            self.check.duplicated(f"entry {entry.entry_id}")
        self.ids.add(entry.entry_id)
        for fault in _faults(entry):
            self.check.different(f"entry {entry.entry_id}: {fault}")
        pending, posted = self._moves(entry)
        debit = self.sums.setdefault(entry.debit_account, _Sums())
        credit = self.sums.setdefault(entry.credit_account, _Sums())
        debit.debits_pending += pending
        debit.debits_posted += posted
        credit.credits_pending += pending
        credit.credits_posted += posted
        if entry.debit_account.startswith("customer:") and debit.free_minor < 0:
            below = f"{entry.debit_account} is at {debit.free_minor} after {entry.entry_id}"
            self.check.different(below, -debit.free_minor)

    def _moves(self, entry: LedgerEntry) -> tuple[int, int]:
        """What the entry adds to the pending and to the posted sums of both accounts."""
        if entry.kind is EntryKind.TRANSFER:
            return 0, entry.amount_minor
        if entry.kind is EntryKind.HOLD:
            self.held[entry.entry_id] = entry.amount_minor
            return entry.amount_minor, 0
        held_minor = self.held.pop(entry.pending_id, None)
        if held_minor is None:
            self.check.different(f"entry {entry.entry_id} ends no open hold")
            held_minor = 0
        return -held_minor, entry.amount_minor if entry.kind is EntryKind.POST else 0


def _faults(entry: LedgerEntry) -> list[str]:
    """Why an entry does not balance; its currency is written into both account ids."""
    faults = []
    if entry.amount_minor <= 0:
        faults.append(f"amount {entry.amount_minor}")
    if entry.debit_account == entry.credit_account:
        faults.append("both sides are one account")
    for account in (entry.debit_account, entry.credit_account):
        if f":{entry.currency}" not in account:
            faults.append(f"{account} is not in {entry.currency}")
    return faults


def check_ledger(
    entries: list[Entry], balances: Mapping[str, Balance], holds: Mapping[str, Hold]
) -> dict[str, Check]:
    """Add up the entries in the order of their partitions and compare with the tables."""
    books = _Books(Check("ledger entries stand, no customer below zero at any point", "entries"))
    for entry in entries:
        if isinstance(entry.value, LedgerEntry):
            books.add(entry.value)
    return {
        "ledger.entries": books.check,
        "ledger.balances": _check_balances(books.sums, balances),
        "ledger.holds": _check_holds(books.held, holds),
        "ledger.control": _check_control(balances),
    }


def _check_balances(sums: Mapping[str, _Sums], balances: Mapping[str, Balance]) -> Check:
    check = Check("balances equal the sums of the ledger", "accounts")
    for account in sorted(sums.keys() | balances.keys()):
        check.counted += 1
        added, kept = sums.get(account, _Sums()), balances.get(account, Balance())
        gaps = [abs(getattr(added, name) - getattr(kept, name)) for name in _FIELDS]
        if any(gaps):
            check.different(f"{account}: the ledger says {added}, the table {kept}", sum(gaps))
    return check


def _check_holds(held: Mapping[str, int], holds: Mapping[str, Hold]) -> Check:
    check = Check("open holds equal those of the ledger", "holds")
    kept = {hold.pending_id: hold.amount_minor for hold in holds.values()}
    for pending_id in sorted(held.keys() | kept.keys()):
        check.same(kept.get(pending_id), held.get(pending_id), f"hold {pending_id}")
    return check


def _check_control(balances: Mapping[str, Balance]) -> Check:
    """Debits equal credits in each currency, over customers and house accounts together."""
    check = Check("control total is 0 in each currency", "currencies")
    totals: dict[str, list[int]] = {}
    for account, balance in balances.items():
        total = totals.setdefault(_currency(account), [0, 0])
        total[0] += balance.credits_pending - balance.debits_pending
        total[1] += balance.credits_posted - balance.debits_posted
    for currency, (pending, posted) in sorted(totals.items()):
        check.counted += 1
        if pending or posted:
            check.different(
                f"{currency}: {pending} pending, {posted} posted", abs(pending) + abs(posted)
            )
    return check


def _currency(account: str) -> str:
    """`customer:<id>:<currency>` or `house:<partition>:<currency>:<kind>`."""
    parts = account.split(":")
    return parts[-1] if parts[0] == "customer" else parts[2]

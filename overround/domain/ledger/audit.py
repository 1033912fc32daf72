"""An auditor: replays a journal from nothing and finds the first entry that cannot stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.decide import apply, require_amount
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.domain.ledger.model import Balance, available_minor, currency_of, is_bounded


@dataclass(slots=True)
class Audit:
    """The books as a journal makes them: balances, open holds, and the ids that were used.

    It is the auditor's own working paper, grown in place by `add`; nothing stores it. A journal
    of one partition, or of several read one after the other: an entry stays in one partition.
    """

    balances: dict[str, Balance] = field(default_factory=dict)
    holds: dict[str, LedgerEntry] = field(default_factory=dict)
    entry_ids: set[str] = field(default_factory=set)

    def add(self, entry: LedgerEntry) -> None:
        """Book an entry.

        Raises:
            Refusal: `entry_repeated`, `hold_not_open`, `hold_differs`, `exceeds_hold`,
                `currency_mismatch`, `insufficient_funds`, or an amount that cannot be.
        """
        if entry.entry_id in self.entry_ids:
            raise Refusal("entry_repeated", entry.entry_id)
        require_amount(entry.amount_minor)
        if (
            not entry.currency
            == currency_of(entry.debit_account)
            == currency_of(entry.credit_account)
        ):
            raise Refusal("currency_mismatch", entry.entry_id)
        held_minor = self._held_minor(entry)
        debit, credit = apply(self.balances, entry, held_minor)
        if is_bounded(entry.debit_account) and available_minor(debit) < 0:
            raise Refusal("insufficient_funds", entry.entry_id)
        self.balances |= {entry.debit_account: debit, entry.credit_account: credit}
        self.entry_ids.add(entry.entry_id)
        if entry.kind is EntryKind.HOLD:
            self.holds[entry.entry_id] = entry
        elif entry.pending_id:
            del self.holds[entry.pending_id]

    def _held_minor(self, entry: LedgerEntry) -> int:
        if entry.kind in (EntryKind.TRANSFER, EntryKind.HOLD):
            if entry.pending_id:
                raise Refusal("hold_not_open", entry.entry_id)
            return 0
        held = self.holds.get(entry.pending_id)
        if held is None:
            raise Refusal("hold_not_open", entry.entry_id)
        accounts = (entry.debit_account, entry.credit_account)
        if accounts != (held.debit_account, held.credit_account):
            raise Refusal("hold_differs", entry.entry_id)
        if entry.amount_minor > held.amount_minor:
            raise Refusal("exceeds_hold", entry.entry_id)
        if entry.kind is EntryKind.VOID and entry.amount_minor != held.amount_minor:
            raise Refusal("hold_differs", entry.entry_id)
        return held.amount_minor

    def totals(self) -> dict[str, Balance]:
        """The sum of all accounts by currency, in sorted order; debits equal credits in each."""
        sums: dict[str, Balance] = {}
        for account, balance in sorted(self.balances.items()):
            currency = currency_of(account)
            so_far = sums.get(currency, Balance())
            sums[currency] = Balance(
                so_far.debits_pending + balance.debits_pending,
                so_far.debits_posted + balance.debits_posted,
                so_far.credits_pending + balance.credits_pending,
                so_far.credits_posted + balance.credits_posted,
            )
        for total in sums.values():
            assert total.debits_pending == total.credits_pending
            assert total.debits_posted == total.credits_posted
        return sums


def audit(entries: Iterable[LedgerEntry]) -> Audit:
    """The books after a whole journal; raises at the first entry that cannot stand."""
    books = Audit()
    for entry in entries:
        books.add(entry)
    return books

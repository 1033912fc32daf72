"""Two sums of all the money: over the accounts as they stand, and over their entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.audit import Audit, audit
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.domain.ledger.model import Balance, HouseKind, currency_of, is_bounded

_ENTRIES = """\
SELECT entry_id, kind, debit_account, credit_account, currency, amount_minor, pending_id, code,
    customer_id, reference
FROM ledger_entries
ORDER BY _partition, _offset
"""


@dataclass(frozen=True, slots=True)
class CurrencyBooks:
    """The books of one currency, in minor units; both control totals and `pending` must be 0."""

    currency: str
    accounts: int
    entries: int
    customers_minor: int
    house_minor: int
    cashier_minor: int
    pending_minor: int
    accounts_total_minor: int
    entries_total_minor: int


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What the books say by currency, and everything that is wrong with them."""

    books: tuple[CurrencyBooks, ...]
    faults: tuple[str, ...]


def check_ledger(lake: duckdb.DuckDBPyConnection, balances: Mapping[str, Balance]) -> LedgerCheck:
    """Audit the lake's entries from nothing and compare them with the accounts' own table."""
    entries = read_entries(lake)
    try:
        books = audit(entries)
    except Refusal as refusal:
        return LedgerCheck((), (f"the journal cannot stand: {refusal}",))
    by_currency = _books(books, entries, balances)
    faults = [
        f"the {b.currency} ledger is not 0: accounts {b.accounts_total_minor}, "
        f"entries {b.entries_total_minor}, held {b.pending_minor}"
        for b in by_currency
        if (b.accounts_total_minor, b.entries_total_minor, b.pending_minor) != (0, 0, 0)
    ]
    others = sorted(
        account
        for account in balances.keys() | books.balances.keys()
        if balances.get(account, Balance()) != books.balances.get(account, Balance())
    )
    if others:
        faults.append(f"{len(others)} accounts differ from their entries, first {others[0]}")
    return LedgerCheck(by_currency, tuple(faults))


def read_entries(lake: duckdb.DuckDBPyConnection) -> list[LedgerEntry]:
    """The journal in the lake, partition after partition, each in the order of its log."""
    rows = lake.execute(_ENTRIES).fetchall()
    return [LedgerEntry(row[0], EntryKind(row[1]), *row[2:]) for row in rows]


def _books(
    books: Audit, entries: Iterable[LedgerEntry], balances: Mapping[str, Balance]
) -> tuple[CurrencyBooks, ...]:
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.currency] = counts.get(entry.currency, 0) + 1
    return tuple(_of(currency, counts[currency], books, balances) for currency in sorted(counts))


def _of(
    currency: str, entries: int, books: Audit, balances: Mapping[str, Balance]
) -> CurrencyBooks:
    stands = {a: b for a, b in sorted(balances.items()) if currency_of(a) == currency}
    worth = {account: _worth(balance) for account, balance in stands.items()}
    customers_minor = sum(minor for account, minor in worth.items() if is_bounded(account))
    cashier_minor = sum(m for a, m in worth.items() if a.endswith(f":{HouseKind.CASHIER}"))
    total_minor = sum(worth.values())
    return CurrencyBooks(
        currency=currency,
        accounts=len(stands),
        entries=entries,
        customers_minor=customers_minor,
        house_minor=total_minor - customers_minor - cashier_minor,
        cashier_minor=cashier_minor,
        pending_minor=sum(b.debits_pending + b.credits_pending for b in stands.values()),
        accounts_total_minor=total_minor,
        entries_total_minor=sum(
            _worth(b) for a, b in books.balances.items() if currency_of(a) == currency
        ),
    )


def _worth(balance: Balance) -> int:
    return balance.credits_posted - balance.debits_posted

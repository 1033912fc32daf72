from dataclasses import replace

import pytest

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.audit import Audit, audit
from overround.domain.ledger.decide import hold, post, transfer, void
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.domain.ledger.model import (
    Balance,
    HouseKind,
    Purpose,
    customer_account,
    house_account,
)

ANN = customer_account("ann", "EUR")
STAKES = house_account(3, "EUR", HouseKind.STAKES)
CASHIER = house_account(3, "EUR", HouseKind.CASHIER)


def journal() -> list[LedgerEntry]:
    """Deposit 100, hold 60 and post 45 of it, hold 30 and void it."""
    balances: dict[str, Balance] = {ANN: Balance()}
    entries: list[LedgerEntry] = []

    def why(entry_id: str) -> Purpose:
        return Purpose(entry_id, "test", "ann", "")

    def write(booking):
        balances.update(booking.balances)
        entries.append(booking.entry)
        return booking.hold

    write(transfer(balances, CASHIER, ANN, 100, why("d")))
    first = write(hold(balances, ANN, STAKES, 60, why("h1")))
    write(post(balances, first, 45, why("p1")))
    second = write(hold(balances, ANN, STAKES, 30, why("h2")))
    write(void(balances, second, why("v2")))
    return entries


def test_a_replayed_journal_makes_the_balances_and_leaves_no_hold_open():
    books = audit(journal())
    assert books.balances[ANN] == Balance(debits_posted=45, credits_posted=100)
    assert books.holds == {}
    assert books.totals() == {"EUR": Balance(0, 145, 0, 145)}


@pytest.mark.parametrize(
    ("place", "changes", "reason"),
    [
        (0, {"amount_minor": 50}, "insufficient_funds"),
        (0, {"amount_minor": 0}, "amount_not_positive"),
        (0, {"amount_minor": 1.5}, "amount_not_integer"),
        (1, {"currency": "GBP"}, "currency_mismatch"),
        (1, {"entry_id": "d"}, "entry_repeated"),
        (1, {"pending_id": "d"}, "hold_not_open"),
        (2, {"amount_minor": 61}, "exceeds_hold"),
        (2, {"pending_id": "h9"}, "hold_not_open"),
        (2, {"credit_account": CASHIER}, "hold_differs"),
        (4, {"amount_minor": 29}, "hold_differs"),
        (4, {"pending_id": "h1"}, "hold_not_open"),
        (4, {"kind": EntryKind.HOLD}, "hold_not_open"),
    ],
)
def test_an_entry_that_was_tampered_with_is_found(place, changes, reason):
    entries = journal()
    entries[place] = replace(entries[place], **changes)
    with pytest.raises(Refusal, match=reason):
        audit(entries)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_an_entry_that_is_missing_is_found(place):
    entries = journal()
    del entries[place]
    with pytest.raises(Refusal):
        audit(entries)


def test_a_refused_entry_leaves_the_books_as_they_were():
    books = audit(journal())
    before = Audit(dict(books.balances), dict(books.holds), set(books.entry_ids))
    with pytest.raises(Refusal):
        books.add(replace(journal()[1], entry_id="h3", amount_minor=56))
    assert books == before

"""Any sequence of two-phase bookings, beside an auditor who adds up for himself."""

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.audit import audit
from overround.domain.ledger.decide import hold, post, transfer, void
from overround.domain.ledger.events import LedgerEntry
from overround.domain.ledger.model import (
    Balance,
    Booking,
    Hold,
    HouseKind,
    Purpose,
    available_minor,
    customer_account,
    house_account,
)

CUSTOMERS = [customer_account(name, "EUR") for name in ("ann", "bob")]
CUSTOMERS.append(customer_account("ann", "JPY"))
HOUSE = [
    house_account(0, c, k) for c in ("EUR", "JPY") for k in (HouseKind.CASHIER, HouseKind.STAKES)
]
accounts = st.sampled_from(CUSTOMERS + HOUSE)
amounts = st.one_of(st.integers(-1, 60), st.integers(0, 10**13))


@dataclass
class Paper:
    """What the auditor holds on one hold, in plain numbers."""

    debit: str
    credit: str
    amount: int
    open: bool = True


class Books(RuleBasedStateMachine):
    """The ledger under test, and an auditor who knows only sums of posted and held amounts."""

    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.balances = {account: Balance() for account in CUSTOMERS}
        self.journal: list[LedgerEntry] = []
        self.kept: dict[str, Hold] = {}
        self.papers: dict[str, Paper] = {}
        self.posted: dict[tuple[str, str], int] = {}

    def why(self) -> Purpose:
        return Purpose(f"e{len(self.journal)}", "test", "", "")

    def write(self, booking: Booking) -> None:
        self.balances |= dict(booking.balances)
        self.journal.append(booking.entry)

    def can_pay(self, debit: str, amount: int) -> bool:
        """The auditor's own answer: posted in, less posted out, less what is held."""
        if not debit.startswith("customer:"):
            return True
        came = sum(v for (_, credit), v in self.posted.items() if credit == debit)
        went = sum(v for (source, _), v in self.posted.items() if source == debit)
        held = sum(p.amount for p in self.papers.values() if p.open and p.debit == debit)
        return came - went - held >= amount

    def may(self, debit: str, credit: str, amount: int) -> bool:
        # The accounts' currencies by the auditor's own reading of the ids.
        same = ("JPY" in debit) == ("JPY" in credit)
        return amount > 0 and debit != credit and same and self.can_pay(debit, amount)

    def move(self, debit: str, credit: str, amount: int) -> None:
        self.posted[debit, credit] = self.posted.get((debit, credit), 0) + amount

    @rule(debit=accounts, credit=accounts, amount=amounts)
    def a_transfer_is_booked_or_refused_as_the_auditor_says(self, debit, credit, amount):
        if not self.may(debit, credit, amount):
            with pytest.raises(Refusal):
                transfer(self.balances, debit, credit, amount, self.why())
            return
        self.write(transfer(self.balances, debit, credit, amount, self.why()))
        self.move(debit, credit, amount)

    @rule(account=st.sampled_from(CUSTOMERS), amount=st.integers(1, 200))
    def a_deposit_is_always_booked(self, account, amount):
        cashier = house_account(0, account[-3:], HouseKind.CASHIER)
        self.write(transfer(self.balances, cashier, account, amount, self.why()))
        self.move(cashier, account, amount)

    @rule(target=holds, debit=accounts, credit=accounts, amount=amounts)
    def a_hold_is_made_or_refused_as_the_auditor_says(self, debit, credit, amount):
        why = self.why()
        if not self.may(debit, credit, amount):
            with pytest.raises(Refusal):
                hold(self.balances, debit, credit, amount, why)
            return ""
        booking = hold(self.balances, debit, credit, amount, why)
        self.write(booking)
        self.kept[why.entry_id] = booking.hold
        self.papers[why.entry_id] = Paper(debit, credit, amount)
        return why.entry_id

    @rule(name=holds, part=st.integers(-1, 70), whole=st.booleans())
    def a_hold_is_posted_once_and_for_no_more_than_it_is(self, name, part, whole):
        if not name:
            return
        paper = self.papers[name]
        amount = paper.amount if whole else part
        if not paper.open or not 0 < amount <= paper.amount:
            with pytest.raises(Refusal):
                post(self.balances, self.kept[name], amount, self.why())
            return
        booking = post(self.balances, self.kept[name], amount, self.why())
        self.write(booking)
        self.kept[name] = booking.hold
        paper.open = False
        self.move(paper.debit, paper.credit, amount)

    @rule(name=holds)
    def a_hold_is_voided_once(self, name):
        if not name:
            return
        paper = self.papers[name]
        if not paper.open:
            with pytest.raises(Refusal):
                void(self.balances, self.kept[name], self.why())
            return
        booking = void(self.balances, self.kept[name], self.why())
        self.write(booking)
        self.kept[name] = booking.hold
        paper.open = False

    @invariant()
    def balances_are_the_auditors(self):
        expected = {account: [0, 0, 0, 0] for account in self.balances}
        for (debit, credit), amount in self.posted.items():
            expected[debit][1] += amount
            expected[credit][3] += amount
        for paper in self.papers.values():
            if paper.open:
                expected[paper.debit][0] += paper.amount
                expected[paper.credit][2] += paper.amount
        assert self.balances == {a: Balance(*sums) for a, sums in expected.items()}

    @invariant()
    def debits_equal_credits_in_each_currency_and_no_customer_owes(self):
        for currency in ("EUR", "JPY"):
            sums = [b for a, b in self.balances.items() if f":{currency}" in a]
            assert sum(b.debits_posted for b in sums) == sum(b.credits_posted for b in sums)
            assert sum(b.debits_pending for b in sums) == sum(b.credits_pending for b in sums)
        assert all(available_minor(self.balances[account]) >= 0 for account in CUSTOMERS)

    def teardown(self):
        books = audit(self.journal)
        empty = {a: Balance() for a in CUSTOMERS if a not in books.balances}
        assert books.balances | empty == self.balances, "a replay makes the same balances"
        assert set(books.holds) == {name for name, paper in self.papers.items() if paper.open}
        books.totals()


Books.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=80, stateful_step_count=40
)
TestBooks = Books.TestCase

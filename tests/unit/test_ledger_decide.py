import pytest

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.decide import apply, hold, post, transfer, void
from overround.domain.ledger.events import EntryKind
from overround.domain.ledger.model import (
    AMOUNT_MINOR_MAX,
    BALANCE_MINOR_MAX,
    NO_HOLD,
    Balance,
    Booking,
    HoldStatus,
    HouseKind,
    Purpose,
    available_minor,
    currency_of,
    customer_account,
    house_account,
)

ANN = customer_account("ann", "EUR")
STAKES = house_account(3, "EUR", HouseKind.STAKES)
CASHIER = house_account(3, "EUR", HouseKind.CASHIER)


def why(entry_id: str) -> Purpose:
    return Purpose(entry_id, "test", "ann", "ref")


def with_funds(minor: int) -> dict[str, Balance]:
    return {ANN: Balance(credits_posted=minor)}


def booked(balances: dict[str, Balance], booking: Booking) -> dict[str, Balance]:
    return balances | dict(booking.balances)


def test_account_ids_name_their_currency_and_place():
    assert ANN == "customer:ann:EUR"
    assert STAKES == "house:3:EUR:stakes"
    assert currency_of(ANN) == currency_of(STAKES) == "EUR"
    assert currency_of(customer_account("a:b", "GBP")) == "GBP"


def test_a_transfer_debits_one_account_and_credits_the_other():
    booking = transfer(with_funds(100), ANN, STAKES, 60, why("t1"))
    after = dict(booking.balances)
    assert after == {
        ANN: Balance(debits_posted=60, credits_posted=100),
        STAKES: Balance(credits_posted=60),
    }
    entry = booking.entry
    assert (entry.kind, entry.entry_id, entry.amount_minor) == (EntryKind.TRANSFER, "t1", 60)
    assert (entry.debit_account, entry.credit_account, entry.currency) == (ANN, STAKES, "EUR")
    assert (entry.pending_id, entry.customer_id, entry.reference) == ("", "ann", "ref")


def test_a_hold_is_unavailable_at_once_and_not_yet_anyones():
    booking = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    after = dict(booking.balances)
    assert available_minor(after[ANN]) == 40
    assert after[STAKES] == Balance(credits_pending=60)
    assert (booking.hold.pending_id, booking.hold.status) == ("h1", HoldStatus.PENDING)


def test_holds_count_against_funds_so_six_thousands_do_not_fit_five():
    balances = with_funds(5_000)
    for n in range(5):
        balances = booked(balances, hold(balances, ANN, STAKES, 1_000, why(f"h{n}")))
    with pytest.raises(Refusal, match="insufficient_funds"):
        hold(balances, ANN, STAKES, 1_000, why("h5"))
    with pytest.raises(Refusal, match="insufficient_funds"):
        transfer(balances, ANN, STAKES, 1, why("t"))


def test_posting_a_part_frees_the_rest():
    held = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    balances = booked(with_funds(100), held)
    posted = post(balances, held.hold, 45, why("p1"))
    after = booked(balances, posted)
    assert after == {
        ANN: Balance(debits_posted=45, credits_posted=100),
        STAKES: Balance(credits_posted=45),
    }
    assert available_minor(after[ANN]) == 55
    assert (posted.entry.pending_id, posted.entry.amount_minor) == ("h1", 45)
    assert posted.hold.status is HoldStatus.POSTED


def test_voiding_frees_all_and_leaves_no_trace_in_the_balances():
    held = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    voided = void(booked(with_funds(100), held), held.hold, why("v1"))
    assert dict(voided.balances) == {ANN: Balance(credits_posted=100), STAKES: Balance()}
    assert (voided.entry.kind, voided.entry.amount_minor) == (EntryKind.VOID, 60)


def test_a_hold_ends_once():
    held = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    balances = booked(with_funds(100), held)
    posted = post(balances, held.hold, 60, why("p1")).hold
    voided = void(balances, held.hold, why("v1")).hold
    for ended, reason in ((posted, "already_posted"), (voided, "already_voided")):
        with pytest.raises(Refusal, match=reason):
            post(balances, ended, 1, why("p2"))
        with pytest.raises(Refusal, match=reason):
            void(balances, ended, why("v2"))


def test_more_than_was_held_is_not_posted():
    held = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    with pytest.raises(Refusal, match="exceeds_hold"):
        post(booked(with_funds(100), held), held.hold, 61, why("p1"))


def test_where_nothing_was_held_nothing_can_be_posted_or_voided():
    with pytest.raises(Refusal, match="already_voided"):
        post({}, NO_HOLD, 1, why("p"))
    with pytest.raises(Refusal, match="already_voided"):
        void({}, NO_HOLD, why("v"))


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (1.0, "amount_not_integer"),
        (True, "amount_not_integer"),
        ("5", "amount_not_integer"),
        (0, "amount_not_positive"),
        (-1, "amount_not_positive"),
        (AMOUNT_MINOR_MAX + 1, "amount_too_large"),
    ],
)
def test_amounts_that_no_entry_can_have_are_refused(amount, reason):
    held = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    for act in (transfer, hold):
        with pytest.raises(Refusal, match=reason):
            act(with_funds(100), CASHIER, ANN, amount, why("x"))
    with pytest.raises(Refusal, match=reason):
        post(booked(with_funds(100), held), held.hold, amount, why("x"))


def test_accounts_of_two_currencies_never_meet():
    pounds = house_account(3, "GBP", HouseKind.STAKES)
    for act in (transfer, hold):
        with pytest.raises(Refusal, match="currency_mismatch"):
            act(with_funds(100), ANN, pounds, 10, why("x"))


def test_an_account_does_not_pay_itself():
    with pytest.raises(Refusal, match="same_account"):
        transfer(with_funds(100), ANN, ANN, 10, why("x"))


def test_a_customer_without_an_account_pays_nothing():
    with pytest.raises(Refusal, match="unknown_account"):
        transfer({}, ANN, STAKES, 10, why("x"))


def test_house_accounts_open_by_themselves_and_may_owe():
    after = dict(transfer(with_funds(0), CASHIER, ANN, 10, why("x")).balances)
    assert available_minor(after[CASHIER]) == -10


def test_a_balance_never_outgrows_its_64_bits():
    full = {CASHIER: Balance(debits_posted=BALANCE_MINOR_MAX), ANN: Balance()}
    with pytest.raises(Refusal, match="balance_overflow"):
        transfer(full, CASHIER, ANN, 1, why("x"))


def test_ending_a_hold_that_the_balances_do_not_contain_is_refused():
    held = hold(with_funds(100), ANN, STAKES, 60, why("h1"))
    with pytest.raises(Refusal, match="balance_negative"):
        apply({}, void(booked(with_funds(100), held), held.hold, why("v")).entry, 60)


def test_malformed_ids_and_unknown_currencies_name_no_account():
    with pytest.raises(Refusal, match="malformed_id"):
        customer_account("a/b", "EUR")
    with pytest.raises(Refusal, match="unknown_currency"):
        customer_account("ann", "XXX")
    with pytest.raises(Refusal, match="unknown_currency"):
        house_account(0, "XXX", HouseKind.STAKES)

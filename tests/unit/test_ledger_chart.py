from dataclasses import replace

import pytest

from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.audit import audit
from overround.domain.ledger.cashier import deposit, open_account
from overround.domain.ledger.chart import (
    BetMoney,
    hold_stake,
    pay_out,
    post_stake,
    take_back,
    void_stake,
    write_back,
    write_off,
)
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.events import AccountOpened, FundsDeposited, MoneyRefused
from overround.domain.ledger.model import Balance, Booking, Customer, available_minor

ANN, EUR = "customer:ann:EUR", "house:3:EUR"
BET = BetMoney("ann", "b1", "EUR", 3)
PAY_IN = Deposit("ann", "d1", "EUR", 1_000)


def booked(balances: dict[str, Balance], *bookings: Booking) -> dict[str, Balance]:
    for booking in bookings:
        balances = balances | dict(booking.balances)
    return balances


def test_every_step_of_a_bet_has_its_accounts_and_its_own_entry_id():
    balances = booked(
        {ANN: Balance()}, *deposit({ANN: Balance()}, None, PAY_IN, partition=3).bookings
    )
    entries = []

    def write(booking: Booking) -> Booking:
        nonlocal balances
        balances = booked(balances, booking)
        entries.append(booking.entry)
        return booking

    held = write(hold_stake(balances, BET, 400)).hold
    write(post_stake(balances, BET, held, 300))
    write(pay_out(balances, BET, 1, 600))
    write(take_back(balances, BET, 2, 550))
    write(write_off(balances, BET, 2, 50))
    write(write_back(balances, BET, 3, 20))
    assert [entry.entry_id for entry in entries] == [
        "bet:ann/b1:hold",
        "bet:ann/b1:post",
        "bet:ann/b1:pay:1",
        "bet:ann/b1:take_back:2",
        "bet:ann/b1:write_off:2",
        "bet:ann/b1:write_back:3",
    ]
    assert [entry.code for entry in entries][:3] == ["bet_hold", "bet_post", "bet_pay"]
    assert {(e.customer_id, e.reference) for e in entries} == {("ann", "ann/b1")}
    net = {a: b.credits_posted - b.debits_posted for a, b in balances.items()}
    assert net == {
        ANN: 1_000 - 300 + 600 - 550,
        f"{EUR}:cashier": -1_000,
        f"{EUR}:stakes": 300,
        f"{EUR}:payouts": -600 + 550 + 50 - 20,
        f"{EUR}:shortfall": -50 + 20,
    }


def test_a_voided_stake_is_available_again():
    balances = {ANN: Balance(credits_posted=100)}
    held = hold_stake(balances, BET, 100)
    balances = booked(balances, held)
    assert available_minor(balances[ANN]) == 0
    assert available_minor(booked(balances, void_stake(balances, BET, held.hold))[ANN]) == 100


def test_a_hold_of_another_bet_is_a_bug():
    held = hold_stake({ANN: Balance(credits_posted=100)}, BET, 100).hold
    other = replace(BET, bet_id="b2")
    with pytest.raises(AssertionError, match="another bet"):
        post_stake({}, other, held, 100)
    with pytest.raises(AssertionError, match="another bet"):
        void_stake({}, other, held)


def test_an_account_opens_once_and_answers_again():
    first = open_account(None, OpenAccount("ann", "EUR"))
    again = open_account(first.customer, OpenAccount("ann", "EUR"))
    assert (first.opened, again.opened) == (True, False)
    assert first.events == again.events == (AccountOpened("ann", "EUR"),)
    assert again.customer == Customer("ann", "EUR")


def test_a_second_currency_is_refused_and_the_first_stays():
    decision = open_account(Customer("ann", "EUR"), OpenAccount("ann", "GBP"))
    assert decision.customer == Customer("ann", "EUR")
    assert decision.events == (MoneyRefused("ann", "ann", "GBP", 0, "currency_mismatch"),)


def test_a_deposit_is_credited_once_whatever_the_retries():
    balances = {ANN: Balance()}
    first = deposit(balances, None, PAY_IN, partition=3)
    balances = booked(balances, *first.bookings)
    again = deposit(balances, first.record, PAY_IN, partition=3)
    assert first.events == (FundsDeposited("ann", "d1", "EUR", 1_000, 1_000),)
    assert (again.events, again.bookings, again.record) == (first.events, (), first.record)
    assert audit([first.bookings[0].entry]).balances == balances


@pytest.mark.parametrize("changes", [{"amount_minor": 999}, {"currency": "GBP"}])
def test_the_same_deposit_id_with_another_body_is_refused(changes):
    first = deposit({ANN: Balance()}, None, PAY_IN, partition=3)
    decision = deposit({ANN: Balance()}, first.record, replace(PAY_IN, **changes), partition=3)
    (told,) = decision.events
    assert isinstance(told, MoneyRefused)
    assert told.reason == "duplicate_with_other_body"
    assert (decision.bookings, decision.record) == ((), first.record)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"customer_id": "bob"}, "unknown_account"),
        ({"currency": "GBP"}, "unknown_account"),
        ({"amount_minor": 0}, "amount_not_positive"),
        ({"amount_minor": -5}, "amount_not_positive"),
        ({"amount_minor": 10**13 + 1}, "amount_too_large"),
    ],
)
def test_a_refused_deposit_says_why_and_stays_refused(changes, reason):
    command = replace(PAY_IN, **changes)
    decision = deposit({ANN: Balance()}, None, command, partition=3)
    (told,) = decision.events
    assert isinstance(told, MoneyRefused)
    assert (told.reason, decision.bookings) == (reason, ())
    later = {ANN: Balance(), "customer:bob:EUR": Balance(), "customer:ann:GBP": Balance()}
    again = deposit(later, decision.record, command, partition=3)
    assert (again.events, again.bookings) == (decision.events, ())


def test_a_deposit_in_floats_is_refused():
    with pytest.raises(Refusal, match="amount_not_integer"):
        deposit({ANN: Balance()}, None, replace(PAY_IN, amount_minor=1.5), partition=3)  # type: ignore[arg-type]

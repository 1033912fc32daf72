"""Whole lives of bets, composed as the accounts agent does, audited from the entries alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.betting.decide import leg_rejected, leg_reserved, leg_settled, place
from overround.domain.betting.events import LegRejected, LegReserved, RejectReason
from overround.domain.betting.model import Bet
from overround.domain.kernel.market import HALF_LOSE, HALF_WIN, LOSE, PUSH, WIN
from overround.domain.ledger.audit import audit
from overround.domain.ledger.cashier import deposit
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
from overround.domain.ledger.commands import Deposit
from overround.domain.ledger.events import LedgerEntry
from overround.domain.ledger.model import Balance, Booking, Hold, available_minor
from overround.domain.settlement.decide import settle_bet
from overround.domain.settlement.events import Certainty, LegSettled

ANN = "customer:ann:EUR"
FATES = (LOSE, HALF_LOSE, PUSH, HALF_WIN, WIN)


class Customer:
    """A customer's partition in a few lines: bets, holds, balances and the journal."""

    def __init__(self, funds_minor: int) -> None:
        self.balances: dict[str, Balance] = {ANN: Balance()}
        self.journal: list[LedgerEntry] = []
        self.bets: dict[str, Bet] = {}
        self.holds: dict[str, Hold] = {}
        for booking in deposit(
            self.balances, None, Deposit("ann", "d", "EUR", funds_minor), partition=0
        ).bookings:
            self.write(booking)

    def write(self, booking: Booking) -> Hold:
        self.balances |= dict(booking.balances)
        self.journal.append(booking.entry)
        return booking.hold

    def available(self) -> int:
        return available_minor(self.balances[ANN])

    def place(self, bet_id: str, stake: int, price: int) -> None:
        command = PlaceBet("ann", bet_id, "EUR", stake, (BetLeg("m1", "1x2/home", price),))
        decision = place(self.bets.get(bet_id), command, "EUR", self.available())
        self.bets[bet_id] = decision.bet
        if decision.hold_minor:
            money = BetMoney("ann", bet_id, "EUR", 0)
            self.holds[bet_id] = self.write(hold_stake(self.balances, money, decision.hold_minor))

    def hear(self, bet_id: str, taken: int, price: int) -> None:
        bet = self.bets.get(bet_id)
        if bet is None:
            return
        leg = ("ann", bet_id, f"ann/{bet_id}/0", "m1", "1x2/home")
        stake = min(taken, bet.requested_minor)
        if stake:
            decision = leg_reserved(bet, LegReserved(*leg, stake, price, 1))
        else:
            decision = leg_rejected(bet, LegRejected(*leg, RejectReason.MATCH_LIMIT, 0, price))
        self.bets[bet_id] = decision.bet
        money = BetMoney("ann", bet_id, "EUR", 0)
        if decision.post_minor:
            posted = post_stake(self.balances, money, self.holds[bet_id], decision.post_minor)
            self.holds[bet_id] = self.write(posted)
        if decision.void:
            self.holds[bet_id] = self.write(void_stake(self.balances, money, self.holds[bet_id]))

    def settle(self, bet_id: str, revision: int, fate: int) -> None:
        bet = self.bets.get(bet_id)
        if bet is None or not bet.stake_minor:
            return
        halves = (FATES[fate].win_halves, FATES[fate].refund_halves)
        leg = ("ann", bet_id, f"ann/{bet_id}/0", "m1", "1x2/home")
        settled = LegSettled(*leg, *halves, Certainty.LIVE, revision, "")
        outcome = settle_bet(bet, settled, self.available())
        self.bets[bet_id] = leg_settled(
            bet,
            revision=outcome.revision,
            payout_minor=outcome.payout_minor,
            shortfall_minor=outcome.money.shortfall_minor,
        )
        money, moved = BetMoney("ann", bet_id, "EUR", 0), outcome.money
        for book, amount in (
            (pay_out, moved.pay_minor),
            (take_back, moved.take_back_minor),
            (write_off, moved.write_off_minor),
            (write_back, moved.write_back_minor),
        ):
            if amount:
                self.write(book(self.balances, money, outcome.revision, amount))


names = st.sampled_from(["b1", "b2", "b3"])
steps = st.one_of(
    st.tuples(st.just("place"), names, st.integers(-1, 700), st.integers(1_001, 5_000)),
    st.tuples(st.just("hear"), names, st.integers(0, 700), st.integers(1_001, 5_000)),
    st.tuples(st.just("settle"), names, st.integers(1, 6), st.integers(0, 4)),
)


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.integers(1, 1_000), st.lists(steps, max_size=25))
def test_any_order_of_steps_and_repeats_leaves_books_that_an_auditor_can_derive(funds, todo):
    customer = Customer(funds)
    for name, *arguments in todo:
        getattr(customer, name)(*arguments)
        assert customer.available() >= 0
    books = audit(customer.journal)
    assert books.balances == customer.balances
    books.totals()
    staked = sum(bet.stake_minor for bet in customer.bets.values())
    kept = sum(bet.payout_minor + bet.shortfall_minor for bet in customer.bets.values())
    ann = customer.balances[ANN]
    assert ann.credits_posted - ann.debits_posted == funds - staked + kept
    waiting = [bet for bet in customer.bets.values() if bet.status == "held"]
    assert ann.debits_pending == sum(bet.requested_minor for bet in waiting)
    owed = customer.balances.get("house:0:EUR:shortfall", Balance())
    assert owed.debits_posted - owed.credits_posted == sum(
        bet.shortfall_minor for bet in customer.bets.values()
    )

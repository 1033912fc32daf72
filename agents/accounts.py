"""ACCOUNTS: the single writer of a customer, of the money and the bets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from overround.contracts import topics
from overround.domain.betting import decide as betting
from overround.domain.betting.commands import PlaceBet
from overround.domain.betting.events import LegRejected, LegReserved
from overround.domain.betting.model import Bet, BetDecision, bet_key
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger import cashier, chart
from overround.domain.ledger.chart import BetMoney
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.model import (
    Balance,
    Booking,
    Customer,
    DepositRecord,
    Hold,
    available_minor,
    customer_account,
)
from overround.domain.settlement.decide import settle_bet
from overround.domain.settlement.events import LegSettled
from overround.domain.settlement.model import Correction
from overround.runtime.topology import Agent, Event, Outbox, TableView
from tables.balances import BALANCES
from tables.bets import BETS
from tables.customers import CUSTOMERS
from tables.deposits import DEPOSITS
from tables.holds import HOLDS


class AccountTables(NamedTuple):
    """The tables of the agent."""

    customers: TableView[Customer]
    balances: TableView[Balance]
    bets: TableView[Bet]
    holds: TableView[Hold]
    deposits: TableView[DepositRecord]


def handle(event: Event, tables: AccountTables, out: Outbox) -> None:
    """Carry one record of the inbox to the rule that decides it."""
    if isinstance(event.value, Tick):
        return  # no rule here waits for time yet: a bet waits for its match, not for a clock
    step = _STEPS.get(type(event.value))
    if step is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    if event.key != event.value.customer_id:
        raise Refusal("key_is_not_customer_id", str(event.key))
    step(event, tables, out)


def _open(event: Event, tables: AccountTables, out: Outbox) -> None:
    command: OpenAccount = event.value
    decision = cashier.open_account(tables.customers.get(command.customer_id), command)
    if decision.opened:
        tables.customers[command.customer_id] = decision.customer
        tables.balances[customer_account(command.customer_id, command.currency)] = Balance()
    for told in decision.events:
        out.send(topics.ACCOUNT_EVENTS, command.customer_id, told)


def _deposit(event: Event, tables: AccountTables, out: Outbox) -> None:
    command: Deposit = event.value
    key = f"{command.customer_id}/{command.deposit_id}"
    decision = cashier.deposit(
        tables.balances, tables.deposits.get(key), command, partition=event.position.partition
    )
    tables.deposits[key] = decision.record
    for booking in decision.bookings:
        _book(tables, out, booking)
    for told in decision.events:
        out.send(topics.ACCOUNT_EVENTS, command.customer_id, told)


def _place(event: Event, tables: AccountTables, out: Outbox) -> None:
    command: PlaceBet = event.value
    customer = tables.customers.get(command.customer_id)
    spendable_minor = 0
    if customer is not None:
        account = customer_account(customer.customer_id, customer.currency)
        spendable_minor = available_minor(tables.balances[account])
    decision = betting.place(
        tables.bets.get(bet_key(command.customer_id, command.bet_id)),
        command,
        customer.currency if customer is not None else None,
        spendable_minor,
    )
    _carry_out(event, decision, tables, out)


def _hear_of_leg(event: Event, tables: AccountTables, out: Outbox) -> None:
    answer: LegReserved | LegRejected = event.value
    bet = tables.bets.get(bet_key(answer.customer_id, answer.bet_id))
    if isinstance(answer, LegReserved):
        decision = betting.leg_reserved(bet, answer)
    else:
        decision = betting.leg_rejected(bet, answer)
    _carry_out(event, decision, tables, out)


def _carry_out(event: Event, decision: BetDecision, tables: AccountTables, out: Outbox) -> None:
    """Store the bet, move the money that the step moves, ask the market, tell the punter."""
    bet = decision.bet
    key = bet_key(bet.customer_id, bet.bet_id)
    tables.bets[key] = bet
    money = _money(event, bet)
    if decision.hold_minor:
        booking = chart.hold_stake(tables.balances, money, decision.hold_minor)
        tables.holds[key] = _book(tables, out, booking).hold
    elif decision.post_minor:
        held = tables.holds[key]
        _book(tables, out, chart.post_stake(tables.balances, money, held, decision.post_minor))
        del tables.holds[key]
    elif decision.void:
        _book(tables, out, chart.void_stake(tables.balances, money, tables.holds[key]))
        del tables.holds[key]
    for request in decision.reserve:
        out.send(topics.MARKETS_INBOX, request.event_id, request)
    for answer in decision.events:
        out.send(topics.BET_EVENTS, bet.customer_id, answer)


def _settle(event: Event, tables: AccountTables, out: Outbox) -> None:
    leg: LegSettled = event.value
    key = bet_key(leg.customer_id, leg.bet_id)
    bet = tables.bets.get(key)
    if bet is None:
        raise Refusal("unknown_bet", key)
    account = customer_account(bet.customer_id, bet.currency)
    settlement = settle_bet(bet, leg, available_minor(tables.balances[account]))
    if settlement.revision == bet.revision:
        return
    _pay(_money(event, bet), settlement.revision, settlement.money, tables, out)
    tables.bets[key] = betting.leg_settled(
        bet,
        revision=settlement.revision,
        payout_minor=settlement.payout_minor,
        shortfall_minor=settlement.money.shortfall_minor,
    )
    for told in settlement.events:
        out.send(topics.BET_EVENTS, bet.customer_id, told)


def _pay(
    money: BetMoney, revision: int, moved: Correction, tables: AccountTables, out: Outbox
) -> None:
    moves = (
        (chart.pay_out, moved.pay_minor),
        (chart.take_back, moved.take_back_minor),
        (chart.write_off, moved.write_off_minor),
        (chart.write_back, moved.write_back_minor),
    )
    for move, amount_minor in moves:
        if amount_minor:
            _book(tables, out, move(tables.balances, money, revision, amount_minor))


def _money(event: Event, bet: Bet) -> BetMoney:
    return BetMoney(bet.customer_id, bet.bet_id, bet.currency, event.position.partition)


def _book(tables: AccountTables, out: Outbox, booking: Booking) -> Booking:
    """Store both balances and write the entry down: neither happens without the other."""
    for account, balance in booking.balances:
        tables.balances[account] = balance
    out.send(topics.LEDGER_ENTRIES, booking.entry.customer_id, booking.entry)
    return booking


_STEPS: dict[type, Callable[[Event, AccountTables, Outbox], Any]] = {
    OpenAccount: _open,
    Deposit: _deposit,
    PlaceBet: _place,
    LegReserved: _hear_of_leg,
    LegRejected: _hear_of_leg,
    LegSettled: _settle,
}

ACCOUNTS = Agent(
    "accounts",
    inbox=topics.ACCOUNTS_INBOX,
    handle=handle,
    tables=AccountTables,
    owns=(CUSTOMERS, BALANCES, BETS, HOLDS, DEPOSITS),
    sends=(
        topics.MARKETS_INBOX,
        topics.ACCOUNT_EVENTS,
        topics.BET_EVENTS,
        topics.LEDGER_ENTRIES,
    ),
)

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
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger import decide as ledger
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.events import AccountOpened, FundsDeposited, MoneyRefused
from overround.domain.ledger.model import (
    Balance,
    Booking,
    Customer,
    DepositRecord,
    Hold,
    HouseKind,
    Purpose,
    available_minor,
    customer_account,
    house_account,
)
from overround.domain.settlement.decide import settle_bet
from overround.domain.settlement.events import LegSettled
from overround.domain.settlement.model import Correction
from overround.runtime.topology import Agent, Event, Outbox, TableView
from tables.accounts import BALANCES, BETS, CUSTOMERS, DEPOSITS, HOLDS


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
    known = tables.customers.get(command.customer_id)
    if known is not None:
        if known.currency != command.currency:
            _refuse(out, command.customer_id, "", command.currency, 0, "account_in_other_currency")
        return
    account = customer_account(command.customer_id, command.currency)
    tables.customers[command.customer_id] = Customer(command.customer_id, command.currency)
    tables.balances[account] = Balance()
    opened = AccountOpened(command.customer_id, command.currency)
    out.send(topics.ACCOUNT_EVENTS, command.customer_id, opened)


def _deposit(event: Event, tables: AccountTables, out: Outbox) -> None:
    command: Deposit = event.value
    require_id("deposit_id", command.deposit_id)
    key = f"{command.customer_id}/{command.deposit_id}"
    record = tables.deposits.get(key)
    if record is None:
        record = _new_deposit(event, command, tables, out)
        tables.deposits[key] = record
    elif (record.currency, record.amount_minor) != (command.currency, command.amount_minor):
        record = DepositRecord(command.currency, command.amount_minor, 0, "other_body")
    if record.reason:
        _refuse(out, *_of(command), record.reason)
    else:
        told = FundsDeposited(*_of(command), record.balance_minor)
        out.send(topics.ACCOUNT_EVENTS, command.customer_id, told)


def _new_deposit(
    event: Event, command: Deposit, tables: AccountTables, out: Outbox
) -> DepositRecord:
    customer = tables.customers.get(command.customer_id)
    reason = ""
    if customer is None:
        reason = "unknown_customer"
    elif customer.currency != command.currency:
        reason = "currency_mismatch"
    else:
        reason = _refused_by(lambda: ledger.require_amount(command.amount_minor))
    if reason:
        return DepositRecord(command.currency, command.amount_minor, 0, reason)
    booking = ledger.transfer(
        tables.balances,
        house_account(event.position.partition, command.currency, HouseKind.CASHIER),
        customer_account(command.customer_id, command.currency),
        command.amount_minor,
        Purpose(
            f"deposit:{command.customer_id}/{command.deposit_id}",
            "deposit",
            command.customer_id,
            command.deposit_id,
        ),
    )
    _book(tables, out, booking)
    return DepositRecord(
        command.currency, command.amount_minor, available_minor(booking.balances[1][1]), ""
    )


def _refused_by(check: Callable[[], None]) -> str:
    try:
        check()
    except Refusal as refusal:
        return refusal.reason
    return ""


def _of(command: Deposit) -> tuple[str, str, str, int]:
    return command.customer_id, command.deposit_id, command.currency, command.amount_minor


def _refuse(  # noqa: PLR0917 - the fields of the message in their order
    out: Outbox, customer_id: str, reference: str, currency: str, amount_minor: int, reason: str
) -> None:
    refused = MoneyRefused(customer_id, reference, currency, amount_minor, reason)
    out.send(topics.ACCOUNT_EVENTS, customer_id, refused)


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
    if decision.hold_minor:
        booking = ledger.hold(
            tables.balances,
            customer_account(bet.customer_id, bet.currency),
            house_account(event.position.partition, bet.currency, HouseKind.STAKES),
            decision.hold_minor,
            _purpose(bet, "hold"),
        )
        tables.holds[key] = _book(tables, out, booking).hold
    elif decision.post_minor:
        held, why = tables.holds[key], _purpose(bet, "post")
        _book(tables, out, ledger.post(tables.balances, held, decision.post_minor, why))
        del tables.holds[key]
    elif decision.void:
        _book(tables, out, ledger.void(tables.balances, tables.holds[key], _purpose(bet, "void")))
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
    _pay(event.position.partition, bet, settlement.revision, settlement.money, tables, out)
    tables.bets[key] = betting.leg_settled(
        bet,
        revision=settlement.revision,
        payout_minor=settlement.payout_minor,
        shortfall_minor=settlement.money.shortfall_minor,
    )
    for told in settlement.events:
        out.send(topics.BET_EVENTS, bet.customer_id, told)


def _pay(  # noqa: PLR0917
    partition: int,
    bet: Bet,
    revision: int,
    money: Correction,
    tables: AccountTables,
    out: Outbox,
) -> None:
    customer = customer_account(bet.customer_id, bet.currency)
    payouts = house_account(partition, bet.currency, HouseKind.PAYOUTS)
    shortfall = house_account(partition, bet.currency, HouseKind.SHORTFALL)
    moves = (
        ("pay", payouts, customer, money.pay_minor),
        ("take_back", customer, payouts, money.take_back_minor),
        ("write_off", shortfall, payouts, money.write_off_minor),
        ("write_back", payouts, shortfall, money.write_back_minor),
    )
    for code, debit, credit, amount_minor in moves:
        if amount_minor:
            why = _purpose(bet, code, f":{revision}")
            _book(tables, out, ledger.transfer(tables.balances, debit, credit, amount_minor, why))


def _purpose(bet: Bet, code: str, step: str = "") -> Purpose:
    key = bet_key(bet.customer_id, bet.bet_id)
    return Purpose(f"bet:{key}:{code}{step}", f"bet_{code}", bet.customer_id, bet.bet_id)


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

from __future__ import annotations

import pytest

from cli.demo.scoreboard import DeadLetter, Scoreboard, dead_letter
from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    RejectReason,
)
from overround.domain.exposure.events import ExposureChanged
from overround.domain.kernel.market import TradingStatus
from overround.domain.ledger.events import EntryKind, FundsDeposited, LedgerEntry
from overround.domain.pricing.events import Quote, Quotes
from overround.domain.settlement.events import BetSettled, Certainty, ResultRecorded

LEG = BetLeg("m", "1x2/home", 2000)


@pytest.fixture
def board() -> Scoreboard:
    return Scoreboard("m", ["ann", "bob"])


def placed(customer_id: str, bet_id: str) -> PlaceBet:
    return PlaceBet(customer_id, bet_id, "EUR", 100, (LEG,))


def accepted(customer_id: str, bet_id: str) -> BetAccepted:
    return BetAccepted(customer_id, bet_id, "EUR", 100, 2000, (LEG,))


def rejected(customer_id: str, bet_id: str, reason: RejectReason) -> BetRejected:
    return BetRejected(customer_id, bet_id, "EUR", 100, 0, reason)


def settled(customer_id: str, bet_id: str) -> BetSettled:
    return BetSettled(customer_id, bet_id, "EUR", 100, 200, Certainty.LIVE)


def quotes(version: int, price_milli: int, event_id: str = "m") -> Quotes:
    lines = (Quote("1x2", "home", price_milli),)
    return Quotes(event_id, version, TradingStatus.OPEN, "", 0, 0, 0, lines)


def entry(kind: EntryKind, debit: str, credit: str, amount_minor: int) -> LedgerEntry:
    return LedgerEntry("e", kind, debit, credit, "EUR", amount_minor, "", "bet", "ann", "b1")


def test_a_bet_is_open_until_answered_and_again_until_settled(board: Scoreboard) -> None:
    board.send(placed("ann", "b1"))
    assert board.unanswered == {"ann/b1"}
    board.see([accepted("ann", "b1")])
    assert (board.unanswered, board.unsettled) == (set(), {"ann/b1"})
    board.see([settled("ann", "b1")])
    assert board.unsettled == set()


def test_a_match_is_complete_when_confirmed_and_every_bet_is_done(board: Scoreboard) -> None:
    board.send(placed("ann", "b1"))
    board.see([accepted("ann", "b1"), settled("ann", "b1")])
    board.see([ResultRecorded("m", 1, 0, Certainty.LIVE, 1, 1)])
    assert not board.is_complete
    board.see([ResultRecorded("m", 1, 0, Certainty.CONFIRMED, 2, 1)])
    assert board.is_complete


def test_a_bet_that_is_answered_twice_counts_once(board: Scoreboard) -> None:
    for bet_id in ("b1", "b2"):
        board.send(placed("ann", bet_id))
        board.send(placed("ann", bet_id))
    late = rejected("ann", "b2", RejectReason.PRICE_CHANGED)
    board.see([accepted("ann", "b1"), accepted("ann", "b1"), late, late])
    assert board.outcomes() == {"accepted": 1, "rejected": 1}
    assert board.rejections == {"price_changed": 1}
    assert (board.sent, len(board.placed)) == (4, 2)


def test_a_used_id_with_another_body_leaves_the_first_answer_as_it_is(board: Scoreboard) -> None:
    board.send(placed("ann", "b1"))
    board.see([rejected("ann", "b1", RejectReason.DUPLICATE_WITH_OTHER_BODY)])
    assert board.unanswered == {"ann/b1"}
    board.see([accepted("ann", "b1")])
    board.see([rejected("ann", "b1", RejectReason.DUPLICATE_WITH_OTHER_BODY)])
    assert board.outcomes() == {"accepted": 1}
    assert board.reused == 2


def test_a_partly_accepted_bet_has_to_be_settled_too(board: Scoreboard) -> None:
    board.send(placed("ann", "b1"))
    board.see([BetPartlyAccepted("ann", "b1", "EUR", 100, 40, 2000, (LEG,))])
    assert board.outcomes() == {"partly accepted": 1}
    assert board.unsettled == {"ann/b1"}


def test_records_of_other_matches_and_customers_change_nothing(board: Scoreboard) -> None:
    board.see([accepted("zoe", "b1"), quotes(1, 2000, "other")])
    board.see([FundsDeposited("zoe", "d", "EUR", 1, 1)])
    assert (board.answers, board.quotes, board.credited) == ({}, None, set())


def test_prices_show_which_way_they_moved_last(board: Scoreboard) -> None:
    board.see([quotes(1, 2000), quotes(2, 2100)])
    assert board.moves == {"1x2/home": 1}
    board.see([quotes(3, 1900), quotes(4, 1900)])
    assert (board.prices, board.moves) == ({"1x2/home": 1900}, {"1x2/home": -1})


def test_quotes_that_are_published_again_are_dropped(board: Scoreboard) -> None:
    board.see([quotes(2, 2100), quotes(1, 2000)])
    assert board.prices == {"1x2/home": 2100}


def test_the_house_has_its_stakes_less_its_payouts_and_nothing_of_deposits(
    board: Scoreboard,
) -> None:
    customer = "customer:ann:EUR"
    board.see(
        [
            entry(EntryKind.TRANSFER, "house:0:EUR:cashier", customer, 5000),
            entry(EntryKind.HOLD, customer, "house:0:EUR:stakes", 300),
            entry(EntryKind.POST, customer, "house:0:EUR:stakes", 300),
            entry(EntryKind.TRANSFER, "house:0:EUR:payouts", customer, 450),
            entry(EntryKind.VOID, customer, "house:0:EUR:stakes", 70),
        ]
    )
    assert board.house_minor == {"EUR": 300 - 450}


def test_the_exposure_shown_is_the_last_that_was_told(board: Scoreboard) -> None:
    board.see([ExposureChanged("m", "EUR", 1, 10, -50), ExposureChanged("m", "EUR", 2, 30, -20)])
    assert board.exposures["EUR"].worst_minor == -20


def test_a_dead_letter_tells_where_it_stood_and_why() -> None:
    headers = {"source": b"feeds.inbox:3:17", "reason": b"hash_mismatch", "detail": None}
    assert dead_letter(headers) == DeadLetter("feeds.inbox:3:17", "hash_mismatch", "")

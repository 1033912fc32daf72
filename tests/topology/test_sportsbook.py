"""A match from its fixture to its settlement: what is paid, corrected, voided, and balanced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.demo.match import timeline
from overround.contracts import topics
from overround.domain.betting.events import BetAccepted, BetRejected, RejectReason
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.ledger.events import LedgerEntry
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.events import (
    BetResettled,
    BetSettled,
    Certainty,
    LegSettled,
    ResultRecorded,
)
from tests.kit.match import FUNDS_MINOR, MATCH, Sportsbook

FINAL = Path(__file__).resolve().parents[2] / "examples" / "world_cup_2022_final.jsonl"

HALF = Period.FIRST_HALF
STAKE = 1_001  # an odd stake, so that halves and thousandths leave fractions


@pytest.fixture
def house() -> Sportsbook:
    """A priced match and a customer with 1,000 euros."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    sportsbook.customer()
    return sportsbook


def settled_minor(house: Sportsbook, bet_id: str, customer: str = "c1") -> int:
    """What the one settlement of a bet paid."""
    (paid,) = (e for e in house.answers(bet_id, customer) if isinstance(e, BetSettled))
    return paid.payout_minor


def codes(house: Sportsbook) -> list[str]:
    """The codes of the ledger's entries, in order."""
    return [entry.code for entry in house.told(topics.LEDGER_ENTRIES, LedgerEntry)]


# At 1-0 the home side is 4 quarter goals ahead: lines at 3, 4 and 5 win half, push, lose half.
def test_full_time_pays_every_fate_to_the_cent(house: Sportsbook) -> None:
    bets: dict[str, Callable[[int], int]] = {
        "1x2/home": lambda price: STAKE * price // 1000,
        "asian_handicap:-0.75/home": lambda price: STAKE * (price + 1000) // 2000,
        "asian_handicap:-1/home": lambda _price: STAKE,
        "asian_handicap:-1.25/home": lambda _price: STAKE // 2,
        "1x2/away": lambda _price: 0,
    }
    prices = {selection: house.price(selection) for selection in bets}
    for number, selection in enumerate(bets):
        assert isinstance(house.bet(f"b{number}", selection, STAKE), BetAccepted)
    house.kick_off()
    house.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    house.full_time(1, 0)
    expected = [pays(prices[selection]) for selection, pays in bets.items()]
    assert [settled_minor(house, f"b{number}") for number in range(5)] == expected
    assert house.available() == FUNDS_MINOR - 5 * STAKE + sum(expected)
    (result,) = house.told(topics.MARKET_EVENTS, ResultRecorded)
    assert (result.home_goals, result.away_goals, result.legs, result.revision) == (1, 0, 5, 1)
    house.check_books()


def test_each_kind_of_market_on_the_final_score_is_taken_and_paid(house: Sportsbook) -> None:
    won = (
        *("winning_margin/home_by_2", "home_totals:1.5/over", "away_totals:0.5/under"),
        *("odd_even/even", "exact_goals/2", "home_clean_sheet/yes", "home_win_to_nil/yes"),
    )
    lost = ("winning_margin/home_by_1", "exact_goals/7", "away_clean_sheet/yes", "odd_even/odd")
    prices = {selection: house.price(selection) for selection in won}
    for selection in (*won, *lost):
        assert isinstance(house.bet(selection.replace("/", "-"), selection, STAKE), BetAccepted)
    house.check_books()
    house.kick_off()
    house.full_time(2, 0)
    for selection in won:
        paid_minor = settled_minor(house, selection.replace("/", "-"))
        assert paid_minor == STAKE * prices[selection] // 1000
    assert all(settled_minor(house, selection.replace("/", "-")) == 0 for selection in lost)
    house.check_books()


def test_a_confirmed_result_that_is_the_same_moves_nothing(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home")
    house.kick_off()
    house.full_time(1, 0)
    available, entries = house.available(), len(codes(house))
    house.confirm(1, 0)
    assert (house.available(), len(codes(house))) == (available, entries)
    certainties = [r.certainty for r in house.told(topics.MARKET_EVENTS, ResultRecorded)]
    assert certainties == [Certainty.LIVE, Certainty.CONFIRMED]
    house.check_books()


def test_a_repeated_full_time_pays_nothing_twice(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home")
    house.kick_off()
    whistle = house.report(IncidentKind.PERIOD, Period.FULL_TIME, 5_700, (1, 0))
    before = house.available()
    house.tell(topics.MARKETS_INBOX, MATCH, whistle)
    house.full_time(1, 0)
    assert house.available() == before
    assert len(house.told(topics.ACCOUNTS_INBOX, LegSettled)) == 1
    house.check_books()


def test_a_fate_that_comes_again_or_late_pays_nothing(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home")
    house.kick_off()
    house.full_time(1, 0)
    house.confirm(0, 0)
    won, lost = house.told(topics.ACCOUNTS_INBOX, LegSettled)
    assert (won.revision, lost.revision) == (1, 2)
    before = (house.available(), house.engine.state_hash(), len(house.answers("b1")))
    for fate in (lost, won, lost, won):
        house.tell(topics.ACCOUNTS_INBOX, "c1", fate)
    assert (house.available(), house.engine.state_hash(), len(house.answers("b1"))) == before
    house.check_books()


def test_a_goal_cancelled_after_full_time_takes_the_payout_back(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home")
    house.bet("b2", "1x2/draw")
    drawn = house.price("1x2/draw")
    house.kick_off()
    house.full_time(1, 0)
    kind = IncidentKind.GOAL_CANCELLED
    house.report(kind, Period.FULL_TIME, 5_700, (0, 0), Side.HOME)
    assert house.available() == FUNDS_MINOR - 2_000 + 1_000 * drawn // 1000
    lost, won = (house.answers(bet)[-1] for bet in ("b1", "b2"))
    assert isinstance(lost, BetResettled)
    assert (lost.payout_minor, lost.shortfall_minor, lost.revision) == (0, 0, 2)
    assert isinstance(won, BetResettled)
    assert (won.previous_payout_minor, won.payout_minor) == (0, drawn)
    assert codes(house).count("bet_take_back") == 1
    house.check_books()


def test_a_confirmed_result_with_another_score_is_a_correction(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home")
    price = house.price("1x2/home")
    house.kick_off()
    house.full_time(0, 0)
    assert settled_minor(house, "b1") == 0
    house.confirm(1, 0)
    corrected = house.answers("b1")[-1]
    assert isinstance(corrected, BetResettled)
    assert (corrected.payout_minor, corrected.previous_payout_minor) == (price, 0)
    assert house.available() == FUNDS_MINOR - 1_000 + price
    house.check_books()


def test_winnings_that_are_gone_become_a_shortfall_and_no_balance_is_negative(
    house: Sportsbook,
) -> None:
    house.schedule("m2")
    stake = FUNDS_MINOR
    price = house.price("1x2/home")
    house.bet("b1", "1x2/home", stake)
    house.kick_off()
    house.full_time(1, 0)
    paid = stake * price // 1000
    gone = paid - 5_000
    house.bet("b2", "totals:2.5/under", gone, match="m2")
    assert house.available() == 5_000
    house.report(IncidentKind.GOAL_CANCELLED, Period.FULL_TIME, 5_700, (0, 0), Side.HOME)
    corrected = house.answers("b1")[-1]
    assert (corrected.payout_minor, corrected.shortfall_minor) == (0, paid - 5_000)
    assert house.available() == 0
    house.check_books()
    house.confirm(1, 0)
    restored = house.answers("b1")[-1]
    assert (restored.payout_minor, restored.shortfall_minor) == (paid, 0)
    assert house.available() == 5_000, "what was never given back is not paid again"
    house.check_books()


def test_a_void_market_refunds_its_bets_and_frees_their_exposure(house: Sportsbook) -> None:
    house.bet("b1", "totals:2.5/over", STAKE)
    house.bet("b2", "totals:2.5/under", STAKE)
    house.bet("b3", "1x2/home", STAKE)
    house.tell(topics.MARKETS_INBOX, MATCH, VoidMarket(MATCH, "totals:2.5", "t1", "wrong line"))
    assert [settled_minor(house, bet) for bet in ("b1", "b2")] == [STAKE, STAKE]
    assert house.available() == FUNDS_MINOR - STAKE
    assert house.engine.table("exposures")[f"{MATCH}/EUR"].legs == 1
    house.check_books()
    house.kick_off()
    house.full_time(3, 0)
    assert len(house.answers("b1")) == 2, "a later result does not touch a void bet"
    house.check_books()


def test_a_void_market_takes_no_more_bets_and_shows_no_more_prices(house: Sportsbook) -> None:
    house.bet("b1", "totals:2.5/over", STAKE)
    house.tell(topics.MARKETS_INBOX, MATCH, VoidMarket(MATCH, "totals:2.5", "t1", "wrong line"))
    house.kick_off()
    refused = house.bet("b2", "totals:2.5/over", STAKE, seen_milli=2_000)
    assert isinstance(refused, BetRejected)
    assert refused.reason is RejectReason.SELECTION_NOT_QUOTED
    quoted = {line.market for line in house.engine.read(topics.QUOTES)[-1].lines}
    assert "1x2" in quoted
    assert "totals:2.5" not in quoted
    house.check_books()


def test_a_void_after_settlement_takes_back_what_was_won(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home")
    house.kick_off()
    house.full_time(1, 0)
    house.tell(topics.MARKETS_INBOX, MATCH, VoidMarket(MATCH, "", "t1", "fixed"))
    assert house.available() == FUNDS_MINOR
    house.check_books()


def test_an_abandoned_match_voids_everything(house: Sportsbook) -> None:
    house.customer("c2")
    house.bet("b1", "1x2/home")
    house.bet("b1", "totals:2.5/over", customer="c2")
    house.kick_off()
    house.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    house.report(IncidentKind.ABANDONED, Period.ENDED, 700, (1, 0))
    assert (house.available("c1"), house.available("c2")) == (FUNDS_MINOR, FUNDS_MINOR)
    assert house.engine.table("exposures")[f"{MATCH}/EUR"].legs == 0
    house.confirm(1, 0)
    assert (house.available("c1"), house.available("c2")) == (FUNDS_MINOR, FUNDS_MINOR)
    house.check_books()


def test_currencies_are_kept_apart_and_each_balances(house: Sportsbook) -> None:
    house.customer("yen", 1_000_000, "JPY")
    house.bet("b1", "1x2/home", 1_000)
    house.bet("b1", "1x2/away", 5_000, customer="yen", currency="JPY")
    away = house.price("1x2/away")
    assert sorted(house.engine.table("exposures")) == [f"{MATCH}/EUR", f"{MATCH}/JPY"]
    house.kick_off()
    house.full_time(0, 1)
    assert house.available("yen", "JPY") == 1_000_000 - 5_000 + 5 * away
    house.check_books()


def test_another_match_does_not_settle_this_ones_bets(house: Sportsbook) -> None:
    house.schedule("m2")
    house.bet("b1", "1x2/home")
    house.bet("b2", "1x2/home", match="m2")
    house.kick_off("m2")
    house.full_time(1, 0, "m2")
    assert len(house.answers("b1")) == 1
    assert len(house.answers("b2")) == 2


def test_the_world_cup_final_is_settled_on_its_ninety_minutes() -> None:
    # 2-2 after regular time, 3-3 after extra time, 4-2 on penalties.
    house = Sportsbook()
    messages = [timed.record for timed in timeline(FINAL, MATCH, clock_every_s=60)]
    for message in messages[:2]:
        house.tell(topics.FEEDS_INBOX, MATCH, message)
    house.customer()
    won = ("1x2/draw", "correct_score/2-2", "totals:4.5/under", "both_teams_to_score/yes")
    lost = ("1x2/home", "correct_score/3-3", "totals:5.5/over", "double_chance/home_or_away")
    for selection in won + lost:
        assert isinstance(house.bet(selection.replace("/", "_"), selection), BetAccepted)
    for message in messages[2:]:
        house.tell(topics.FEEDS_INBOX, MATCH, message)
    results = house.told(topics.MARKET_EVENTS, ResultRecorded)
    assert {(result.home_goals, result.away_goals) for result in results} == {(2, 2)}
    for selection in won + lost:
        is_won = settled_minor(house, selection.replace("/", "_")) > 1_000
        assert is_won == (selection in won), selection
    assert house.told(topics.BET_EVENTS, BetResettled) == []
    assert house.quotes()[-1].home_goals == 3, "the quotes still follow the play"
    assert house.dead_letters() == []
    house.check_books()

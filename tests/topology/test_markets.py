"""The writer of a match: its prices, what holds bets back, and which reports count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.contracts import topics
from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.betting.events import TradingChanged
from overround.domain.feeds.events import FixtureScheduled, ObservedPrice, PricesObserved
from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.settlement.commands import VoidMarket
from tests.kit.match import MATCH, OPENING, PROVIDER, Sportsbook

HALF = Period.FIRST_HALF


@pytest.fixture
def book() -> Sportsbook:
    """A match with prices, not begun."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    return sportsbook


def state(book: Sportsbook) -> tuple[str, str]:
    """Status and reason of the newest quotes."""
    newest = book.quotes()[-1]
    return newest.status, newest.reason


def test_a_scheduled_match_is_not_quoted_before_it_has_prices() -> None:
    book = Sportsbook()
    book.schedule(is_priced=False)
    assert book.quotes() == []
    assert book.engine.table("books")[MATCH].status is TradingStatus.SUSPENDED


def test_opening_prices_open_every_selection(book: Sportsbook) -> None:
    (quotes,) = book.quotes()
    assert (quotes.version, quotes.status, quotes.reason) == (1, "open", "")
    assert len(quotes.lines) == len(CATALOGUE)
    assert book.told(topics.MARKET_EVENTS, TradingChanged) == [
        TradingChanged(MATCH, TradingStatus.OPEN, "", 1)
    ]


@pytest.mark.slow
def test_versions_rise_without_a_gap(book: Sportsbook) -> None:
    book.kick_off()
    for clock_s in range(10, 100, 10):
        book.report(IncidentKind.CLOCK, HALF, clock_s)
    book.report(IncidentKind.POSSIBLE_GOAL, HALF, 101)
    book.report(IncidentKind.GOAL, HALF, 105, (1, 0), Side.HOME)
    book.full_time(1, 0)
    assert [quotes.version for quotes in book.quotes()] == list(range(1, 15))


def test_the_quotes_follow_the_score_and_the_clock(book: Sportsbook) -> None:
    before_milli = book.price("1x2/home")
    book.kick_off()
    book.report(IncidentKind.GOAL, HALF, 1_380, (1, 0), Side.HOME)
    newest = book.quotes()[-1]
    assert (newest.home_goals, newest.away_goals, newest.clock_s) == (1, 0, 1_380)
    assert book.price("1x2/home") < before_milli
    assert "both_teams_to_score/no" in {f"{q.market}/{q.outcome}" for q in newest.lines}
    assert "correct_score/0-0" not in {f"{q.market}/{q.outcome}" for q in newest.lines}


def test_a_repeated_report_gives_no_new_quotes(book: Sportsbook) -> None:
    book.kick_off()
    goal = book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    before = (len(book.quotes()), book.engine.state_hash())
    book.tell(topics.MARKETS_INBOX, MATCH, goal)
    assert (len(book.quotes()), book.engine.state_hash()) == before


def test_a_report_behind_its_providers_sequence_gives_no_new_quotes(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME, sequence=9)
    before = (len(book.quotes()), book.engine.state_hash())
    book.report(IncidentKind.CLOCK, HALF, 590, (0, 0), sequence=8)
    assert (len(book.quotes()), book.engine.state_hash()) == before


def test_a_repeated_doubt_does_not_suspend_again(book: Sportsbook) -> None:
    book.kick_off()
    doubt = book.report(IncidentKind.POSSIBLE_GOAL, HALF, 600)
    book.report(IncidentKind.CLEARED, HALF, 620)
    book.tell(topics.MARKETS_INBOX, MATCH, doubt)
    assert state(book) == ("open", "")


def test_superseded_prices_that_come_again_do_not_move_the_quotes(book: Sportsbook) -> None:
    shorter = tuple(
        ObservedPrice(selection, price)
        for selection, price in (("1x2/home", 1500), ("1x2/draw", 4100), ("1x2/away", 6950))
    )
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 5, shorter))
    before = (len(book.quotes()), book.engine.state_hash())
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 2, OPENING))
    assert (len(book.quotes()), book.engine.state_hash()) == before


def test_prices_do_not_make_the_kick_off_before_them_late(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 9, OPENING))
    book.report(IncidentKind.PERIOD, Period.FIRST_HALF, 0, sequence=8)
    assert book.engine.table("books")[MATCH].match.period is Period.FIRST_HALF


def test_prices_of_others_do_not_move_a_match_in_play(book: Sportsbook) -> None:
    book.kick_off()
    count = len(book.quotes())
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 9, OPENING))
    assert len(book.quotes()) == count


def test_a_second_fixture_message_does_not_begin_the_match_anew(book: Sportsbook) -> None:
    before, known = book.engine.state_hash(), book.engine.table("books")[MATCH]
    again = FixtureScheduled(MATCH, PROVIDER, 1, "Cup", "A", "B", 0)
    book.tell(topics.MARKETS_INBOX, MATCH, again)
    assert book.engine.state_hash() == before
    book.tell(topics.MARKETS_INBOX, MATCH, replace(again, sequence=3))
    assert book.engine.table("books")[MATCH] == known


def test_a_possible_goal_suspends_and_clearing_it_opens_again(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.POSSIBLE_GOAL, HALF, 600)
    assert state(book) == ("suspended", "possible_goal")
    book.report(IncidentKind.CLOCK, HALF, 610)
    assert state(book) == ("suspended", "possible_goal")
    book.report(IncidentKind.CLEARED, HALF, 620)
    assert state(book) == ("open", "")


def test_a_silent_feed_suspends_within_a_second_after_twenty(book: Sportsbook) -> None:
    book.kick_off()
    book.engine.advance(20)
    assert state(book) == ("open", "")
    book.engine.advance(1)
    assert state(book) == ("suspended", "feed_silent")
    count = len(book.quotes())
    book.engine.advance(3)
    assert len(book.quotes()) == count, "one message tells it, not one each second"


def test_the_next_report_opens_a_silent_match_again(book: Sportsbook) -> None:
    book.kick_off()
    book.engine.advance(30)
    book.report(IncidentKind.CLOCK, HALF, 30)
    assert state(book) == ("open", "")


def test_a_repeat_does_not_break_the_silence(book: Sportsbook) -> None:
    book.kick_off()
    clock = book.report(IncidentKind.CLOCK, HALF, 10)
    book.engine.advance(21)
    book.tell(topics.MARKETS_INBOX, MATCH, clock)
    assert state(book) == ("suspended", "feed_silent")


def test_a_feed_that_falls_silent_at_half_time_suspends_as_well(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.PERIOD, Period.HALF_TIME, 2_800)
    book.engine.advance(20)
    assert state(book) == ("open", "")
    book.engine.advance(1)
    assert state(book) == ("suspended", "feed_silent")


def test_a_match_that_has_not_begun_may_be_silent(book: Sportsbook) -> None:
    book.engine.advance(60)
    assert state(book) == ("open", "")


def test_a_trader_suspends_and_reopens(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, SuspendTrading(MATCH, "t1", "injury"))
    assert state(book) == ("suspended", "trader: injury")
    book.tell(topics.MARKETS_INBOX, MATCH, ReopenTrading(MATCH, "t1"))
    assert state(book) == ("open", "")
    changes = book.told(topics.MARKET_EVENTS, TradingChanged)
    assert [change.quotes_version for change in changes] == [1, 2, 3]


def test_clearing_a_doubt_leaves_a_traders_halt_in_place(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.POSSIBLE_GOAL, HALF, 600)
    book.tell(topics.MARKETS_INBOX, MATCH, SuspendTrading(MATCH, "t1", "injury"))
    book.report(IncidentKind.CLEARED, HALF, 620)
    assert state(book) == ("suspended", "trader: injury")


def test_reopening_leaves_a_doubt_in_place(book: Sportsbook) -> None:
    book.kick_off()
    book.tell(topics.MARKETS_INBOX, MATCH, SuspendTrading(MATCH, "t1", "injury"))
    book.report(IncidentKind.POSSIBLE_GOAL, HALF, 600)
    book.tell(topics.MARKETS_INBOX, MATCH, ReopenTrading(MATCH, "t1"))
    assert state(book) == ("suspended", "possible_goal")


def test_full_time_ends_trading_for_good(book: Sportsbook) -> None:
    book.kick_off()
    book.full_time(0, 0)
    assert state(book) == ("settled", "result")
    assert book.quotes()[-1].lines == ()
    book.tell(topics.MARKETS_INBOX, MATCH, ReopenTrading(MATCH, "t1"))
    assert state(book) == ("settled", "result")


def test_a_clock_that_goes_back_moves_neither_clock_nor_prices(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.CLOCK, HALF, 1_200)
    before = book.quotes()[-1]
    book.report(IncidentKind.CLOCK, HALF, 300)
    after = book.quotes()[-1]
    assert (after.clock_s, after.lines) == (1_200, before.lines)
    assert book.dead_letters() == []


def test_a_match_id_that_could_not_be_part_of_a_key_is_refused() -> None:
    # Legs lie under `event_id/leg_id`: the legs of `m1/x` would be found as those of `m1`.
    book = Sportsbook()
    book.schedule("m1/x")
    assert set(book.dead_letters()) == {"malformed_id", "unknown_event"}
    assert book.engine.table("books") == {}


def test_a_suspension_by_nobody_is_refused_and_not_silently_dropped(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, SuspendTrading(MATCH, "", "injury"))
    assert book.dead_letters() == ["malformed_id"]


def test_a_void_of_a_market_that_does_not_exist_is_refused(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, VoidMarket(MATCH, "totals:2.51", "t1", "typing error"))
    assert book.dead_letters() == ["unknown_market"]

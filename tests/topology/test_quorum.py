"""Two providers of one match: what they agree on counts, and bets wait while they do not."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.betting.events import BetRejected, DisputeChanged
from overround.domain.feeds.events import SourceLost, SourceRestored
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.ledger.events import LedgerEntry
from overround.domain.settlement.events import BetResettled, Certainty, ResultRecorded
from tests.kit.match import (
    FUNDS_MINOR,
    MATCH,
    Sportsbook,
    feed,
    fixture_fields,
    incident_fields,
    price_fields,
)

HALF, BREAK, FULL = Period.FIRST_HALF, Period.HALF_TIME, Period.FULL_TIME
GOAL, RED, PERIOD = IncidentKind.GOAL, IncidentKind.RED_CARD, IncidentKind.PERIOD
OPEN = ("open", "")
A, B = "partner", "second"
GOAL_OPEN = "providers_disagree: score 1-0 (partner) / 0-0 (second)"


@pytest.fixture
def book() -> Sportsbook:
    """A match in play that two providers tell of, and a customer with bets on home and draw."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    sportsbook.customer()
    sportsbook.bet("home", "1x2/home")
    sportsbook.bet("draw", "1x2/draw")
    for provider in (A, B):
        sportsbook.report(PERIOD, HALF, 0, provider=provider)
    return sportsbook


def state(book: Sportsbook) -> tuple[str, str]:
    """Status and reason of the newest quotes."""
    newest = book.quotes()[-1]
    return newest.status, newest.reason


def goal(book: Sportsbook, provider: str, clock_s: int = 600) -> None:
    book.report(GOAL, HALF, clock_s, (1, 0), Side.HOME, provider=provider)


def whistle(book: Sportsbook, provider: str, score: tuple[int, int]) -> None:
    book.report(PERIOD, FULL, 5_700, score, provider=provider)


def reopen(book: Sportsbook, believe: str = "") -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, ReopenTrading(MATCH, "t1", believe))


def lose(book: Sportsbook, provider: str) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, SourceLost(MATCH, provider, "", "silent", 0))


def restore(book: Sportsbook, provider: str) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, SourceRestored(MATCH, provider, "", 0))


def disputes(book: Sportsbook) -> list[tuple[str, str]]:
    told = book.told(topics.MARKET_EVENTS, DisputeChanged)
    return [(each.dispute, each.trader_id) for each in told]


def results(book: Sportsbook) -> list[tuple[int, int, Certainty]]:
    told = book.told(topics.MARKET_EVENTS, ResultRecorded)
    return [(each.home_goals, each.away_goals, each.certainty) for each in told]


@pytest.mark.parametrize(
    ("news", "awaited"),
    [
        ((GOAL, HALF, 600, (1, 0), Side.HOME), "goal"),
        ((RED, HALF, 600, (0, 0), Side.AWAY), "red_card"),
        ((PERIOD, BREAK, 2_760), "period"),
        ((PERIOD, FULL, 5_700), "result"),
        ((IncidentKind.ABANDONED, HALF, 600), "abandoned"),
    ],
)
def test_what_one_provider_reports_first_holds_bets_back(
    book: Sportsbook, news: tuple[Any, ...], awaited: str
) -> None:
    assert state(book) == OPEN
    book.report(*news, provider=B)
    assert state(book) == ("suspended", f"awaiting_quorum: {awaited}")
    assert book.quotes()[-1].home_goals == 0
    answer = book.bet("late", "1x2/home", seen_milli=2_000)
    assert isinstance(answer, BetRejected)
    assert answer.reason == "trading_suspended"


def test_the_second_provider_opens_the_match_at_the_new_score(book: Sportsbook) -> None:
    before = book.price("1x2/home")
    goal(book, A)
    book.report(IncidentKind.CLOCK, HALF, 605, (0, 0), provider=B)
    assert state(book)[0] == "suspended"
    goal(book, B, clock_s=607)
    assert state(book) == OPEN
    assert (book.quotes()[-1].home_goals, book.quotes()[-1].clock_s) == (1, 607)
    assert book.price("1x2/home") < before
    assert disputes(book) == []


def test_who_takes_a_goal_back_before_it_was_believed_opens_the_match(book: Sportsbook) -> None:
    goal(book, A)
    book.report(IncidentKind.GOAL_CANCELLED, HALF, 640, (0, 0), Side.HOME)
    assert state(book) == OPEN
    assert book.quotes()[-1].home_goals == 0


def test_no_confirmation_in_time_is_a_dispute_until_both_agree(book: Sportsbook) -> None:
    goal(book, A)
    book.engine.advance(30)
    assert state(book) == ("suspended", "awaiting_quorum: goal")
    book.engine.advance(1)
    assert state(book) == ("suspended", GOAL_OPEN)
    assert disputes(book) == [(GOAL_OPEN, "")]
    goal(book, B)
    assert state(book) == OPEN
    assert disputes(book) == [(GOAL_OPEN, ""), ("", "")]


def test_scores_that_exclude_each_other_are_a_dispute_at_once(book: Sportsbook) -> None:
    goal(book, A)
    book.report(GOAL, HALF, 601, (0, 1), Side.AWAY, provider=B)
    told = "providers_disagree: score 1-0 (partner) / 0-1 (second) / 0-0 (believed)"
    assert state(book) == ("suspended", told)
    book.report(IncidentKind.GOAL_CANCELLED, HALF, 640, (0, 0), Side.AWAY, provider=B)
    assert state(book) == ("suspended", GOAL_OPEN), "only agreement ends a dispute"
    goal(book, B)
    assert state(book) == OPEN


def test_a_trader_ends_a_dispute_with_what_was_believed_before(book: Sportsbook) -> None:
    goal(book, A)
    book.engine.advance(31)
    reopen(book)
    assert disputes(book)[-1] == ("", "t1")
    book.report(IncidentKind.CLOCK, HALF, 700, (1, 0), provider=A)
    book.report(IncidentKind.CLOCK, HALF, 700, (0, 0), provider=B)
    assert state(book) == OPEN, "who was overruled has no say"
    assert book.quotes()[-1].home_goals == 0
    goal(book, B, clock_s=720)
    assert state(book) == OPEN, "who is left counts at once, and the first one agrees again"
    book.report(RED, HALF, 800, (1, 0), Side.HOME, provider=A)
    assert state(book) == ("suspended", "awaiting_quorum: red_card")


def test_a_trader_says_whose_goal_it_was(book: Sportsbook) -> None:
    goal(book, A)
    book.engine.advance(31)
    reopen(book, A)
    book.report(IncidentKind.CLOCK, HALF, 700, (0, 0), provider=B)
    book.report(IncidentKind.CLOCK, HALF, 700, (1, 0), provider=A)
    assert state(book) == OPEN
    assert book.quotes()[-1].home_goals == 1


def test_a_trader_can_believe_no_stranger(book: Sportsbook) -> None:
    goal(book, A)
    reopen(book, "nobody")
    assert book.dead_letters() == ["unknown_provider"]
    assert state(book) == ("suspended", "awaiting_quorum: goal")


def test_lifting_a_halt_overrules_no_goal_that_waits_for_its_second(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, SuspendTrading(MATCH, "t1", "injury"))
    goal(book, A)
    reopen(book)
    assert state(book) == ("suspended", "awaiting_quorum: goal")
    goal(book, B)
    assert state(book) == OPEN


def test_without_its_second_a_provider_counts_at_once(book: Sportsbook) -> None:
    lose(book, B)
    assert state(book) == OPEN
    goal(book, A)
    assert state(book) == OPEN
    restore(book, B)
    assert state(book) == OPEN, "what it claims is old, and it has time to follow"
    book.engine.advance(31)
    assert state(book) == ("suspended", GOAL_OPEN)
    goal(book, B)
    assert state(book) == OPEN


def test_a_provider_that_stands_elsewhere_keeps_no_match_open(book: Sportsbook) -> None:
    lose(book, B)
    goal(book, A)
    restore(book, B)
    lose(book, A)
    assert state(book) == ("suspended", "source_lost: partner")


def test_a_goal_of_a_provider_that_was_then_lost_still_holds_bets_back(book: Sportsbook) -> None:
    goal(book, A)
    lose(book, A)
    book.report(IncidentKind.CLOCK, HALF, 605, (0, 0), provider=B)
    assert state(book) == ("suspended", "awaiting_quorum: goal")
    goal(book, B)
    assert state(book) == OPEN


def test_the_wait_for_a_second_provider_ends_when_it_is_lost(book: Sportsbook) -> None:
    goal(book, A)
    lose(book, B)
    assert state(book) == OPEN
    assert book.quotes()[-1].home_goals == 1


def test_a_provider_that_begins_late_and_differs_is_not_believed(book: Sportsbook) -> None:
    book.report(PERIOD, FULL, 5_700, (2, 2), provider="third")
    lose(book, A)
    lose(book, B)
    book.engine.advance(60)
    assert results(book) == []
    assert state(book)[0] == "suspended"


def test_three_providers_open_the_match_when_two_agree(book: Sportsbook) -> None:
    book.report(IncidentKind.CLOCK, HALF, 300, provider="third")
    goal(book, A)
    assert state(book) == ("suspended", "awaiting_quorum: goal")
    goal(book, "third")
    assert state(book) == OPEN
    book.engine.advance(31)
    told = "providers_disagree: score 1-0 (partner) / 0-0 (second) / 1-0 (third)"
    assert state(book) == ("suspended", told), "who is only slow has agreed by now"


@pytest.mark.parametrize("kind", ["var_review", "possible_red_card", "possible_penalty"])
def test_a_suspicion_of_either_holds_bets_back_until_it_clears_it(
    book: Sportsbook, kind: str
) -> None:
    book.report(IncidentKind(kind), HALF, 600, provider=B)
    assert state(book) == ("suspended", kind)
    book.report(IncidentKind.CLEARED, HALF, 610, provider=A)
    assert state(book) == ("suspended", kind)
    book.report(IncidentKind.CLEARED, HALF, 611, provider=B)
    assert state(book) == OPEN


def test_a_result_is_settled_once_both_have_it(book: Sportsbook) -> None:
    whistle(book, A, (0, 0))
    assert results(book) == []
    whistle(book, B, (0, 0))
    assert results(book) == [(0, 0, Certainty.LIVE)]
    book.report(IncidentKind.RESULT_CONFIRMED, Period.ENDED, 5_700, provider=B)
    assert results(book)[1:] == [(0, 0, Certainty.CONFIRMED)]
    book.check_books()


def test_a_slow_second_provider_does_not_overturn_a_result() -> None:
    book = Sportsbook()
    book.schedule()
    book.customer()
    book.bet("home", "1x2/home")
    book.kick_off()
    book.full_time(1, 0)
    paid = book.available()
    book.report(IncidentKind.RESULT_CONFIRMED, Period.ENDED, 5_700, (0, 0), provider=B)
    book.engine.advance(31)
    assert book.available() == paid
    assert results(book) == [(1, 0, Certainty.LIVE)]
    assert disputes(book) == [(GOAL_OPEN, "")]
    assert state(book) == ("settled", "result")
    book.check_books()


def test_two_providers_correct_a_settled_result(book: Sportsbook) -> None:
    drawn = 1_000 * book.price("1x2/draw") // 1000
    for provider in (A, B):
        goal(book, provider)
    for provider in (A, B):
        whistle(book, provider, (1, 0))
    paid = book.available()
    for provider in (B, A):
        assert book.available() == paid
        kind = IncidentKind.GOAL_CANCELLED
        book.report(kind, FULL, 5_700, (0, 0), Side.HOME, provider=provider)
    assert book.available() == FUNDS_MINOR - 2_000 + drawn
    assert results(book) == [(1, 0, Certainty.LIVE), (0, 0, Certainty.LIVE)]
    book.check_books()


def test_a_trader_corrects_a_settled_result(book: Sportsbook) -> None:
    drawn = 1_000 * book.price("1x2/draw") // 1000
    for provider in (A, B):
        whistle(book, provider, (1, 0))
    book.report(IncidentKind.RESULT_CONFIRMED, Period.ENDED, 5_700, (0, 0), provider=B)
    reopen(book, B)
    assert book.available() == FUNDS_MINOR - 2_000 + drawn
    assert results(book)[-1] == (0, 0, Certainty.CONFIRMED)
    book.check_books()


@pytest.mark.parametrize("providers", [(A,), (A, B)])
def test_a_goal_cancelled_after_settlement_moves_money_back_from_the_feed_to_the_ledger(
    providers: tuple[str, ...],
) -> None:
    book = Sportsbook()
    for provider in providers:
        for number, fields in enumerate((fixture_fields(), price_fields()), start=1):
            book.tell(topics.FEEDS_INBOX, MATCH, feed(MATCH, number, fields, provider))
    book.customer()
    drawn = 1_000 * book.price("1x2/draw") // 1000
    for outcome in ("home", "draw"):
        book.bet(outcome, f"1x2/{outcome}")
    story = (
        incident_fields("period", "first_half", 0),
        incident_fields("goal", "first_half", 600, 1, side="home"),
        incident_fields("period", "half_time", 2_760, 1),
        incident_fields("period", "second_half", 2_700, 1),
        incident_fields("period", "full_time", 5_700, 1),
        incident_fields("goal_cancelled", "full_time", 5_710, side="home"),
    )
    for number, fields in enumerate(story, start=3):
        for provider in providers:
            book.tell(topics.FEEDS_INBOX, MATCH, feed(MATCH, number, fields, provider))
    assert book.dead_letters() == []
    assert results(book) == [(1, 0, Certainty.LIVE), (0, 0, Certainty.LIVE)]
    lost, won = (book.answers(bet)[-1] for bet in ("home", "draw"))
    assert isinstance(lost, BetResettled)
    assert isinstance(won, BetResettled)
    assert (lost.payout_minor, won.payout_minor) == (0, drawn)
    assert book.available() == FUNDS_MINOR - 2_000 + drawn
    entries = [entry.code for entry in book.told(topics.LEDGER_ENTRIES, LedgerEntry)]
    assert entries.count("bet_take_back") == 1
    book.check_books()

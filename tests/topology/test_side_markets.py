"""Bets beside the final score, from their quote to their payout, through the whole topology."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from cli.verification.verify import verify
from overround.contracts import topics
from overround.domain.betting.events import BetAccepted, BetRejected, LegReserved, RejectReason
from overround.domain.control.commands import OverrideMarket, SuspendMarket
from overround.domain.exposure.decide import worst_minor
from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.kernel.facts import BySide
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.side_market import SIDE_SELECTIONS
from overround.domain.pricing.events import SideQuotes
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.events import FactsRecorded, LegSettled, ResultRecorded
from overround.runtime.in_process import RecordedRun
from tests.kit.match import FUNDS_MINOR, MATCH, Sportsbook, wire
from topologies.sportsbook import SPORTSBOOK

GOAL, CLOCK, PERIOD = IncidentKind.GOAL, IncidentKind.CLOCK, IncidentKind.PERIOD
FIRST, HALF, SECOND = Period.FIRST_HALF, Period.HALF_TIME, Period.SECOND_HALF
H, A = Side.HOME, Side.AWAY


@pytest.fixture
def book() -> Iterator[Sportsbook]:
    """A priced match that has kicked off, and a customer; its books are right in the end."""
    book = Sportsbook()
    book.schedule()
    book.kick_off()
    book.customer()
    yield book
    book.check_books()
    found = verify(RecordedRun(book.engine), SPORTSBOOK, wire())
    assert [str(d) for check in found.checks.values() for d in check.differences] == []


def second(book: Sportsbook) -> None:
    book.engine.advance(1)
    book.engine.run()


def fates(book: Sportsbook) -> dict[str, tuple[int, int]]:
    return {
        each.selection: (each.win_halves, each.refund_halves)
        for each in book.told(topics.ACCOUNTS_INBOX, LegSettled)
    }


def test_side_markets_are_quoted_before_and_in_play(book: Sportsbook) -> None:
    (before, begun) = book.side_quotes()
    assert (before.status, begun.status) == (TradingStatus.OPEN, TradingStatus.OPEN)
    assert begun.version == book.quotes()[-1].version
    kinds = {line.market.partition(":")[0] for line in begun.lines}
    assert {"half_1x2", "half_time_full_time", "next_goal", "race", "cards"} <= kinds
    assert "to_qualify" not in kinds, "nobody goes on from a match of a league"
    assert not {line.market for line in begun.lines} & {q.market for q in book.quotes()[-1].lines}


def test_they_are_told_again_once_a_second_and_at_once_when_the_play_changes(book: Sportsbook):
    told = len(book.side_quotes())
    second(book)
    for clock_s in (10, 20, 30):
        book.report(CLOCK, FIRST, clock_s)
    assert len(book.side_quotes()) == told, "the clock alone waits for the second to be over"
    second(book)
    assert len(book.side_quotes()) == told + 1
    assert book.side_quotes()[-1].version == book.quotes()[-1].version
    for number, (kind, score, side) in enumerate(
        (
            (GOAL, (1, 0), H),
            (IncidentKind.YELLOW_CARD, (1, 0), A),
            (IncidentKind.RED_CARD, (1, 0), A),
            (IncidentKind.POSSIBLE_GOAL, (1, 0), None),
        ),
        start=2,
    ):
        book.report(kind, FIRST, 60, score, side)
        assert len(book.side_quotes()) == told + number, kind
        assert book.side_quotes()[-1].version == book.quotes()[-1].version
    assert book.side_quotes()[-1].status is TradingStatus.SUSPENDED


@pytest.mark.slow
def test_matches_told_of_in_step_do_not_tell_their_side_markets_all_at_once() -> None:
    book, matches = Sportsbook(), [f"together-{number}" for number in range(12)]
    for match in matches:
        book.schedule(match)
        book.report(PERIOD, FIRST, 0, match=match)
    told = [len(book.told(topics.SIDE_QUOTES, SideQuotes))]
    for clock_s in range(1, 33):
        for match in matches:
            book.report(CLOCK, FIRST, clock_s, match=match)
        told.append(len(book.told(topics.SIDE_QUOTES, SideQuotes)))
    in_a_round = [after - before for before, after in pairwise(told)]
    assert max(in_a_round) <= len(matches) // 2
    for match in matches:
        behind = book.quotes(match)[-1].version - book.side_quotes(match)[-1].version
        assert behind < 32, "no second is over, and yet it was told"


def test_a_bet_gets_the_price_of_the_moment_and_not_of_a_quote_that_is_old(book: Sportsbook):
    seen = book.price("half_totals:1:1.5/over")
    for clock_s in range(60, 1_500, 60):
        book.report(CLOCK, FIRST, clock_s)
    rejected = book.bet("b1", "half_totals:1:1.5/under", seen_milli=9_000)
    assert isinstance(rejected, BetRejected)
    assert rejected.reason is RejectReason.PRICE_CHANGED
    taken = book.bet("b2", "half_totals:1:1.5/over", seen_milli=seen)
    assert isinstance(taken, BetAccepted)
    assert taken.price_milli > 1.5 * seen, "25 minutes went by without a goal"
    (leg,) = book.told(topics.MARKET_EVENTS, LegReserved)
    assert leg.quotes_version == book.quotes()[-1].version
    second(book)
    assert book.price("half_totals:1:1.5/over") == taken.price_milli


def test_half_time_pays_the_first_half_and_what_was_scored(book: Sportsbook) -> None:
    for number, selection in enumerate(
        ("half_1x2:1/home", "half_1x2:2/away", "next_goal:1/away", "race:2/away", "1x2/home")
    ):
        assert isinstance(book.bet(f"b{number}", selection), BetAccepted), selection
    book.report(GOAL, FIRST, 600, (1, 0), H)
    assert fates(book) == {}
    before = book.available()
    price = book.answers("b0")[0].price_milli
    book.report(PERIOD, HALF, 2_700, (1, 0))
    assert fates(book) == {"half_1x2:1/home": (2, 0), "next_goal:1/away": (0, 0)}
    assert book.available() == before + price
    book.report(PERIOD, SECOND, 2_700, (1, 0))
    book.report(GOAL, SECOND, 3_000, (1, 1), A)
    book.report(GOAL, SECOND, 3_600, (1, 2), A)
    assert len(fates(book)) == 2
    book.full_time(1, 2)
    assert fates(book) == {
        "half_1x2:1/home": (2, 0),
        "next_goal:1/away": (0, 0),
        "half_1x2:2/away": (2, 0),
        "race:2/away": (2, 0),
        "1x2/home": (0, 0),
    }
    half, full = book.told(topics.MARKET_EVENTS, FactsRecorded)
    assert (half.facts.first_half, half.facts.regular, half.legs) == (BySide(1, 0), None, 2)
    assert (full.facts.scorers, full.legs) == ((H, A, A), 3)
    assert [each.legs for each in book.told(topics.MARKET_EVENTS, ResultRecorded)] == [3]


def test_a_goal_of_the_first_half_that_falls_at_half_time_is_paid_back(book: Sportsbook):
    book.bet("b1", "half_1x2:1/home")
    book.bet("b2", "next_goal:1/home")
    book.report(GOAL, FIRST, 2_690, (1, 0), H)
    book.report(PERIOD, HALF, 2_700, (1, 0))
    assert set(fates(book).values()) == {(2, 0)}
    book.report(IncidentKind.GOAL_CANCELLED, HALF, 2_700, (0, 0), H)
    assert fates(book) == {"half_1x2:1/home": (0, 0), "next_goal:1/home": (2, 0)}
    book.full_time(0, 0)
    assert fates(book)["next_goal:1/home"] == (0, 0)
    assert book.available() == FUNDS_MINOR - 2_000


def test_what_nobody_told_is_void_when_the_result_is_confirmed(book: Sportsbook) -> None:
    for number, selection in enumerate(("next_goal:1/home", "cards:3.5/under", "race:3/neither")):
        assert isinstance(book.bet(f"b{number}", selection), BetAccepted)
    book.report(PERIOD, SECOND, 2_700, (1, 1))
    book.full_time(1, 1)
    assert fates(book) == {"race:3/neither": (2, 0)}
    book.confirm(1, 1)
    voided = [each for each in book.told(topics.ACCOUNTS_INBOX, LegSettled) if each.refund_halves]
    assert {each.reason for each in voided} == {"facts_unknown"}
    assert {each.selection for each in voided} == {"next_goal:1/home", "cards:3.5/under"}


def test_cards_are_settled_by_those_of_regular_time(book: Sportsbook) -> None:
    assert isinstance(book.bet("b1", "cards:1.5/over"), BetAccepted)
    assert isinstance(book.bet("b2", "home_cards:1.5/under"), BetAccepted)
    book.report(IncidentKind.YELLOW_CARD, FIRST, 300, side=H)
    book.report(IncidentKind.RED_CARD, SECOND, 3_000, side=A)
    book.full_time(0, 0)
    assert fates(book) == {"cards:1.5/over": (2, 0), "home_cards:1.5/under": (2, 0)}


def test_an_abandoned_match_pays_its_first_half_and_refunds_the_second(book: Sportsbook) -> None:
    book.bet("b1", "half_1x2:1/draw")
    book.bet("b2", "half_1x2:2/draw")
    book.report(PERIOD, HALF, 2_700)
    book.report(PERIOD, SECOND, 2_700)
    book.bet("b3", "next_goal:1/away")
    book.report(GOAL, SECOND, 3_000, (0, 1), A)
    book.report(IncidentKind.ABANDONED, SECOND, 3_300, (0, 1))
    assert fates(book) == {
        "half_1x2:1/draw": (2, 0),
        "half_1x2:2/draw": (0, 2),
        "next_goal:1/away": (2, 0),
    }


def test_a_side_market_is_voided_like_any_other(book: Sportsbook) -> None:
    book.bet("b1", "half_1x2:1/draw")
    book.tell(topics.MARKETS_INBOX, MATCH, VoidMarket(MATCH, "half_1x2:1", "ann", "mistake"))
    assert fates(book) == {"half_1x2:1/draw": (0, 2)}
    again = book.bet("b2", "half_1x2:1/draw")
    assert again.reason is RejectReason.SELECTION_NOT_QUOTED
    second(book)
    assert "half_1x2:1" not in {line.market for line in book.side_quotes()[-1].lines}


def test_limits_bind_on_side_markets_and_count_them_in_the_match(book: Sportsbook) -> None:
    book.customer("rich", 10**9)
    price = book.price("half_1x2:1/home")
    rejected = book.bet("b1", "half_1x2:1/home", 10_000_000, customer="rich", accept_partial=False)
    assert rejected.reason is RejectReason.CUSTOMER_LIMIT
    assert book.bet("b2", "half_1x2:1/home", 10_000).price_milli == price
    exposure = book.engine.table("exposures")[f"{MATCH}/EUR"]
    assert not exposure.pnl_minor.any()
    assert worst_minor(exposure) == exposure.side_worst_minor == 10_000 - 10 * price


def test_a_trader_suspends_and_overrides_a_side_market(book: Sportsbook) -> None:
    second_us = 1_000_000
    held = SuspendMarket(MATCH, "next_goal:1", "ann", "scout late", 60 * second_us)
    book.tell(topics.MARKETS_INBOX, MATCH, held)
    assert book.bet("b1", "next_goal:1/home").reason is RejectReason.TRADING_SUSPENDED
    assert isinstance(book.bet("b2", "next_goal:2/home"), BetAccepted)
    before = book.price("half_1x2:1/draw")
    shift = Adjustment("half_1x2:1/draw", AdjustmentKind.SHIFT, 100)
    order = OverrideMarket(MATCH, "o1", "ann", shift, 60 * second_us, "view")
    book.tell(topics.MARKETS_INBOX, MATCH, order)
    second(book)
    assert book.price("half_1x2:1/draw") < before
    pair = replace(
        order,
        override_id="o2",
        adjustment=replace(shift, selection="half_double_chance:1/home_or_draw"),
    )
    book.tell(topics.MARKETS_INBOX, MATCH, pair)
    assert book.dead_letters() == ["market_follows_another"]


@pytest.mark.slow
def test_every_side_selection_that_is_quoted_can_be_bet_on(book: Sportsbook) -> None:
    quoted = {f"{q.market}/{q.outcome}" for q in book.side_quotes()[-1].lines}
    assert quoted <= {each.id for each in SIDE_SELECTIONS}
    for number, selection in enumerate(sorted(quoted)):
        assert isinstance(book.bet(f"b{number}", selection, 100), BetAccepted), selection
    for period, clock_s, score in (
        (FIRST, 900, (1, 0)),
        (FIRST, 1_800, (1, 1)),
        (HALF, 2_700, (1, 1)),
        (SECOND, 3_600, (2, 1)),
    ):
        book.report(GOAL, period, clock_s, score)
    book.report(IncidentKind.YELLOW_CARD, SECOND, 4_000, (2, 1), H)
    book.full_time(2, 1)
    book.confirm(2, 1)
    assert fates(book).keys() == quoted

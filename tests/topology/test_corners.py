"""Bets on corners: taken while they are counted, settled on the count of regular time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from overround.contracts import topics
from overround.domain.betting.events import BetAccepted, BetRejected, RejectReason
from overround.domain.kernel.match import IncidentKind, Period
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from overround.domain.settlement.events import LegSettled
from tests.kit.match import MATCH, PROVIDER, Sportsbook

FIRST, SECOND, FULL = Period.FIRST_HALF, Period.SECOND_HALF, Period.FULL_TIME
OTHER = "second"
SELECTIONS = ("corners:8.5/over", "home_corners:4.5/under", "corners_1x2/home")
WON, LOST, VOID = (2, 0), (0, 0), (0, 2)


class Book(Sportsbook):
    """A sportsbook of which the corners of a match are told."""

    def corners(
        self,
        home: int,
        away: int,
        period: Period = FIRST,
        clock_s: int = 600,
        provider: str = PROVIDER,
    ) -> None:
        sides = (SideStatistics(corners=count) for count in (home, away))
        number = self._next(MATCH, provider)
        told = StatisticsObserved(MATCH, provider, number, period, clock_s, *sides)
        self.tell(topics.MARKETS_INBOX, MATCH, told)

    def fates(self) -> dict[str, tuple[int, int]]:
        """The newest fate of each selection that was bet on."""
        return {
            each.selection: (each.win_halves, each.refund_halves)
            for each in self.told(topics.ACCOUNTS_INBOX, LegSettled)
        }

    def confirm(self) -> None:
        self.report(IncidentKind.RESULT_CONFIRMED, Period.ENDED, 5_700, (0, 0))


@pytest.fixture
def book() -> Iterator[Book]:
    """A match in play in which three corners were kicked, with a bet on each kind of market."""
    book = Book()
    book.schedule()
    book.kick_off()
    book.customer()
    book.corners(2, 1)
    for number, selection in enumerate(SELECTIONS):
        assert isinstance(book.bet(f"b{number}", selection), BetAccepted)
    yield book
    book.check_books()
    assert book.dead_letters() == []


def test_while_nobody_counts_no_corner_is_bet_on() -> None:
    book = Book()
    book.schedule()
    book.kick_off()
    book.customer()
    assert not any("corners" in line.market for line in book.side_quotes()[-1].lines)
    refused = book.bet("b1", "corners:8.5/over", seen_milli=2_000)
    assert isinstance(refused, BetRejected)
    assert refused.reason is RejectReason.SELECTION_NOT_QUOTED


def test_a_corner_is_quoted_at_once(book: Book) -> None:
    told = len(book.side_quotes())
    before = book.price("corners:8.5/over")
    book.corners(3, 1)
    assert len(book.side_quotes()) == told + 1
    assert book.price("corners:8.5/over") < before
    book.corners(3, 1, clock_s=660)
    assert len(book.side_quotes()) == told + 1, "the same count waits for the second to be over"


def test_the_count_at_full_time_settles_and_an_earlier_one_does_not(book: Book) -> None:
    book.corners(5, 4, SECOND, 5_500)
    book.full_time(0, 0)
    assert book.fates() == {}
    book.corners(5, 4, FULL, 5_700)
    assert book.fates() == dict(zip(SELECTIONS, (WON, LOST, WON), strict=True))
    book.confirm()
    assert book.fates() == dict(zip(SELECTIONS, (WON, LOST, WON), strict=True))


def test_a_count_that_is_taken_back_is_paid_back(book: Book) -> None:
    book.corners(5, 4, FULL, 5_700)
    book.full_time(0, 0)
    paid_minor = book.available()
    book.corners(4, 4, FULL, 5_700)
    assert book.fates() == dict(zip(SELECTIONS, (LOST, WON, LOST), strict=True))
    assert book.available() != paid_minor


def test_providers_that_differ_decide_nothing_until_they_agree(book: Book) -> None:
    book.corners(5, 4, FULL, 5_700)
    book.corners(5, 3, FULL, 5_700, OTHER)
    book.full_time(0, 0)
    assert book.fates() == {}
    book.corners(5, 4, FULL, 5_760, OTHER)
    assert book.fates()["corners:8.5/over"] == WON


def test_one_that_counts_no_further_than_play_has_no_say(book: Book) -> None:
    book.corners(5, 2, SECOND, 5_000, OTHER)
    book.corners(5, 4, FULL, 5_700)
    book.full_time(0, 0)
    assert book.fates()["corners:8.5/over"] == WON


def test_corners_of_extra_time_are_no_corners_of_regular_time() -> None:
    book = Book()
    book.schedule()
    book.kick_off()
    book.customer()
    book.corners(2, 1)
    book.bet("b1", "corners:8.5/under")
    book.corners(4, 4, FULL, 5_700)
    book.full_time(0, 0)
    book.report(IncidentKind.PERIOD, Period.EXTRA_TIME, 5_400)
    book.corners(6, 5, Period.EXTRA_TIME, 6_000)
    book.corners(7, 5, Period.ENDED, 7_400)
    book.report(IncidentKind.RESULT_CONFIRMED, Period.ENDED, 7_400)
    assert book.fates() == {"corners:8.5/under": WON}
    book.check_books()


def test_what_nobody_has_counted_to_the_end_is_void_when_the_result_is_confirmed(
    book: Book,
) -> None:
    book.full_time(0, 0)
    book.confirm()
    assert set(book.fates().values()) == {VOID}
    book.corners(5, 4, FULL, 5_700)
    assert set(book.fates().values()) == {VOID}


def test_of_an_abandoned_match_they_are_void(book: Book) -> None:
    book.report(IncidentKind.ABANDONED, Period.ENDED, 3_000)
    assert set(book.fates().values()) == {VOID}


def test_a_count_that_comes_again_settles_nothing_anew(book: Book) -> None:
    book.corners(5, 4, FULL, 5_700)
    book.full_time(0, 0)
    told = book.told(topics.ACCOUNTS_INBOX, LegSettled)
    newest = [
        each
        for each in book.engine.read(topics.MARKETS_INBOX)
        if isinstance(each, StatisticsObserved)
    ][-1]
    book.tell(topics.MARKETS_INBOX, MATCH, newest)
    assert book.told(topics.ACCOUNTS_INBOX, LegSettled) == told

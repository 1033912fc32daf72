"""Quotes are wider while less is known of a match, by the log's time and the match's own state."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.domain.control.commands import SetParameters
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.settings import Setting
from tests.kit.match import MATCH, PROVIDER, Sportsbook

HALF = Period.FIRST_HALF


@pytest.fixture
def book() -> Sportsbook:
    """A match in play."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    sportsbook.kick_off()
    return sportsbook


def overround(book: Sportsbook, market: str = "1x2") -> float:
    return sum(1_000 / q.price_milli for q in book.quotes()[-1].lines if q.market == market) - 1.0


def set_(book: Sportsbook, **changes: Any) -> None:
    settings = tuple(Setting(f"spread.{name}", str(value)) for name, value in changes.items())
    command = SetParameters("football", "ann", "", settings)
    book.tell(topics.MARKETS_INBOX, "football", command)


def clock(book: Sportsbook, clock_s: int, period: Period = HALF) -> None:
    book.report(IncidentKind.CLOCK, period, clock_s)


def test_before_kick_off_a_market_carries_its_usual_margin() -> None:
    book = Sportsbook()
    book.schedule()
    assert overround(book) == pytest.approx(0.05, abs=0.01)
    book.engine.advance(30)
    assert len(book.quotes()) == 1, "nobody waits for a match that has not begun"


def test_quotes_get_wider_step_by_step_while_a_match_is_not_heard_of(book: Sportsbook) -> None:
    set_(book, doubt_aversion=0)
    clock(book, 60)
    fresh = (overround(book, "correct_score"), book.price("1x2/home"))
    seen = []
    for _ in range(18):
        book.engine.advance(1)
        seen.append(overround(book, "correct_score"))
    assert seen == sorted(seen)
    assert seen[-1] > fresh[0] + 0.001
    assert seen[1] == fresh[0], "a feed is not late after two seconds"
    clock(book, 60)
    assert (overround(book, "correct_score"), book.price("1x2/home")) == fresh


def test_a_silent_match_is_told_once_a_step_and_once_suspended_no_more(book: Sportsbook) -> None:
    clock(book, 60)
    count = len(book.quotes())
    book.engine.advance(20)
    assert len(book.quotes()) - count == 10
    book.engine.advance(20)
    assert len(book.quotes()) - count == 11, "the suspension itself"


def test_no_goal_is_feared_at_half_time(book: Sportsbook) -> None:
    clock(book, 2_700, Period.HALF_TIME)
    count = len(book.quotes())
    book.engine.advance(15)
    assert len(book.quotes()) == count


def test_the_longer_a_price_stands_open_the_wider_it_is(book: Sportsbook) -> None:
    clock(book, 600)
    short = overround(book)
    set_(book, delay_us=12_000_000)
    clock(book, 600)
    assert overround(book) > short + 0.003


def test_a_match_whose_shots_are_not_told_is_quoted_wider(book: Sportsbook) -> None:
    told = Sportsbook()
    told.schedule()
    told.kick_off()
    for minute in range(1, 40):
        clock(book, 60 * minute)
        clock(told, 60 * minute)
        if minute % 8 == 0:
            told.report(IncidentKind.SHOT, HALF, 60 * minute, side=Side.HOME)
            told.report(IncidentKind.SHOT, HALF, 60 * minute, side=Side.AWAY)
    assert overround(book) > overround(told) + 0.01
    assert overround(told) < 0.065


def test_who_tells_of_shots_and_falls_silent_leaves_doubt(book: Sportsbook) -> None:
    number = 0

    def say(kind: IncidentKind, clock_s: int, side: Side | None = None) -> None:
        nonlocal number
        number += 1
        incident = Incident(MATCH, "scout", number, kind, HALF, clock_s, 0, 0, side)
        book.tell(topics.MARKETS_INBOX, MATCH, incident)

    for minute in range(1, 20):
        clock(book, 60 * minute)
        say(IncidentKind.SHOT if minute % 5 == 0 else IncidentKind.CLOCK, 60 * minute, Side.HOME)
    heard = overround(book)
    for minute in range(20, 42):
        clock(book, 60 * minute)
    assert overround(book) > heard + 0.005
    assert book.dead_letters() == []
    assert PROVIDER != "scout"


def test_no_market_is_quoted_wider_than_its_cap(book: Sportsbook) -> None:
    set_(book, doubt_aversion=10, delay_us=20_000_000, factor_max=2)
    for minute in range(1, 45):
        clock(book, 60 * minute)
    assert overround(book) == pytest.approx(0.10, abs=0.012)

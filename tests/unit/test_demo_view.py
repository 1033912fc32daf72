from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.demo.scoreboard import DeadLetter, Scoreboard
from cli.demo.view import Rate, View, screen, status_line
from overround.domain.exposure.events import ExposureChanged
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.pricing.events import Quote, Quotes

LAGS = {"markets.inbox": 3}


@pytest.fixture
def board() -> Scoreboard:
    board = Scoreboard("m", ["ann"])
    lines = (Quote("1x2", "home", 2500), Quote("totals:2.5", "over", 1900))
    goal = Incident(
        "m", "p", 3, IncidentKind.GOAL, Period.FIRST_HALF, 1350, 1, 0, Side.HOME, "Lionel Messi"
    )
    board.see(
        [
            FixtureScheduled("m", "p", 1, "Cup", "Argentina", "France", 0),
            Quotes("m", 1, TradingStatus.OPEN, "", 0, 0, 0, (Quote("1x2", "home", 2000),)),
            Quotes("m", 2, TradingStatus.SUSPENDED, "possible_goal", 0, 0, 0, lines),
            goal,
            ExposureChanged("m", "EUR", 1, 10, -123_456),
        ]
    )
    return board


def shown(board: Scoreboard) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(screen(board, "in play", 120.0, LAGS))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_screen_shows_the_score_the_clock_and_the_last_incident(board: Scoreboard) -> None:
    text = shown(board)
    assert "22:30 Argentina 1-0 France (first half)" in text
    assert "last: 22:30 goal (home, Lionel Messi)" in text
    assert "trading suspended: possible_goal" in text


def test_the_screen_shows_prices_with_their_last_move(board: Scoreboard) -> None:
    text = shown(board)
    assert "2.50 ▲" in text
    assert "1.90" in text
    assert "1234.56 EUR" in text
    assert "markets.inbox 3" in text


def test_an_empty_board_can_be_shown() -> None:
    assert "no match yet" in shown(Scoreboard("m", []))


def test_dead_letters_are_shown_once_there_are_any(board: Scoreboard) -> None:
    assert "Dead letters" not in shown(board)
    board.see([DeadLetter("feeds.inbox:0:1", "bad", "")])
    assert "Dead letters" in shown(board)
    assert "1 DEAD LETTERS" in status_line(board, "in play", 0.0, LAGS)


def test_without_a_terminal_a_line_comes_every_few_seconds(board: Scoreboard) -> None:
    console = Console(file=io.StringIO())
    with View(console, board, plain=False) as view:
        for tenth in range(1001, 1201):  # 20 seconds, ten looks a second
            view.show("in play", LAGS, now_s=tenth / 10)
    assert isinstance(console.file, io.StringIO)
    assert len(console.file.getvalue().splitlines()) == 4


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    for second in range(10):
        rate.note(second * 50, float(second))
    for second in range(10, 20):
        rate.note(450 + (second - 9) * 200, float(second))
    assert rate.per_s() == pytest.approx(200)


def test_the_rate_of_nothing_is_nothing() -> None:
    rate = Rate()
    rate.note(5, 1.0)
    assert rate.per_s() == 0

"""The end of the demonstration, against a house that ticks."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.demo import play
from cli.demo.house import Ends
from cli.demo.play import Play
from cli.demo.punters import Population
from cli.demo.scoreboard import Scoreboard
from cli.demo.view import View
from overround.contracts.topic import Topic
from overround.domain.ledger.model import Balance

PLACE = ("markets.inbox", 0)


class TickingHouse:
    """A worker handles and commits what was there at the look before; a tick follows at once."""

    def __init__(self, *, is_stuck: bool = False) -> None:
        self.end = 7
        self.committed = 0
        self.is_stuck = is_stuck

    def ends(self) -> Ends:
        return {PLACE: self.end}

    def lags(self, ends: Ends) -> dict[str, int]:
        return {PLACE[0]: max(0, ends[PLACE] - self.committed)}

    def take(self) -> list[object]:
        if not self.is_stuck:
            self.committed = self.end
        self.end += 1
        return []

    def start_clock(self) -> None: ...
    def next_s(self) -> float:
        return 0.0

    def send(self, topic: Topic, key: str, value: object, id: str) -> None: ...
    def is_ready(self) -> bool:
        return True

    def balances(self) -> dict[str, Balance]:
        return {}

    def write_lake(self) -> None: ...
    def stop(self) -> None: ...


def drained(house: TickingHouse, monkeypatch: pytest.MonkeyPatch, seconds: float) -> Play:
    monkeypatch.setattr(play, "DRAIN_S_MAX", seconds)
    monkeypatch.setattr(Scoreboard, "is_complete", True)
    board = Scoreboard("e", ())
    view = View(Console(file=io.StringIO()), board, plain=True)
    one = Play(house, Population(1, 1, prefix="p"), board, view, "r")
    one.drain()
    return one


def test_ticks_that_come_at_each_look_keep_no_match_from_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert drained(TickingHouse(), monkeypatch, 60.0).lags_left == {PLACE[0]: 0}


def test_an_inbox_that_nobody_handles_is_told_when_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert drained(TickingHouse(is_stuck=True), monkeypatch, 0.2).lags_left[PLACE[0]] >= 7

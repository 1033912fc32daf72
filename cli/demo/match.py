"""Matches to feed: from a file in the partner format, or made up from a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import exp, factorial
from pathlib import Path
from random import Random
from typing import Any

from overround.adapters.feeds.partner import FORMAT
from overround.domain.feeds.commands import RecordFeed
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.time import MICROS_PER_SECOND, from_datetime

Message = dict[str, Any]

PROVIDER = "partner"
CLOCK_EVERY_S = 10

# A break shows only that trading stops and starts again: a minute stands for the quarter hour.
BREAK_S = 60
# Between two reports while the clock stands, such as the kicks of a shoot-out.
STILL_S = 20

_PLAYING = (Period.FIRST_HALF, Period.SECOND_HALF, Period.EXTRA_TIME)


@dataclass(frozen=True, slots=True)
class TimedRecord:
    """A provider's record and when it comes, in seconds since the first at speed 1."""

    at_s: float
    record: RecordFeed


@dataclass(frozen=True, slots=True)
class _Moment:
    """The state of play after a message."""

    period: Period = Period.NOT_STARTED
    clock_s: int = 0
    home_goals: int = 0
    away_goals: int = 0


def timeline(
    path: Path,
    event_id: str,
    clock_every_s: int = CLOCK_EVERY_S,
    provider: str = PROVIDER,
) -> list[TimedRecord]:
    """The messages of a file as records of `event_id`, in time, with clock messages between.

    Play takes as long as its clock says; breaks take `BREAK_S`. The clock messages come each
    `clock_every_s` seconds from the first message to the end, breaks included, so that the feed
    is never silent. Sequences are given anew, from 1 without gaps.

    Raises:
        ValueError: `clock_every_s` is not positive, a line is not JSON, or there is no fixture.
        KeyError: a message lacks a field that its time depends on.
    """
    messages = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return _records(messages, event_id, clock_every_s, provider)


def synthetic(
    event_id: str,
    seed: int,
    clock_every_s: int = CLOCK_EVERY_S,
    provider: str = PROVIDER,
) -> list[TimedRecord]:
    """A made-up match of regular time: equal arguments make equal records.

    Goals, cancelled goals, false alarms and cards come at rough rates of league football.
    """
    return _records(_script(event_id, Random(seed)), event_id, clock_every_s, provider)


def _records(
    messages: list[Message], event_id: str, clock_every_s: int, provider: str
) -> list[TimedRecord]:
    if clock_every_s < 1:
        raise ValueError(f"a clock message each {clock_every_s} s is none")
    kickoff = next((m["kickoff_at"] for m in messages if m["type"] == "fixture"), None)
    if kickoff is None:
        raise ValueError("there is no fixture")
    start_us = from_datetime(datetime.fromisoformat(kickoff))
    return [
        TimedRecord(
            at_s,
            _record(
                message | {"sequence": sequence},
                event_id=event_id,
                provider=provider,
                received_at_us=start_us + round(at_s * MICROS_PER_SECOND),
            ),
        )
        for sequence, (at_s, message) in enumerate(_timed(messages, clock_every_s), start=1)
    ]


def _record(message: Message, *, event_id: str, provider: str, received_at_us: int) -> RecordFeed:
    payload = json.dumps(message, ensure_ascii=False).encode()
    digest = sha256(payload).digest()
    return RecordFeed(event_id, provider, message["sequence"], received_at_us, payload, digest)


def _timed(messages: list[Message], clock_every_s: int) -> Iterator[tuple[float, Message]]:
    at_s, now = 0.0, _Moment()
    yield at_s, messages[0]
    for message in messages[1:]:
        then = _after(now, message)
        next_s = at_s + _elapsed_s(now, then)
        for tick_s in _ticks(at_s, next_s, now, clock_every_s):
            yield tick_s, _clock(message["match"], now, tick_s - at_s)
        yield next_s, message
        at_s, now = next_s, then


def _after(now: _Moment, message: Message) -> _Moment:
    if message["type"] != "incident":
        return now
    return _Moment(
        Period(message["period"]),
        message["clock_s"],
        message["home_goals"],
        message["away_goals"],
    )


def _elapsed_s(now: _Moment, then: _Moment) -> int:
    if now.period in _PLAYING:
        return max(0, then.clock_s - now.clock_s)
    return BREAK_S if then.period is not now.period else STILL_S


def _ticks(at_s: float, next_s: float, now: _Moment, clock_every_s: int) -> Iterator[float]:
    """When the clock is reported: on round clock times in play, at even steps in a break."""
    if now.period is Period.ENDED:
        return
    past_s = now.clock_s % clock_every_s if now.period in _PLAYING else 0
    tick_s = at_s + clock_every_s - past_s
    while tick_s < next_s:
        yield tick_s
        tick_s += clock_every_s


def _clock(match: str, now: _Moment, since_s: float) -> Message:
    ran_s = int(since_s) if now.period in _PLAYING else 0
    return {
        "format": FORMAT,
        "type": "incident",
        "match": match,
        "kind": str(IncidentKind.CLOCK),
        "period": str(now.period),
        "clock_s": now.clock_s + ran_s,
        "home_goals": now.home_goals,
        "away_goals": now.away_goals,
    }


# Counts a match (both sides, 95 minutes) of what breaks into play; goals are drawn per side.
# Near the figures of five leagues in 2017/18; false alarms are a guess that suspends often.
_ALARMS, _YELLOWS, _REDS = 2.0, 3.8, 0.17
_CANCELLED_SHARE = 0.06
_MATCH_S = 5_700
_STOPPAGE_S = {Period.FIRST_HALF: (40, 180), Period.SECOND_HALF: (120, 330)}
_HALVES = (Period.FIRST_HALF, Period.SECOND_HALF)
_MARGIN = 1.05


class _Script:
    """A match being written: messages with the running score."""

    def __init__(self, match: str) -> None:
        self.messages: list[Message] = []
        self._head = {"format": FORMAT, "match": match}
        self._goals = {Side.HOME: 0, Side.AWAY: 0}
        self._period = Period.NOT_STARTED

    def add(self, type_: str, **fields: Any) -> None:
        self.messages.append({**self._head, "type": type_, **fields})

    def incident(self, kind: IncidentKind, clock_s: int, side: Side | None = None) -> None:
        named = {} if side is None else {"side": str(side)}
        self.add(
            "incident",
            kind=str(kind),
            period=str(self._period),
            clock_s=clock_s,
            home_goals=self._goals[Side.HOME],
            away_goals=self._goals[Side.AWAY],
            **named,
        )

    def period(self, period: Period, clock_s: int) -> None:
        self._period = period
        self.incident(IncidentKind.PERIOD, clock_s)

    def goal(self, clock_s: int, side: Side, *, cancelled: bool) -> int:
        """A goal from the first doubt until play goes on; the clock then."""
        self.incident(IncidentKind.POSSIBLE_GOAL, clock_s, side)
        self._goals[side] += 1
        self.incident(IncidentKind.GOAL, clock_s + 6, side)
        restart_s = clock_s + 40
        if cancelled:
            restart_s = clock_s + 90
            self._goals[side] -= 1
            self.incident(IncidentKind.GOAL_CANCELLED, restart_s - 1, side)
        self.incident(IncidentKind.CLEARED, restart_s)
        return restart_s

    def false_alarm(self, clock_s: int, side: Side) -> int:
        self.incident(IncidentKind.POSSIBLE_GOAL, clock_s, side)
        self.incident(IncidentKind.CLEARED, clock_s + 8)
        return clock_s + 8


def _script(event_id: str, rng: Random) -> list[Message]:
    script = _Script(f"synthetic-{event_id}")
    rates = {Side.HOME: rng.uniform(0.9, 2.1), Side.AWAY: rng.uniform(0.7, 1.7)}
    script.add(
        "fixture",
        competition="Synthetic League",
        home=f"{event_id} United",
        away=f"{event_id} City",
        kickoff_at="2026-01-03T15:00:00Z",
    )
    script.add("prices", prices=_opening(rates[Side.HOME], rates[Side.AWAY]))
    whistle_s = 0
    for half, start_s, pause in zip(
        _HALVES, (0, 2_700), (Period.HALF_TIME, Period.FULL_TIME), strict=True
    ):
        script.period(half, start_s)
        end_s = start_s + 2_700 + rng.randint(*_STOPPAGE_S[half])
        whistle_s = max(end_s, _play(script, rng, rates, start_s, end_s))
        script.period(pause, whistle_s)
    script.period(Period.ENDED, whistle_s)
    script.incident(IncidentKind.RESULT_CONFIRMED, whistle_s)
    return script.messages


def _play(script: _Script, rng: Random, rates: dict[Side, float], clock_s: int, end_s: int) -> int:
    """Play a half; where its last moment left the clock."""
    kinds = (Side.HOME, Side.AWAY, "alarm", "yellow", "red")
    counts = (rates[Side.HOME], rates[Side.AWAY], _ALARMS, _YELLOWS, _REDS)
    while True:
        at_s = clock_s + 1 + int(rng.expovariate(sum(counts) / _MATCH_S))
        if at_s >= end_s:
            return clock_s
        clock_s = at_s
        (kind,) = rng.choices(kinds, counts)
        side = rng.choice((Side.HOME, Side.AWAY))
        if isinstance(kind, Side):
            cancelled = rng.random() < _CANCELLED_SHARE
            clock_s = script.goal(clock_s, kind, cancelled=cancelled)
        elif kind == "alarm":
            clock_s = script.false_alarm(clock_s, side)
        else:
            card = IncidentKind.RED_CARD if kind == "red" else IncidentKind.YELLOW_CARD
            script.incident(card, clock_s, side)


def _opening(home: float, away: float) -> list[Message]:
    """A book's opening prices of the rates, by independent Poisson goals and a plain margin."""
    grid = {(h, a): _poisson(h, home) * _poisson(a, away) for h in range(11) for a in range(11)}
    chances = {
        "1x2/home": sum(p for (h, a), p in grid.items() if h > a),
        "1x2/draw": sum(p for (h, a), p in grid.items() if h == a),
        "1x2/away": sum(p for (h, a), p in grid.items() if h < a),
        "totals:2.5/over": sum(p for (h, a), p in grid.items() if h + a > 2),
        "totals:2.5/under": sum(p for (h, a), p in grid.items() if h + a < 3),
    }
    return [
        {"selection": selection, "price_milli": _price_milli(chance)}
        for selection, chance in chances.items()
    ]


def _price_milli(chance: float) -> int:
    return max(PRICE_MILLI_MIN, min(PRICE_MILLI_MAX, int(1000 / (chance * _MARGIN))))


def _poisson(count: int, mean: float) -> float:
    return exp(-mean) * mean**count / factorial(count)

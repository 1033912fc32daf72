"""A provider's bad day: repeats, late and broken messages, restarts; the record stays the same."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.feeds import FEEDS
from cli.demo.match import synthetic, timeline
from overround.adapters.feeds.partner import PROVIDER
from overround.adapters.feeds.partner_live import Tail, framed, unframed
from overround.adapters.feeds.provider import Ingress
from overround.contracts import topics
from overround.domain.feeds.events import GapFound
from overround.domain.feeds.order import LATENESS_US
from overround.domain.kernel.match import Incident
from overround.runtime.in_process.engine import START_US, InProcess
from overround.runtime.topology import Topology
from tests.kit.match import wire

FINAL = Path(__file__).parents[2] / "examples" / "world_cup_2022_final.jsonl"
ALONE = Topology("feeds", (FEEDS,))

REPEATED, LATE, BROKEN = 0.10, 0.05, 0.01
LATE_S_MAX = 60
# What is asked for comes within this, if the provider has it by then.
ANSWER_S = (0.2, 3.0)
RESTARTS, DOWN_S = 4, (3, 40)
HEARTBEAT_S = 5
# The latest messages have come, and what broke on its way again was asked for again.
AFTERWARDS_S = LATE_S_MAX + 120


@dataclass(slots=True)
class Sent:
    """A message of the provider: when it has it, and its bytes."""

    at_s: float
    match: str
    sequence: int
    payload: bytes


def script() -> list[Sent]:
    """The World Cup final of 2022 and two made-up matches, with a clock message each 10 s."""
    matches = [timeline(FINAL, "final"), synthetic("one", 1), synthetic("two", 2)]
    sent = []
    for records in matches:
        for each in records:
            fields = json.loads(each.record.payload)
            match, sequence = fields["match"], fields["sequence"]
            sent.append(Sent(each.at_s, match, sequence, each.record.payload))
    return sent


@dataclass(slots=True)
class BadDay:
    """A provider and its connection, by a seed; `clean` makes it a good one."""

    chance: Random
    script: list[Sent]
    clean: bool = False
    broken: int = 0
    repeated: int = 0
    queue: list[tuple[float, int, bytes]] = field(default_factory=list)
    has_at_s: dict[tuple[str, int], float] = field(default_factory=dict)
    by_place: dict[tuple[str, int], Sent] = field(default_factory=dict)
    down: list[tuple[float, float]] = field(default_factory=list)
    due: list[tuple[float, str, int]] = field(default_factory=list)
    last: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        end_s = max(each.at_s for each in self.script)
        if not self.clean:
            starts = sorted(self.chance.uniform(0, end_s) for _ in range(RESTARTS))
            self.down = [(start, start + self.chance.uniform(*DOWN_S)) for start in starts]
        for each in self.script:
            place = (each.match, each.sequence)
            is_late = not self.clean and self.chance.random() < LATE
            delay_s = self.chance.uniform(0, LATE_S_MAX) if is_late else 0.0
            self.by_place[place] = each
            self.has_at_s[place] = each.at_s + delay_s
            if self._is_up(self.has_at_s[place]):
                self._deliver(self.has_at_s[place], each)
                if not self.clean and self.chance.random() < REPEATED:
                    self.repeated += 1
                    again_s = self.has_at_s[place] + self.chance.uniform(0, LATE_S_MAX)
                    self._deliver(again_s, each)
        # The soonest last, to be taken from the end.
        self.due = sorted(((at_s, *place) for place, at_s in self.has_at_s.items()), reverse=True)

    def _is_up(self, at_s: float) -> bool:
        return not any(start <= at_s < end for start, end in self.down)

    def _deliver(self, at_s: float, sent: Sent) -> None:
        frame = framed(sent.payload)
        if not self.clean and self.chance.random() < BROKEN:
            self.broken += 1
            frame = damaged(frame, self.chance)
        heapq.heappush(self.queue, (at_s, len(self.queue), frame))

    def ask(self, match: str, first: int, last: int, now_s: float) -> None:
        """Send again what is asked for and there by now, unless the connection is down."""
        if not self._is_up(now_s):
            return
        for sequence in range(first, last + 1):
            sent = self.by_place.get((match, sequence))
            if sent is not None and self.has_at_s[match, sequence] <= now_s:
                self._deliver(now_s + self.chance.uniform(*ANSWER_S), sent)

    def heartbeat(self, now_s: float) -> dict[str, Any]:
        """The highest number that the provider has of each match by now."""
        while self.due and self.due[-1][0] <= now_s:
            _, match, sequence = self.due.pop()
            self.last[match] = max(self.last[match], sequence)
        return {"type": "heartbeat", "last": dict(self.last)}

    def until(self, now_s: float) -> Iterator[bytes]:
        """The frames that arrive by now, in the order of their arrival."""
        while self.queue and self.queue[0][0] <= now_s:
            yield heapq.heappop(self.queue)[2]


def damaged(frame: bytes, chance: Random) -> bytes:
    """A frame with a bit turned over, a byte replaced, or its end missing."""
    place = chance.randrange(len(frame))
    how = chance.randrange(3)
    if how == 0:
        return frame[:place]
    new = frame[place] ^ (1 << chance.randrange(8)) if how == 1 else (frame[place] + 128) % 256
    return frame[:place] + bytes([new]) + frame[place + 1 :]


def run(day: BadDay) -> InProcess:
    """The day through the connection's rules and FEEDS, second by second, and some minutes more."""
    engine = InProcess(ALONE, wire(), partitions=1)
    ingress, tail, asked = Ingress(PROVIDER, "c"), Tail({}), 0
    tail.has_caught_up = True  # the day begins behind the snapshot
    end_s = round(max(each.at_s for each in day.script)) + AFTERWARDS_S
    for now_s in range(end_s):
        for frame in day.until(now_s):
            payload = unframed(frame)
            for command in ingress.records(frame if payload is None else payload, 0, 0):
                engine.pipe(topics.FEEDS_INBOX, command.event_id, command)
            if payload is not None:
                tail.handed_on(json.loads(payload))
        engine.advance(1)
        if now_s % HEARTBEAT_S == 0:
            for request in tail.missing(day.heartbeat(now_s)):
                day.ask(request["match"], request["from"], request["to"], now_s)
        for record in engine.log.read(topics.GAPS.name, 0, asked):
            asked += 1
            gap = wire().decode(record.value or b"").value
            if isinstance(gap, GapFound):
                day.ask(gap.event_id.removeprefix("partner-"), gap.expected, gap.got - 1, now_s)
    assert engine.now_us == START_US + end_s * 1_000_000
    return engine


def told(engine: InProcess) -> dict[str, list[Incident]]:
    """The incident topic by match; fails on anything but incidents."""
    by_match: dict[str, list[Incident]] = {}
    for value in engine.read(topics.INCIDENTS):
        assert isinstance(value, Incident), value
        by_match.setdefault(value.event_id, []).append(value)
    return by_match


def as_bytes(incidents: list[Incident]) -> list[bytes]:
    """The records as they are on the wire, but for their place in the log and the late flag."""
    return [
        wire().encode(replace(each, is_late=False), id="", at_us=0, caused_by=None)
        for each in incidents
    ]


@pytest.fixture(scope="module")
def clean() -> dict[str, list[bytes]]:
    engine = run(BadDay(Random(0), script(), clean=True))
    assert not engine.dead_letters(topics.FEEDS_INBOX)
    assert not engine.read(topics.GAPS)
    return {match: as_bytes(incidents) for match, incidents in told(engine).items()}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_the_record_of_a_bad_day_is_that_of_a_good_one(
    seed: int, clean: dict[str, list[bytes]]
) -> None:
    day = BadDay(Random(seed), script())
    engine = run(day)
    by_match = told(engine)
    assert by_match.keys() == clean.keys()
    for match, incidents in by_match.items():
        in_time = [each.sequence for each in incidents if not each.is_late]
        assert in_time == sorted(in_time), f"seed {seed}: {match} out of order"
        in_order = sorted(incidents, key=lambda each: each.sequence)
        assert as_bytes(in_order) == clean[match], f"seed {seed}: {match}"
    # Every broken message is kept, and each was fetched again.
    letters = Counter(reason for reason, _ in engine.dead_letters(topics.FEEDS_INBOX))
    assert letters.keys() <= {"malformed_json", "not_an_object"}
    assert letters.total() == day.broken
    assert day.broken > 10
    feeds = engine.table("feeds")
    seen = [feed.providers["partner"] for name, feed in feeds.items() if name != "partner"]
    assert [each.missing for each in seen] == [0, 0, 0]
    assert sum(each.duplicates for each in seen) > day.repeated / 2
    assert engine.table("waiting") == {}


@pytest.mark.slow
def test_what_comes_after_the_bound_is_told_late_and_says_so() -> None:
    day = BadDay(Random(3), script())
    late = [each for all_ in told(run(day)).values() for each in all_ if each.is_late]
    beyond = [
        place
        for place, at_s in day.has_at_s.items()
        if at_s - day.by_place[place].at_s > LATENESS_US / 1e6 + 12
    ]
    # A clock message is due each 10 s, and what comes after a gap is what begins the wait.
    assert len(beyond) > 20
    assert len(late) >= len(beyond) * 0.9

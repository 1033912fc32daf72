"""Matches as bytes of `markets.inbox`: a handful at a time, second by second, until enough."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import count
from typing import Any

from cli.demo.match import synthetic
from overround.adapters.feeds.partner import decode
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.domain.feeds.decide import record
from overround.domain.feeds.events import GapFound, PricesObserved
from overround.domain.feeds.model import Feed
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.match import Incident
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.runtime.in_process import LogRecord

# Matches that are played at the same time in one partition: a busy afternoon is 100 matches on
# the 12 partitions.
SIDE_BY_SIDE = 8

# Others move their prices on the way to kick-off; each move is a fit of our opening rates.
PRICES_A_MATCH = 20

START_US = 1_767_452_400_000_000  # 2026-01-03 15:00 UTC, the kick-off of the made-up matches
_WAVE_US = 3 * 3_600 * MICROS_PER_SECOND

Played = list[tuple[float, int, Any]]


@dataclass(slots=True)
class Reel:
    """Records of an inbox as one piece of bytes and their ends.

    Two hundred thousand record objects would be on the garbage collector's rounds, and its
    pauses would be the bench's own; this is none.
    """

    payloads: bytearray = field(default_factory=bytearray)
    ends: array[int] = field(default_factory=lambda: array("Q", [0]))
    at_ms: array[int] = field(default_factory=lambda: array("Q"))
    kinds: array[int] = field(default_factory=lambda: array("B"))
    keys: array[int] = field(default_factory=lambda: array("H"))
    names: list[str] = field(default_factory=list)
    key_names: list[bytes | None] = field(default_factory=list)

    def add(self, kind: str, key: bytes | None, at_ms: int, payload: bytes) -> None:
        self.payloads += payload
        self.ends.append(len(self.payloads))
        self.at_ms.append(at_ms)
        self.kinds.append(_place(self.names, kind))
        self.keys.append(_place(self.key_names, key))

    def __len__(self) -> int:
        return len(self.at_ms)

    def kind(self, offset: int) -> str:
        """What a record is: an incident's kind, `prices`, `fixture` or `time`."""
        return self.names[self.kinds[offset]]

    def record(self, offset: int) -> LogRecord:
        """The record as the engine hands it over."""
        payload = bytes(self.payloads[self.ends[offset] : self.ends[offset + 1]])
        key = self.key_names[self.keys[offset]]
        return LogRecord(topics.MARKETS_INBOX.name, 0, offset, self.at_ms[offset], key, payload)


def _place(known: list[Any], name: Any) -> int:
    if name not in known:
        known.append(name)
    return known.index(name)


def reel(codec: Codec, records: int, side_by_side: int = SIDE_BY_SIDE) -> Reel:
    """The first so many records of `markets.inbox`, partition 0, equal in each run.

    Each match reports its clock every second, and goals, cards and doubts as they come; a `Tick`
    stands in the log every second, as the partition's owner writes it.
    """
    made = Reel()
    for at_us, value in _log(side_by_side):
        if len(made) == records:
            return made
        event_id = getattr(value, "event_id", None)
        key = None if event_id is None else event_id.encode()
        payload = codec.encode(value, id=f"bench:{len(made)}", at_us=at_us, caused_by=None)
        made.add(kind_of(value), key, at_us // 1000, payload)
    raise AssertionError("the log of matches has no end")


def _log(side_by_side: int) -> Iterator[tuple[int, Any]]:
    scripts = [_match(f"match-{number}", number) for number in range(side_by_side)]
    until_s = int(max(script[-1][0] for script in scripts))
    for wave in count():
        start_us = START_US + wave * _WAVE_US
        ticks: Played = [(float(at_s), 0, Tick(start_us)) for at_s in range(until_s)]
        for at_s, _, value in merge(ticks, *scripts, key=lambda each: each[:2]):
            moved = value
            if not isinstance(value, Tick):
                moved = replace(value, event_id=f"{value.event_id}-{wave}")
            yield start_us + round(at_s * MICROS_PER_SECOND), moved


def kind_of(value: object) -> str:
    """What a record of the inbox is, in a word."""
    if isinstance(value, Incident):
        return str(value.kind)
    return {"PricesObserved": "prices", "FixtureScheduled": "fixture", "Tick": "time"}[
        type(value).__name__
    ]


def _match(event_id: str, seed: int) -> Played:
    """What FEEDS makes of a made-up match, with the time of each in seconds.

    Sequences are given anew: the price moves that are put in have their own.
    """
    state = Feed(event_id)
    played: list[tuple[float, Any]] = []
    for timed in synthetic(event_id, seed, clock_every_s=1):
        decision = record(state, timed.record, decode)
        state = decision.state
        for happened in decision.events:
            if isinstance(happened, GapFound):
                continue
            played.append((timed.at_s, happened))
            if isinstance(happened, PricesObserved):
                played += [(timed.at_s, _moved(happened, n)) for n in range(1, PRICES_A_MATCH)]
    return [
        (at_s, 1, replace(happened, sequence=sequence))
        for sequence, (at_s, happened) in enumerate(played, start=1)
    ]


def _moved(observed: PricesObserved, step: int) -> PricesObserved:
    """The same book a little later: its totals have moved by some ticks."""
    prices = tuple(
        replace(price, price_milli=price.price_milli + 10 * (step % 5) * sign)
        if price.selection.startswith("totals")
        else price
        for price, sign in zip(observed.prices, (1, 1, 1, 1, -1), strict=True)
    )
    return replace(observed, prices=prices)

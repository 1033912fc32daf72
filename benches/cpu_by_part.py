"""What an event costs by part: the tick path, and the bet path through ACCOUNTS and MARKETS.

    python -m benches.cpu_by_part [ticks] [bets]      about 90 s for 40,000 and 10,000

Claim: none; it says where the time goes. Method: first each path runs bare, and its thread's CPU
time is what counts. Then the same events run through a wire and lanes that clock themselves, and
the shares of the clocked parts are put onto the bare figure: a clock costs 0.1 us, which a part
of half a microsecond would feel. `handler` is what is left: domain, tables and the shell.
`send` goes to librdkafka with its own mock cluster in this process, compression and network in
its own threads. At last each path runs under cProfile, whose table is kept.

A bet is three events: `PlaceBet` (ACCOUNTS) -> `ReserveLeg` (MARKETS) -> `LegReserved`
(ACCOUNTS) -> `BetAccepted`.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import Producer

from agents.markets import MARKETS
from benches.bets import BetPath
from benches.parts import ClockedLanes, ClockedWire, Parts
from benches.play import Reel, reel
from benches.report import Report, table
from overround.runtime.records import Headers, Lanes, Wire
from overround.runtime.shell import Task
from topologies.wire import sportsbook_wire

TICKS, BETS = 40_000, 10_000
PROFILED_SHARE = 4  # cProfile makes everything three times as slow: a quarter is enough
FUNCTIONS_SHOWN = 25
EVENTS_A_FLUSH = 50  # about 50 ms of a busy partition, as the engine commits


class Forgotten:
    """Lanes that keep nothing."""

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Nowhere."""

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Nowhere."""

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """Nowhere."""

    def settle(self) -> None:
        """Nothing is under way."""


class MockCluster(Forgotten):
    """Lanes into a real librdkafka producer whose cluster is a mock of its own."""

    def __init__(self) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": "mock",
                "test.mock.num.brokers": 1,
                "linger.ms": 5,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 1_000_000,
                "delivery.report.only.error": True,
                "partitioner": "murmur2_random",
                "log_level": 3,
            }
        )

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self._producer.produce(topic, value, key)

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        self._producer.produce(topic, value, key)

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        self._producer.produce(changelog, value, key)

    def settle(self) -> None:
        """Let the queue run empty, between two runs."""
        self._producer.flush(30)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU an event, whole and by part."""

    events: int
    whole_us: float
    parts_us: Mapping[str, float]


Path = Callable[[Wire, Lanes], Callable[[], int]]
"""Makes a path ready over a wire and lanes; what it gives runs the events and counts them."""


def cost(path: Path, wire: Wire, lanes: Forgotten) -> Cost:
    """Run bare for the whole, and clocked for the shares."""
    run = path(wire, lanes)
    lanes.settle()
    cpu_s = time.thread_time()
    events = run()
    whole_us = (time.thread_time() - cpu_s) / events * 1e6
    parts = Parts()
    run = path(ClockedWire(wire, parts), ClockedLanes(lanes, parts))
    lanes.settle()
    parts.spent_ns.clear()
    began_s = time.perf_counter()
    run()
    clocked_s = time.perf_counter() - began_s
    lanes.settle()
    shares = {name: spent / 1e9 / clocked_s for name, spent in parts.spent_ns.items()}
    shares["handler"] = 1 - sum(shares.values())
    return Cost(events, whole_us, {name: share * whole_us for name, share in shares.items()})


def ticks_path(records: Reel) -> Path:
    """The reel through a MARKETS task, flushed as commits would."""

    def ready(wire: Wire, lanes: Lanes) -> Callable[[], int]:
        task = Task(MARKETS, 0, wire, lanes)

        def run() -> int:
            for offset in range(len(records)):
                task.process(records.record(offset))
                if offset % EVENTS_A_FLUSH == 0:
                    task.flush()
            assert task.dead_letters == 0
            return len(records)

        return run

    return ready


def bets_path(bets: int, codec: Wire) -> Path:
    """So many bets, three events each."""

    def ready(wire: Wire, lanes: Lanes) -> Callable[[], int]:
        path = BetPath(wire, lanes)
        path.open(codec)
        path.flush()

        def run() -> int:
            for number in range(bets):
                path.bet(number)
                if number % EVENTS_A_FLUSH == 0:
                    path.flush()
            assert path.accepted == bets, f"{path.accepted} of {bets} accepted"
            return 3 * bets

        return run

    return ready


def profiled(path: Path, wire: Wire) -> str:
    """The functions with the greatest own time under cProfile."""
    profiler = cProfile.Profile()
    profiler.runcall(path(wire, Forgotten()))
    out = io.StringIO()
    pstats.Stats(profiler, stream=out).sort_stats("tottime").print_stats(FUNCTIONS_SHOWN)
    lines = out.getvalue().splitlines()
    first = next(number for number, line in enumerate(lines) if "tottime" in line)
    return "\n".join(re.sub(r"\S*/(?=[^/]+/[^/]+\.py)", "", line) for line in lines[first:] if line)


def main(ticks: int = TICKS, bets: int = BETS) -> None:
    """Run, print, write."""
    report = Report("cpu_by_part", "CPU of an event by part, on the tick path and the bet path.")
    codec = sportsbook_wire()
    records = reel(codec, ticks)
    paths: dict[str, Path] = {"tick": ticks_path(records), "bet": bets_path(bets, codec)}
    ticks_path(reel(codec, min(ticks, 2_000)))(codec, Forgotten())()  # fills the caches
    costs = {name: cost(path, codec, Forgotten()) for name, path in paths.items()}
    with_send = {name: cost(path, codec, MockCluster()) for name, path in paths.items()}
    report.add("In process, outputs dropped", _costs_table(costs))
    report.add("Into librdkafka", _costs_table(with_send))
    short: dict[str, Path] = {
        "tick": ticks_path(reel(codec, ticks // PROFILED_SHARE)),
        "bet": bets_path(bets // PROFILED_SHARE, codec),
    }
    for name, path in short.items():
        report.add(f"cProfile, {name} path", profiled(path, codec), is_plain=True)
    report.figures = {
        name: {"events": each.events, "whole_us": each.whole_us, **each.parts_us}
        for name, each in with_send.items()
    }
    report.write()


def _costs_table(costs: Mapping[str, Cost]) -> str:
    names = sorted({part for each in costs.values() for part in each.parts_us})
    rows = [
        (
            path,
            f"{each.events:,}",
            f"{1e6 / each.whole_us:,.0f}",
            f"{each.whole_us:.1f}",
            *_cells(each.parts_us.get(name) for name in names),
        )
        for path, each in costs.items()
    ]
    return table(("path", "events", "events/s/core", "us CPU", *names), rows)


def _cells(figures: Iterable[float | None]) -> list[str]:
    return ["" if figure is None else f"{figure:.1f}" for figure in figures]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))

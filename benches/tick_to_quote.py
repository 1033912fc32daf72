"""A tick in, its quotes out, in one process: how long, and how long at worst.

    python -m benches.tick_to_quote [ticks]          about 100 s for 200,000

Claim: from the bytes of a record of `markets.inbox` to the bytes of all quotes of the match (up
to 155 selections) takes less than 0.3 ms at P50 and 1 ms at P99.9.

Method: the MARKETS agent's `Task`, as the engine runs it, with lanes that collect. Eight matches
are played side by side, a record of each every second (clock, goals, doubts, cards, 20 price
moves before kick-off) and a time record each second. Wall clock around `Task.process`, one thread;
only records that made quotes count. The tables are flushed when the engine would commit, and
that is clocked apart: the engine flushes between events.

Garbage collection: the headline is a worker's, `settle_memory` after the start: what is loaded is
frozen and the collector looks rarely. Shorter runs follow with CPython's default and with no
collector, whose difference is its share. Faust is imported, so that the heap is a worker's.

Ticks arrive as fast as they are done: this is service time, without waiting; `wire_to_wire` is the
bench of waiting. On a machine that is not quiet the wall clock measures the others as well; the
row of CPU time is this thread's own.
"""

from __future__ import annotations

import gc
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns, thread_time_ns

import topologies.app  # noqa: F401 - for its weight: a worker has Faust on its heap
from agents.markets import MARKETS
from benches.parts import Collected
from benches.play import Reel, reel
from benches.report import PERCENTILES, Latency, Report, histogram, table
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.runtime.memory import settle_memory
from overround.runtime.shell import Task
from topologies.wire import sportsbook_wire

TICKS = 200_000
COMPARED_TICKS = 50_000

# As the engine's Settings: a commit each 50 ms or 5,000 events under load.
COMMIT_NS, COMMIT_EVENTS = 50_000_000, 5_000


_DEFAULT_THRESHOLD = gc.get_threshold()


def _as_it_is() -> None:
    """CPython's default."""


COLLECTORS: dict[str, Callable[[], None]] = {
    "a worker's": settle_memory,
    "CPython's default": _as_it_is,
    "none": gc.disable,
}


@dataclass(slots=True)
class Run:
    """What a run over a reel measured, in milliseconds."""

    quoted_ms: array[float] = field(default_factory=lambda: array("d"))
    cpu_ms: array[float] = field(default_factory=lambda: array("d"))
    kinds: array[int] = field(default_factory=lambda: array("B"))
    unquoted_ms: array[float] = field(default_factory=lambda: array("d"))
    flush_ms: array[float] = field(default_factory=lambda: array("d"))
    collections: int = 0
    cpu_s: float = 0.0
    quotes_bytes: int = 0


def run(codec: Codec, records: Reel, ticks: int) -> Run:
    """Play so many records through a fresh task."""
    lanes, measured = Collected(), Run()
    task = Task(MARKETS, 0, codec, lanes)
    flushed_ns, since_flush = perf_counter_ns(), 0
    collected = sum(generation["collections"] for generation in gc.get_stats())
    cpu_s = time.thread_time()
    for offset in range(ticks):
        record = records.record(offset)
        cpu_ns, began_ns = thread_time_ns(), perf_counter_ns()
        task.process(record)
        ended_ns, cpu_ended_ns = perf_counter_ns(), thread_time_ns()
        took = (ended_ns - began_ns, cpu_ended_ns - cpu_ns)
        _note(measured, lanes, records.kinds[offset], took)
        since_flush += 1
        if ended_ns - flushed_ns >= COMMIT_NS or since_flush >= COMMIT_EVENTS:
            task.flush()
            flushed_ns, since_flush = perf_counter_ns(), 0
            measured.flush_ms.append((flushed_ns - ended_ns) / 1e6)
    measured.cpu_s = time.thread_time() - cpu_s
    after = sum(generation["collections"] for generation in gc.get_stats())
    measured.collections = after - collected
    assert task.dead_letters == 0, "the bench's records are all good"
    return measured


def _note(measured: Run, lanes: Collected, kind: int, took_ns: tuple[int, int]) -> None:
    took_ms, cpu_ms = (each / 1e6 for each in took_ns)
    quotes = [value for topic, _, value in lanes.outputs if topic == topics.QUOTES.name]
    lanes.outputs.clear()
    if not quotes:
        measured.unquoted_ms.append(took_ms)
        return
    measured.quoted_ms.append(took_ms)
    measured.cpu_ms.append(cpu_ms)
    measured.kinds.append(kind)
    measured.quotes_bytes += len(quotes[0] or b"")


def compared(codec: Codec, records: Reel, ticks: int) -> list[tuple[str, Run]]:
    """The same records under each collector."""
    runs = []
    for name, prepare in COLLECTORS.items():
        gc.collect()
        prepare()
        runs.append((name, run(codec, records, ticks)))
        _reset_collector()
    return runs


def _reset_collector() -> None:
    gc.set_threshold(*_DEFAULT_THRESHOLD)
    gc.enable()
    gc.unfreeze()


def by_kind(records: Reel, measured: Run) -> list[tuple[str, ...]]:
    """A row for each kind of record."""
    rows = []
    for place, name in enumerate(records.names):
        own = [
            ms for ms, kind in zip(measured.quoted_ms, measured.kinds, strict=True) if kind == place
        ]
        if own:
            rows.append(Latency.of(own).row(name))
    return sorted(rows)


def main(ticks: int = TICKS) -> None:
    """Run, print, write."""
    report = Report("tick_to_quote", "A tick's bytes to its quotes' bytes in one process.")
    codec = sportsbook_wire()
    records = reel(codec, ticks)
    run(codec, records, min(2_000, ticks))  # fills the caches of price lines and catalogue texts
    settle_memory()
    measured = run(codec, records, ticks)
    _reset_collector()
    whole = Latency.of(measured.quoted_ms)
    rows = [
        whole.row("quoted"),
        Latency.of(measured.cpu_ms).row("quoted, CPU"),
        *by_kind(records, measured),
        Latency.of(measured.unquoted_ms).row("no quotes"),
        Latency.of(measured.flush_ms).row("flush"),
    ]
    report.add(f"{ticks:,} records", table(Latency.header(), rows))
    report.add("Quoted records", histogram(measured.quoted_ms, "ms"), is_plain=True)
    cpu_us = measured.cpu_s / ticks * 1e6
    size = measured.quotes_bytes / whole.count
    report.add(
        "Load",
        f"{cpu_us:.0f} us CPU a record with the bench's own loop and flushes: "
        f"{1e6 / cpu_us:,.0f} records/s on one core; {size:,.0f} bytes a message of quotes; "
        f"{measured.collections} collections.",
    )
    others = compared(codec, records, min(ticks, COMPARED_TICKS))
    rows = [(*Latency.of(each.quoted_ms).row(name), str(each.collections)) for name, each in others]
    report.add("Collectors", table((*Latency.header(), "collections"), rows))
    report.figures = {
        "ticks": ticks,
        "percentiles_ms": dict(zip(map(str, PERCENTILES), whole.percentiles_ms, strict=True)),
        "max_ms": whole.max_ms,
        "cpu_us": cpu_us,
    }
    report.targets(
        {
            "P50 below 0.3 ms": whole.percentiles_ms[0] < 0.3,
            "P99.9 below 1 ms": whole.percentiles_ms[-1] < 1.0,
        }
    )
    report.write()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

"""The bare counting job on five engines, one worker each, on one broker, in one run.

    python -m benches.throughput [ENGINE...]      about 3 min; ENGINE: overround stock
                                                  stock-default quix streams

Claim: exactly once, ours does at least 20 times the events of stock Faust at least once, and 2.5
times those of quixstreams exactly once.

Method: 8 partitions, 997 keys; the worker reads an event, counts it in a table with a changelog
and writes one record. Every event is in the source before the worker starts. The rate is that of
the outputs between the first and the last append by the broker's clock, so start-up does not
count; CPU and memory are the worker process's own, from its first output to its last. Then
outputs and changelog are read back, committed records only: every event once, each key's counts
in sequence, each key's changelog equal to a recount. An engine that fails this has no rate.

Slow engines get fewer events, so that the whole takes minutes; every engine gets enough for ten
seconds or so. The broker shares the machine. All commit each 100 ms, ours also after each 5,000
events, and stock Faust once more by its default of 2.8 s.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from secrets import token_hex

from benches.counting import engines
from benches.counting.engines import Engine, EngineMissing, Job
from benches.counting.log import (
    KEYS,
    PARTITIONS,
    Ends,
    Verdict,
    create_job,
    fill,
    read_verdict,
)
from benches.processes import Process, Usage
from benches.report import Report, table
from cli.local_kafka import cluster

EVENTS: dict[str, tuple[Engine, int]] = {
    "overround": (engines.OURS, 1_000_000),
    "stock": (engines.STOCK, 60_000),
    "stock-default": (engines.STOCK_DEFAULT, 60_000),
    "quix": (engines.QUIX, 300_000),
    "streams": (engines.KAFKA_STREAMS, 1_000_000),
}

STOCK_TIMES_MIN, QUIX_TIMES_MIN = 20.0, 2.5

_LOOK_S = 0.25
# Longer than any commit interval here: what is not there by then does not come.
_STILL_S = 5.0
_RUN_S_MAX = 240.0


@dataclass(frozen=True, slots=True)
class Measured:
    """An engine's run."""

    engine: str
    guarantee: str
    verdict: Verdict
    cpu_s: float
    rss_mb: float

    @property
    def cpu_s_100k(self) -> float:
        """CPU seconds of the worker for 100,000 events."""
        return self.cpu_s / self.verdict.outputs * 100_000


def measure(bootstrap: str, engine: Engine, events: int) -> Measured:
    """Fill, run one worker until nothing more comes, and judge."""
    job = engine.job(bootstrap, f"-{token_hex(3)}")
    create_job(bootstrap, job.source, job.sink, "" if job.makes_changelog else job.changelog)
    fill(bootstrap, job.source, events)
    with Process("worker", job.command(0)) as worker:
        cpu_s, rss_mb = _watch(bootstrap, job, worker, events)
        worker.stop()
    verdict = read_verdict(bootstrap, job.sink, job.changelog, events, job.count)
    return Measured(engine.name, engine.guarantee, verdict, cpu_s, rss_mb)


def _watch(bootstrap: str, job: Job, worker: Process, events: int) -> tuple[float, float]:
    """The worker's CPU seconds from the first output to the last, and its memory then."""
    ends = Ends(bootstrap, job.sink)
    start = last = worker.usage()
    seen, changed_at = 0, time.monotonic()
    deadline = changed_at + _RUN_S_MAX
    try:
        while not (seen >= events and time.monotonic() - changed_at > _STILL_S):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{seen} outputs of {events}:\n{worker.tail()}")
            time.sleep(_LOOK_S)
            now, used = ends.total(), worker.usage()
            if now != seen:
                seen, changed_at, last = now, time.monotonic(), used
            elif not seen:
                start = used
    finally:
        ends.close()
    return _between(start, last)


def _between(start: Usage, last: Usage) -> tuple[float, float]:
    return last.cpu_s - start.cpu_s, last.rss_mb


def rows(measured: Sequence[Measured]) -> list[tuple[str, ...]]:
    """A line for each engine; the ratio is ours to it."""
    ours = next((each.verdict.events_s for each in measured if each.engine == "overround"), 0.0)
    lines: list[tuple[str, ...]] = []
    for each in measured:
        verdict = each.verdict
        judged = "exact" if verdict.is_exact else "WRONG"
        ratio = f"{ours / verdict.events_s:.1f}" if verdict.is_exact and ours else ""
        rate = f"{verdict.events_s:,.0f}" if verdict.is_exact else "-"
        lines.append(
            (
                each.engine,
                each.guarantee,
                f"{verdict.events:,}",
                rate,
                ratio,
                f"{each.cpu_s_100k:.2f}",
                f"{each.rss_mb:.0f}",
                judged,
            )
        )
    return lines


HEADER = (
    "engine",
    "guarantee",
    "events",
    "events/s",
    "ours to it",
    "CPU s per 100k",
    "RSS MB",
    "recount",
)


def main(names: Sequence[str] = ()) -> None:
    """Run, print, write."""
    report = Report("throughput", "The bare counting job: ours, stock Faust, quixstreams, Streams.")
    measured: dict[str, Measured] = {}
    absent = []
    with cluster() as bootstrap:
        for name in names or EVENTS:
            engine, events = EVENTS[name]
            try:
                measured[name] = measure(bootstrap, engine, events)
            except EngineMissing as missing:
                absent.append(f"- {engine.name} is not here: {missing}")
                continue
            print(table(HEADER, rows([measured[name]])), flush=True)
    report.add(
        f"{PARTITIONS} partitions, {KEYS} keys", table(HEADER, rows(list(measured.values())))
    )
    if absent:
        report.add("Left out", "\n".join(absent))
    report.figures = {
        name: {**asdict(each.verdict), "events_s": each.verdict.events_s, "cpu_s": each.cpu_s}
        for name, each in measured.items()
    }
    report.targets(_targets({name: each.verdict for name, each in measured.items()}))
    report.write()


def _targets(verdicts: dict[str, Verdict]) -> dict[str, bool]:
    met = {"every engine's outputs and table are exact": all(v.is_exact for v in verdicts.values())}
    ours = verdicts.get("overround")
    for name, times in (("stock", STOCK_TIMES_MIN), ("quix", QUIX_TIMES_MIN)):
        if ours and name in verdicts:
            ratio = ours.events_s / verdicts[name].events_s
            met[f"ours at least {times:g} times {name} ({ratio:.1f})"] = ratio >= times
    return met


if __name__ == "__main__":
    main(sys.argv[1:])

"""The same chaos for Faust's own exactly once and for ours: what each makes of every event.

    python -m benches.same_without_us [seconds] [seed]      about 3.5 min for 60

Claim: the counting job comes out exact on our transport, and does not on Faust's own
`processing_guarantee="exactly_once"`.

Method: for each of the two, two workers count 500 events a second while a script, equal for both
and made from the seed, does something to one of them every 5 to 10 seconds: SIGKILL with up to 9 s
until it is back, SIGSTOP for 3 to 14 s, or SIGTERM and a new one. Whatever ends by itself is a
crash and is started again after a second. After the last event there is no more chaos, and the
workers have up to 45 s to finish. Then outputs and changelog are read back, committed records
only. Missing are events without an output by then, whether lost or never come to.

Not run in CI: `tests/chaos` holds our half of it there, on the whole sportsbook.
"""

from __future__ import annotations

import re
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from random import Random
from secrets import token_hex

from benches.counting.engines import OURS, STOCK_EXACTLY_ONCE, Engine, Job
from benches.counting.log import (
    Ends,
    Verdict,
    create_job,
    feeder,
    key_of,
    read_verdict,
)
from benches.processes import Process
from benches.report import Report, table
from cli.local_kafka import cluster

SECONDS, SEED = 60.0, 4
RATE_S = 500
WORKERS = 2

PAUSE_S = (5.0, 10.0)  # between two acts
DOWN_S = (0.0, 9.0)  # after a SIGKILL: some longer than the session timeout of 6 s
STOPPED_S = (3.0, 14.0)

_RESTART_S = 1.0
_LOOK_S = 0.2
_FINISH_S_MAX = 45.0
_CRASH_LINES = 300  # Faust's report of a crash is long, and the error stands at its beginning
_STILL_S = 12.0  # longer than a dead worker's transaction holds back its successor


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to a worker at a time; `for_s` is how long it is down or stopped."""

    at_s: float
    kind: str
    worker: int
    for_s: float


def script(seconds: float, seed: int) -> list[Act]:
    """What is done to whom, and when."""
    rng, acts, at_s = Random(seed), [], 0.0
    while (at_s := at_s + rng.uniform(*PAUSE_S)) < seconds:
        kind = rng.choice(("kill", "stop", "term"))
        for_s = {"kill": rng.uniform(*DOWN_S), "stop": rng.uniform(*STOPPED_S), "term": 0.0}[kind]
        acts.append(Act(at_s, kind, rng.randrange(WORKERS), for_s))
    return acts


def _last_error(log: str) -> str:
    """The last line of a log that names an error, or its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception|Crashed)\b", line)]
    return (errors or lines or [""])[-1][:120]


class Kept:
    """One worker's place: whatever happens to the process in it, another one follows."""

    def __init__(self, name: str, command: list[str]) -> None:
        self._name, self._command = name, command
        self._process: Process | None = Process(name, command)
        self._back_at = 0.0
        self._resume_at: float | None = None
        self.crashes: list[str] = []
        self.hung = 0

    def do(self, act: Act) -> None:
        """Kill, stop or end the process; nothing, if there is none now."""
        if self._process is None or self._resume_at is not None:
            return
        now = time.monotonic()
        if act.kind == "stop":
            self._process.signal(signal.SIGSTOP)
            self._resume_at = now + act.for_s
            return
        if act.kind == "term":
            self.hung += not self._process.stop()
        self._end(now + act.for_s)

    def look(self) -> None:
        """Wake, count and start again what is due for it."""
        now = time.monotonic()
        if self._resume_at is not None and now >= self._resume_at:
            self.wake()
        if self._process is None:
            if now >= self._back_at:
                self._process = Process(self._name, self._command)
        elif (status := self._process.status) is not None:
            self.crashes.append(f"status {status}: {_last_error(self._process.tail(_CRASH_LINES))}")
            self._end(now + _RESTART_S)

    def wake(self) -> None:
        """SIGCONT, if it was stopped."""
        self._resume_at = None
        if self._process is not None:
            self._process.signal(signal.SIGCONT)

    def _end(self, back_at: float) -> None:
        self.close()
        self._back_at, self._resume_at = back_at, None

    def close(self) -> None:
        """SIGKILL, and take the log away."""
        if self._process is not None:
            self._process.kill()
            self._process.log.unlink(missing_ok=True)
        self._process = None


class Feed(threading.Thread):
    """Writes events at a steady rate; `sent` is how many, once it is done."""

    def __init__(self, bootstrap: str, source: str, seconds: float) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self._servers, self._source, self._seconds = bootstrap, source, seconds

    def run(self) -> None:
        """Write until the time is over."""
        producer, began = feeder(self._servers), time.monotonic()
        while (elapsed_s := time.monotonic() - began) < self._seconds:
            while self.sent < elapsed_s * RATE_S:
                producer.produce(self._source, b"%d" % self.sent, key_of(self.sent))
                self.sent += 1
            producer.poll(0)
            time.sleep(0.01)
        producer.flush(30)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of an engine's run."""

    engine: Engine
    verdict: Verdict
    crashes: list[str]
    hung: int

    def row(self) -> tuple[str, ...]:
        """A line of the table."""
        v = self.verdict
        figures = (v.events, v.duplicates, v.lost, v.sequence_breaks, v.table_mismatches)
        ends = (len(self.crashes), self.hung)
        judged = "exact" if v.is_exact else "WRONG"
        name = f"{self.engine.name}, {self.engine.guarantee}"
        return (name, *(f"{figure:,}" for figure in (*figures, *ends)), judged)


HEADER = (
    "engine",
    "events",
    "duplicates",
    "missing",
    "count out of sequence",
    "wrong table keys",
    "crashes",
    "hung at SIGTERM",
    "outcome",
)


def run(bootstrap: str, engine: Engine, acts: list[Act], seconds: float) -> Outcome:
    """Two workers under the script, then peace, then the verdict."""
    job = engine.job(bootstrap, f"-{token_hex(3)}")
    create_job(bootstrap, job.source, job.sink, job.changelog)
    kept = [Kept(f"worker-{number}", job.command(number)) for number in range(WORKERS)]
    try:
        feed = Feed(bootstrap, job.source, seconds)
        feed.start()
        _play(acts, kept, feed)
        _finish(bootstrap, job, kept, feed.sent)
    finally:
        for each in kept:
            each.close()
    # A killed worker's transaction stands open until the broker ends it, 10 s at most after.
    time.sleep(_STILL_S)
    verdict = read_verdict(bootstrap, job.sink, job.changelog, feed.sent, job.count)
    crashes = [crash for each in kept for crash in each.crashes]
    return Outcome(engine, verdict, crashes, sum(each.hung for each in kept))


def _play(acts: list[Act], kept: list[Kept], feed: Feed) -> None:
    began, waiting = time.monotonic(), acts[::-1]
    while feed.is_alive():
        while waiting and waiting[-1].at_s <= time.monotonic() - began:
            act = waiting.pop()
            kept[act.worker].do(act)
        for each in kept:
            each.look()
        time.sleep(_LOOK_S)
    for each in kept:
        each.wake()


def _finish(bootstrap: str, job: Job, kept: list[Kept], events: int) -> None:
    """Wait until everything is out and nothing more comes, or the time is over."""
    ends = Ends(bootstrap, job.sink)
    began = changed_at = time.monotonic()
    total = 0
    while time.monotonic() - began < _FINISH_S_MAX:
        for each in kept:
            each.look()
        now = ends.total()
        if now != total:
            total, changed_at = now, time.monotonic()
        if total >= events and time.monotonic() - changed_at > _STILL_S:
            break
        time.sleep(_LOOK_S)
    ends.close()


def main(seconds: float = SECONDS, seed: float = SEED) -> None:
    """Run both, print, write."""
    report = Report("same_without_us", "Faust's own exactly once and ours under the same chaos.")
    acts = script(seconds, int(seed))
    told = ", ".join(f"{act.at_s:.0f} s {act.kind} {act.worker}" for act in acts)
    outcomes = []
    with cluster() as bootstrap:
        for engine in (STOCK_EXACTLY_ONCE, OURS):
            outcomes.append(run(bootstrap, engine, acts, seconds))
            print(table(HEADER, [outcomes[-1].row()]), flush=True)
    report.add(
        f"{WORKERS} workers, {RATE_S} events/s for {seconds:g} s, seed {int(seed)}",
        table(HEADER, [outcome.row() for outcome in outcomes]),
    )
    report.add("What was done", told)
    for outcome in outcomes:
        if outcome.crashes:
            counted = Counter(outcome.crashes).most_common()
            lines = [f"- {count} x {crash}" for crash, count in counted]
            report.add(f"Crashes of {outcome.engine.name}", "\n".join(lines))
    report.figures = {
        outcome.engine.name: {**asdict(outcome.verdict), "crashes": outcome.crashes}
        for outcome in outcomes
    }
    report.targets({"ours is exact": outcomes[-1].verdict.is_exact})
    report.write()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:3]))

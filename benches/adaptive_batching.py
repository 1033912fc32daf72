"""Ticks of many matches at a steady rate into one worker: how old is a match's newest quote?

    python -m benches.adaptive_batching [seconds] [rate]        about 60 s for 20 s at two rates

Claim: with 5,000 ticks a second offered on 200 matches, a tick's quotes are out 5 ms after it was
due at P99, and the newest state of each match always wins.

Method: the MARKETS agent's `Task` on one partition and one core, as the engine runs it: whatever
is due by now is one batch. A tick counts from the moment at which it was due to the next quotes of
its match, which speak for it too when a later tick of the same batch made it old. A flush of the
tables when the engine would commit is part of what a tick may wait for. At the end, the last
quotes of each match must be byte for byte those of a task that took every tick alone.

The log has a `Tick` for each second of the matches, which here last a 25th of one: of these records
as many are left in as there are seconds, as the owner of a partition writes one a second.

The second rate offers more than a worker can price one by one.
"""

from __future__ import annotations

import gc
import sys
import time
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter_ns

from agents.markets import MARKETS
from benches.open_loop import Plan
from benches.play import Reel, reel
from benches.report import Latency, Report, histogram, table
from benches.tick_to_quote import COMMIT_NS
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.runtime.memory import settle_memory
from overround.runtime.records import Headers
from overround.runtime.shell import Task
from topologies.wire import sportsbook_wire

MATCHES = 200
RATE_S, OVERLOAD_S = 5_000, 15_000
SECONDS, WARM_UP_S = 20.0, 2.0

# Each match's fixture, prices and clock until its kick-off. Fits of opening rates, which no tick in
# play asks for, come before anything that is measured; and so do 200 kick-offs, which here would
# fall into a 25th of the second in which a busy afternoon has them.
_HEAD_RECORDS_MAX = MATCHES * 110
_OF_THE_HEAD = ("prices", "period")

# As the engine: what one fetch brings at most.
_FETCH_RECORDS_MAX = 2_000

P99_MS_MAX = 5.0


@dataclass(slots=True)
class Quoted:
    """Lanes that note when quotes left, and whose ticks they answer."""

    plan: Plan
    began_ns: int = 0
    waiting: dict[bytes, list[int]] = field(default_factory=lambda: defaultdict(list))
    latencies_ms: list[float] = field(default_factory=list)
    newest: dict[bytes, bytes] = field(default_factory=dict)
    quotes: int = 0

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Let go: it waits for a commit, not for this bench."""

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Quotes are out: they answer every tick of their match so far; side markets' do not."""
        if topic == topics.SIDE_QUOTES.name:
            return
        assert topic == topics.QUOTES.name
        now_ns = perf_counter_ns()
        for number in self.waiting.pop(key, ()):
            if number >= self.plan.first_counted:
                due_ns = self.plan.due_ns(number, self.began_ns)
                self.latencies_ms.append((now_ns - due_ns) / 1e6)
        self.newest[key] = value
        self.quotes += 1

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """Let go: the broker is not part of this bench."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run at one rate."""

    quoted: Quoted
    ticks: int
    batches: int
    behind_ms: float

    def row(self, rate_s: int) -> tuple[str, ...]:
        """Its row in the report."""
        share = self.quoted.quotes / self.ticks
        return (
            *Latency.of(self.quoted.latencies_ms).row(f"{rate_s:,}/s"),
            f"{self.ticks / self.batches:.1f}",
            f"{share:.0%}",
        )


def head_of(records: Reel) -> int:
    """The offset behind the last kick-off; every match is in play from there on."""
    return 1 + max(o for o in range(_HEAD_RECORDS_MAX) if records.kind(o) in _OF_THE_HEAD)


def offered(records: Reel, plan: Plan) -> array[int]:
    """The offsets of what is offered: all that follows the head, but one `Tick` a second."""
    offsets, since = array("Q"), 0
    for offset in range(head_of(records), len(records)):
        since += 1
        if records.kind(offset) == "time":
            if since < plan.rate_s:
                continue
            since = 0
        offsets.append(offset)
    return offsets[: plan.records]


def run(codec: Codec, records: Reel, plan: Plan) -> Outcome:
    """Offer the records on schedule; those of the head are taken before the clock starts."""
    quoted, offsets = Quoted(plan), offered(records, plan)
    assert len(offsets) == plan.records, "the log is long enough"
    task = Task(MARKETS, 0, codec, quoted)
    for offset in range(head_of(records)):  # one by one: both ways begin with the same caches
        task.process(records.record(offset))
    task.flush()
    quoted.waiting.clear()
    quoted.quotes = 0
    gc.collect()
    began_ns = quoted.began_ns = perf_counter_ns() + 5_000_000
    taken, batches, behind_ns, flushed_ns = 0, 0, 0, began_ns
    while taken < plan.records:
        now_ns = perf_counter_ns()
        due = min((now_ns - began_ns) * plan.rate_s // 1_000_000_000 + 1, plan.records)
        if due <= taken:
            time.sleep(1e-4)
            continue
        behind_ns = max(behind_ns, now_ns - plan.due_ns(taken, began_ns))
        batch = []
        for number in range(taken, min(due, taken + _FETCH_RECORDS_MAX)):
            record = records.record(offsets[number])
            batch.append(record)
            if record.key is not None:
                quoted.waiting[record.key].append(number)
        task.process_batch(batch)
        taken, batches = taken + len(batch), batches + 1
        if perf_counter_ns() - flushed_ns >= COMMIT_NS:
            task.flush()
            flushed_ns = perf_counter_ns()
    assert task.dead_letters == 0, "the bench's records are all good"
    return Outcome(quoted, plan.records, batches, behind_ns / 1e6)


def newest_one_by_one(codec: Codec, records: Reel, plan: Plan) -> dict[bytes, bytes]:
    """The last quotes of each match when every record is taken alone."""
    quoted = Quoted(Plan(1, 0.0, 0.0))
    task = Task(MARKETS, 0, codec, quoted)
    for offset in (*range(head_of(records)), *offered(records, plan)):
        task.process(records.record(offset))
    return quoted.newest


def main(seconds: float = SECONDS, rate_s: float = RATE_S) -> None:
    """Run, print, write."""
    report = Report(
        "adaptive_batching", "Ticks of 200 matches into one worker: how old its quotes are."
    )
    codec = sportsbook_wire()
    plans = [Plan(round(rate), seconds, WARM_UP_S) for rate in (rate_s, OVERLOAD_S)]
    ticks = max(plan.records for plan in plans)
    # A record in 200 is a `Tick`, and nearly all of them are left out.
    records = reel(codec, _HEAD_RECORDS_MAX + round(1.01 * ticks), MATCHES)
    settle_memory()
    outcomes = [run(codec, records, plan) for plan in plans]
    wins = [
        outcome.quoted.newest == newest_one_by_one(codec, records, plan)
        for outcome, plan in zip(outcomes, plans, strict=True)
    ]
    report.add(
        f"{MATCHES} matches, one core, {seconds:g} s",
        table(
            (*Latency.header(), "ticks a batch", "quotes a tick"),
            [outcome.row(plan.rate_s) for outcome, plan in zip(outcomes, plans, strict=True)],
        ),
    )
    report.add("At the first rate", histogram(outcomes[0].quoted.latencies_ms, "ms"), is_plain=True)
    p99_ms = Latency.of(outcomes[0].quoted.latencies_ms).percentiles_ms[2]
    report.figures = {"rate_s": plans[0].rate_s, "p99_ms": p99_ms}
    report.targets(
        {
            f"P99 below {P99_MS_MAX:g} ms": p99_ms < P99_MS_MAX,
            "the newest state of every match won": all(wins),
        }
    )
    report.write()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:3]))

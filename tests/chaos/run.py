"""Kill, stop and end real workers under load, then verify every bet and every cent.

python -m tests.chaos.run --seed 1 --minutes 2.25
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from cli.local_kafka import cluster
from cli.topic_reader import KafkaTopics, read_to_end
from cli.topics import create_all
from cli.verification.model import Kind, Verification
from cli.verification.verify import verify
from overround.contracts.topic import PARTITIONS
from overround.contracts.topics import INBOXES
from tests.chaos.load import Load, Plan
from tests.chaos.storm import LOOK_S, Blow, Storm, schedule
from tests.chaos.watch import OffsetWatch, drain
from tests.kit.kafka import Workers
from topologies.sportsbook import MATCH_DAY
from topologies.wire import sportsbook_wire

BETS = 20_000
MINUTES = 2.25
STRUCK = [("markets", "0"), ("markets", "1"), ("accounts", "0"), ("accounts", "1")]


@dataclass(slots=True)
class Outcome:
    """What a run came to: the verification, the blows, and everything else that is wrong."""

    seed: int
    verification: Verification
    blows: dict[Blow, int]
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all is wrong."""
        return self.verification.is_clean and not self.faults

    def summary(self) -> str:
        """The line that a run ends with."""
        found = self.verification
        tables = sum(found.of(f"{agent.name}.tables") for agent in MATCH_DAY.agents)
        return (
            f"chaos: bets {found.bets} accepted {found.accepted} "
            f"lost {found.count(Kind.LOST)} duplicated {found.count(Kind.DUPLICATED)} "
            f"ledger_minor {found.ledger_minor} exposure_diff {found.of('exposures')} "
            f"table_diff {tables} kills {self.blows[Blow.KILL]} "
            f"stops {self.blows[Blow.STOP]} terms {self.blows[Blow.TERM]}"
        )


def run(seed: int, minutes: float = MINUTES, bets: int = BETS, logs: Path | None = None) -> Outcome:
    """One run on a cluster of its own, or on `BOOTSTRAP_SERVERS`; logs are kept in `logs`."""
    folder = logs or Path(tempfile.mkdtemp(prefix="overround-chaos-"))
    plan = Plan(seed, bets, minutes * 60)
    with cluster() as bootstrap, _workers(folder) as workers:
        create_all(bootstrap)
        rng = Random(f"{seed}/storm")
        storm = Storm(workers, bootstrap, "", rng, schedule(rng, plan.seconds))
        outcome = _run(bootstrap, plan, storm)
        if not outcome.is_clean:
            print(*storm.log, sep="\n")
            workers.show_logs()
        print(f"logs of the workers: {folder}")
    return outcome


@contextlib.contextmanager
def _workers(folder: Path) -> Iterator[Workers]:
    workers = Workers(folder)
    try:
        yield workers
    finally:
        workers.end_all()


def _run(bootstrap: str, plan: Plan, storm: Storm) -> Outcome:
    feeds = storm.start("feeds", "0")
    load, watch = Load(bootstrap, plan), OffsetWatch(bootstrap)
    watch.start()
    load.start()
    storm.raise_all(STRUCK)
    faults = _strike(storm, load)
    load.join()
    if load.error is not None:
        faults.append(f"the load failed: {load.error!r}")
    took_s = drain(bootstrap)
    watch.end()
    storm.end_all()
    if feeds.stop() != 0:
        faults.append(f"feeds ended with status {feeds.process.returncode}")
    faults += [f"{exit_}" for exit_ in storm.exits if not exit_.is_allowed]
    faults += watch.faults
    faults += _dead_letter_faults(bootstrap, load)
    faults += _arrival_faults(bootstrap, load)
    started = time.monotonic()
    verification = verify(KafkaTopics(bootstrap, PARTITIONS), MATCH_DAY, sportsbook_wire())
    print(*verification.lines(), sep="\n")
    if verification.bets != len(load.bets):
        faults.append(f"{len(load.bets)} bets were sent, {verification.bets} are in the inbox")
    statuses = Counter(exit_.status for exit_ in storm.exits)
    print(f"drained in {took_s:.1f} s, verified in {time.monotonic() - started:.1f} s")
    print(f"{load.sent} bets sent, {watch.looks} looks at offsets, exits {dict(statuses)}")
    return Outcome(plan.seed, verification, storm.counts, faults)


def _strike(storm: Storm, load: Load) -> list[str]:
    """Let the storm blow itself out; a fault if the load was over before its last blow."""
    faults = []
    while not storm.is_over:
        if storm.step() and not storm.blows and not load.is_alive():
            faults.append("the load was over before the last disturbance")
        time.sleep(LOOK_S)
    return faults


def _dead_letter_faults(bootstrap: str, load: Load) -> Iterator[str]:
    """Everything that was sent to be refused was, once, and nothing else."""
    found: Counter[Any] = Counter()
    for inbox in INBOXES:
        for records in read_to_end(bootstrap, inbox.dead_letters, range(PARTITIONS)).values():
            for record in records:
                found[record.value] += 1
                if record.value not in load.poison:
                    reason = dict(record.headers).get("reason", b"").decode()
                    detail = dict(record.headers).get("detail", b"").decode()
                    yield f"dead letter of {inbox.name}: {reason} {detail}"
    for poison in sorted(load.poison):
        if found[poison] != 1:
            yield f"poison was refused {found[poison]} times: {poison[:60]!r}"


def _arrival_faults(bootstrap: str, load: Load) -> Iterator[str]:
    """Everything that the load sent is in an inbox once: what is not there nobody can miss."""
    wire = sportsbook_wire()
    found: Counter[str] = Counter()
    for inbox in INBOXES:
        for records in read_to_end(bootstrap, inbox.name, range(PARTITIONS)).values():
            for record in records:
                if record.value not in load.poison or record.key != b"poison":
                    found[wire.decode(record.value or b"").id] += 1
    wrong = [n for n in range(1, load.records + 1) if found[f"chaos-{n}"] != 1]
    if wrong:
        yield f"{len(wrong)} of {load.records} records did not arrive once, the first {wrong[:5]}"


def main() -> int:
    """Run once and say how it went; the last line is the summary."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long the load lasts")
    parser.add_argument("--bets", type=int, default=BETS)
    parser.add_argument("--logs", type=Path, help="a folder for the workers' logs")
    asked = parser.parse_args()
    again = f"--seed {asked.seed} --minutes {asked.minutes:g} --bets {asked.bets}"
    print(f"seed {asked.seed}; again: python -m tests.chaos.run {again}", flush=True)
    outcome = run(asked.seed, asked.minutes, asked.bets, asked.logs)
    for fault in outcome.faults:
        print(f"FAULT {fault}")
    print(outcome.summary(), flush=True)
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())

"""Runs a topology in one process over a log in memory: tests, simulation, replay, demo.

The same `Agent` values and the same shell as on Kafka. A step takes a stretch of one inbox
partition and commits it as a whole. A crash forgets everything but the log and the committed
offsets, as SIGKILL does; the step is then done again from the last commit.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from overround.contracts.topic import PARTITIONS, Topic
from overround.domain.kernel.decision import Tick
from overround.runtime.in_process.log import Log, LogRecord
from overround.runtime.records import Headers, Wire
from overround.runtime.shell import Task, restore
from overround.runtime.topology import Agent, Topology

# The simulated clock begins at a date that nobody mistakes for now: 2022-12-18 15:00 UTC.
START_US = 1_671_375_600_000_000

# The longest stretch of an inbox that one step handles before its commit.
_STEP_RECORDS_MAX = 50


class CrashPoint(StrEnum):
    """Where a simulated worker can die within a step."""

    BEFORE_EVENT = "before_event"
    AFTER_PUBLISH = "after_publish"
    AFTER_EVENT = "after_event"
    BEFORE_CHANGELOG = "before_changelog"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"


class SimulatedCrash(BaseException):
    """The worker died here. Not an Exception: the shell must not take it for bad input."""


CrashPlan = Callable[[CrashPoint], bool]


def never(_point: CrashPoint) -> bool:
    """The plan of a run without crashes."""
    return False


def at_random(seed: int, rate: float) -> CrashPlan:
    """Die at each passed point with probability `rate`; the same seed dies at the same points."""
    chance = random.Random(seed)
    return lambda _point: chance.random() < rate


@dataclass(slots=True)
class _Transaction:
    """The lanes of one step; the transactional one is held back until the commit."""

    engine: InProcess
    held: list[tuple[str, bytes | None, bytes | None, int | None, Headers]] = field(
        default_factory=list
    )

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.held.append((topic, key, value, None, headers))

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        self.engine.append(topic, key, value, headers=headers)
        self.engine.pass_point(CrashPoint.AFTER_PUBLISH)

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        self.held.append((changelog, key, value, partition, ()))


class InProcess:
    """An in-process engine for a topology.

    `seed` decides in which order partitions get their turn and how long a step is; the order
    within a partition is always the log's. Without `cuts` a step takes all that waits: then a
    record that a crash published twice moves no other, and a run with crashes can be compared
    with one without. With `batches` a step's records count as having come together, so that of
    outputs that supersede each other only the newest is published.
    """

    def __init__(
        self,
        topology: Topology,
        wire: Wire,
        *,
        partitions: int = PARTITIONS,
        seed: int = 0,
        crash: CrashPlan = never,
        start_us: int = START_US,
        cuts: bool = True,
        batches: bool = False,
    ) -> None:
        self.topology = topology
        self.log = Log(partitions)
        self.crashes = 0
        self.now_us = start_us
        self._wire = wire
        self._crash = crash
        self._turns = random.Random(seed)
        self._committed: dict[tuple[str, int], int] = {}
        self._tasks: dict[tuple[str, int], Task] = {}
        self._transaction = _Transaction(self)
        self._piped = 0
        self._cuts = cuts
        self._batches = batches

    def pipe(
        self, topic: Topic, key: str, value: object, at_us: int | None = None, id: str = ""
    ) -> LogRecord:
        """Write a record as a client would; `at_us` moves the clock forward first."""
        if at_us is not None:
            self.now_us = max(self.now_us, at_us)
        self._piped += 1
        name = id or f"piped-{self._piped}"
        payload = self._wire.encode(value, id=name, at_us=self.now_us, caused_by=None)
        return self.append(topic.name, key.encode(), payload)

    def append(self, topic: str, key: bytes | None, value: bytes | None, **place: Any) -> LogRecord:
        """Write raw bytes at the clock's time."""
        return self.log.append(topic, key, value, timestamp=self.now_us // 1000, **place)

    def advance(self, seconds: int) -> None:
        """Let time pass: each second every inbox partition gets a tick, and all of it is run."""
        for _ in range(seconds):
            self.now_us += 1_000_000
            for agent in self.topology.agents:
                for partition in range(self.log.partitions):
                    self._tick(agent, partition)
            self.run()

    def _tick(self, agent: Agent, partition: int) -> None:
        tick = Tick(self.now_us)
        payload = self._wire.encode(tick, id="", at_us=self.now_us, caused_by=None)
        self.append(agent.inbox.name, None, payload, partition=partition)

    def run(self) -> None:
        """Handle everything that waits in the inboxes, and what that causes, to the end."""
        while waiting := self._waiting():
            agent, partition = self._turns.choice(waiting)
            length = self._turns.randint(1, _STEP_RECORDS_MAX) if self._cuts else None
            start = self._committed.get((agent.name, partition), 0)
            records = self.log.read(agent.inbox.name, partition, start)[:length]
            self._step(agent, partition, records)

    def read(self, topic: Topic | str) -> list[Any]:
        """Every decoded value of a topic, partition after partition."""
        name = topic if isinstance(topic, str) else topic.name
        return [
            self._wire.decode(record.value or b"").value
            for partition in range(self.log.partitions)
            for record in self.log.read(name, partition)
        ]

    def dead_letters(self, topic: Topic) -> list[tuple[str, LogRecord]]:
        """The refused records of an inbox with their reasons."""
        return [
            (dict(record.headers)["reason"].decode(), record)
            for partition in range(self.log.partitions)
            for record in self.log.read(topic.dead_letters, partition)
        ]

    def table(self, name: str) -> dict[str, Any]:
        """A table's committed content over all partitions, keys sorted."""
        agent, table = next(
            (agent, table)
            for agent in self.topology.agents
            for table in agent.owns
            if table.name == name
        )
        content: dict[str, Any] = {}
        for partition in range(self.log.partitions):
            for key, value in self.log.newest(agent.changelog(table), partition).items():
                content[key.decode()] = self._wire.decode_state(value)
        return dict(sorted(content.items()))

    def committed(self, agent: Agent, partition: int) -> int:
        """The offset that the agent goes on with in a partition of its inbox."""
        return self._committed.get((agent.name, partition), 0)

    def state_hash(self) -> str:
        """SHA-256 over every table: equal states, equal hash, whatever happened on the way."""
        return hash_tables(
            (agent.changelog(table), self.log.newest(agent.changelog(table), partition))
            for agent in self.topology.agents
            for table in agent.owns
            for partition in range(self.log.partitions)
        )

    def pass_point(self, point: CrashPoint) -> None:
        """Die here if the plan says so."""
        if self._crash(point):
            raise SimulatedCrash(point)

    def _waiting(self) -> list[tuple[Agent, int]]:
        return [
            (agent, partition)
            for agent in self.topology.agents
            for partition in range(self.log.partitions)
            if self.log.end(agent.inbox.name, partition)
            > self._committed.get((agent.name, partition), 0)
        ]

    def _step(self, agent: Agent, partition: int, records: list[LogRecord]) -> None:
        # A step that died is done again with the same records, so that a run with crashes
        # takes the same turns as one without.
        end = records[-1].offset + 1
        while self._committed.get((agent.name, partition), 0) < end:
            try:
                self._attempt(agent, partition, records)
            except BaseException as error:
                # Whatever ended the step, a stop by the shell too, nothing of it is left.
                self._tasks.clear()
                self._transaction.held.clear()
                if not isinstance(error, SimulatedCrash):
                    raise
                self.crashes += 1

    def _attempt(self, agent: Agent, partition: int, records: list[LogRecord]) -> None:
        task = self._task(agent, partition)
        steps = task.steps(records) if self._batches else map(task.process, records)
        for _ in records:
            self.pass_point(CrashPoint.BEFORE_EVENT)
            next(steps)
            self.pass_point(CrashPoint.AFTER_EVENT)
        self.pass_point(CrashPoint.BEFORE_CHANGELOG)
        task.flush()
        self.pass_point(CrashPoint.BEFORE_COMMIT)
        for topic, key, value, place, headers in self._transaction.held:
            self.append(topic, key, value, partition=place, headers=headers)
        self._transaction.held.clear()
        self._committed[agent.name, partition] = records[-1].offset + 1
        self.pass_point(CrashPoint.AFTER_COMMIT)

    def _task(self, agent: Agent, partition: int) -> Task:
        task = self._tasks.get((agent.name, partition))
        if task is None:
            task = Task(agent, partition, self._wire, self._transaction)
            restore(
                task,
                {t.name: self.log.newest(agent.changelog(t), partition) for t in agent.owns},
            )
            self._tasks[agent.name, partition] = task
        return task


def hash_tables(tables: Iterable[tuple[str, dict[bytes, bytes]]]) -> str:
    """SHA-256 over (changelog name, content) pairs; partitions of a name count as one table."""
    merged: dict[str, dict[bytes, bytes]] = {}
    for name, content in tables:
        merged.setdefault(name, {}).update(content)
    digest = hashlib.sha256()
    for name in sorted(merged):
        digest.update(name.encode() + b"\0")
        for key in sorted(merged[name]):
            for part in (key, merged[name][key]):
                digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()

"""Rebuild what an agent made of its inbox: its tables and its outputs, record by record.

State is a function of the log, so a replay is nothing but the shell run again over the same
records with lanes that lead nowhere. It needs no engine and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from overround.runtime.records import Headers, InboxRecord, Wire
from overround.runtime.shell import Task
from overround.runtime.topology import Agent

Contents = dict[str, dict[bytes, bytes]]
"""The content of an agent's tables, by the name of their changelogs."""


class Output(NamedTuple):
    """A record that an agent put out; keyed topics choose the partition by murmur2."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class Collected:
    """Lanes that keep what leaves an agent; changelogs are read from the tables at the end."""

    __slots__ = ("published", "sent")

    def __init__(self) -> None:
        self.sent: list[Output] = []
        self.published: list[Output] = []

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Keep an output of the transactional lane."""
        self.sent.append(Output(topic, key, value, headers))

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Keep an output of the publishing lane."""
        self.published.append(Output(topic, key, value, headers))

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """Refuse: a replay is never flushed."""
        raise AssertionError(f"a replay writes no changelog, not even {changelog}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker had committed of one partition, all of it by the same transaction.

    `handled` is the offset that it goes on with; `tables` is what its changelogs hold.
    """

    handled: int
    tables: Contents


class Recorded(Protocol):
    """Topics as they were left, on a broker or in memory; committed records only."""

    @property
    def partitions(self) -> int:
        """How many partitions every topic has."""

    def read(self, topic: str, partition: int) -> Sequence[InboxRecord]:
        """The records of a partition in their order; none for a topic that nobody wrote."""

    def standing(self, agent: Agent, partition: int) -> Standing:
        """How far the agent has come in a partition, and its tables at that moment."""


def replay(
    agent: Agent,
    partition: int,
    wire: Wire,
    records: Iterable[InboxRecord],
    lanes: Collected | None = None,
) -> Task:
    """The agent's task after these records of its inbox, from the first one on.

    Raises:
        HandlerBroken: as on the engines, when the handler raised on too many in a row.
    """
    task = Task(agent, partition, wire, lanes or Collected())
    for record in records:
        task.process(record)
    return task


class Step(NamedTuple):
    """A record of an inbox, its agent's task right after it, and all that it put out."""

    record: InboxRecord
    task: Task
    outputs: list[Output]


def steps(
    agent: Agent, partition: int, wire: Wire, records: Iterable[InboxRecord]
) -> Iterator[Step]:
    """The same replay, record by record; each step's task is the one that goes on.

    What a worker that was behind left out as superseded is in the outputs as well.
    """
    lanes = Collected()
    task = Task(agent, partition, wire, lanes)
    for record in records:
        task.process(record)
        yield Step(record, task, [*lanes.published, *lanes.sent])
        lanes.published.clear()
        lanes.sent.clear()


def contents(task: Task) -> Contents:
    """What the changelogs of a task's partition have to hold."""
    return {
        task.agent.changelog(table): dict(task.tables[table.name].stored())
        for table in task.agent.owns
    }

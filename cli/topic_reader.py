"""Reads topics of a cluster to their end, so that no open transaction can mislead."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from overround.runtime.in_process import LogRecord
from overround.runtime.replay import Standing
from overround.runtime.topology import Agent
from topologies.app import group_of

_TIMEOUT_S = 30.0
# A dead worker's open transaction holds committed readers back for 10 s, and its abort takes
# the broker a moment; twice that and no progress means that something else is wrong.
_STUCK_S_MAX = 30.0
# Between two commits of a running worker lies a second at most, because of the ticks.
_STANDING_TRIES = 20
_END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001 - not exported otherwise


def _consumer(bootstrap: str, group: str, isolation: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
        }
    )


def ends(bootstrap: str, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """The high watermark of each partition, records of open transactions included."""
    consumer = _consumer(bootstrap, "overround-reader", "read_uncommitted")
    try:
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_S)[
                1
            ]
            for partition in partitions
        }
    finally:
        consumer.close()


def committed(
    bootstrap: str, group: str, topic: str, partitions: Iterable[int], *, is_stable: bool = True
) -> dict[int, int]:
    """Where a group goes on in each partition; 0 where it has never committed.

    A stable answer waits for the end of transactions that are about to commit offsets.
    """
    isolation = "read_committed" if is_stable else "read_uncommitted"
    consumer = _consumer(bootstrap, group, isolation)
    try:
        wanted = [TopicPartition(topic, partition) for partition in partitions]
        answered = consumer.committed(wanted, _TIMEOUT_S)
    finally:
        consumer.close()
    for place in answered:
        if place.error is not None:
            raise KafkaException(place.error)
    return {place.partition: max(0, place.offset) for place in answered}


def read_to_end(
    bootstrap: str,
    topic: str,
    partitions: Sequence[int],
    starts: Mapping[int, int] | None = None,
) -> dict[int, list[LogRecord]]:
    """The committed records of partitions up to where they end now, from `starts` or the first on.

    Reads to the high watermark, not to the first end of partition: behind a dead worker's open
    transaction committed records may lie already.

    Raises:
        ClickException: a partition did not become readable in time.
    """
    began = dict.fromkeys(partitions, 0) | dict(starts or {})
    left = {p: end for p, end in ends(bootstrap, topic, partitions).items() if end > began[p]}
    found: dict[int, list[LogRecord]] = {partition: [] for partition in partitions}
    consumer = _consumer(bootstrap, "overround-reader", "read_committed")
    try:
        consumer.assign([TopicPartition(topic, partition, began[partition]) for partition in left])
        moved_at = time.monotonic()
        while left:
            messages = consumer.consume(10_000, 0.1)
            for message in messages:
                _take(message, found, left)
            if messages:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > _STUCK_S_MAX:
                raise click.ClickException(f"{topic}: not readable to its end in {sorted(left)}")
    finally:
        consumer.close()
    return found


def _take(message: Message, found: dict[int, list[LogRecord]], left: dict[int, int]) -> None:
    error, partition = message.error(), message.partition() or 0
    if error is None:
        found[partition].append(_record(message))
    elif error.code() != _END_OF_PARTITION:
        raise KafkaException(error)
    elif (message.offset() or 0) >= left.get(partition, 0):
        # Only this event tells how far reading came: it passes over control and aborted records.
        left.pop(partition, None)


def _record(message: Message) -> LogRecord:
    headers: Any = message.headers() or ()  # typed as if they could be a mapping; they are pairs
    return LogRecord(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=tuple(headers),
    )


def newest(records: Iterable[LogRecord]) -> dict[bytes, bytes]:
    """What compaction leaves of a changelog partition: each key's newest value."""
    values: dict[bytes, bytes] = {}
    for record in records:
        if record.key is None:
            raise click.ClickException(f"a changelog record without a key in {record.topic}")
        if record.value is None:
            values.pop(record.key, None)
        else:
            values[record.key] = record.value
    return values


class KafkaTopics:
    """The topics of a cluster as `Recorded`; each is read once, all wanted partitions together.

    `wanted` are the partitions that will be asked for; None means all.
    """

    def __init__(
        self, bootstrap: str, partitions: int, wanted: Sequence[int] | None = None
    ) -> None:
        self.bootstrap = bootstrap
        self.partitions = partitions
        self._wanted = tuple(range(partitions)) if wanted is None else tuple(wanted)
        self._read: dict[str, dict[int, list[LogRecord]]] = {}
        self._standings: dict[str, dict[int, Standing]] = {}

    def read(self, topic: str, partition: int) -> Sequence[LogRecord]:
        """The committed records of a partition, as they were at the topic's first reading."""
        if topic not in self._read:
            self._read[topic] = read_to_end(self.bootstrap, topic, self._wanted)
        return self._read[topic][partition]

    def standing(self, agent: Agent, partition: int) -> Standing:
        """Offset and tables by one transaction, also while workers run.

        Raises:
            ClickException: the worker commits so often that no quiet moment was found.
        """
        if agent.name not in self._standings:
            self._standings[agent.name] = dict(self._stand(agent))
        return self._standings[agent.name][partition]

    def _stand(self, agent: Agent) -> Iterator[tuple[int, Standing]]:
        """Tables between two equal answers to where the group stands: nothing was committed."""
        left = list(self._wanted)
        for _ in range(_STANDING_TRIES):
            before = self._handled(agent, left)
            tables = self._tables(agent, left)
            after = self._handled(agent, left)
            for partition in [p for p in left if before[p] == after[p]]:
                left.remove(partition)
                yield partition, Standing(after[partition], tables[partition])
            if not left:
                return
        raise click.ClickException(f"{agent.name} commits too often to be read in {left}")

    def _handled(self, agent: Agent, partitions: Sequence[int]) -> dict[int, int]:
        return committed(self.bootstrap, group_of(agent), agent.inbox.name, partitions)

    def _tables(
        self, agent: Agent, partitions: Sequence[int]
    ) -> dict[int, dict[str, dict[bytes, bytes]]]:
        tables: dict[int, dict[str, dict[bytes, bytes]]] = {p: {} for p in partitions}
        for changelog in (agent.changelog(table) for table in agent.owns):
            for partition, records in read_to_end(self.bootstrap, changelog, partitions).items():
                tables[partition][changelog] = newest(records)
        return tables

"""A log in memory, shaped like Kafka's: topics, partitions, offsets, append times."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from aiokafka.partitioner import murmur2

from overround.runtime.records import Headers


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it stands in a partition; `timestamp` is the append time in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's Java client and our producers choose for a key (murmur2)."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class Log:
    """Every topic of a simulated cluster.

    Appending is immediate and visible: the engine holds an open transaction's records back.
    """

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._topics: dict[str, list[list[LogRecord]]] = defaultdict(
            lambda: [[] for _ in range(partitions)]
        )

    def append(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        timestamp: int,
        partition: int | None = None,
        headers: Headers = (),
    ) -> LogRecord:
        """Add a record; without a partition the key decides, and no key means partition 0."""
        place = partition
        if place is None:
            place = 0 if key is None else partition_of(key, self.partitions)
        records = self._topics[topic][place]
        record = LogRecord(topic, place, len(records), timestamp, key, value, headers)
        records.append(record)
        return record

    def read(self, topic: str, partition: int, start: int = 0) -> list[LogRecord]:
        """The records of a partition from an offset on."""
        return self._topics[topic][partition][start:]

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record of the partition will get."""
        return len(self._topics[topic][partition])

    def newest(self, topic: str, partition: int) -> dict[bytes, bytes]:
        """What compaction leaves of a partition: each key's newest value, removed keys gone."""
        values: dict[bytes, bytes] = {}
        for record in self._topics[topic][partition]:
            assert record.key is not None, f"a changelog record without a key in {topic}"
            if record.value is None:
                values.pop(record.key, None)
            else:
                values[record.key] = record.value
        return values

    def topics(self) -> list[str]:
        """The names of the topics that were written or read, sorted."""
        return sorted(self._topics)

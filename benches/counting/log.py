"""The counting job's topics: made, filled, and read back to be judged."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from overround.contracts.clients import producer_settings

PARTITIONS = 8
KEYS = 997  # a prime: no key falls in step with anything

_TIMEOUT_S = 30
_READ_S_MAX = 60
_BATCH_RECORDS = 5_000

Count = Callable[[bytes], int]
"""Reads a count from a changelog's value."""


def key_of(number: int) -> bytes:
    """The key of an event."""
    return b"k%d" % (number % KEYS)


def create(bootstrap: str, names: Iterable[str], config: Mapping[str, str]) -> None:
    """Make topics of `PARTITIONS` partitions and wait for them."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [NewTopic(name, PARTITIONS, 1, config=dict(config)) for name in names]
    for made in admin.create_topics(wanted, operation_timeout=_TIMEOUT_S).values():
        made.result(_TIMEOUT_S)


def create_job(bootstrap: str, source: str, sink: str, changelog: str) -> None:
    """The topics of one counting job.

    The sink's times are the broker's: an engine's rate is read from them, so its own clock and
    its start-up do not count.
    """
    create(bootstrap, [source], {})
    create(bootstrap, [sink], {"message.timestamp.type": "LogAppendTime"})
    if changelog:
        create(bootstrap, [changelog], {"cleanup.policy": "compact"})


def feeder(bootstrap: str) -> Producer:
    """A producer that keys as every client in the house does."""
    return Producer(
        producer_settings(
            bootstrap,
            linger_ms=5,
            compression_type="lz4",
            queue_buffering_max_messages=1_000_000,
        )
        | {"log_level": 3}  # a fresh broker's "try again" is no news
    )


def fill(bootstrap: str, source: str, events: int) -> None:
    """Write events 0, 1, 2, ... to the source; all are acknowledged when this returns."""
    producer = feeder(bootstrap)
    for number in range(events):
        while True:
            try:
                producer.produce(source, b"%d" % number, key_of(number))
                break
            except BufferError:
                producer.poll(0.05)
        if number % 10_000 == 0:
            producer.poll(0)
    if producer.flush(_TIMEOUT_S):
        raise TimeoutError(f"{source} did not take its {events} events")


class Ends:
    """Watches how many records, control records included, a topic has."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-ends"})

    def total(self) -> int:
        """The sum of the high watermarks."""
        ends = (
            self._reader.get_watermark_offsets(TopicPartition(self._topic, number), _TIMEOUT_S)
            for number in range(PARTITIONS)
        )
        return sum(end for _, end in ends)

    def close(self) -> None:
        self._reader.close()


def committed_records(bootstrap: str, topic: str) -> Iterator[Message]:
    """Every committed record of a topic, each partition in its order."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    unfinished = set(range(PARTITIONS))
    reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in unfinished])
    deadline = time.monotonic() + _READ_S_MAX
    try:
        while unfinished:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} has no readable end: {sorted(unfinished)}")
            for message in reader.consume(_BATCH_RECORDS, 0.2):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - no public name
                    unfinished.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        reader.close()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an engine made of the events, and when.

    `sequence_breaks` are outputs whose count does not follow the last one of their key;
    `table_mismatches` keys whose changelog does not end with their number of events.
    """

    events: int
    outputs: int
    duplicates: int
    lost: int
    sequence_breaks: int
    table_mismatches: int
    first_ms: int
    last_ms: int

    @property
    def is_exact(self) -> bool:
        """Whether every event was counted once, everywhere."""
        wrong = (self.duplicates, self.lost, self.sequence_breaks, self.table_mismatches)
        return not any(wrong)

    @property
    def events_s(self) -> float:
        """Outputs a second between the first and the last append."""
        return self.outputs / max(1, self.last_ms - self.first_ms) * 1000


def judge(
    outputs: Iterable[tuple[bytes, bytes, int]], table: Mapping[bytes, int], events: int
) -> Verdict:
    """Judge the outputs, as (key, value, time in ms), and the table, against `events` events."""
    seen = bytearray(events)
    counts: dict[bytes, int] = {}
    total = duplicates = breaks = 0
    first_ms, last_ms = 2**63, 0
    for key, value, at_ms in outputs:
        number, _, text = value.partition(b",")
        place, count = int(number), int(text)
        duplicates += seen[place]
        seen[place] = 1
        breaks += count != counts.get(key, 0) + 1
        counts[key] = count
        total += 1
        first_ms, last_ms = min(first_ms, at_ms), max(last_ms, at_ms)
    truth = Counter(key_of(number) for number in range(events))
    return Verdict(
        events=events,
        outputs=total,
        duplicates=duplicates,
        lost=events - sum(seen),
        sequence_breaks=breaks,
        table_mismatches=sum(table.get(key, 0) != count for key, count in truth.items()),
        first_ms=first_ms,
        last_ms=last_ms,
    )


def read_verdict(bootstrap: str, sink: str, changelog: str, events: int, count: Count) -> Verdict:
    """Judge what stands in the sink and the changelog.

    A key of the changelog begins with the event's own key; what an engine puts behind it is
    parted by a bar.
    """
    table: dict[bytes, int] = {}
    for message in committed_records(bootstrap, changelog):
        key, value = message.key() or b"", message.value()
        table[key.partition(b"|")[0]] = 0 if value is None else count(value)
    outputs = (
        (message.key() or b"", message.value() or b"", message.timestamp()[1])
        for message in committed_records(bootstrap, sink)
    )
    return judge(outputs, table, events)

"""The sink: committed records of topics into Parquet files, each exactly once.

    with ParquetSink(["bets.events"], Path("lake"), bootstrap_servers="...", schema_of=...) as sink:
        sink.run(once=True)

It commits no offsets to Kafka: where to go on stands in the lake's manifests, so rows and place
cannot come apart. Only records of committed transactions are read. The lake is laid out as

    <topic>/record=<record>/date=<day of at_us, UTC>/<topic>-<partition>-<first>-<last>.parquet
    _rejects/<topic>/<topic>-<partition>-<first>-<last>.parquet
    _manifests/<topic>-<partition>.json
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from confluent_kafka import OFFSET_BEGINNING, Message, TopicPartition

from overround.sinks.batch import Batches, Record
from overround.sinks.manifest import CrashAt, PartitionLog, no_crash
from overround.sinks.schema import SchemaOf
from overround.sinks.source import (
    ANSWER_S_MAX,
    RecordsGone,
    committed_reader,
    described,
    record_of,
    refuse,
)

# How long a stop signal may go unseen, and the longest a lone record waits in the client.
POLL_S = 0.2
# Messages taken from the client at once: enough that the call's own cost is lost among them, few
# enough that a stop signal is seen in a fraction of a second.
POLL_MESSAGES = 2_000
# What all batches together may hold before they are written whatever their age: a topic catalogue
# of a hundred partitions would otherwise take a hundred times a partition's bound.
HELD_BYTES_MAX = 256 * 1024 * 1024
# A record's cost in memory beside its payload: its tuple, its key and the three objects' headers.
RECORD_BYTES = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """When a partition's batch is written: at the first of these.

    The defaults: half a minute keeps a quiet partition below 3,000 files a day and type; 50,000
    rows or 32 MiB bound the memory of a busy one.
    """

    rows: int = 50_000
    size_bytes: int = 32 * 1024 * 1024
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sink is: rows and rejects of this run, records still to read."""

    rows: int
    rejects: int
    lag: int
    elapsed_s: float


OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class _Partition:
    """One partition: its files, and the records that wait for the next batch."""

    topic: str
    number: int
    log: PartitionLog
    until: int | None  # where `--once` stops; None runs on
    records: list[Record] = field(default_factory=list)
    size_bytes: int = 0
    since_s: float = 0.0
    reached: int = 0

    @property
    def is_done(self) -> bool:
        return self.until is not None and self.reached >= self.until


class ParquetSink:
    """Sinks every partition of some topics, or an instance's share of them, into a lake.

    Args:
        topics: names of topics in the Confluent wire format.
        lake: the lake's directory, made when absent.
        bootstrap_servers: where Kafka is.
        schema_of: the Avro schema registered under an id; KeyError for an unknown one.
        instance: `(i, n)`, i from 1 to n: the partitions p with p mod n = i - 1.
        roll: when a batch is written.
        crash_at: called with the name of each step of a commit (see `CRASH_POINTS`).
        on_progress: called about once a second from `run`.

    Raises:
        LakeBusy: another sink writes one of the partitions.
        LakeDamaged: the lake is not what its manifests say.
        NoSuchTopic: a topic is missing.
        KafkaException: Kafka does not answer.
    """

    def __init__(
        self,
        topics: Sequence[str],
        lake: Path,
        *,
        bootstrap_servers: str,
        schema_of: SchemaOf,
        instance: tuple[int, int] = (1, 1),
        roll: Roll | None = None,
        crash_at: CrashAt = no_crash,
        on_progress: OnProgress | None = None,
    ) -> None:
        share, shares = instance
        if not 1 <= share <= shares:
            raise ValueError(f"instance {share} of {shares} does not exist")
        self._roll = roll or Roll()
        self._on_progress = on_progress
        self._stop = threading.Event()
        self._batches = {topic: Batches(topic, schema_of) for topic in topics}
        self._consumer = committed_reader(bootstrap_servers)
        self._partitions: dict[tuple[str, int], _Partition] = {}
        try:
            for topic, (topic_id, count) in described(bootstrap_servers, topics).items():
                for number in range(share - 1, count, shares):
                    log = PartitionLog(lake, topic, number, topic_id=topic_id, crash_at=crash_at)
                    self._partitions[topic, number] = _Partition(topic, number, log, None)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ParquetSink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def stop(self) -> None:
        """Ask `run` to write what it holds and return; safe in a signal handler."""
        self._stop.set()

    def held(self) -> int:
        """Records that were read and are not in a file yet."""
        return sum(len(partition.records) for partition in self._partitions.values())

    def close(self) -> None:
        """Leave Kafka and the lake; what was not written is read again by the next sink."""
        self._consumer.close()
        for partition in self._partitions.values():
            partition.log.close()

    def run(self, *, once: bool = False) -> Progress:
        """Sink until `stop`, or with `once` until the end that the topics have now.

        The end is the last stable offset: records of transactions that are still open are not
        waited for.

        Raises:
            RecordsGone: retention has deleted records that were not sunk yet.
            KafkaException: Kafka refused for good.
        """
        self._assign(once=once)
        before = self._totals()
        began_s = told_s = time.monotonic()
        while not self._stop.is_set() and not (once and self._is_done()):
            for message in self._consumer.consume(POLL_MESSAGES, POLL_S):
                self._take(message)
            now_s = time.monotonic()
            self._write_due(now_s)
            if now_s - told_s >= 1.0:
                told_s = now_s
                self._tell(before, now_s - began_s)
        for partition in self._partitions.values():
            self._write(partition)
        return self._tell(before, time.monotonic() - began_s)

    def _assign(self, *, once: bool) -> None:
        assigned = []
        for partition in self._partitions.values():
            place = partition.log.manifest.next_offset
            where = TopicPartition(partition.topic, partition.number)
            low, high = self._consumer.get_watermark_offsets(where, timeout=ANSWER_S_MAX)
            if place and not low <= place <= high:
                raise RecordsGone(
                    f"{where.topic}-{where.partition} goes on at {place}; {low=} {high=}"
                )
            partition.until = high if once else None
            partition.reached = max(place, low)
            where.offset = place or OFFSET_BEGINNING
            assigned.append(where)
        self._consumer.assign(assigned)

    def _take(self, message: Message) -> None:
        partition = self._partitions[str(message.topic()), int(message.partition() or 0)]
        error = message.error()
        if error is not None:
            refuse(error, f"{partition.topic}-{partition.number}")
            partition.reached = max(partition.reached, int(message.offset() or 0))
            return
        record = record_of(message)
        assert record.offset >= partition.reached, "a partition's offsets rise"
        if not partition.records:
            partition.since_s = time.monotonic()
        partition.records.append(record)
        partition.size_bytes += len(record.value or b"") + RECORD_BYTES
        partition.reached = record.offset + 1
        if (
            len(partition.records) >= self._roll.rows
            or partition.size_bytes >= self._roll.size_bytes
        ):
            self._write(partition)

    def _write_due(self, now_s: float) -> None:
        held_bytes = sum(partition.size_bytes for partition in self._partitions.values())
        for partition in self._partitions.values():
            is_old = now_s - partition.since_s >= self._roll.seconds
            if is_old or held_bytes >= HELD_BYTES_MAX:
                self._write(partition)

    def _write(self, partition: _Partition) -> None:
        records = partition.records
        if records:
            files, rejects = self._batches[partition.topic].files(partition.number, records)
            assert sum(file.rows.num_rows for file in files) == len(records), "a row a record"
            partition.log.commit(files, next_offset=records[-1].offset + 1, rejects=rejects)
            partition.records, partition.size_bytes = [], 0

    def _is_done(self) -> bool:
        return all(partition.is_done for partition in self._partitions.values())

    def _totals(self) -> tuple[int, int]:
        manifests = [partition.log.manifest for partition in self._partitions.values()]
        return sum(m.rows for m in manifests), sum(m.rejects for m in manifests)

    def _tell(self, before: tuple[int, int], elapsed_s: float) -> Progress:
        rows, rejects = self._totals()
        progress = Progress(rows - before[0], rejects - before[1], self._lag(), elapsed_s)
        if self._on_progress is not None:
            self._on_progress(progress)
        return progress

    def _lag(self) -> int:
        lag = 0
        for partition in self._partitions.values():
            where = TopicPartition(partition.topic, partition.number)
            known = self._consumer.get_watermark_offsets(where, cached=True)
            lag += max(0, known[1] - partition.reached) if known else 0
        return lag

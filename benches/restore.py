"""How long a worker that takes over a million keys waits for them, and for what.

    python -m benches.restore [keys]      about 60 s for 1,000,000

Claim: 1,000,000 keys in 8 partitions of a changelog (key 12 bytes, value 64) are restored in 6 s
by one process.

Method: the changelog is written in transactions of 5,000 records, as commits leave it, by
librdkafka with lz4. Then `recovery.restore` runs three times in this process, wall clock and CPU;
the process's CPU above the calling thread's is librdkafka's fetching and decompressing. After it
come parts of the same work, each alone, which tells what the whole is spent on: asking where the
partitions end, handing messages over to Python and dropping them, looking at their keys and
values as well, and putting such keys and values into maps.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from benches.counting.log import PARTITIONS, create
from benches.report import Report, table
from cli.local_kafka import cluster
from overround.runtime.faust_kafka import recovery
from overround.runtime.memory import settle_memory

KEYS = 1_000_000
VALUE_BYTES = 64
TRANSACTION_RECORDS = 5_000
RUNS = 3
RESTORE_S_MAX = 6.0

_TIMEOUT_S = 60.0
_BATCH_RECORDS = 10_000  # as the restore takes them


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a step: by the clock, by this thread, by all threads."""

    wall_s: float
    thread_s: float
    process_s: float

    def row(self, name: str) -> tuple[str, ...]:
        """A line of the table; the last figure is what other threads used."""
        others_s = self.process_s - self.thread_s
        return (name, *(f"{value:.2f}" for value in (self.wall_s, self.thread_s, others_s)))


def spent(step: Callable[[], object]) -> Spent:
    """Run a step and clock it."""
    began = (time.perf_counter(), time.thread_time(), time.process_time())
    step()
    ended = (time.perf_counter(), time.thread_time(), time.process_time())
    return Spent(*(after - before for before, after in zip(began, ended, strict=True)))


def fill(bootstrap: str, changelog: str, keys: int) -> None:
    """A changelog with so many keys, each once, in transactions."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "transactional.id": changelog,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 4 * TRANSACTION_RECORDS,
            "log_level": 3,
        }
    )
    producer.init_transactions(_TIMEOUT_S)
    for first in range(0, keys, TRANSACTION_RECORDS):
        producer.begin_transaction()
        for number in range(first, min(keys, first + TRANSACTION_RECORDS)):
            value = b"%0*d" % (VALUE_BYTES, number)
            producer.produce(changelog, value, b"key-%08d" % number, number % PARTITIONS)
        producer.commit_transaction(_TIMEOUT_S)


def hand_over(bootstrap: str, changelog: str, *, look: bool) -> None:
    """Read to the end as the restore does, but keep nothing; `look` takes key and value."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-restore",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.message.max.bytes": 16 * 1024 * 1024,
            "queued.max.messages.kbytes": 256 * 1024,
            "fetch.wait.max.ms": 50,
            "check.crcs": False,
        }
    )
    consumer.assign([TopicPartition(changelog, n, OFFSET_BEGINNING) for n in range(PARTITIONS)])
    unfinished = PARTITIONS
    while unfinished:
        for message in consumer.consume(_BATCH_RECORDS, 0.2):
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error  # noqa: SLF001
                unfinished -= 1
            elif look:
                message.key(), message.value(), message.topic(), message.partition()
    consumer.close()


def into_maps(keys: int) -> None:
    """The memory's share: as many keys and values into a map for each partition."""
    maps: list[dict[bytes, bytes]] = [{} for _ in range(PARTITIONS)]
    for number in range(keys):
        maps[number % PARTITIONS][b"key-%08d" % number] = b"%0*d" % (VALUE_BYTES, number)


def main(keys: int = KEYS) -> None:
    """Fill, restore, take apart, print, write."""
    report = Report("restore", "A changelog's keys back into memory, in one process.")
    changelog = f"restore-{token_hex(3)}-changelog"
    places = [(changelog, number) for number in range(PARTITIONS)]
    settle_memory()
    with cluster() as bootstrap:
        create(bootstrap, [changelog], {"cleanup.policy": "compact"})
        fill(bootstrap, changelog, keys)

        def restore() -> None:
            maps = recovery.restore(bootstrap, places, _TIMEOUT_S)
            assert sum(map(len, maps.values())) == keys

        restored = [spent(restore) for _ in range(RUNS)]
        parts = {
            "asking where the partitions end": spent(
                lambda: recovery.high_watermarks(bootstrap, places)
            ),
            "messages to Python, dropped": spent(
                lambda: hand_over(bootstrap, changelog, look=False)
            ),
            "the same, key and value looked at": spent(
                lambda: hand_over(bootstrap, changelog, look=True)
            ),
            "as many keys made and put into maps": spent(lambda: into_maps(keys)),
        }
    rows = [each.row(f"restore, run {number}") for number, each in enumerate(restored, start=1)]
    rows += [each.row(name) for name, each in parts.items()]
    header = ("step", "wall s", "this thread's CPU s", "other threads' CPU s")
    report.add(f"{keys:,} keys", table(header, rows))
    median_s = statistics.median(each.wall_s for each in restored)
    report.figures = {"keys": keys, "wall_s": [each.wall_s for each in restored]}
    report.targets(
        {f"1,000,000 keys in {RESTORE_S_MAX:g} s": median_s / keys <= RESTORE_S_MAX / KEYS}
    )
    report.write()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

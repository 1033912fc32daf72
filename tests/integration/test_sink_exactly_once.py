"""The sink on a real Kafka, killed at every step: the lake's rows are the committed records."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from overround.sinks.manifest import CRASH_POINTS, LakeBusy, manifests
from overround.sinks.parquet import ParquetSink, Roll
from overround.sinks.source import RecordsGone
from tests.kit.kafka import REPOSITORY, fresh_topic, produce, read_to_end, unique
from tests.kit.lake import DAY_US, MAY_1_US, SCHEMAS, wire

pytestmark = pytest.mark.kafka

Rows = Counter[tuple[int, int]]

PARTITIONS = 3
TRANSACTIONS = 20
RECORDS = 40  # a transaction and partition
TYPES = ("BetAccepted", "BetRejected", "BetSettled")


@pytest.fixture(scope="module")
def topic(kafka: str) -> str:
    """20 transactions of 3 x 40 records, each fourth aborted: 15 x 120 = 1,800 are committed.

    Three types on two days, and one unreadable record in 40.
    """
    name = fresh_topic(kafka, "bets.events", partitions=PARTITIONS)
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": unique("feeder")})
    producer.init_transactions(30)
    for transaction in range(TRANSACTIONS):
        producer.begin_transaction()
        for number in range(RECORDS * PARTITIONS):
            producer.produce(
                name, key=f"c{number}", value=value(number), partition=number % PARTITIONS
            )
        if transaction % 4 == 3:
            producer.flush(30)  # or the abort would drop them unsent, and leave no gap to cross
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
    return name


def value(number: int) -> bytes:
    if number % 40 == 7:
        return b"junk"
    at_us = MAY_1_US + (number % 2) * DAY_US
    return wire(TYPES[number % len(TYPES) if number % 5 else 0], at_us=at_us, id=f"id{number}")


def lake_rows(lake: Path, topic: str) -> Rows:
    """(partition, offset) of every visible row and reject, read as an analyst would."""
    seen: Rows = Counter()
    for folder in (topic, f"_rejects/{topic}"):
        glob = f"{lake}/{folder}/**/*.parquet"
        if any((lake / folder).glob("**/*.parquet")):
            found = duckdb.connect().execute(
                "SELECT _partition, _offset FROM read_parquet(?)", [glob]
            )
            seen.update(found.fetchall())
    return seen


def committed_rows(kafka: str, topic: str) -> Rows:
    return Counter((record.partition, record.offset) for record in read_to_end(kafka, topic))


def sink(kafka: str, topic: str, lake: Path, *, instance: tuple[int, int] = (1, 1)) -> ParquetSink:
    return ParquetSink(
        [topic],
        lake,
        bootstrap_servers=kafka,
        schema_of=SCHEMAS.__getitem__,
        instance=instance,
        roll=Roll(rows=100),
    )


def run_child(kafka: str, topic: str, lake: Path, step: str = "", nth: int = 0) -> int:
    command = [sys.executable, "-m", "tests.kit.sink_child", kafka, topic, str(lake), step]
    return subprocess.run([*command, str(nth)], cwd=REPOSITORY, timeout=60, check=False).returncode


class Watcher:
    """Reads the lake over and over while others write it; keeps what should not be."""

    def __init__(self, lake: Path, topic: str) -> None:
        self._lake, self._topic = lake, topic
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.looks = 0
        self.faults: list[str] = []

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        before: Rows = Counter()
        while not self._done.wait(0.01):
            try:
                now = lake_rows(self._lake, self._topic)
            except duckdb.Error as torn:
                self.faults.append(str(torn))
                return
            self.faults += [f"twice: {row}" for row, count in now.items() if count > 1]
            self.faults += [f"went away: {row}" for row in before - now]
            before, self.looks = now, self.looks + 1


@pytest.mark.parametrize("step", CRASH_POINTS)
def test_a_sink_killed_at_a_step_leaves_each_committed_record_once(
    kafka: str, topic: str, tmp_path: Path, step: str
) -> None:
    with Watcher(tmp_path, topic) as watcher:
        for nth in (1, 4):  # in the first batch, and with batches of others behind it
            assert run_child(kafka, topic, tmp_path, step, nth) == -signal.SIGKILL
        assert run_child(kafka, topic, tmp_path) == 0
    assert watcher.looks > 0
    assert watcher.faults == []
    committed = committed_rows(kafka, topic)
    assert committed.total() == 1_800
    assert lake_rows(tmp_path, topic) == committed
    held = manifests(tmp_path)
    assert sum(m.rows + m.rejects for m in held) == 1_800
    assert sum(m.rejects for m in held) == 45


def test_a_second_run_adds_nothing_and_a_later_one_only_what_is_new(
    kafka: str, tmp_path: Path
) -> None:
    name = fresh_topic(kafka, "bets.events", partitions=PARTITIONS)
    for new in (50, 0, 7):
        produce(kafka, name, [(b"c%d" % n, wire("BetAccepted")) for n in range(new)])
        with sink(kafka, name, tmp_path) as opened:
            assert opened.run(once=True).rows == new
    assert lake_rows(tmp_path, name) == committed_rows(kafka, name)


def test_instances_share_the_partitions_and_none_is_read_twice(
    kafka: str, topic: str, tmp_path: Path
) -> None:
    with sink(kafka, topic, tmp_path, instance=(1, 2)) as first:
        with sink(kafka, topic, tmp_path, instance=(2, 2)) as second:
            second.run(once=True)
        first.run(once=True)
        with pytest.raises(LakeBusy):
            sink(kafka, topic, tmp_path)
    assert lake_rows(tmp_path, topic) == committed_rows(kafka, topic)


def test_records_of_an_open_transaction_are_not_in_the_lake(kafka: str, tmp_path: Path) -> None:
    name = fresh_topic(kafka, "bets.events")
    produce(kafka, name, [(b"c", wire("BetAccepted"))])
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": unique("open")})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(name, value=wire("BetAccepted"))
    producer.flush(30)
    with sink(kafka, name, tmp_path) as opened:
        assert opened.run(once=True).rows == 1
    producer.commit_transaction(30)
    with sink(kafka, name, tmp_path) as opened:
        assert opened.run(once=True).rows == 1
    assert lake_rows(tmp_path, name) == Counter([(0, 0), (0, 1)])


def test_records_deleted_before_they_were_sunk_stop_the_sink(kafka: str, tmp_path: Path) -> None:
    name = fresh_topic(kafka, "bets.events")
    produce(kafka, name, [(b"c", wire("BetAccepted"))] * 5)
    with sink(kafka, name, tmp_path) as opened:
        opened.run(once=True)
    produce(kafka, name, [(b"c", wire("BetAccepted"))] * 5)
    admin = AdminClient({"bootstrap.servers": kafka})
    for deleted in admin.delete_records([TopicPartition(name, 0, 8)]).values():
        deleted.result(30)
    with sink(kafka, name, tmp_path) as opened, pytest.raises(RecordsGone):
        opened.run(once=True)


@pytest.fixture
def running(kafka: str, tmp_path: Path) -> Iterator[tuple[ParquetSink, str, threading.Thread]]:
    name = fresh_topic(kafka, "bets.events")
    opened = sink(kafka, name, tmp_path)
    thread = threading.Thread(target=opened.run)
    thread.start()
    yield opened, name, thread
    opened.stop()
    thread.join()
    opened.close()


def test_a_stop_writes_what_is_held(
    kafka: str, tmp_path: Path, running: tuple[ParquetSink, str, threading.Thread]
) -> None:
    opened, name, thread = running
    produce(kafka, name, [(b"c", wire("BetAccepted"))] * 5)
    read = threading.Event()
    while opened.held() != 5:
        read.wait(0.05)
    assert lake_rows(tmp_path, name).total() == 0, "neither rows nor seconds are up"
    opened.stop()
    thread.join(30)
    assert lake_rows(tmp_path, name).total() == 5

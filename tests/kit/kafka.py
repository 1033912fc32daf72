"""A real Kafka under test: fresh topics, records in, records out, worker processes."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from cli.local_kafka import KafkaUnavailable, LocalKafka
from cli.tether import tethered
from cli.topics import create_all
from overround.contracts.clients import is_delivered, producer_settings

REPOSITORY = Path(__file__).resolve().parents[2]

REQUEST_S_MAX = 30
LOG_LINES_SHOWN = 40


def unavailable(reason: str) -> NoReturn:
    """Skip the test with the reason; where CI runs it, fail: there nothing may be missing."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must have this: {reason}", pytrace=False)
    pytest.skip(reason)


@contextmanager
def sportsbook_broker() -> Iterator[str]:
    """A broker of the test's own, with the sportsbook's topics: these have fixed names."""
    try:
        node = LocalKafka()
    except KafkaUnavailable as missing:
        unavailable(missing.reason)
    with node:
        create_all(node.bootstrap_servers)
        yield node.bootstrap_servers


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a reader sees it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, str | bytes | None], ...]
    timestamp_ms: int


def unique(name: str) -> str:
    """The name with a suffix nobody else has: tests share the cluster, never a topic."""
    return f"{name}-{secrets.token_hex(4)}"


def create_topics(
    bootstrap_servers: str,
    *names: str,
    partitions: int = 1,
    settings: Mapping[str, str] | None = None,
) -> None:
    """Create topics of exactly these names, and wait until they can be written."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    wanted = [
        NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(settings or {}))
        for name in names
    ]
    for made in admin.create_topics(wanted, operation_timeout=REQUEST_S_MAX).values():
        made.result(REQUEST_S_MAX)


def fresh_topic(
    bootstrap_servers: str,
    name: str,
    *,
    partitions: int = 1,
    settings: Mapping[str, str] | None = None,
) -> str:
    """Create a topic with a unique suffix; its whole name."""
    topic = unique(name)
    create_topics(bootstrap_servers, topic, partitions=partitions, settings=settings)
    return topic


def produce(
    bootstrap_servers: str,
    topic: str,
    records: Iterable[tuple[bytes | None, bytes | None]],
    *,
    partition: int | None = None,
) -> None:
    """Write (key, value) pairs, all acknowledged when this returns.

    Keys choose partitions by murmur2, as everywhere in the house, unless one is given.
    """
    failures: list[KafkaError | None] = []
    producer = Producer(
        producer_settings(bootstrap_servers, linger_ms=5, compression_type="lz4")
        | {
            "on_delivery": lambda error, record: (
                None if is_delivered(error, record.offset()) else failures.append(error)
            )
        }
    )
    place = -1 if partition is None else partition  # -1 is librdkafka's "by the key"
    for key, value in records:
        producer.produce(topic, key=key, value=value, partition=place)
        producer.poll(0)
    unsent = producer.flush(REQUEST_S_MAX)
    assert not unsent, f"{unsent} records were not acknowledged in {REQUEST_S_MAX} s"
    assert not failures, failures[0]


def read_to_end(
    bootstrap_servers: str,
    topic: str,
    *,
    isolation: str = "read_committed",
    at_least: int = 0,
    seconds: float = REQUEST_S_MAX,
) -> list[Record]:
    """Every record of a topic from its beginning, ordered by (partition, offset).

    Reads until it has been at the end of each partition, and on until it has `at_least` so many.
    With `isolation="read_committed"` the end is the last stable offset: behind an open
    transaction nothing is seen yet.

    Raises:
        TimeoutError: the end was not reached, or too few records came, within `seconds`.
    """
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": unique("reader"),  # the client asks for one; nothing is committed
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
        }
    )
    try:
        return _drain(reader, topic, at_least, seconds)
    finally:
        reader.close()


def _drain(reader: Consumer, topic: str, at_least: int, seconds: float) -> list[Record]:
    partitions = reader.list_topics(topic, timeout=REQUEST_S_MAX).topics[topic].partitions
    assert partitions, f"there is no topic {topic}"
    reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    unfinished = set(partitions)
    records: list[Record] = []
    deadline = time.monotonic() + seconds
    while unfinished or len(records) < at_least:
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"{topic}: {len(records)} records of {at_least} after {seconds} s; "
                f"not at the end of partitions {sorted(unfinished)}"
            )
        message = reader.poll(0.1)
        if message is None:
            continue
        error = message.error()
        if error is None:
            records.append(_record(message))
        elif error.code() == KafkaError._PARTITION_EOF:
            unfinished.discard(message.partition())
        else:
            raise AssertionError(error)
    return sorted(records, key=lambda record: (record.partition, record.offset))


def _record(message: Message) -> Record:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None, "a record without its place is an event of the client"
    assert partition is not None
    assert offset is not None
    headers = message.headers() or []
    assert isinstance(headers, list), "a dictionary is for writing: a name may repeat"
    return Record(
        topic=topic,
        partition=partition,
        offset=offset,
        key=message.key(),
        value=message.value(),
        headers=tuple(headers),
        timestamp_ms=message.timestamp()[1],
    )


class Worker:
    """A process under test, with its output in a file; signals go to it by its own pid."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        """The process id, which is its process group's too."""
        return self.process.pid

    def output(self) -> str:
        """What the process has written so far, both streams."""
        return self.log.read_text(errors="replace")

    def wait_for(self, line: str, seconds: float = 30) -> None:
        """Wait until the process has written this; fails when it ended instead."""
        deadline = time.monotonic() + seconds
        while line not in self.output():
            assert self.process.poll() is None, f"{self.name} ended: {self.output()}"
            assert time.monotonic() < deadline, f"{self.name} did not say {line} in {seconds} s"
            time.sleep(0.05)

    def wait(self, seconds: float) -> int:
        """Wait for the end; the exit status (negative: the signal that ended it)."""
        return self.process.wait(seconds)

    def pause(self) -> None:
        """SIGSTOP, as a long garbage collection or a stolen CPU looks to the cluster."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def stop(self, seconds: float = 15) -> int:
        """SIGTERM and wait; the exit status."""
        self._signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> int:
        """SIGKILL and wait; works on a paused process too. The exit status."""
        self._signal(signal.SIGKILL)
        return self.wait(15)

    def _signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            os.killpg(self.pid, number)


class Workers:
    """Starts worker processes for one test and ends every one of them with it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._all: list[Worker] = []

    def start(
        self, command: Sequence[str], *, name: str, env: Mapping[str, str] | None = None
    ) -> Worker:
        """Start a process in the repository; `env` is put on top of this process's own."""
        log = self._logs / f"{len(self._all)}-{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                tethered(command),
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(name, process, log)
        self._all.append(worker)
        return worker

    def end_all(self) -> None:
        """SIGKILL whatever still runs."""
        for worker in self._all:
            worker.kill()

    def show_logs(self) -> None:
        """Print the end of each process's output, for the report of a failed test."""
        for worker in self._all:
            tail = worker.output().splitlines()[-LOG_LINES_SHOWN:]
            print(f"--- {worker.name}, exit status {worker.process.poll()}:", *tail, sep="\n")

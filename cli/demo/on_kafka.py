"""The sportsbook on Kafka: a worker process for each agent, a sink, and clients' own clients."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from cli.demo.children import Children
from cli.demo.house import SEEN, DemoFailed, Ends
from cli.demo.offsets import Offsets
from cli.demo.scoreboard import dead_letter
from cli.topics import create_all
from overround.contracts import topics
from overround.contracts.clients import is_delivered, producer_settings
from overround.contracts.topic import PARTITIONS, Topic
from overround.domain.ledger.model import Balance
from overround.runtime.faust_kafka.recovery import restore
from overround.runtime.records import Wire
from overround.sinks.parquet import ParquetSink
from overround.sinks.schema import locked_schemas
from tables.balances import BALANCES
from topologies.sportsbook import MATCH_DAY

_CONNECT_S_MAX = 10.0
_RESTORE_S_MAX = 30.0
# How long `take` waits for a first record: short enough for ten views a second and for bets at
# the moment they are due.
_POLL_S = 0.02
_POLL_RECORDS = 1_000
# A file in the lake every so often while the match runs; the end's drain writes the rest.
_SINK_SECONDS = 20


class KafkaHouse:
    """Workers and a sink on a cluster, fed and read by clients of our own.

    Only what is written after it was made is seen, so a cluster that has played before will do.
    """

    def __init__(
        self, bootstrap: str, wire: Wire, lake: Path, children: Children, *, speed: float
    ) -> None:
        self._bootstrap = bootstrap
        self._wire = wire
        self._lake = lake
        self._children = children
        self._speed = speed
        self._began_s = time.monotonic()
        self._undelivered: KafkaError | None = None
        # Lost connections come up as errors; librdkafka's own lines would break the screen.
        quiet = {"bootstrap.servers": bootstrap, "log_level": 0}
        self._offsets = Offsets(bootstrap)
        self._producer = Producer(
            producer_settings(bootstrap, linger_ms=5) | quiet | {"on_delivery": self._on_delivery}
        )
        self._consumer = Consumer(
            {
                **quiet,
                "group.id": "overround-demo",  # the client asks for one; nothing is committed
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 100,
            }
        )
        self._follow()
        self._before = self._offsets.committed()

    def start_workers(self) -> None:
        """Start a process for each agent, and the sink."""
        for agent in MATCH_DAY.agents:
            self._children.start(
                agent.name,
                ["worker", agent.name, "--once", "--bootstrap", self._bootstrap],
            )
        sink = ["sink", "--lake", str(self._lake), "--seconds", str(_SINK_SECONDS)]
        self._children.start("sink", [*sink, "--bootstrap", self._bootstrap])

    def start_clock(self) -> None:
        """Begin at 0 s."""
        self._began_s = time.monotonic()

    def next_s(self) -> float:
        """Wall time by speed."""
        return (time.monotonic() - self._began_s) * self._speed

    def send(self, topic: Topic, key: str, value: object, id: str) -> None:
        """Produce at once; a failed delivery comes up in `take`."""
        at_us = time.time_ns() // 1000
        payload = self._wire.encode(value, id=id, at_us=at_us, caused_by=None)
        self._producer.produce(topic.name, payload, key.encode())

    def take(self) -> list[object]:
        """What came, after a wait of at most a fiftieth of a second."""
        self._producer.poll(0)
        if self._undelivered is not None:
            raise DemoFailed(f"a record was not taken by Kafka: {self._undelivered}")
        self._children.check()
        return [
            self._decoded(message) for message in self._consumer.consume(_POLL_RECORDS, _POLL_S)
        ]

    def ends(self) -> Ends:
        """The high watermarks."""
        return self._offsets.ends([agent.inbox.name for agent in MATCH_DAY.agents])

    def lags(self, ends: Ends) -> dict[str, int]:
        """What the groups have not committed, summed over partitions."""
        committed = self._offsets.committed()
        lags = {agent.inbox.name: 0 for agent in MATCH_DAY.agents}
        for place, end in ends.items():
            lags[place[0]] += max(0, end - committed[place])
        return lags

    def is_ready(self) -> bool:
        """Whether every inbox partition was committed since: its owner writes ticks into it."""
        self._children.check()
        committed = self._offsets.committed()
        return all(offset > self._before[place] for place, offset in committed.items())

    def balances(self) -> dict[str, Balance]:
        """The committed table, read from its changelog."""
        changelog = MATCH_DAY.agent("accounts").changelog(BALANCES)
        places = [(changelog, partition) for partition in range(PARTITIONS)]
        contents = restore(self._bootstrap, places, _RESTORE_S_MAX)
        found: dict[str, Balance] = {}
        for values in contents.values():
            for account, payload in values.items():
                balance = self._wire.decode_state(payload)
                assert isinstance(balance, Balance)
                found[account.decode()] = balance
        return found

    def write_lake(self) -> None:
        """End the sink that ran alongside, and sink once more to the topics' present end."""
        self._children.stop("sink")
        names = [topic.name for topic in topics.PUBLIC]
        with ParquetSink(
            names, self._lake, bootstrap_servers=self._bootstrap, schema_of=locked_schemas()
        ) as sink:
            sink.run(once=True)

    def stop(self) -> None:
        """Leave Kafka; the processes end with their context."""
        self._consumer.close()
        self._offsets.close()
        self._producer.purge()

    def _follow(self) -> None:
        followed = [topic.name for topic in SEEN]
        followed += [inbox.dead_letters for inbox in topics.INBOXES]
        ends = self._offsets.ends(followed)
        self._consumer.assign([TopicPartition(*place, end) for place, end in ends.items()])

    def _decoded(self, message: Message) -> object:
        error = message.error()
        if error is not None:
            raise DemoFailed(f"reading {message.topic()} failed: {error}")
        if str(message.topic()).endswith(".dlq"):
            headers: Any = message.headers() or ()  # typed as if they could be a mapping
            return dead_letter(dict(headers))
        return self._wire.decode(message.value() or b"").value

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if not is_delivered(error, message.offset()):
            self._undelivered = error or KafkaError(KafkaError.UNKNOWN)


@contextlib.contextmanager
def open_kafka_house(
    bootstrap: str, wire: Wire, lake: Path, logs: Path, *, speed: float
) -> Iterator[KafkaHouse]:
    """Make the topics, start the workers and the sink, and stop all of it on the way out.

    Raises:
        DemoFailed: no Kafka answers at the address, or it refuses.
    """
    try:
        AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(
            timeout=_CONNECT_S_MAX
        )
    except KafkaException as error:
        raise DemoFailed(f"no Kafka answers at {bootstrap}: {error}") from error
    logs.mkdir(parents=True, exist_ok=True)
    try:
        create_all(bootstrap)
        with Children(logs) as children:
            house = KafkaHouse(bootstrap, wire, lake, children, speed=speed)
            try:
                house.start_workers()
                yield house
            finally:
                house.stop()
    except KafkaException as error:
        raise DemoFailed(f"Kafka at {bootstrap}: {error}") from error

"""Load on a schedule that waits for nobody, and the arrivals that answer it.

Latency is counted from the moment at which a record was due, not from when it was sent: a stall
delays the records behind it, and leaving that out would hide it (coordinated omission).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from benches.processes import Process
from overround.contracts.clients import producer_settings
from overround.contracts.topic import PARTITIONS

_TIMEOUT_S = 30
_POLL_S = 0.5
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate_s` records a second, `warm_up_s` of them not counted and `seconds` counted."""

    rate_s: int
    seconds: float
    warm_up_s: float

    @property
    def records(self) -> int:
        """How many are sent, the warm-up's included."""
        return round(self.rate_s * (self.warm_up_s + self.seconds))

    @property
    def first_counted(self) -> int:
        """The number of the first record that counts."""
        return round(self.rate_s * self.warm_up_s)

    def due_ns(self, number: int, began_ns: int) -> int:
        """When a record is due."""
        return began_ns + number * 1_000_000_000 // self.rate_s


def producer(bootstrap: str) -> Producer:
    """A client that sends at once and keys as every client in the house does."""
    return Producer(producer_settings(bootstrap, linger_ms=0) | {"log_level": 3})


class Arrival(NamedTuple):
    """A record that was there to be read: when, what, and the time that its topic gave it."""

    at_ns: int
    payload: bytes
    stamped_ms: int


class Arrivals(threading.Thread):
    """Reads a topic from now on and notes when each record was there to be read."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__(daemon=True)
        self.seen: list[Arrival] = []
        self.error: KafkaException | None = None
        self._reader = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"bench-{token_hex(3)}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        # The ends are looked up here: what is written from now on is seen for certain.
        self._reader.assign([self._end(topic, number) for number in range(PARTITIONS)])
        self._stopping = False

    def _end(self, topic: str, number: int) -> TopicPartition:
        place = TopicPartition(topic, number)
        deadline = time.monotonic() + _TIMEOUT_S
        while True:
            try:
                return TopicPartition(
                    topic, number, self._reader.get_watermark_offsets(place, _TIMEOUT_S)[1]
                )
            except KafkaException:  # a new topic's leader takes a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_S)

    def run(self) -> None:
        """Read until stopped."""
        while not self._stopping:
            message = self._reader.poll(_POLL_S)
            if message is None:
                continue
            now_ns = time.perf_counter_ns()
            if message.error() is not None:
                self.error = KafkaException(message.error())
                return
            self.seen.append(Arrival(now_ns, message.value() or b"", message.timestamp()[1]))
        self._reader.close()

    def stop(self) -> None:
        """Stop and wait."""
        self._stopping = True
        self.join()

    def wait(self, records: int, seconds: float, workers: list[Process]) -> bool:
        """Wait for so many records; False if they did not come in time."""
        deadline = time.monotonic() + seconds
        while len(self.seen) < records and time.monotonic() < deadline:
            for worker in workers:
                worker.check()
            if self.error is not None:
                raise self.error
            time.sleep(_LOOK_S)
        return len(self.seen) >= records


@contextmanager
def arrivals(bootstrap: str, topic: str) -> Iterator[Arrivals]:
    """Arrivals that are stopped at the end."""
    reader = Arrivals(bootstrap, topic)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


def drive(plan: Plan, send: Callable[[int], None]) -> tuple[int, float]:
    """Send every record when it is due, late ones at once; the start, and the worst delay in ms."""
    began_ns = time.perf_counter_ns() + 10_000_000
    late_ns = 0
    for number in range(plan.records):
        wait_ns = plan.due_ns(number, began_ns) - time.perf_counter_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / 1e9)
        else:
            late_ns = max(late_ns, -wait_ns)
        send(number)
    return began_ns, late_ns / 1e6


def first_arrivals(
    plan: Plan,
    seen: Sequence[Arrival],
    name_of: Callable[[bytes], Hashable],
    numbers: Mapping[Hashable, int],
) -> dict[int, Arrival]:
    """The first arrival of each counted record that has one, by the record's number."""
    first: dict[int, Arrival] = {}
    for arrival in seen:
        number = numbers.get(name_of(arrival.payload), -1)
        if number >= plan.first_counted:
            first.setdefault(number, arrival)
    return first


def latencies_ms(plan: Plan, began_ns: int, first: Mapping[int, Arrival]) -> list[float]:
    """From due to readable."""
    return [
        (arrival.at_ns - plan.due_ns(number, began_ns)) / 1e6 for number, arrival in first.items()
    ]

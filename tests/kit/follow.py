"""Topics read as they grow, with the time at which the broker appended each record."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from overround.contracts.topic import PARTITIONS, Topic
from tests.kit.kafka import unique
from tests.kit.match import wire

_BATCH, _POLL_S = 1_000, 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """A decoded record and its place: when the broker appended it, and what its writer says."""

    partition: int
    offset: int
    at_ms: int
    made_at_us: int
    key: str
    value: Any


class Follower:
    """Keeps every committed record of some topics, in the order of its partition."""

    def __init__(self, bootstrap: str, *topics: Topic) -> None:
        self._reader = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": unique("follower"),  # the client asks for one; nothing is committed
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        self._reader.assign(
            [
                TopicPartition(topic.name, number, OFFSET_BEGINNING)
                for topic in topics
                for number in range(PARTITIONS)
            ]
        )
        self._seen: dict[str, list[Seen]] = defaultdict(list)

    def of(self, topic: Topic) -> list[Seen]:
        """What was read of a topic so far."""
        return self._seen[topic.name]

    def until(self, is_so: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Read on until something is so.

        Raises:
            TimeoutError: it was not, and what it was.
        """
        deadline_s = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"not within {seconds:g} s: {what}")
            for message in self._reader.consume(_BATCH, _POLL_S):
                self._take(message)

    def catch_up(self, topic: Topic) -> None:
        """Read all that a topic has by now: topics are not read in the order of each other.

        Relies on ticks, which come to each partition of an inbox every second.
        """
        now_ms = time.time_ns() // 1_000_000

        def is_read() -> bool:
            read = {each.partition for each in self.of(topic) if each.at_ms >= now_ms}
            return len(read) == PARTITIONS

        self.until(is_read, f"{topic.name} is read up to now")

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()

    def _take(self, message: Any) -> None:
        assert message.error() is None, message.error()
        decoded = wire().decode(message.value())
        _, at_ms = message.timestamp()
        key = (message.key() or b"").decode()
        place = (message.partition(), message.offset(), at_ms)
        self._seen[message.topic()].append(Seen(*place, decoded.at_us, key, decoded.value))

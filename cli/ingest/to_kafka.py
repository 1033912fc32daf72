"""A recording into `feeds.inbox`, at the pace at which it came or faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from confluent_kafka import Producer

from overround.adapters.feeds.identities import Identities
from overround.adapters.feeds.provider import Ingress, Provider
from overround.contracts import topics
from overround.contracts.clients import is_delivered, producer_settings
from overround.contracts.codec import Codec

# Records that wait in this process; past it the recording is not read on until the broker took
# some. A record has up to 100 KB, most have 300 bytes.
_QUEUE_MESSAGES = 20_000
_FLUSH_S_MAX = 60.0
_TOLD_EACH = 5_000


class NotDelivered(RuntimeError):
    """The broker does not have every record; replaying the recording again repeats no effect."""


@dataclass(slots=True)
class Pace:
    """Waits until a message is due: `speed` times as fast as it came, 0 without waiting."""

    speed: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _began: tuple[float, float] | None = field(default=None, init=False)

    def wait(self, came_at_us: int | None) -> None:
        """Wait for the moment of a message; one without a time does not wait."""
        if not self.speed or came_at_us is None:
            return
        came_s, now_s = came_at_us / 1e6, self.clock()
        if self._began is None:
            self._began = (came_s, now_s)
        due_s = self._began[1] + (came_s - self._began[0]) / self.speed
        if due_s > now_s:
            self.sleep(due_s - now_s)


class Inbox:
    """Writes records of feeds into their inbox, and knows whether each arrived."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        settings = producer_settings(
            bootstrap, linger_ms=5, queue_buffering_max_messages=_QUEUE_MESSAGES
        )
        self._producer = Producer({**settings, "on_delivery": self._on_delivery})
        self._codec = codec
        self._failure: Any = None
        self.written = 0

    def write(self, command: Any) -> None:
        """Write one record; waits while the queue is full."""
        at_us = time.time_ns() // 1_000
        id_ = f"{command.connection}:{self.written}"
        payload = self._codec.encode(command, id=id_, at_us=at_us, caused_by=None)
        while True:
            try:
                self._producer.produce(topics.FEEDS_INBOX.name, payload, command.event_id.encode())
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)
        self.written += 1

    def close(self) -> None:
        """Wait until the broker has everything.

        Raises:
            NotDelivered: it refused a record or did not take all of them in time.
        """
        left = self._producer.flush(_FLUSH_S_MAX)
        if left or self._failure is not None:
            raise NotDelivered(str(self._failure or f"{left} records were not taken in time"))

    def _on_delivery(self, error: Any, message: Any) -> None:
        if not is_delivered(error, message.offset()):
            self._failure = error or "delivered to no offset"


def replay(
    provider: Provider,
    messages: Iterable[bytes],
    inbox: Inbox,
    pace: Pace,
    told: Callable[[int], None],
    *,
    identities: Identities | None = None,
) -> int:
    """Write every message, for the events that `identities` knows; gives their number.

    Raises:
        NotDelivered: the broker does not have all of them.
    """
    ingress, count = Ingress(provider, f"{provider.name}-{token_hex(4)}", identities), 0
    for count, message in enumerate(messages, 1):
        pace.wait(provider.came_at_us(message) if pace.speed else None)
        for command in ingress.records(
            message, time.time_ns() // 1_000, time.monotonic_ns() // 1_000
        ):
            inbox.write(command)
        if count % _TOLD_EACH == 0:
            told(count)
    inbox.close()
    return count

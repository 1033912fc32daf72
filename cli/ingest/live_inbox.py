"""`feeds.inbox` for live connections: never blocks the event loop, never grows without bound."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from functools import partial
from typing import Any

from confluent_kafka import KafkaException, Producer

from cli.ingest.reports import Place, Reports
from cli.ingest.to_kafka import NotDelivered
from overround.contracts import topics
from overround.contracts.clients import is_delivered, producer_settings
from overround.contracts.codec import Codec
from overround.contracts.topic import PARTITIONS
from overround.domain.feeds.commands import RecordFeed, ReportSource

logger = logging.getLogger(__name__)

# What waits in this process while Kafka takes nothing, and what it may weigh: an hour of a busy
# source. Past either the connection is not read on, so that the provider notices.
_QUEUE_MESSAGES = 20_000
_QUEUE_KBYTES = 64 * 1024
# How long a thread waits for news of deliveries before it asks again; news wakes it at once.
_POLL_S = 1.0
_OPEN_S_MAX = 10.0


class LiveInbox:
    """Writes one connector's records and reports into `feeds.inbox`.

    Records wait for Kafka as long as it takes, in their order. Of the reports that wait for one
    partition only the newest is kept: each says how the source stands.
    """

    def __init__(
        self, bootstrap: str, codec: Codec, connection: str, partitions: int, **more: Any
    ) -> None:
        settings = {
            "linger_ms": 5,
            "queue_buffering_max_messages": _QUEUE_MESSAGES,
            "queue_buffering_max_kbytes": _QUEUE_KBYTES,
            "message_timeout_ms": 0,
        }
        self._producer = Producer(producer_settings(bootstrap, **settings | more), logger=logger)
        self._codec, self._connection, self.partitions = codec, connection, partitions
        self._reports = Reports()
        self._records = 0
        self._taken: deque[Place | None] = deque()
        self._room = asyncio.Event()
        self._failure: Any = None
        self._written = 0

    @classmethod
    async def opened(cls, bootstrap: str, codec: Codec, connection: str) -> LiveInbox:
        """An inbox whose topic is there.

        Raises:
            NotDelivered: no broker answered, or it does not have the topic.
        """
        name = topics.FEEDS_INBOX.name
        inbox = cls(bootstrap, codec, connection, PARTITIONS)
        try:
            found = await asyncio.to_thread(inbox._producer.list_topics, name, _OPEN_S_MAX)
        except KafkaException as error:
            raise NotDelivered(error.args[0].str()) from error
        if found.topics[name].error is not None:
            raise NotDelivered(f"it has no topic {name}")
        inbox.partitions = len(found.topics[name].partitions)
        return inbox

    @property
    def queued(self) -> int:
        """How many records and reports Kafka has not taken yet."""
        return self._records + len(self._reports)

    async def record(self, command: RecordFeed) -> None:
        """See the connector's `Inbox`."""
        payload = self._encoded(command)
        while True:
            try:
                self._producer.produce(
                    topics.FEEDS_INBOX.name,
                    payload,
                    command.event_id.encode(),
                    on_delivery=self._on_delivery,
                )
                self._records += 1
                return
            except BufferError:
                self._room.clear()
                await self._room.wait()

    def report(self, report: ReportSource) -> None:
        """See the connector's `Inbox`."""
        payload, now_s = self._encoded(report), time.monotonic()
        for partition in range(self.partitions):
            self._reports.put((report.producer, partition), payload, report.report, now_s)
        self._write_reports()

    def untold_for_s(self) -> float:
        """See the connector's `Inbox`."""
        return self._reports.untold_for_s(time.monotonic())

    async def run(self) -> None:
        """Take note of deliveries until cancelled.

        Raises:
            NotDelivered: Kafka refused a record for good.
        """
        while self._failure is None:
            if await asyncio.to_thread(self._producer.poll, _POLL_S):
                self._took()
        raise NotDelivered(str(self._failure))

    async def close(self, seconds: float) -> None:
        """Wait until Kafka has everything.

        Raises:
            NotDelivered: it refused a record or did not take all of them in time.
        """
        deadline_s = time.monotonic() + seconds
        while self.queued:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or self._failure is not None:
                break
            await asyncio.to_thread(self._producer.flush, left_s)
            self._took()
        if self.queued or self._failure is not None:
            raise NotDelivered(str(self._failure or f"{self.queued} records were not taken"))

    def _encoded(self, command: RecordFeed | ReportSource) -> bytes:
        at_us, id_ = time.time_ns() // 1_000, f"{self._connection}:{self._written}"
        self._written += 1
        return self._codec.encode(command, id=id_, at_us=at_us, caused_by=None)

    def _write_reports(self) -> None:
        for place, payload in self._reports.to_write():
            try:
                self._producer.produce(
                    topics.FEEDS_INBOX.name,
                    payload,
                    self._connection.encode(),
                    partition=place[1],
                    on_delivery=partial(self._on_delivery, place=place),
                )
            except BufferError:
                return
            self._reports.written(place)

    def _took(self) -> None:
        while self._taken:
            place = self._taken.popleft()
            if place is None:
                self._records -= 1
            else:
                self._reports.taken(place, time.monotonic())
        self._write_reports()
        self._room.set()

    def _on_delivery(self, error: Any, message: Any, place: Place | None = None) -> None:
        # Called in the thread that polls: it only notes, and the loop reads.
        if not is_delivered(error, message.offset()):
            self._failure = error or "delivered to no offset"
        self._taken.append(place)

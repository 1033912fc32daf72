"""The worker's open transaction: what goes into it and how it is committed.

There is one transactional producer for each worker (KIP-447), from librdkafka. Everything that
an event causes is put into it in the same synchronous step in which the event is accounted for,
so a commit at any moment between two events covers whole events only.
"""

from __future__ import annotations

import logging
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from confluent_kafka import KafkaError, Producer, TopicPartition

from overround.contracts.clients import is_delivered, producer_settings
from overround.runtime.faust_kafka.settings import Settings
from overround.runtime.records import Headers

logger = logging.getLogger(__name__)

# What a supervisor sees when the engine stopped itself rather than commit something wrong
# (EX_SOFTWARE of sysexits.h). Starting again is always safe.
EXIT_STOPPED_BY_FAILURE = 70

# Waiting for the broker inside a commit. Past the session timeout the group has gone on without
# us and the commit would be refused anyway.
_COMMIT_TIMEOUT_S = 30.0

# How long a full local queue may block before the worker gives up: a broker that takes nothing
# for so long is down.
_QUEUE_FULL_TIMEOUT_S = 30.0

_QUEUE_MESSAGES = 1_000_000

# Commit markers take a broker 1 to 5 ms; past that the pauses double.
_RETRY_MS, _RETRY_MS_MAX = 10, 250


def stop_worker(reason: str, error: BaseException | None = None) -> NoReturn:
    """End the process at once, without commit; the log will be read again from the last one."""
    logger.critical("worker stops without commit: %s", reason, exc_info=error)
    logging.shutdown()
    os._exit(EXIT_STOPPED_BY_FAILURE)


class NotPublished(RuntimeError):
    """A published record did not reach the broker; its event must not be committed."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A membership of the consumer group, captured when partitions were assigned.

    It is never read from the coordinator at commit time: a zombie that has rejoined would then
    commit work of its old membership under its new one.
    """

    group: str
    member: str
    generation: int

    def metadata(self) -> bytes:
        """Serialise as librdkafka's ConsumerGroupMetadata, version 2."""
        return b"".join(
            (
                b"CGMDv2:",
                struct.pack("<i", self.generation),
                self.group.encode() + b"\0",
                self.member.encode() + b"\0",
                b"\x01",  # no group.instance.id follows
            )
        )


class Transaction:
    """Both lanes out of a worker, and the commit of everything in the transactional one.

    `is_awaited` says whether a record went to one of the topics in `awaited` since the last one.

    `on_failure` is called, and must not return, when a commit cannot be made; it is a parameter
    so that a test can see it.
    """

    def __init__(
        self,
        settings: Settings,
        transactional_id: str,
        on_failure: Callable[[str, BaseException | None], NoReturn] = stop_worker,
    ) -> None:
        common = producer_settings(
            settings.bootstrap_servers,
            compression_type="lz4",
            queue_buffering_max_messages=_QUEUE_MESSAGES,
        ) | {"on_delivery": self._on_delivery}
        self._producer = Producer(
            {
                **common,
                # A commit fails if a delivery did, so successes need no report; the broker
                # itself sees to the sequence of a transaction's first batches.
                "delivery.report.only.error": True,
                # The first records after a commit are refused while its markers are still being
                # written (CONCURRENT_TRANSACTIONS); by default librdkafka asks again after
                # 100 ms, in which the next commit is already due and waits.
                "retry.backoff.ms": _RETRY_MS,
                "retry.backoff.max.ms": _RETRY_MS_MAX,
                # A commit flushes, so nothing waits for this; larger batches cost less CPU.
                "linger.ms": settings.commit_ms,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": settings.transaction_timeout_ms,
            }
        )
        self._publisher = Producer({**common, "linger.ms": settings.linger_ms})
        self._on_failure = on_failure
        self._undelivered: KafkaError | str | None = None
        self._published = False
        self._produce = self._producer.produce
        self.awaited: frozenset[str] = frozenset()
        self.is_awaited = False
        self.progress: dict[tuple[str, int], int] = {}
        self.events = 0
        self.commits = 0
        self.commit_s = 0.0
        self.committed_at = time.monotonic()

    def begin(self, timeout_s: float = _COMMIT_TIMEOUT_S) -> None:
        """Fence whoever used this transactional id before, and open the first transaction."""
        self._producer.init_transactions(timeout_s)
        self._producer.begin_transaction()

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Add a record to the open transaction."""
        if topic in self.awaited:
            self.is_awaited = True
        try:
            if headers:
                self._produce(topic, value, key, headers=list(headers))
            else:
                self._produce(topic, value, key)
        except BufferError:
            self._make_room(self._producer)
            self.send(topic, key, value, headers)

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Write a record at once; the next commit waits until the broker has it."""
        self._published = True
        try:
            self._publisher.produce(topic, value, key, headers=list(headers) or None)
        except BufferError:
            self._make_room(self._publisher)
            self.publish(topic, key, value, headers)

    def publish_to(self, topic: str, partition: int, value: bytes) -> None:
        """Write a record without a key into one partition at once; it may be lost in a crash."""
        self._publisher.produce(topic, value, None, partition)

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """Add a table's value to its changelog, in the open transaction."""
        try:
            self._produce(changelog, value, key, partition)
        except BufferError:
            self._make_room(self._producer)
            self.store(changelog, key, value, partition)

    def account(self, topic: str, partition: int, next_offset: int, events: int) -> None:
        """Mark everything before `next_offset` as done, in the step that made its outputs."""
        self.progress[topic, partition] = next_offset
        self.events += events

    def commit(self, epoch: Epoch | None, flush_tables: Callable[[], None]) -> bool:
        """Commit changelogs, outputs and offsets as one; False if there is nothing to commit.

        Offsets are never filtered by what is assigned now: they stand or fall with the outputs
        that they account for.
        """
        if not self.progress:
            return False
        if epoch is None:
            self.fail("events were handled under no group membership")
        started = time.monotonic()
        try:
            flush_tables()
            self._confirm_published()
            offsets = [TopicPartition(t, p, offset) for (t, p), offset in self.progress.items()]
            self._producer.send_offsets_to_transaction(offsets, epoch.metadata(), _COMMIT_TIMEOUT_S)
            self._producer.commit_transaction(_COMMIT_TIMEOUT_S)
            self._producer.begin_transaction()
        except Exception as error:
            self.fail(f"commit failed: {error}", error)
        self.progress.clear()
        self.is_awaited = False
        self.events = 0
        self.commits += 1
        self.committed_at = time.monotonic()
        self.commit_s += self.committed_at - started
        return True

    def fail(self, reason: str, error: BaseException | None = None) -> NoReturn:
        """Give up without commit; what was done since the last one will be done again."""
        self._on_failure(reason, error)

    def poll(self) -> None:
        """Serve delivery errors; cheap, and needed now and then while nothing is committed."""
        self._publisher.poll(0)

    def close(self) -> None:
        """Hand over what was published; an open transaction is left to be aborted."""
        self._publisher.flush(_COMMIT_TIMEOUT_S)

    def _confirm_published(self) -> None:
        # What was published must be on the broker before the offset that caused it is
        # committed: after the commit nobody would publish it again.
        if not self._published:
            return
        if self._publisher.flush(_COMMIT_TIMEOUT_S) or self._undelivered is not None:
            raise NotPublished(self._undelivered or "the broker did not confirm in time")
        self._published = False

    def _on_delivery(self, error: KafkaError | None, message: Any) -> None:
        if not is_delivered(error, message.offset()):
            self._undelivered = error or "delivered to no offset"

    def _make_room(self, producer: Any) -> None:
        deadline = time.monotonic() + _QUEUE_FULL_TIMEOUT_S
        while len(producer) >= _QUEUE_MESSAGES // 2:
            producer.poll(0.05)
            if time.monotonic() > deadline:
                self.fail("the broker takes no records: local queue full")

"""Committed offsets and table contents, read so that no open transaction can mislead.

The order matters and is the caller's: first `committed_offsets`, then `restore`. The first
waits until no transaction with offsets of this group is open; only then does the end of a
changelog, as `restore` asks for it, cover everything that those offsets account for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

logger = logging.getLogger(__name__)

Place = tuple[str, int]

# librdkafka's own event, not an error; it has no public name in Python.
_END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001

_TIMEOUT_S = 30.0
# Large batches spare Python calls; 0.2 s is how long the last, short one waits for company.
_BATCH_RECORDS = 10_000
_BATCH_WAIT_S = 0.2


class RestoreStuck(RuntimeError):
    """A changelog did not become readable to its end in time: a transaction stays open."""


def _consumer(bootstrap_servers: str, group: str, isolation: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": group,
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            # A restore is bound by how fast bytes arrive: fetch in large pieces, and let the
            # queue hold several of them.
            "fetch.message.max.bytes": 16 * 1024 * 1024,
            "queued.max.messages.kbytes": 256 * 1024,
            "queued.min.messages": 1_000_000,
            "fetch.wait.max.ms": 50,
            "check.crcs": False,
        }
    )


def committed_offsets(
    bootstrap_servers: str, group: str, places: Iterable[Place]
) -> dict[Place, int]:
    """Where each partition goes on; 0 where the group has never committed.

    With `read_committed` librdkafka asks for stable offsets (KIP-447): the broker holds the
    answer back while a transaction that commits offsets of these partitions is open.
    """
    wanted = [TopicPartition(topic, partition) for topic, partition in places]
    consumer = _consumer(bootstrap_servers, group, "read_committed")
    try:
        answered = consumer.committed(wanted, _TIMEOUT_S)
    finally:
        consumer.close()
    for place in answered:
        if place.error is not None:
            raise KafkaException(place.error)
    return {(place.topic, place.partition): max(0, place.offset) for place in answered}


def high_watermarks(bootstrap_servers: str, places: Iterable[Place]) -> dict[Place, int]:
    """The end of each partition, records of open transactions included."""
    consumer = _consumer(bootstrap_servers, "overround-watermarks", "read_uncommitted")
    try:
        return {
            place: consumer.get_watermark_offsets(TopicPartition(*place), _TIMEOUT_S)[1]
            for place in places
        }
    finally:
        consumer.close()


def restore(
    bootstrap_servers: str, places: Iterable[Place], timeout_s: float
) -> dict[Place, dict[bytes, Any]]:
    """The newest committed value of every key of each changelog partition.

    Reads committed records up to the high watermark of now, not to the first end of partition:
    a stopped worker's open transaction holds the last stable offset back while committed
    records of the partition's next owner already lie behind it.

    Raises:
        RestoreStuck: not readable to the end within `timeout_s`.
    """
    started = time.monotonic()
    ends = high_watermarks(bootstrap_servers, places)
    contents: dict[Place, dict[bytes, Any]] = {place: {} for place in ends}
    left = {place: end for place, end in ends.items() if end > 0}
    consumer = _consumer(bootstrap_servers, "overround-restore", "read_committed")
    try:
        if left:
            consumer.assign([TopicPartition(*place, 0) for place in left])
        records = 0
        while left:
            records += _take_batch(consumer, contents, left)
            if time.monotonic() - started > timeout_s:
                raise RestoreStuck(f"after {timeout_s:.0f} s still behind: {sorted(left)}")
    finally:
        consumer.close()
    logger.info(
        "restored %d keys of %d partitions from %d records in %.2f s",
        sum(map(len, contents.values())),
        len(contents),
        records,
        time.monotonic() - started,
    )
    return contents


def _take_batch(
    consumer: Consumer, contents: dict[Place, dict[bytes, Any]], left: dict[Place, int]
) -> int:
    messages = consumer.consume(_BATCH_RECORDS, _BATCH_WAIT_S)
    for message in messages:
        error, place = message.error(), (message.topic() or "", message.partition() or 0)
        if error is None:
            key, value = message.key(), message.value()
            assert key is not None, "a table's changelog has keys"
            if value is None:
                contents[place].pop(key, None)
            else:
                contents[place][key] = value
        elif error.code() == _END_OF_PARTITION:
            _reached(left, place, message.offset() or 0)
        else:
            raise KafkaException(error)
    return len(messages)


def _reached(left: dict[Place, int], place: Place, offset: int) -> None:
    # Only the end-of-partition event tells how far reading came: it passes over control and
    # aborted records, which no message ever shows, and the last record of a changelog usually
    # is the marker of the commit that wrote it. Short of the high watermark it marks the last
    # stable offset, and comes again when that moves.
    if offset >= left.get(place, 0):
        left.pop(place, None)

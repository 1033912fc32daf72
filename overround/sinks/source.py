"""The sink's side of Kafka: what is asked, how records are read, which errors end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection
from confluent_kafka.admin import AdminClient

from overround.sinks.batch import Record

# A broker that does not answer metadata or offset questions for this long is down.
ANSWER_S_MAX = 30.0
# What the client may read ahead of us for all partitions; with the batches it bounds the memory.
READ_AHEAD_KIB = 64 * 1024


class RecordsGone(RuntimeError):
    """Kafka no longer has the records that the lake needs next: retention was faster."""


class NoSuchTopic(RuntimeError):
    """A topic that was asked for does not exist; topics are made by `overround topics create`."""


def committed_reader(bootstrap_servers: str) -> Consumer:
    """A consumer of committed records that remembers nothing in Kafka."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "overround-sink",  # required by the client; nothing is committed to it
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # A lake with a hole in it must not look whole: an offset that is gone is an error.
            "auto.offset.reset": "error",
            "check.crcs": True,
            "queued.max.messages.kbytes": READ_AHEAD_KIB,
        }
    )


def described(bootstrap_servers: str, topics: Sequence[str]) -> Mapping[str, tuple[str, int]]:
    """Each topic's id and number of partitions.

    Raises:
        NoSuchTopic: one is missing.
        KafkaException: Kafka does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    asked = admin.describe_topics(TopicCollection(list(topics)), request_timeout=ANSWER_S_MAX)
    found: dict[str, tuple[str, int]] = {}
    for topic, answer in asked.items():
        try:
            told: Any = answer.result()
        except KafkaException as reason:
            if reason.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise NoSuchTopic(f"there is no topic {topic}") from reason
            raise
        found[topic] = str(told.topic_id), len(told.partitions)
    return found


def refuse(error: KafkaError, partition: str) -> None:
    """Let the end of a partition pass; raise anything else the client could not mend itself.

    Raises:
        RecordsGone: the offset asked for is no longer in the log.
        KafkaException: any other error that the client hands over in place of a record.
    """
    # The client's own codes (not the broker's) begin with an underscore; they are public.
    if error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001
        raise RecordsGone(f"{partition}: {error}")
    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
        raise KafkaException(error)


def record_of(message: Message) -> Record:
    """The parts of a message that the lake keeps."""
    kind, timestamp_ms = message.timestamp()
    offset: Any = message.offset()
    key: Any = message.key()
    value: Any = message.value()
    return Record(offset, timestamp_ms if kind else None, key, value)

"""Which event each provider's match is, followed while a connection runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from cli.ingest.to_kafka import NotDelivered
from cli.topic_reader import read_to_end
from overround.adapters.feeds.identities import Identities
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.contracts.topic import PARTITIONS
from overround.runtime.in_process import LogRecord

_TOPIC = topics.IDENTITIES.name
_CONNECT_S_MAX = 10.0
_POLL_S = 0.2
_POLL_RECORDS = 1_000


@contextlib.contextmanager
def followed(bootstrap: str, codec: Codec) -> Iterator[Identities]:
    """What IDENTITY has told so far, kept up by a thread of its own.

    A link that is heard of late does no harm: FEEDS passes on what came under the older id.

    Raises:
        NotDelivered: the topic is not there, or no broker answers.
    """
    identities, places = Identities(), []
    for partition, records in _told(bootstrap).items():
        for record in records:
            identities.take(codec.decode(record.value or b"").value)
        start = records[-1].offset + 1 if records else 0
        places.append(TopicPartition(_TOPIC, partition, start))
    is_over = threading.Event()
    follower = threading.Thread(
        target=_follow, args=(bootstrap, codec, identities, places, is_over), daemon=True
    )
    follower.start()
    try:
        yield identities
    finally:
        is_over.set()
        follower.join()


def _told(bootstrap: str) -> dict[int, list[LogRecord]]:
    try:
        found = AdminClient({"bootstrap.servers": bootstrap}).list_topics(_TOPIC, _CONNECT_S_MAX)
        if found.topics[_TOPIC].error is not None:
            raise NotDelivered(f"it has no topic {_TOPIC}")
        return read_to_end(bootstrap, _TOPIC, range(PARTITIONS))
    except KafkaException as error:
        raise NotDelivered(error.args[0].str()) from error


def _follow(
    bootstrap: str,
    codec: Codec,
    identities: Identities,
    places: list[TopicPartition],
    is_over: threading.Event,
) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "overround-identities",  # the client asks for one; nothing is committed
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.assign(places)
        while not is_over.is_set():
            for message in consumer.consume(_POLL_RECORDS, _POLL_S):
                # A broker that went away comes up as an error, and is connected to again.
                if message.error() is None:
                    identities.take(codec.decode(message.value() or b"").value)
    finally:
        consumer.close()

"""The gaps that FEEDS finds, to the connection that can have them sent again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.domain.feeds.events import GapFound

logger = logging.getLogger(__name__)

_POLL_S = 1.0


async def follow_gaps(
    bootstrap: str, codec: Codec, partitions: int, ask: Callable[[GapFound], None]
) -> None:
    """Hand on each gap that is found from now on, until cancelled.

    What was found before is told again by FEEDS while it is missing, so no place is kept.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "overround-ingest",  # the client asks for one; nothing is committed
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        },
        logger=logger,
    )
    places = [TopicPartition(topics.GAPS.name, each, OFFSET_END) for each in range(partitions)]
    polling: asyncio.Task[object] | None = None
    try:
        consumer.assign(places)
        while True:
            polling = asyncio.ensure_future(asyncio.to_thread(consumer.poll, _POLL_S))
            message = await asyncio.shield(polling)
            if message is None:
                continue
            if (error := message.error()) is not None:
                logger.warning("%s: %s", topics.GAPS.name, error.str())
            elif (payload := message.value()) is not None:
                gap = codec.decode(payload).value
                if isinstance(gap, GapFound):
                    ask(gap)
    finally:
        if polling is not None:
            await asyncio.gather(polling, return_exceptions=True)
        consumer.close()

"""How anything that writes to our topics has to be set up."""

from __future__ import annotations

from typing import Any

from overround.contracts.topic import RECORD_BYTES_MAX


def producer_settings(bootstrap_servers: str, **more: Any) -> dict[str, Any]:
    """Settings for a librdkafka producer that keys as the house does.

    Pass more settings by their names with underscores for dots: `linger_ms=5`. Whoever must not
    lose a record also looks at each delivery with `is_delivered`.
    """
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap_servers,
        "enable.idempotence": True,
        "message.max.bytes": RECORD_BYTES_MAX,
        "partitioner": "murmur2_random",  # the Java client's; librdkafka's own is CRC32
    }
    return settings | {name.replace("_", "."): value for name, value in more.items()}


def is_delivered(error: object, offset: int | None) -> bool:
    """Whether a delivery report means that the record is in the log.

    Right after a topic's creation a broker can refuse a producer's first batch (not leader yet)
    and take its second, as it takes any first sequence from a producer that it does not know.
    librdkafka then reports the first one delivered, with no offset, and never sends it again: seen
    in 5 of 8 runs on fresh topics. One request in flight would prevent it, but librdkafka puts one
    partition into a request, so that a flush of 12 partitions took 107 ms instead of 10.
    """
    return error is None and offset is not None and offset >= 0

"""How anything that writes to our topics has to be set up."""

from __future__ import annotations

from typing import Any

from overround.contracts.topics import RECORD_BYTES_MAX


def producer_settings(bootstrap_servers: str, **more: Any) -> dict[str, Any]:
    """Settings for a librdkafka producer that keys as the house does and loses nothing.

    Pass more settings by their names with underscores for dots: `linger_ms=5`.
    """
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap_servers,
        "enable.idempotence": True,
        # Right after a topic's creation a broker can refuse a producer's first batch (not leader
        # yet) and take its second, as it takes any first sequence from a producer that it does
        # not know; librdkafka then reports the first delivered and never sends it again. It lost
        # records in 5 of 8 runs on fresh topics. One request at a time keeps the order.
        "max.in.flight.requests.per.connection": 1,
        "message.max.bytes": RECORD_BYTES_MAX,
        "partitioner": "murmur2_random",  # the Java client's; librdkafka's own is CRC32
    }
    return settings | {name.replace("_", "."): value for name, value in more.items()}

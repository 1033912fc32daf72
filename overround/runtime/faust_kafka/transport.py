"""The Faust transport: aiokafka consumes, librdkafka produces in transactions.

Registered under the URL scheme `exactly-once`. What is overridden of Faust and aiokafka is listed
in `internals.py`, with the versions that it was checked against.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import Producer as FaustProducer

from overround.runtime.faust_kafka.consumer import Consumer
from overround.runtime.faust_kafka.settings import Settings
from overround.runtime.faust_kafka.transaction import Transaction


class Producer(FaustProducer):
    """Faust's handle on the worker's transaction; Faust itself sends nothing through it."""

    app: Any
    transport: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = Settings.from_urls(self.transport.url)
        self.transaction = Transaction(settings, f"{self.app.conf.id}-{settings.instance}")

    async def on_start(self) -> None:
        """Fence a predecessor of the same instance and open the first transaction."""
        await asyncio.get_running_loop().run_in_executor(None, self.transaction.begin)

    async def on_stop(self) -> None:
        """Hand over what was published."""
        self.transaction.close()

    async def flush(self) -> None:
        """Nothing is buffered in Python; a commit flushes what it covers."""

    async def send(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: an output outside of a handler has no place in a transaction."""
        raise NotImplementedError("send through the handler's outbox, not through Faust")

    send_and_wait = send

    def supports_headers(self) -> bool:
        """Say that Kafka takes headers."""
        return True


class Transport(driver.Transport):
    """`exactly-once://host:port?instance=N`; see `Settings` for the rest of the query."""

    Consumer = Consumer
    Producer = Producer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with contextlib.suppress(AttributeError):
            if self.app.conf.broker_credentials is not None:
                raise NotImplementedError("broker_credentials do not reach librdkafka yet")

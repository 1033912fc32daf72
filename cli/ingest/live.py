"""A live connection to a provider, kept up until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from secrets import token_hex
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from rich.console import Console
from rich.live import Live

from cli.ingest.gaps import follow_gaps
from cli.ingest.identities import followed
from cli.ingest.live_inbox import LiveInbox
from cli.metrics_port import show_metrics
from overround.adapters.feeds.connection import Target
from overround.adapters.feeds.connector import Connector, Patience
from overround.adapters.feeds.connector_metrics import ConnectorMetrics
from overround.adapters.feeds.identities import Identities
from overround.adapters.feeds.provider import Provider
from overround.contracts.codec import Codec
from overround.runtime.breaker import Breaker

logger = logging.getLogger(__name__)

# What was read is given to Kafka before leaving; a supervisor kills after 20 s.
_FLUSH_S_MAX = 10.0
_SHOWN_EACH_S = 0.25
_LOG_LINE = "%(asctime)s %(levelname)s %(message)s"


def run_live(
    provider: Provider,
    target: Target,
    bootstrap: str,
    codec: Codec,
    *,
    patience: Patience,
    breaker: Breaker,
    metrics_at: tuple[str, int] = ("127.0.0.1", 0),
) -> int:
    """Run until SIGTERM or SIGINT; how many messages came, all of which Kafka has.

    A terminal gets a line that tells how it stands; anyone gets the log, and Prometheus its figures
    on the address and port of `metrics_at`; port 0 is none.

    Raises:
        NotDelivered: Kafka is not there, or did not take everything.
        SettingRefused: a setting of the provider is missing or makes no sense.
    """
    name = f"{provider.name}-{token_hex(4)}"
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as shown:

        def show(line: str) -> None:
            if shown.console.is_terminal:
                shown.update(line, refresh=True)

        # Within, as the status line makes way for what is written to stderr then.
        logging.basicConfig(level=logging.INFO, format=_LOG_LINE)
        logging.getLogger("websockets").setLevel(logging.WARNING)

        async def serving(identities: Identities) -> int:
            inbox = await LiveInbox.opened(bootstrap, codec, name)
            connector = Connector(
                provider,
                target,
                inbox,
                name,
                patience=patience,
                breaker=breaker,
                identities=identities,
            )
            figures = ConnectorMetrics(provider.name, connector, lambda: inbox.queued)
            close = _shown_to_prometheus(figures, *metrics_at)
            try:
                await _first_to_end(
                    connector.run(),
                    inbox.run(),
                    follow_gaps(bootstrap, codec, inbox.partitions, connector.ask),
                    _show(connector, inbox, show),
                    _told_to_stop(),
                )
            finally:
                close()
                await inbox.close(_FLUSH_S_MAX)
            return connector.messages

        with followed(bootstrap, codec) as identities:
            return asyncio.run(serving(identities))


def _shown_to_prometheus(figures: ConnectorMetrics, host: str, port: int) -> Callable[[], None]:
    if not port:
        return lambda: None
    registry = CollectorRegistry()
    registry.register(figures)
    ProcessCollector(registry=registry)
    return show_metrics(registry, host, port)


async def _first_to_end(*parts: Coroutine[Any, Any, None]) -> None:
    """Run parts side by side until one ends; the others are ended in order."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _told_to_stop() -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    logger.info("stops")


async def _show(connector: Connector, inbox: LiveInbox, show: Callable[[str], None]) -> None:
    while True:
        show(
            f"{connector.standing}, {connector.messages:,} messages, "
            f"{inbox.queued:,} wait for Kafka, breaker {connector.breaker}"
        )
        await asyncio.sleep(_SHOWN_EACH_S)

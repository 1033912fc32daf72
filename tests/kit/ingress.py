"""A connector without Kafka: an inbox in memory that tests look into and can make slow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from agents.feeds import FEEDS
from cli.ingest.summary import market_summary
from overround.adapters.feeds.connection import Target
from overround.adapters.feeds.connector import Connector, Patience
from overround.adapters.feeds.provider import Provider
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.events import GapFound
from overround.runtime.breaker import Backoff, Breaker
from overround.runtime.in_process.engine import InProcess
from overround.runtime.topology import Topology
from tests.kit.match import wire

# Far above what anything here takes; who waits for longer waits for what will not come.
_WAIT_S_MAX = 20.0


class MemoryInbox:
    """Takes what a connector writes; `is_open` cleared, it takes no records."""

    def __init__(self) -> None:
        self.records: list[RecordFeed] = []
        self.reports: list[ReportSource] = []
        self.written: list[RecordFeed | ReportSource] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.untold_s = 0.0
        self._moved = asyncio.Event()

    async def record(self, command: RecordFeed) -> None:
        await self.is_open.wait()
        self.records.append(command)
        self.written.append(command)
        self._moved.set()

    def report(self, report: ReportSource) -> None:
        self.reports.append(report)
        self.written.append(report)
        self._moved.set()

    def untold_for_s(self) -> float:
        return self.untold_s

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so; looks whenever anything was written."""
        async with asyncio.timeout(_WAIT_S_MAX):
            while not is_so():
                self._moved.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._moved.wait(), 0.02)

    def told(self) -> list[str]:
        """What was told of the source, without heartbeats: `live`, or why it is lost."""
        return [
            report.reason or report.report.value
            for report in self.reports
            if report.report is not SourceReport.HEARD
        ]

    def payloads(self) -> list[bytes]:
        """What was recorded, in order."""
        return [record.payload for record in self.records]


class FeedsInbox(MemoryInbox):
    """FEEDS behind the inbox: the gaps that it finds go back to the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = InProcess(Topology("feeds", (FEEDS,)), wire(), partitions=1)
        self.connector: Connector | None = None
        self._asked = 0

    async def record(self, command: RecordFeed) -> None:
        await super().record(command)
        self.engine.pipe(topics.FEEDS_INBOX, command.event_id, command)
        self.engine.run()
        gaps = [gap for gap in self.engine.read(topics.GAPS) if isinstance(gap, GapFound)]
        for gap in gaps[self._asked :]:
            assert self.connector is not None, "nobody to ask"
            self.connector.ask(gap)
        self._asked = len(gaps)

    def markets(self) -> dict[str, Any]:
        """Every market as FEEDS has it."""
        books = self.engine.table("exchange_markets").values()
        return {book.market_id: market_summary(book) for book in books}


@contextlib.asynccontextmanager
async def connected(
    provider: Provider, target: Target, inbox: Any = None, **options: Any
) -> AsyncIterator[tuple[Connector, Any]]:
    """A running connector and its inbox; `options` are `silent_after_s`, `settled_s`, `breaker`.

    It tries again at once unless the breaker says otherwise.
    """
    inbox = inbox or MemoryInbox()
    breaker = options.pop("breaker", None) or Breaker(failures_max=1_000)
    backoff = Backoff(uniform=lambda _low, _high: 0.01)
    patience = Patience(backoff=backoff, **options)
    connector = Connector(
        provider, target, inbox, f"{provider.name}-1", patience=patience, breaker=breaker
    )
    running = asyncio.create_task(connector.run())
    try:
        yield connector, inbox
        if running.done():
            await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

"""Keeps a provider's connection up, and tells the house how it stands.

A connection counts as good once it has been live for `settled_s`: one that comes up and falls at
once would otherwise be tried again without a pause.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from overround.adapters.feeds.connection import ConnectionOver, Target
from overround.adapters.feeds.provider import Ingress, Provider
from overround.domain.feeds.commands import RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.events import GapFound
from overround.runtime.breaker import Backoff, Breaker

logger = logging.getLogger(__name__)

# How often a live source is told of: the house sees silence this much too early at most.
REPORT_EACH_S = 0.5

# Gaps that wait to be asked for; older ones are told again by who found them.
_GAPS_MAX = 1_000

# What a socket, or a protocol on it, raises when it is over. Others are bugs and end the process.
FAILURES = (ConnectionError, OSError, TimeoutError, EOFError, ValueError)


class Inbox(Protocol):
    """Where records go: `feeds.inbox`."""

    async def record(self, command: RecordFeed) -> None:
        """Write a record; waits while the log takes no more."""

    def report(self, report: ReportSource) -> None:
        """Write a report to every partition, behind the records that were written before."""


@dataclass(slots=True)
class Patience:
    """How long a connector waits, in seconds; `silent_after_s` is the provider's contract."""

    silent_after_s: float
    settled_s: float = 5.0
    backoff: Backoff = field(default_factory=Backoff)


class Connector:
    """One provider's connection over all its lives; it is the `Link` of each."""

    def __init__(
        self,
        provider: Provider,
        target: Target,
        inbox: Inbox,
        name: str,
        *,
        patience: Patience,
        breaker: Breaker,
    ) -> None:
        self._provider, self._target, self._inbox, self._name = provider, target, inbox, name
        self._patience, self._breaker = patience, breaker
        self._ingress = Ingress(provider, name)
        self._gaps: asyncio.Queue[GapFound] = asyncio.Queue(_GAPS_MAX)
        self._live: dict[str, bool] = {"": False}
        self._unreported: set[str] = set()
        self._live_at_all = asyncio.Event()
        self._heard_s = time.monotonic()
        self.resume: dict[str, str] = {}
        self.messages = 0

    # -- what a connection calls

    async def message(self, payload: bytes, token: str | None = None) -> None:
        """See `Link.message`."""
        self.heard()
        self.messages += 1
        wall_us, mono_us = time.time_ns() // 1_000, time.monotonic_ns() // 1_000
        for command in self._ingress.records(payload, wall_us, mono_us, token):
            await self._inbox.record(command)
        # Waiting for the log is not the provider's silence.
        self._heard_s = time.monotonic()

    def heard(self, producer: str = "") -> None:
        """See `Link.heard`."""
        self._heard_s = time.monotonic()
        self._unreported.add(producer)

    def live(self, producer: str = "") -> None:
        """See `Link.live`."""
        self.heard(producer)
        self._live[producer] = True
        self._live_at_all.set()
        self._tell(producer, SourceReport.LIVE, "")

    def lost(self, reason: str, producer: str = "") -> None:
        """See `Link.lost`."""
        self._live[producer] = False
        self._tell(producer, SourceReport.LOST, reason)

    async def gap(self) -> GapFound:
        """See `Link.gap`."""
        return await self._gaps.get()

    # -- what the house calls

    def ask(self, gap: GapFound) -> None:
        """A gap was found; one too many is let go, as it will be told again."""
        if gap.provider == self._provider.name and not self._gaps.full():
            self._gaps.put_nowait(gap)

    async def run(self) -> None:
        """Connect, and connect again, until it is cancelled."""
        reporter = asyncio.create_task(self._report())
        try:
            while True:
                await self._once()
        finally:
            reporter.cancel()

    # -- one connection's life

    async def _once(self) -> None:
        if self._provider.connect is None:
            raise ConnectionOver("no_live_feed", f"{self._provider.name} has files only")
        wait_s = self._breaker.closed_for_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._breaker.begin()
        self._tell_all("connecting")
        self._live_at_all.clear()
        self._heard_s = time.monotonic()
        over = await first_over(
            self._provider.connect(self._target, self), self._watch(), self._settle()
        )
        if not isinstance(over, FAILURES):
            raise over
        reason = over.reason if isinstance(over, ConnectionOver) else _word(over)
        logger.warning("%s is lost: %s (%s)", self._name, reason, over)
        self._breaker.failed()
        self._tell_all(reason)
        await asyncio.sleep(self._patience.backoff.pause_s(self._breaker.failures))

    async def _watch(self) -> None:
        """End a connection that is silent: half open, stopped, or the provider is."""
        while True:
            left_s = self._heard_s + self._patience.silent_after_s - time.monotonic()
            if left_s <= 0:
                raise ConnectionOver("silent", f"for {self._patience.silent_after_s:g} s")
            await asyncio.sleep(left_s)

    async def _settle(self) -> None:
        """Count the connection as good once it has stayed live."""
        await self._live_at_all.wait()
        await asyncio.sleep(self._patience.settled_s)
        had_failed = self._breaker.failures > 0
        self._breaker.succeeded()
        if had_failed:
            for producer, is_live in sorted(self._live.items()):
                if is_live:
                    self._tell(producer, SourceReport.LIVE, "")
        await asyncio.Event().wait()

    # -- what the house is told

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EACH_S)
            heard, self._unreported = sorted(self._unreported), set()
            for producer in heard:
                if self._live.get(producer):
                    self._tell(producer, SourceReport.HEARD, "")

    def _tell_all(self, reason: str) -> None:
        for producer in sorted(self._live):
            self.lost(reason, producer)

    def _tell(self, producer: str, report: SourceReport, reason: str) -> None:
        silent_us = round(self._patience.silent_after_s * 1e6)
        state = self._breaker.state
        self._inbox.report(
            ReportSource(
                self._provider.name, producer, self._name, report, reason, silent_us, state
            )
        )


async def first_over(*parts: Any) -> BaseException:
    """Run parts side by side until one raises; the others are cancelled, and it is given."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        error = next(iter(done)).exception()
        return error or ConnectionOver("closed")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _word(error: BaseException) -> str:
    """The kind of a failure, as a word for those who are told."""
    for kind, word in _WORDS:
        if isinstance(error, kind):
            return word
    return "protocol"


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "reset"),
    (EOFError, "closed"),
    (TimeoutError, "timeout"),
    (OSError, "unreachable"),
)

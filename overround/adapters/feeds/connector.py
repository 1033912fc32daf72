"""Keeps a provider's connection up, and tells the house how it stands.

A connection counts as good once it has been live for `settled_s`: one that comes up and falls at
once would otherwise be tried again without a pause.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Protocol

from overround.adapters.feeds.connection import ConnectionOver, Target
from overround.adapters.feeds.failures import FAILURES, first_over, word_of
from overround.adapters.feeds.identities import Identities
from overround.adapters.feeds.provider import Ingress, Provider
from overround.domain.feeds.commands import BreakerState, RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.events import GapFound
from overround.domain.feeds.identity.model import own_event_id
from overround.runtime.breaker import Backoff, Breaker

logger = logging.getLogger(__name__)

# How often a live source is told of: the house sees silence this much too early at most.
REPORT_EACH_S = 0.5
# So many reports at least while the contract's time goes by, however short it is.
_REPORTS_MIN = 5

# Gaps that wait to be asked for; older ones are told again by who found them.
_GAPS_MAX = 1_000


class Inbox(Protocol):
    """Where records go: `feeds.inbox`."""

    async def record(self, command: RecordFeed) -> None:
        """Write a record; waits while the log takes no more."""

    def report(self, report: ReportSource) -> None:
        """Write a report to every partition, behind the records that were written before."""

    def untold_for_s(self) -> float:
        """The longest that the log had no newer report than it should, since the last loss."""


class HouseStalled(ConnectionOver):
    """The house did not hear in time that the source lives; the source is not to blame."""


@dataclass(slots=True)
class Patience:
    """How long a connector waits, in seconds.

    `silent_after_s` overrules the contract of the provider and of each connection.
    """

    silent_after_s: float | None = None
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
        identities: Identities | None = None,
    ) -> None:
        self._provider, self._target, self._inbox, self._name = provider, target, inbox, name
        self._patience, self._breaker = patience, breaker
        self.silent_after_s = self._usual_silence_s()
        self._identities = identities if identities is not None else Identities()
        self._ingress = Ingress(provider, name, self._identities)
        self._gaps: asyncio.Queue[GapFound] = asyncio.Queue(_GAPS_MAX)
        self.is_live: dict[str, bool] = {"": False}
        self._unreported: set[str] = set()
        self._live_since_s: float | None = None
        self._heard_s = self._due_s = self._spoke_s = time.monotonic()
        self._is_writing = False
        self.resume: dict[str, str] = {}
        self.messages = self.connections = 0
        self.losses: Counter[str] = Counter()
        self.standing = "not connected"

    # -- what a connection calls

    async def message(
        self, payload: bytes, token: str | None = None, *, is_sound: bool = True
    ) -> None:
        """See `Link.message`."""
        if is_sound:
            self.heard()
        self.messages += 1
        came_s = time.monotonic()
        wall_us, mono_us = time.time_ns() // 1_000, time.monotonic_ns() // 1_000
        self._is_writing = True  # waiting for the log is not the provider's silence
        try:
            for command in self._ingress.records(payload, wall_us, mono_us, token):
                await self._inbox.record(command)
        finally:
            self._is_writing = False
        self._heard_s += time.monotonic() - came_s

    def heard(self, producer: str = "") -> None:
        """See `Link.heard`."""
        self._heard_s = self._spoke_s = time.monotonic()
        self._unreported.add(producer)

    def live(self, producer: str = "") -> None:
        """See `Link.live`."""
        self.heard(producer)
        if self._stalled_for_s():
            return  # it was once: what came is as old as that, and `_watch` is about to end it
        if not self.is_live.get(producer):
            logger.info("%s is live", _called(self._name, producer))
        self.is_live[producer] = True
        self._live_since_s = self._live_since_s or time.monotonic()
        self._tell(producer, SourceReport.LIVE, "")

    def lost(self, reason: str, producer: str = "") -> None:
        """See `Link.lost`."""
        self.is_live[producer] = False
        self._tell(producer, SourceReport.LOST, reason)
        logger.info("%s is not to be relied on: %s", _called(self._name, producer), reason)

    def contract(self, silent_after_s: float) -> None:
        """See `Link.contract`."""
        if self._patience.silent_after_s is None:
            self.silent_after_s = silent_after_s

    async def gap(self) -> GapFound:
        """See `Link.gap`."""
        return await self._gaps.get()

    # -- what the house calls

    def ask(self, gap: GapFound) -> None:
        """A gap was found; one too many is let go, as it will be told again."""
        if gap.provider == self._provider.name and not self._gaps.full():
            # The provider knows its own match only.
            own = own_event_id(gap.provider, self._identities.match(gap.provider, gap.event_id))
            self._gaps.put_nowait(replace(gap, event_id=own))

    @property
    def breaker(self) -> BreakerState:
        """As it stands now."""
        return self._breaker.state

    @property
    def silent_for_s(self) -> float:
        """Since the provider last said anything sound, or since the start; in seconds."""
        return time.monotonic() - self._spoke_s

    async def run(self) -> None:
        """Connect, and connect again, until it is cancelled; the source is lost then."""
        try:
            while True:
                await self._once()
        finally:
            self._tell_all("stopped")

    # -- one connection's life

    async def _once(self) -> None:
        if self._provider.connect is None:
            raise ConnectionOver("no_live_feed", f"{self._provider.name} has files only")
        await self._wait()
        self._breaker.begin()
        self.connections += 1
        self.silent_after_s = self._usual_silence_s()
        self._tell_all("connecting")
        self._live_since_s = None
        self._heard_s = self._due_s = time.monotonic()
        over = await first_over(self._provider.connect(self._target, self), self._watch())
        if not isinstance(over, FAILURES):
            raise over
        reason = over.reason if isinstance(over, ConnectionOver) else word_of(over)
        logger.warning("%s is lost: %s", self._name, str(over) or reason)
        self.losses[reason] += 1
        if not isinstance(over, HouseStalled):
            self._breaker.failed()
        self._tell_all(reason)
        await asyncio.sleep(self._patience.backoff.pause_s(self._breaker.failures))

    async def _wait(self) -> None:
        """Wait for the breaker, and for a log that takes what a connection would bring."""
        wait_s = self._breaker.closed_for_s()
        if wait_s > 0:
            logger.warning(
                "%s: breaker open after %d failures, next try in %.1f s",
                self._name,
                self._breaker.failures,
                wait_s,
            )
            await asyncio.sleep(wait_s)
        while self._inbox.untold_for_s() > self._report_each_s():
            self.standing = "waits for Kafka"
            await asyncio.sleep(self._report_each_s())

    async def _watch(self) -> None:
        """Tell that the source lives, and end a connection that is silent or was not told of.

        After a silence the house takes only a snapshot for an answer, and so does who was stopped
        or could not tell: what was sent meanwhile is old when it comes through.
        """
        while True:
            now_s, each_s = time.monotonic(), self._report_each_s()
            if stalled_s := self._stalled_for_s():
                raise HouseStalled("stalled", f"the log was not told for {stalled_s:.1f} s")
            left_s = each_s
            if not self._is_writing:
                left_s = self._heard_s + self.silent_after_s - now_s
            if left_s <= 0:
                raise ConnectionOver("silent", f"for {self.silent_after_s:g} s")
            self._tell_heard()
            self._settle(now_s)
            self._due_s = now_s + min(each_s, left_s)
            await asyncio.sleep(min(each_s, left_s))

    def _settle(self, now_s: float) -> None:
        """Count the connection as good once it has stayed live."""
        since_s, settled_s = self._live_since_s, self._patience.settled_s
        if not self._breaker.failures or since_s is None or now_s - since_s < settled_s:
            return
        self._breaker.succeeded()
        logger.info("%s has been live for %g s: breaker closed", self._name, settled_s)
        for producer, is_live in sorted(self.is_live.items()):
            if is_live:
                self._tell(producer, SourceReport.LIVE, "")

    def _stalled_for_s(self) -> float:
        """How long the house heard nothing, if it may have given the source up by now; else 0.

        This process was stopped, or the log took no report.
        """
        late_s, untold_s = time.monotonic() - self._due_s, self._inbox.untold_for_s()
        is_late = late_s > self.silent_after_s - 2 * self._report_each_s()
        return max(late_s, untold_s) if is_late or untold_s > self.silent_after_s else 0.0

    def _usual_silence_s(self) -> float:
        return self._patience.silent_after_s or self._provider.silent_after_s

    def _report_each_s(self) -> float:
        return min(REPORT_EACH_S, self.silent_after_s / _REPORTS_MIN)

    # -- what the house is told

    def _tell_heard(self) -> None:
        heard, self._unreported = sorted(self._unreported), set()
        for producer in heard:
            if self.is_live.get(producer):
                self._tell(producer, SourceReport.HEARD, "")

    def _tell_all(self, reason: str) -> None:
        for producer in sorted(self.is_live):
            self.is_live[producer] = False
            self._tell(producer, SourceReport.LOST, reason)

    def _tell(self, producer: str, report: SourceReport, reason: str) -> None:
        if report is not SourceReport.HEARD:
            self.standing = reason or "live"
        silent_us = round(self.silent_after_s * 1e6)
        state = self._breaker.state
        self._inbox.report(
            ReportSource(
                self._provider.name, producer, self._name, report, reason, silent_us, state
            )
        )


def _called(name: str, producer: str) -> str:
    return f"{name}, producer {producer}," if producer else name

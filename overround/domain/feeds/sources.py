"""Whether a provider's feed can be relied on, by what its connection reports.

A source is lost when its connection says so, or when it was not heard of for as long as its
contract allows. Only the report that everything missed was sent again makes it live: a heartbeat
after a silence says nothing of what happened in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from overround.domain.feeds.commands import BreakerState, ReportSource, SourceReport
from overround.domain.feeds.events import SourceChanged
from overround.domain.feeds.model import ProviderFeed

# A match of which a provider said nothing for so long does not depend on it any more.
FOLLOWED_US = 7 * 24 * 3_600_000_000

SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Source:
    """A provider's feed, or one producer's part of it, as its connection reports it.

    `changes` counts how often it was lost or came to live, the first report included.
    """

    provider: str
    producer: str
    connection: str
    is_live: bool
    reason: str
    heard_at_us: int
    silent_after_us: int
    breaker: BreakerState
    changes: int = 0

    def changed(self) -> SourceChanged:
        """The source as it stands, for those who watch it."""
        return SourceChanged(
            self.provider, self.producer, self.connection, self.is_live, self.reason, self.breaker
        )


def source_key(provider: str, producer: str) -> str:
    """The key of a source in its table."""
    return f"{provider}/{producer}"


def reported(source: Source | None, command: ReportSource, at_us: int) -> Source:
    """The source after a report that the log took at `at_us`.

    A connection that went live takes the source over; what another one says of it from then on
    (the one before it, ending late) counts for nothing.
    """
    says = command.report
    is_taken = source is not None and source.is_live and source.connection != command.connection
    if source is not None and is_taken and says is not SourceReport.LIVE:
        return source
    is_live = says is SourceReport.LIVE
    reason = command.reason
    if says is SourceReport.HEARD:
        is_live = source is not None and source.is_live
        reason = source.reason if source is not None else "not_recovered"
    return Source(
        command.provider,
        command.producer,
        command.connection,
        is_live,
        "" if is_live else reason,
        at_us,
        command.silent_after_us,
        command.breaker,
        _changes(source, is_live=is_live),
    )


def _changes(before: Source | None, *, is_live: bool) -> int:
    if before is None:
        return 1
    return before.changes + (before.is_live != is_live)


def ticked(source: Source, at_us: int) -> Source:
    """The source when time went by: lost if it was not heard of for too long."""
    if not source.is_live or at_us - source.heard_at_us <= source.silent_after_us:
        return source
    return replace(source, is_live=False, reason=SILENT, changes=source.changes + 1)


def is_fed(seen: ProviderFeed, source: Source, at_us: int) -> bool:
    """Whether a match depends on a source, by what its provider has said of the match."""
    if at_us - seen.heard_at_us > FOLLOWED_US:
        return False
    return not source.producer or source.producer in seen.producers

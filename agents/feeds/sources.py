"""What a provider's lost or recovered feed means for the matches that it feeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.feeds.tables import FeedTables
from overround.contracts import topics
from overround.domain.feeds.commands import ReportSource
from overround.domain.feeds.events import SourceLost, SourceRestored
from overround.domain.feeds.model import ProviderFeed
from overround.domain.feeds.sources import Source, is_fed, reported, source_key, ticked
from overround.runtime.topology import Event, Outbox

# Every partition hears the same reports; this one tells of a source as a whole.
_SPEAKER = 0


def report(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Take a connection's report of its source."""
    command: ReportSource = event.value
    key = source_key(command.provider, command.producer)
    before = tables.sources.get(key)
    _put(event, before, reported(before, command, event.at_us), tables, out)


def tick(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Hold back what depends on a source that is silent."""
    for key in tables.sources:
        before = tables.sources[key]
        after = ticked(before, event.at_us)
        if after is not before:
            _put(event, before, after, tables, out)


def warn(
    event_id: str, providers: Mapping[str, ProviderFeed], tables: FeedTables, out: Outbox
) -> None:
    """Tell a match of what it depends on and cannot rely on now."""
    for provider in sorted(providers):
        for producer in ("", *providers[provider].producers):
            source = tables.sources.get(source_key(provider, producer))
            if source is not None and not source.is_live:
                _tell(event_id, source, out)


def _put(
    event: Event, before: Source | None, after: Source, tables: FeedTables, out: Outbox
) -> None:
    tables.sources[source_key(after.provider, after.producer)] = after
    if event.position.partition == _SPEAKER and _seen(before) != _seen(after):
        out.send(topics.HEALTH, after.provider, after.changed())
    was_live = before is None or before.is_live
    if was_live == after.is_live and before is not None:
        return
    for event_id in _fed_by(after, event.at_us, tables):
        _tell(event_id, after, out)


def _seen(source: Source | None) -> tuple[object, ...]:
    return () if source is None else (source.is_live, source.reason, source.breaker)


def _fed_by(source: Source, at_us: int, tables: FeedTables) -> Iterator[str]:
    for event_id in tables.feeds:
        feed = tables.feeds[event_id]
        seen = feed.providers.get(source.provider)
        if seen is not None and is_fed(seen, source, at_us):
            yield event_id
            # An exchange's own event goes on with what is told of another.
            yield from feed.moved_of(source.provider)


def _tell(event_id: str, source: Source, out: Outbox) -> None:
    told: SourceLost | SourceRestored
    if source.is_live:
        told = SourceRestored(event_id, source.provider, source.producer, source.changes)
    else:
        told = SourceLost(event_id, source.provider, source.producer, source.reason, source.changes)
    out.send(topics.INCIDENTS, event_id, told)
    # At once: a match must not be offered on a lost source for as long as a commit takes.
    out.publish(topics.MARKETS_INBOX, event_id, told)

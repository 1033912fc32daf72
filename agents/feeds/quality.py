"""Counts how good each provider's feed is, and tells it once a minute."""

from __future__ import annotations

from agents.feeds.tables import FeedTables
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed, ReportSource
from overround.domain.feeds.decide import Recorded
from overround.domain.feeds.events import RecordsLost
from overround.domain.feeds.model import ProviderFeed
from overround.domain.feeds.order import Step
from overround.domain.feeds.quality import (
    QualityWindow,
    measured,
    opened,
    passed_by,
    recorded,
    reported,
)
from overround.runtime.topology import Event, Outbox


def record(
    event: Event, before: ProviderFeed | None, decision: Recorded, tables: FeedTables
) -> None:
    """Count a record, a repeat too."""
    command: RecordFeed = event.value
    window = _window(command.provider, event, tables)
    tables.quality[command.provider] = recorded(window, command, before, decision, event.at_us)


def step(event: Event, taken: Step, tables: FeedTables) -> None:
    """Count what was told out of its order, or given up."""
    if isinstance(taken, RecordsLost):
        provider, late, lost = taken.provider, 0, taken.to_sequence - taken.from_sequence + 1
    elif taken.is_late:
        provider, late, lost = taken.record.provider, 1, 0
    else:
        return
    window = _window(provider, event, tables)
    tables.quality[provider] = passed_by(window, late=late, lost=lost)


def report(event: Event, tables: FeedTables) -> None:
    """Take from a connection's report that it lives, and what its contract is."""
    command: ReportSource = event.value
    window = _window(command.provider, event, tables)
    tables.quality[command.provider] = reported(window, command, event.at_us)


def tick(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Tell the windows that are over."""
    for provider in tables.quality:
        before = tables.quality[provider]
        after, told = measured(before, event.at_us)
        if told is not None:
            out.send(topics.HEALTH, provider, told)
        if after is None:
            del tables.quality[provider]
        elif after is not before:
            tables.quality[provider] = after


def _window(provider: str, event: Event, tables: FeedTables) -> QualityWindow:
    return tables.quality.get(provider) or opened(provider, event.at_us)

"""Tells the record of a match in its provider's order, past gaps and late records."""

from __future__ import annotations

from collections.abc import Sequence

from agents.feeds import quality
from agents.feeds.public import tell
from agents.feeds.tables import FeedTables
from overround.adapters.feeds.providers import decode
from overround.domain.feeds.books import MarketUpdate
from overround.domain.feeds.commands import RecordFeed, TakeFeed
from overround.domain.feeds.events import RecordsLost
from overround.domain.feeds.order import (
    HeldRecord,
    Step,
    Tell,
    Waiting,
    arrive,
    ask_again,
    due,
    told_elsewhere,
)
from overround.runtime.topology import Event, Outbox


def waiting_key(command: RecordFeed | TakeFeed) -> str:
    """The key of a provider's gap in a match."""
    return f"{command.event_id}/{command.provider}"


def arrived(
    event: Event, waiting: Waiting | None, expected: int, tables: FeedTables, out: Outbox
) -> bool:
    """A record came out of its order, or while others are waited for; whether it was told."""
    command: RecordFeed = event.value
    after, steps = arrive(waiting, expected, command, event.at_us)
    _put(waiting_key(command), after, tables)
    _take(event, steps, after, tables, out)
    told = [step.record.sequence for step in steps if isinstance(step, Tell)]
    return command.sequence in told


def took(event: Event, tables: FeedTables, out: Outbox) -> None:
    """What came before was told of another event: nothing here waits for it."""
    command: TakeFeed = event.value
    key = waiting_key(command)
    waiting = tables.waiting.get(key)
    if waiting is not None:
        after, steps = told_elsewhere(waiting, command.seen.next_sequence, event.at_us)
        _put(key, after, tables)
        _take(event, steps, after, tables, out)


def tick(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Give up gaps that were waited for long enough, and ask for the others again."""
    for key in tables.waiting:
        before = tables.waiting[key]
        after, steps = due(before, event.at_us)
        _take(event, steps, after, tables, out)
        if after is not None:
            event_id, _, provider = key.partition("/")
            after, gaps = ask_again(after, event_id, provider, event.at_us)
            for gap in gaps:
                tell(gap.event_id, gap, out)
        if after != before:
            _put(key, after, tables)


def _put(key: str, waiting: Waiting | None, tables: FeedTables) -> None:
    if waiting is not None:
        tables.waiting[key] = waiting
    elif key in tables.waiting:
        del tables.waiting[key]


def _take(
    event: Event,
    steps: Sequence[Step],
    after: Waiting | None,
    tables: FeedTables,
    out: Outbox,
) -> None:
    for step in steps:
        quality.step(event, step, tables)
        if isinstance(step, RecordsLost):
            tell(step.event_id, step, out)
            continue
        lost_before = _lost(step.record, after, tables)
        # It was read when it came, so it can be read again; what is held is what came.
        for value in decode(step.record.command()).values:
            # An exchange's books have followed at once: they are state, and no record.
            if not isinstance(value, MarketUpdate):
                is_late = step.is_late
                tell(step.record.event_id, value, out, is_late=is_late, lost_before=lost_before)


def _lost(record: HeldRecord, after: Waiting | None, tables: FeedTables) -> int:
    """How many of a provider's records were given up and have not come since."""
    missing = tables.feeds[record.event_id].providers[record.provider].missing
    return missing - (after.awaited if after is not None else 0)

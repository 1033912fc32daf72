"""FEEDS: from providers' raw records to the match as the rest of the house knows it."""

from __future__ import annotations

from typing import NamedTuple

from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import record
from overround.domain.feeds.events import FixtureScheduled, GapFound, PricesObserved
from overround.domain.feeds.model import Feed
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Agent, Event, Outbox, TableView
from tables.feeds import FEEDS as FEEDS_TABLE

_PUBLIC = {
    FixtureScheduled: topics.FIXTURES,
    Incident: topics.INCIDENTS,
    GapFound: topics.INCIDENTS,
    PricesObserved: topics.PRICES,
}


class FeedTables(NamedTuple):
    """The tables of the agent."""

    feeds: TableView[Feed]


def handle(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Record a provider's message; lets a Refusal out, which makes the message a dead letter."""
    # No rule here waits for time: whether a feed is too old to trade on is for the match's
    # writer to say, which has ticks of its own.
    if isinstance(event.value, Tick):
        return
    if not isinstance(event.value, RecordFeed) or event.key is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    require_id("event_id", event.key)
    decision = record(tables.feeds.get(event.key) or Feed(event.key), event.value)
    tables.feeds[event.key] = decision.state
    for happened in decision.events:
        out.send(_PUBLIC[type(happened)], event.key, happened)
        if not isinstance(happened, GapFound):
            # At once: the market waits for no commit, and drops by the provider's sequence
            # what a replay publishes again.
            out.publish(topics.MARKETS_INBOX, event.key, happened)


FEEDS = Agent(
    "feeds",
    inbox=topics.FEEDS_INBOX,
    handle=handle,
    tables=FeedTables,
    owns=(FEEDS_TABLE,),
    sends=(topics.FIXTURES, topics.INCIDENTS, topics.PRICES),
    publishes=(topics.MARKETS_INBOX,),
)

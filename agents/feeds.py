"""FEEDS: from providers' raw records to the match as the rest of the house knows it."""

from __future__ import annotations

from typing import NamedTuple

from overround.adapters.feeds.providers import decode
from overround.contracts import topics
from overround.domain.feeds.books import MarketBook, MarketUpdate, is_over
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import record
from overround.domain.feeds.events import FixtureScheduled, GapFound, PricesObserved
from overround.domain.feeds.exchange import change
from overround.domain.feeds.fixed_odds import (
    BetsStopped,
    MarketDescribed,
    MarketRolledBack,
    MarketSettled,
    MarketVoided,
    OddsChanged,
    ParticipantNamed,
)
from overround.domain.feeds.model import Feed
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Agent, Event, Outbox, TableView
from tables.exchange_markets import EXCHANGE_MARKETS
from tables.feeds import FEEDS as FEEDS_TABLE

_PUBLIC = {
    FixtureScheduled: topics.FIXTURES,
    Incident: topics.INCIDENTS,
    GapFound: topics.GAPS,
    PricesObserved: topics.PRICES,
    OddsChanged: topics.PRICES,
    BetsStopped: topics.PRICES,
    MarketSettled: topics.INCIDENTS,
    MarketVoided: topics.INCIDENTS,
    MarketRolledBack: topics.INCIDENTS,
    MarketDescribed: topics.PARTICIPANTS,
    ParticipantNamed: topics.PARTICIPANTS,
}
# What a market's writer takes from a provider; the rest is for whoever reads the public topics.
_FOR_MARKETS = (FixtureScheduled, Incident, PricesObserved)


class FeedTables(NamedTuple):
    """The tables of the agent."""

    feeds: TableView[Feed]
    exchange_markets: TableView[MarketBook]


def handle(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Record a provider's message; lets a Refusal out, which makes the message a dead letter."""
    # Whether a feed is too old to trade on is for the match's writer to say; here time only ends
    # what is over.
    if isinstance(event.value, Tick):
        _forget_markets(tables, event.at_us)
        return
    if not isinstance(event.value, RecordFeed) or event.key is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    require_id("event_id", event.key)
    decision = record(tables.feeds.get(event.key) or Feed(event.key), event.value, decode)
    tables.feeds[event.key] = decision.state
    for happened in decision.events:
        if isinstance(happened, MarketUpdate):
            _follow_market(event, happened, tables, out)
            continue
        out.send(_PUBLIC[type(happened)], event.key, happened)
        if isinstance(happened, _FOR_MARKETS):
            # At once: the market waits for no commit, and drops by the provider's sequence
            # what a replay publishes again.
            out.publish(topics.MARKETS_INBOX, event.key, happened)


def _forget_markets(tables: FeedTables, now_us: int) -> None:
    markets = tables.exchange_markets
    for key in list(markets):
        if is_over(markets[key], now_us):
            del markets[key]


def _follow_market(event: Event, update: MarketUpdate, tables: FeedTables, out: Outbox) -> None:
    command: RecordFeed = event.value
    key = f"{command.provider}/{update.market_id}"
    sequence = tables.feeds[command.event_id].providers[command.provider].next_sequence - 1
    held = tables.exchange_markets.get(key)
    decision = change(held, update, command, sequence, event.at_us)
    tables.exchange_markets[key] = decision.state
    for changed in decision.events:
        out.send(topics.PRICES, command.event_id, changed)


FEEDS = Agent(
    "feeds",
    inbox=topics.FEEDS_INBOX,
    handle=handle,
    tables=FeedTables,
    owns=(FEEDS_TABLE, EXCHANGE_MARKETS),
    sends=(topics.FIXTURES, topics.PARTICIPANTS, topics.INCIDENTS, topics.PRICES, topics.GAPS),
    publishes=(topics.MARKETS_INBOX,),
)

"""FEEDS: from providers' raw records to the match as the rest of the house knows it."""

from __future__ import annotations

from collections.abc import Callable

from agents.feeds import identified, offers, ordered, quality, sources
from agents.feeds.public import tell, warn_early
from agents.feeds.tables import FeedTables
from overround.adapters.feeds.providers import decode
from overround.contracts import topics
from overround.domain.feeds.books import MarketUpdate, is_over
from overround.domain.feeds.commands import RecordFeed, ReportSource, TakeFeed
from overround.domain.feeds.decide import UNNUMBERED, Happened, record
from overround.domain.feeds.events import FixtureScheduled, GapFound, PricesObserved
from overround.domain.feeds.exchange import change
from overround.domain.feeds.identity.events import EventLinked
from overround.domain.feeds.model import Feed
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import StatisticsObserved
from overround.runtime.topology import Agent, Event, Outbox
from tables.exchange_markets import EXCHANGE_MARKETS
from tables.feeds import FEEDS as FEEDS_TABLE
from tables.quality import QUALITY
from tables.sources import SOURCES
from tables.waiting import WAITING

# What a market's writer takes from a provider; the rest is for whoever reads the public topics.
_FOR_MARKETS = (FixtureScheduled, Incident, PricesObserved, StatisticsObserved)


def handle(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Take a provider's record, a connection's report, or the time.

    Lets a Refusal out, which makes the record a dead letter.
    """
    step = _STEPS.get(type(event.value))
    if step is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    step(event, tables, out)


def _take(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Record a provider's message, and tell what it says."""
    command: RecordFeed = event.value
    if event.key is None:
        raise Refusal("unexpected_record", "without a key")
    event_id = event.key
    require_id("event_id", event_id)
    feed = tables.feeds.get(event_id) or Feed(event_id)
    before = feed.providers.get(command.provider)
    told = identified.told_of(feed, command)
    if identified.is_passed_on(told, command, out):
        return
    numbered = command.sequence != UNNUMBERED
    waiting = tables.waiting.get(ordered.waiting_key(command)) if numbered else None
    decision = record(feed, command, lambda _: decode(told), at_us=event.at_us, waiting=waiting)
    fixtures = [each for each in decision.events if isinstance(each, FixtureScheduled)]
    state = decision.state.announced(fixtures[-1].sport) if fixtures else decision.state
    tables.feeds[event_id] = state
    seen = decision.state.providers[command.provider]
    quality.record(event, before, decision, tables)
    if before is not None and seen.duplicates > before.duplicates:
        return
    expected = before.next_sequence if before is not None else 1
    in_order = waiting is None and command.sequence in (UNNUMBERED, expected)
    identified.ask(told, seen, decision.events, out)
    lost = seen.missing  # while nothing is waited for, what has not come was given up
    for happened in decision.events:
        _pass_on(told, event, happened, tables, out, in_order=in_order, lost_before=lost)
    offers.pass_on_odds(command, decision.events, tables, out)
    if not in_order and not ordered.arrived(event, waiting, expected, tables, out):
        warn_early(event_id, decision.events, out)
    if fixtures:
        # The match's writer may only now have heard of it, and of no source before.
        sources.warn(told.event_id, decision.state.providers, tables, out)
    elif before is None or before.producers != seen.producers:
        sources.warn(told.event_id, {command.provider: seen}, tables, out)


def _pass_on(
    command: RecordFeed,
    event: Event,
    happened: Happened,
    tables: FeedTables,
    out: Outbox,
    *,
    in_order: bool,
    lost_before: int,
) -> None:
    if isinstance(happened, MarketUpdate):
        _follow_market(command, event, happened, tables, out)
        return
    event_id = command.event_id
    if in_order or isinstance(happened, GapFound):
        tell(event_id, happened, out, lost_before=lost_before)
    if isinstance(happened, _FOR_MARKETS):
        # At once: the market waits for no commit and no missing record, and drops by the
        # provider's sequence what is late, or what a replay publishes again.
        out.publish(topics.MARKETS_INBOX, event_id, happened)


def _follow_market(
    command: RecordFeed, event: Event, update: MarketUpdate, tables: FeedTables, out: Outbox
) -> None:
    key = f"{command.provider}/{update.market_id}"
    feed = tables.feeds[event.value.event_id]
    sequence = feed.providers[command.provider].next_sequence - 1
    held = tables.exchange_markets.get(key)
    decision = change(held, update, command, sequence, event.at_us)
    tables.exchange_markets[key] = decision.state
    for changed in decision.events:
        out.send(topics.PRICES, command.event_id, changed)
    if decision.events and decision.state.selections:
        offers.pass_on(command, decision.state, feed, tables, out)


def _report(event: Event, tables: FeedTables, out: Outbox) -> None:
    quality.report(event, tables)
    sources.report(event, tables, out)


def _tick(event: Event, tables: FeedTables, out: Outbox) -> None:
    sources.tick(event, tables, out)
    ordered.tick(event, tables, out)
    quality.tick(event, tables, out)
    markets = tables.exchange_markets
    for key in list(markets):
        if is_over(markets[key], event.at_us):
            del markets[key]


_STEPS: dict[type, Callable[[Event, FeedTables, Outbox], None]] = {
    RecordFeed: _take,
    ReportSource: _report,
    EventLinked: identified.linked,
    TakeFeed: identified.take,
    Tick: _tick,
}

FEEDS = Agent(
    "feeds",
    inbox=topics.FEEDS_INBOX,
    handle=handle,
    tables=FeedTables,
    owns=(FEEDS_TABLE, EXCHANGE_MARKETS, WAITING, SOURCES, QUALITY),
    sends=(
        topics.FIXTURES,
        topics.PARTICIPANTS,
        topics.STATISTICS,
        topics.INCIDENTS,
        topics.PRICES,
        topics.GAPS,
        topics.HEALTH,
        topics.IDENTITY_INBOX,
        topics.FEEDS_INBOX,
    ),
    publishes=(topics.MARKETS_INBOX,),
)

"""Which event a provider's match is: IDENTITY is asked, and its answer followed."""

from __future__ import annotations

from collections.abc import Sequence

from agents.feeds import ordered, sources
from agents.feeds.tables import FeedTables
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed, TakeFeed
from overround.domain.feeds.decide import Happened
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.feeds.identity.commands import IdentifyFixture, IdentifyPlayer
from overround.domain.feeds.identity.events import EventLinked
from overround.domain.feeds.identity.model import listing_key, own_event_id
from overround.domain.feeds.model import Feed, ProviderFeed
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.replace import replace
from overround.runtime.topology import Event, Outbox

# Their periods, goals and cards are football's.
_INCIDENTS_OF = "football"


def ask(command: RecordFeed, seen: ProviderFeed, events: Sequence[Happened], out: Outbox) -> None:
    """Ask which event the fixtures of a record are, and who the players are that it names."""
    match = _match(command, seen)
    for happened in events:
        if isinstance(happened, FixtureScheduled):
            fixture = _fixture(command, match, happened)
            out.send(topics.IDENTITY_INBOX, happened.sport, fixture)
        elif isinstance(happened, Incident) and happened.side and happened.player:
            who = (happened.side, happened.player)
            named = IdentifyPlayer(_INCIDENTS_OF, command.provider, match, *who)
            out.send(topics.IDENTITY_INBOX, _INCIDENTS_OF, named)


def _fixture(command: RecordFeed, match: str, scheduled: FixtureScheduled) -> IdentifyFixture:
    return IdentifyFixture(
        scheduled.sport,
        command.provider,
        match,
        command.event_id,
        scheduled.competition,
        scheduled.country,
        scheduled.home,
        scheduled.away,
        scheduled.kickoff_at_us,
        command.sequence,
    )


def linked(event: Event, tables: FeedTables, out: Outbox) -> None:
    """A provider's match belongs to another event, or to this one again.

    The other event's writer gets what is known of the match, so that it knows what came already.
    Of an exchange it gets nothing, as its own event's writer goes on with it, and has to hear.
    """
    link: EventLinked = event.value
    feed = _feed(event, tables)
    if is_exchange(link.provider):
        _linked_exchange(link, feed, tables, out)
        return
    tables.feeds[feed.event_id] = feed.linked(link.provider, link.match, link.event_id)
    seen = feed.providers.get(link.provider)
    has_left = link.event_id != feed.event_id and seen is not None and seen.match == link.match
    if seen is not None and has_left:
        handed = TakeFeed(link.event_id, feed.event_id, link.provider, seen)
        out.send(topics.FEEDS_INBOX, link.event_id, handed)


def _linked_exchange(link: EventLinked, feed: Feed, tables: FeedTables, out: Outbox) -> None:
    own_id = own_event_id(link.provider, link.match)
    if feed.event_id != own_id:
        out.send(topics.FEEDS_INBOX, own_id, link)
        return
    tables.feeds[own_id] = feed.linked(link.provider, link.match, link.event_id)
    if link.provider in feed.providers:
        seen = feed.providers[link.provider]
        sources.warn(link.event_id, {link.provider: seen}, tables, out)


def is_exchange(provider: str) -> bool:
    """Whether a provider's books stay with the writer of its own event."""
    return provider in PROVIDERS and PROVIDERS[provider].is_exchange


def told_of(feed: Feed, command: RecordFeed) -> RecordFeed:
    """The record as one of the event that it tells of, which may be linked to another."""
    if not feed.moved:
        return command
    match = _match(command, feed.providers.get(command.provider))
    event_id = feed.moved.get(listing_key(command.provider, match))
    return command if event_id is None else replace(command, event_id=event_id)


def take(event: Event, tables: FeedTables, out: Outbox) -> None:
    """Go on with a provider's match where another event's writer stopped."""
    command: TakeFeed = event.value
    feed = _feed(event, tables)
    moved_to = feed.moved.get(listing_key(command.provider, command.seen.match))
    if moved_to is not None:
        out.send(topics.FEEDS_INBOX, moved_to, replace(command, event_id=moved_to))
        return
    known = feed.providers.get(command.provider)
    if known is not None and known.match != command.seen.match:
        raise Refusal("match_changed", f"{command.seen.match}, not {known.match}")
    seen = command.seen if known is None else known.joined(command.seen)
    tables.feeds[feed.event_id] = feed.put(command.provider, seen)
    ordered.took(event, tables, out)
    sources.warn(feed.event_id, {command.provider: seen}, tables, out)


def is_passed_on(told: RecordFeed, command: RecordFeed, out: Outbox) -> bool:
    """Whether a record belongs to another event: then it is sent to that one's writer.

    Its connection had not heard of the link when it wrote the record.
    """
    if told is command or is_exchange(command.provider):
        return False
    out.send(topics.FEEDS_INBOX, told.event_id, told)
    return True


def _feed(event: Event, tables: FeedTables) -> Feed:
    if event.key is None:
        raise Refusal("unexpected_record", "without a key")
    return tables.feeds.get(event.key) or Feed(event.key)


def _match(command: RecordFeed, seen: ProviderFeed | None) -> str:
    """The provider's match. One who has the house's ids may name none: then its id is the match."""
    return command.match or (seen.match if seen is not None else "") or command.event_id

"""A provider's fixture joins an event, leaves one, or both, and everybody hears of it."""

from __future__ import annotations

from dataclasses import replace

from agents.identity import participants
from agents.identity.tables import (
    IdentityTables,
    competition_of,
    known_event,
    put_event,
    teams_of,
)
from overround.contracts import topics
from overround.domain.feeds.identity.decide import lists_both
from overround.domain.feeds.identity.events import EventLinked, EventMerged, EventParted
from overround.domain.feeds.identity.model import CanonicalEvent, Listing, Reason
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Outbox


def found(tables: IdentityTables, out: Outbox, listing: Listing, reason: Reason) -> Listing:
    """Make an event of a fixture, under the id that it came with."""
    home = participants.ensure(tables, out, listing.team(listing.home))
    away = participants.ensure(tables, out, listing.team(listing.away))
    competition = participants.ensure(tables, out, listing.league)
    event = CanonicalEvent(
        listing.event_id,
        listing.sport,
        listing.competition,
        listing.country,
        listing.side,
        home.participant_id,
        away.participant_id,
        competition_id=competition.participant_id,
    )
    return _join(tables, out, event, listing, reason)


def move(
    tables: IdentityTables, out: Outbox, listing: Listing, event_id: str, reason: Reason
) -> list[Listing]:
    """Let a fixture be an event that is known; the one that it was is over, as it is the same.

    Gives the fixtures that moved, as they were before: all that were known to be one with it.

    Raises:
        Refusal: `unknown_event`, `event_merged`, or `provider_lists_both`.
    """
    event = known_event(tables, event_id)
    left_id = listing.event_id
    left = tables.events.get(left_id)
    moving = [listing] if left is None else [tables.listings[key] for key in left.listings]
    if left_id == event_id:
        moving = [listing]  # its connection has named the event that it is
    elif provider := lists_both([each.key for each in moving], event.listings):
        raise Refusal("provider_lists_both", f"{provider} has both {left_id} and {event_id}")
    for each in moving:
        moved = replace(each, event_id=event_id, proposed=(), country=event.country)
        _join(tables, out, event, moved, reason)
        event = tables.events[event_id]
        if left_id != event_id:
            _tell_feeds(out, moved, left_id, reason)
    if left_id != event_id:
        _merged(tables, out, left_id, event_id, reason)
    return moving


def part(tables: IdentityTables, out: Outbox, listing: Listing, reason: Reason) -> Listing:
    """Let a fixture be an event of its own again.

    Raises:
        Refusal: `first_of_its_event`, where the id is its own and the others have to leave; and
            `event_in_use`, where others have it by now.
    """
    left_id, own_id = listing.event_id, listing.own_event_id
    if left_id == own_id:
        raise Refusal("first_of_its_event", f"split the other fixtures from {own_id} instead")
    own = tables.events.get(own_id)
    if own is not None and own.listings:
        raise Refusal("event_in_use", f"{own_id} is {', '.join(own.listings)}")
    _leave(tables, listing)
    rejected = tuple(sorted({*listing.rejected, left_id}))
    alone = replace(listing, event_id=own_id, proposed=(), rejected=rejected)
    alone = found(tables, out, alone, reason)
    _tell_feeds(out, alone, left_id, reason)
    head = (listing.provider, listing.match)
    for event_id, other_id in ((left_id, own_id), (own_id, left_id)):
        told = EventParted(event_id, *head, other_id, event_id == left_id, reason.why)
        out.send(topics.IDENTITIES, event_id, told)
        out.send(topics.MARKETS_INBOX, event_id, told)
    return alone


def linked(listing: Listing, reason: Reason) -> EventLinked:
    """What is told of a fixture as it stands."""
    return EventLinked(
        listing.sport,
        listing.provider,
        listing.match,
        listing.event_id,
        listing.competition_id,
        listing.home_id,
        listing.away_id,
        reason.score_percent,
        reason.why,
        reason.decided_by,
    )


def _join(
    tables: IdentityTables, out: Outbox, event: CanonicalEvent, listing: Listing, reason: Reason
) -> Listing:
    home, away = teams_of(tables, event)
    listing = replace(
        listing,
        home_id=home.participant_id,
        away_id=away.participant_id,
        competition_id=competition_of(tables, event).participant_id,
    )
    tables.listings[listing.key] = listing
    put_event(tables, replace(event, listings=tuple(sorted({*event.listings, listing.key}))))
    out.send(topics.IDENTITIES, listing.key, linked(listing, reason))
    return listing


def _leave(tables: IdentityTables, listing: Listing) -> None:
    event = tables.events.get(listing.event_id)
    if event is not None:
        kept = tuple(key for key in event.listings if key != listing.key)
        put_event(tables, replace(event, listings=kept))


def _merged(
    tables: IdentityTables, out: Outbox, left_id: str, event_id: str, reason: Reason
) -> None:
    left = tables.events.get(left_id)
    if left is not None:
        put_event(tables, replace(left, listings=(), merged_into=event_id))
    told = EventMerged(left_id, event_id, reason.why)
    out.send(topics.IDENTITIES, left_id, told)
    out.send(topics.MARKETS_INBOX, left_id, told)


def _tell_feeds(out: Outbox, listing: Listing, left_id: str, reason: Reason) -> None:
    """Both events' writers hear where the records of the fixture belong."""
    told = linked(listing, reason)
    for event_id in (left_id, listing.event_id):
        out.send(topics.FEEDS_INBOX, event_id, told)


def same_teams(tables: IdentityTables, out: Outbox, listing: Listing, reason: Reason) -> list[str]:
    """The fixture's teams are its event's; the fixtures whose doubt that settles."""
    event = tables.events[listing.event_id]
    settled: dict[str, None] = {}
    names = (listing.home, listing.away)
    for name, team in zip(names, teams_of(tables, event), strict=True):
        waiting = participants.learn(tables, out, team, listing.team(name), reason)
        settled |= dict.fromkeys(waiting)
    return list(settled)

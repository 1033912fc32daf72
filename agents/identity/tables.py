"""The tables of IDENTITY, and their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from overround.domain.feeds.identity.decide import DAYS_APART_MAX, Rival, day_of, is_possible
from overround.domain.feeds.identity.model import (
    CalendarEntry,
    CanonicalEvent,
    Kind,
    Listing,
    Participant,
    Place,
)
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import TableView


class IdentityTables(NamedTuple):
    """One field for each table, in the order in which the agent owns them."""

    listings: TableView[Listing]
    events: TableView[CanonicalEvent]
    calendar: TableView[CalendarEntry]
    participants: TableView[Participant]


def known_listing(tables: IdentityTables, key: str) -> Listing:
    """A provider's fixture; raises Refusal `unknown_fixture`."""
    listing = tables.listings.get(key)
    if listing is None:
        raise Refusal("unknown_fixture", key)
    return listing


def known_event(tables: IdentityTables, event_id: str) -> CanonicalEvent:
    """An event that has fixtures; raises Refusal `unknown_event` or `event_merged`."""
    event = tables.events.get(event_id)
    if event is None:
        raise Refusal("unknown_event", event_id)
    if event.merged_into:
        raise Refusal("event_merged", f"{event_id} is {event.merged_into}")
    return event


def put_event(tables: IdentityTables, event: CanonicalEvent) -> None:
    """Store an event as its fixtures stand, on every day that one of them names."""
    before = tables.events.get(event.event_id)
    kickoffs = [tables.listings[key].kickoff_at_us for key in event.listings]
    days = tuple(sorted({day_of(at_us) for at_us in kickoffs}))
    for day in set(before.days if before is not None else ()) - set(days):
        del tables.calendar[_calendar_key(event, day)]
    for day in days:
        tables.calendar[_calendar_key(event, day)] = CalendarEntry(event.event_id)
    tables.events[event.event_id] = replace(event, days=days)


def rivals(tables: IdentityTables, listing: Listing) -> Iterator[Rival]:
    """Every other event around its day that a fixture may be."""
    day = day_of(listing.kickoff_at_us)
    found: dict[str, None] = {}
    for near in range(day - DAYS_APART_MAX, day + DAYS_APART_MAX + 1):
        for key in tables.calendar.within(f"{listing.sport}:{near}"):
            found[tables.calendar[key].event_id] = None
    own = tables.events.get(listing.event_id)
    known_as = own.listings if own is not None else (listing.key,)
    for event_id in found:
        event = tables.events[event_id]
        if event_id != listing.event_id and is_possible(listing, known_as, event):
            yield Rival(event, *teams_of(tables, event))


def teams_of(tables: IdentityTables, event: CanonicalEvent) -> tuple[Participant, Participant]:
    """Who plays, under the ids that hold now."""
    place = Place(event.sport, event.country)
    return (
        participant(tables, place, event.home_id),
        participant(tables, place, event.away_id),
    )


def competition_of(tables: IdentityTables, event: CanonicalEvent) -> Participant:
    """What it is a match of, under the id that holds now."""
    place = Place(event.sport, event.country, Kind.COMPETITION)
    return participant(tables, place, event.competition_id)


def participant(tables: IdentityTables, place: Place, participant_id: str) -> Participant:
    """A participant, or the one that it was merged into; raises Refusal `unknown_participant`."""
    found = tables.participants.get(participant_key(place, participant_id))
    if found is None:
        raise Refusal("unknown_participant", participant_id)
    if found.merged_into:
        return participant(tables, found.merged_place, found.merged_into)
    return found


def now(tables: IdentityTables, place: Place, participant_id: str) -> Participant | None:
    """Who is known by an id in a place: the participant itself while it has names there."""
    found = tables.participants.get(participant_key(place, participant_id))
    if found is None or found.names or not found.merged_into:
        return found
    return participant(tables, found.merged_place, found.merged_into)


def participant_key(place: Place, participant_id: str) -> str:
    """The key of a participant; those of a place lie together."""
    return f"{place.group}/{participant_id}"


def _calendar_key(event: CanonicalEvent, day: int) -> str:
    return f"{event.sport}:{day}/{event.event_id}"

"""Which competition a provider's name is, by the name and by the matches that are one."""

from __future__ import annotations

from dataclasses import replace

from agents.identity import participants
from agents.identity.tables import IdentityTables, competition_of
from overround.domain.feeds.identity.decide import is_elected
from overround.domain.feeds.identity.model import Listing, Reason
from overround.runtime.topology import Outbox


def agree(tables: IdentityTables, out: Outbox, listing: Listing) -> None:
    """A fixture is an event, whose competition may be what its provider means by that name.

    A match is of one competition. Three that are one decide, if none speaks for another.
    """
    known = competition_of(tables, tables.events[listing.event_id])
    sought = listing.league
    mine = participants.ensure(tables, out, sought)
    if mine.participant_id == known.participant_id or known.participant_id in mine.rejected:
        return
    known = participants.vote(tables, known, listing, sought.name)
    voted = [
        each.participant_id
        for each in participants.at(tables, known.place)
        if any((vote.provider, vote.name) == (sought.provider, sought.name) for vote in each.votes)
    ]
    if len(voted) == 1 and is_elected(known, sought.provider, sought.name):
        reason = Reason(f"of the same matches as {known.name}")
        participants.learn(tables, out, known, sought, reason)


def moved(tables: IdentityTables, out: Outbox, listing: Listing) -> Listing:
    """A fixture is listed under another competition; its event is, if nobody else tells of it."""
    own = participants.ensure(tables, out, listing.league)
    event = tables.events[listing.event_id]
    if event.listings == (listing.key,):
        tables.events[event.event_id] = replace(event, competition_id=own.participant_id)
    return replace(listing, competition_id=own.participant_id)

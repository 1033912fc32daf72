"""What a person decides: links confirmed or rejected, events and participants merged or split."""

from __future__ import annotations

from dataclasses import replace

from agents.identity import fixtures, moves, participants
from agents.identity.tables import (
    IdentityTables,
    known_event,
    known_listing,
    now,
    participant,
    participant_key,
)
from overround.domain.feeds.identity.commands import (
    ConfirmLink,
    MergeEvents,
    MergeParticipants,
    RejectLink,
    RejectParticipant,
    SplitEvent,
    SplitParticipant,
)
from overround.domain.feeds.identity.model import (
    Listing,
    Participant,
    Place,
    ProviderName,
    Reason,
    listing_key,
    named_id,
)
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Event, Outbox


def confirm(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """The fixture is that event.

    Raises:
        Refusal: `unknown_fixture`, `already_linked`, and those of `moves.move`.
    """
    command: ConfirmLink = event.value
    listing = _listing(command.provider, command.match, tables)
    if listing.event_id == command.event_id:
        raise Refusal("already_linked", f"{listing.key} is {command.event_id}")
    reason = _by(command.reviewer_id, "confirmed")
    fixtures.link(listing, command.event_id, reason, tables, out)


def reject(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """The fixture is none of what was proposed; it stays an event of its own.

    Raises:
        Refusal: `unknown_fixture`, or `nothing_proposed`.
    """
    command: RejectLink = event.value
    listing = _listing(command.provider, command.match, tables)
    if not listing.is_open:
        raise Refusal("nothing_proposed", listing.key)
    rejected = tuple(sorted({*listing.rejected, *listing.proposed}))
    after = replace(listing, proposed=(), rejected=rejected)
    tables.listings[after.key] = after
    _withdraw_votes(after, tables)
    reason = _by(command.reviewer_id, "rejected")
    fixtures.close(after, after.event_id, reason, tables, out)


def merge(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """Both events are one: every fixture of the first is the second.

    Raises:
        Refusal: `same_event`, `unknown_event`, `event_merged`, `provider_lists_both`.
    """
    command: MergeEvents = event.value
    if command.event_id == command.into_event_id:
        raise Refusal("same_event", command.event_id)
    reason = _by(command.reviewer_id, f"{command.event_id} was merged")
    first = known_event(tables, command.event_id).listings[0]
    fixtures.link(tables.listings[first], command.into_event_id, reason, tables, out)


def split(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """The fixture is not the event that it was linked to.

    Raises:
        Refusal: `unknown_fixture`, and those of `moves.part`.
    """
    command: SplitEvent = event.value
    listing = _listing(command.provider, command.match, tables)
    reason = _by(command.reviewer_id, f"split from {listing.event_id}")
    if command.with_teams:
        for name, team_id in ((listing.home, listing.home_id), (listing.away, listing.away_id)):
            team = participant(tables, Place(listing.sport, listing.country), team_id)
            if team.is_called(listing.provider, name) and len(team.names) > 1:
                _part_name(team, ProviderName(listing.provider, name), reason, tables, out)
    moves.part(tables, out, listing, reason)


def merge_participants(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """Both participants are one: every name of the first is the second's.

    Raises:
        Refusal: `same_participant`, `unknown_participant`, `participant_merged`.
    """
    command: MergeParticipants = event.value
    place = _place(command)
    there = replace(place, team_id=command.into_team_id or place.team_id)
    gone = _known(tables, place, command.participant_id)
    kept = participant(tables, there, command.into_participant_id)
    if kept in (gone, participant(tables, place, gone.participant_id)):
        raise Refusal("same_participant", kept.participant_id)
    reason = _by(command.reviewer_id, f"{gone.participant_id} was merged")
    participants.merge(tables, out, gone, kept, reason)


def reject_participant(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """The participant is none of those that were proposed, now or later.

    Raises:
        Refusal: `unknown_participant`, or `nothing_proposed`.
    """
    command: RejectParticipant = event.value
    own = _known(tables, _place(command), command.participant_id)
    if not own.proposed:
        raise Refusal("nothing_proposed", own.participant_id)
    rejected = tuple(sorted({*own.rejected, *own.proposed}))
    participants.put(tables, replace(own, proposed=(), rejected=rejected))
    reason = _by(command.reviewer_id, "rejected")
    participants.close(out, own, own.participant_id, reason)


def split_participant(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """A provider's name is another participant than the one that it was linked to.

    Raises:
        Refusal: `unknown_participant`, `not_its_name`, or `only_name`.
    """
    command: SplitParticipant = event.value
    known = _known(tables, _place(command), command.participant_id)
    name = ProviderName(command.provider, command.name)
    if name not in known.names:
        raise Refusal("not_its_name", f"{command.provider}: {command.name}")
    if len(known.names) == 1 and not known.merged_into:
        raise Refusal("only_name", f"{known.participant_id} has no other name")
    reason = _by(command.reviewer_id, f"split from {known.participant_id}")
    _part_name(known, name, reason, tables, out)


def _part_name(
    team: Participant, name: ProviderName, reason: Reason, tables: IdentityTables, out: Outbox
) -> None:
    left = tuple(each for each in team.names if each != name)
    participants.put(tables, replace(team, names=left))
    # The provider is part of the id: the name alone may be that of the one that it leaves.
    known_as = team.team_id or named_id(team.sport, team.country)
    alone_id = named_id(known_as, name.name, team.side, name.provider)
    head = (alone_id, team.sport, team.country, team.side, name.name)
    alone = Participant(*head, kind=team.kind, team_id=team.team_id)
    known = tables.participants.get(participant_key(team.place, alone_id))
    if known is not None:
        alone = replace(known, merged_into="", merged_team_id="")
    alone = replace(alone, rejected=tuple(sorted({*alone.rejected, team.participant_id})))
    participants.give(tables, out, alone, name, reason)


def _withdraw_votes(listing: Listing, tables: IdentityTables) -> None:
    for key in tables.participants:
        team = tables.participants[key]
        votes = tuple(each for each in team.votes if each.listing != listing.key)
        if votes != team.votes:
            participants.put(tables, replace(team, votes=votes))


def _listing(provider: str, match: str, tables: IdentityTables) -> Listing:
    return known_listing(tables, listing_key(provider, match))


def _known(tables: IdentityTables, place: Place, participant_id: str) -> Participant:
    found = now(tables, place, participant_id)
    if found is None:
        raise Refusal("unknown_participant", participant_id)
    return found


def _place(command: MergeParticipants | RejectParticipant | SplitParticipant) -> Place:
    return Place(command.sport, command.country, command.kind, command.team_id)


def _by(reviewer_id: str, why: str) -> Reason:
    require_id("reviewer_id", reviewer_id)
    return Reason(f"{why} by {reviewer_id}", 100, reviewer_id)

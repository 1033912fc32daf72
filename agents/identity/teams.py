"""Which participant each provider's name for a team is."""

from __future__ import annotations

from dataclasses import replace

from agents.identity.tables import IdentityTables, country_group, participant, participant_key
from overround.contracts import topics
from overround.domain.feeds.identity.events import ParticipantLinked
from overround.domain.feeds.identity.model import (
    Listing,
    Participant,
    ProviderName,
    Reason,
    Vote,
    named_id,
)
from overround.domain.feeds.identity.names import plain, side_of
from overround.runtime.topology import Outbox


def find(tables: IdentityTables, listing: Listing, name: str) -> Participant | None:
    """The participant that the fixture's provider calls by a name, if it has called one so."""
    for key in tables.participants.within(country_group(listing.sport, listing.country)):
        team = tables.participants[key]
        if team.side == listing.side and team.is_called(listing.provider, name):
            return team
    return None


def ensure(tables: IdentityTables, out: Outbox, listing: Listing, name: str) -> Participant:
    """The participant of a name: known by it, or of the same name elsewhere, or new."""
    found = find(tables, listing, name)
    if found is not None:
        return found
    # The side is part of the id where the name does not say it: `Arsenal` in a women's league.
    side = "" if side_of(name) == listing.side else listing.side
    team_id = named_id(listing.sport, listing.country, name, side)
    found = tables.participants.get(participant_key(listing.sport, listing.country, team_id))
    while found is not None and found.merged_into:
        found = tables.participants[_key(found, found.merged_into)]
    if found is None:
        found = Participant(team_id, listing.sport, listing.country, listing.side, name)
    reason = Reason("the same name", 100) if found.names else Reason("a new name")
    return give(tables, out, found, ProviderName(listing.provider, name), reason)


def give(
    tables: IdentityTables,
    out: Outbox,
    team: Participant,
    name: ProviderName,
    reason: Reason,
) -> Participant:
    """Let a provider's name be a participant's, and tell it."""
    after = team
    if name not in team.names:
        votes = tuple(v for v in team.votes if (v.provider, v.name) != (name.provider, name.name))
        after = replace(team, names=(*team.names, name), votes=votes)
    put(tables, after)
    told = ParticipantLinked(
        team.sport,
        team.country,
        name.provider,
        name.name,
        team.participant_id,
        reason.score_percent,
        reason.why,
        reason.decided_by,
    )
    key = f"{name.provider}/{country_group(team.sport, team.country)}/{name.name}"
    out.send(topics.IDENTITIES, key, told)
    return after


def learn(
    tables: IdentityTables,
    out: Outbox,
    team: Participant,
    listing: Listing,
    *,
    name: str,
    reason: Reason,
) -> tuple[str, ...]:
    """A fixture's team is this participant, so its provider's name for it is.

    Gives the keys of the fixtures whose doubt this may settle.
    """
    told = ProviderName(listing.provider, name)
    if told in team.names:
        return ()
    mine = find(tables, listing, name)
    waiting = team.waiting if mine is None else (*team.waiting, *mine.waiting)
    given: tuple[ProviderName, ...] = (told,)
    if mine is not None:
        # Whoever else was thought to be the same team comes along, unless the provider tells the
        # two apart.
        is_apart = mine.country != team.country or any(
            each.provider == other.provider and plain(each.name) != plain(other.name)
            for each in mine.names
            for other in team.names
        )
        given = (told,) if is_apart else mine.names
        left = tuple(each for each in mine.names if each not in given)
        is_gone = not left and mine.country == team.country
        into = team.participant_id if is_gone else ""
        put(tables, replace(mine, names=left, waiting=(), merged_into=into))
    team = replace(team, waiting=tuple(dict.fromkeys(waiting)))
    for each in given:
        team = give(tables, out, team, each, reason)
    return team.waiting


def vote(tables: IdentityTables, team: Participant, listing: Listing, name: str) -> Participant:
    """Note that a fixture speaks for a name being this participant's."""
    cast = Vote(listing.provider, name, listing.key)
    after = team if cast in team.votes else replace(team, votes=(*team.votes, cast))
    put(tables, after)
    return after


def wait(tables: IdentityTables, listing: Listing, *, is_over: bool = False) -> None:
    """Note with its teams that a person is to decide of a fixture, or is not any more."""
    for team_id in dict.fromkeys((listing.home_id, listing.away_id)):
        team = participant(tables, listing.sport, listing.country, team_id)
        others = tuple(key for key in team.waiting if key != listing.key)
        put(tables, replace(team, waiting=others if is_over else (*others, listing.key)))


def put(tables: IdentityTables, team: Participant) -> None:
    """Store a participant."""
    tables.participants[_key(team, team.participant_id)] = team


def _key(team: Participant, participant_id: str) -> str:
    return participant_key(team.sport, team.country, participant_id)

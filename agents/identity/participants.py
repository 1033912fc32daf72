"""Which participant each provider's name for a competition, a team or a player is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agents.identity.tables import IdentityTables, now, participant, participant_key
from overround.adapters.feeds.names import similarity
from overround.contracts import topics
from overround.domain.feeds.identity.events import (
    ParticipantAdded,
    ParticipantCandidate,
    ParticipantDecided,
    ParticipantLinked,
    ParticipantProposed,
)
from overround.domain.feeds.identity.model import (
    Kind,
    Listing,
    Participant,
    Place,
    ProviderName,
    Reason,
    Sought,
    Verdict,
    Vote,
    named_id,
)
from overround.domain.feeds.identity.names import plain, side_of
from overround.domain.feeds.identity.participants import Judged, are_apart, judge
from overround.runtime.topology import Outbox


def find(tables: IdentityTables, sought: Sought) -> Participant | None:
    """The participant that a provider calls by a name, if it has called one so."""
    for known in at(tables, sought.place):
        is_one = known.side == sought.side and known.is_called(sought.provider, sought.name)
        if is_one and not are_apart(known.birth_date, sought.birth_date):
            return known
    return None


def ensure(tables: IdentityTables, out: Outbox, sought: Sought) -> Participant:
    """The participant of a name: known by it, or by what the name says, or new."""
    found = find(tables, sought)
    if found is not None:
        return _told(tables, found, sought.birth_date, sought.shirt_number)
    judged = judge(sought, at(tables, sought.place), similarity)
    if judged.verdict is Verdict.LINK:
        reason = Reason(judged.why, judged.score_percent)
        known = give(tables, out, judged.ranked[0].participant, sought.provider_name, reason)
        return _told(tables, known, sought.birth_date, sought.shirt_number)
    why = judged.why if judged.verdict is Verdict.NEW else f"in doubt: {judged.why}"
    found = _named(tables, sought)
    reason = Reason("the same name", 100) if found.names else Reason(why)
    own = give(tables, out, found, sought.provider_name, reason)
    own = _told(tables, own, sought.birth_date, sought.shirt_number)
    if judged.verdict is Verdict.REVIEW:
        own = propose(tables, out, own, judged)
    return own


def give(
    tables: IdentityTables, out: Outbox, known: Participant, name: ProviderName, reason: Reason
) -> Participant:
    """Let a provider's name be a participant's, and tell it, and the participant if it is new."""
    place = known.place
    if participant_key(place, known.participant_id) not in tables.participants:
        head = (known.participant_id, place.sport, place.kind, place.country, place.team_id)
        added = ParticipantAdded(*head, known.side, known.name)
        out.send(topics.PARTICIPANTS, known.participant_id, added)
    after = known
    if name not in known.names:
        votes = tuple(v for v in known.votes if (v.provider, v.name) != (name.provider, name.name))
        after = replace(known, names=(*known.names, name), votes=votes)
    put(tables, after)
    told = ParticipantLinked(
        place.sport,
        place.country,
        name.provider,
        name.name,
        participant(tables, place, known.participant_id).participant_id,
        reason.score_percent,
        reason.why,
        reason.decided_by,
        place.kind,
        place.team_id,
    )
    out.send(topics.IDENTITIES, f"{name.provider}/{place.group}/{name.name}", told)
    return after


def learn(
    tables: IdentityTables, out: Outbox, known: Participant, sought: Sought, reason: Reason
) -> tuple[str, ...]:
    """What is sought is this participant, so its provider's name is.

    Gives the keys of the fixtures whose doubt this may settle.
    """
    if sought.provider_name in known.names:
        return ()
    mine = find(tables, sought)
    if mine is None:
        give(tables, out, known, sought.provider_name, reason)
        return known.waiting
    known = replace(known, waiting=tuple(dict.fromkeys((*known.waiting, *mine.waiting))))
    put(tables, known)
    # Whoever else was thought to be the same comes along, unless the provider tells the two apart.
    is_apart = mine.country != known.country or any(
        each.provider == other.provider and plain(each.name) != plain(other.name)
        for each in mine.names
        for other in known.names
    )
    left = tuple(each for each in mine.names if is_apart and each != sought.provider_name)
    if left or mine.country != known.country:
        put(tables, replace(mine, names=left, waiting=()))
        give(tables, out, known, sought.provider_name, reason)
    else:
        merge(tables, out, mine, known, reason)
    return known.waiting


def merge(
    tables: IdentityTables, out: Outbox, gone: Participant, kept: Participant, reason: Reason
) -> None:
    """Let two participants be one: every name of the first is the second's, and every player.

    A player of two teams keeps his names in both, and has the second's id.
    """
    close(out, gone, kept.participant_id, reason)
    merged = replace(gone, votes=(), waiting=(), proposed=(), merged_into=kept.participant_id)
    kept = _told(tables, kept, gone.birth_date, kept.shirt_number or gone.shirt_number)
    if gone.team_id != kept.team_id:
        merged = replace(merged, merged_team_id=kept.team_id)
        for name in gone.names:
            give(tables, out, merged, name, reason)
        return
    put(tables, replace(merged, names=()))
    for name in gone.names:
        kept = give(tables, out, kept, name, reason)
    if gone.kind is Kind.TEAM:
        _bring_players(tables, out, gone, kept, reason)


def propose(tables: IdentityTables, out: Outbox, own: Participant, judged: Judged) -> Participant:
    """Put it before a person who else a participant may be."""
    proposed = tuple(each.participant.participant_id for each in judged.ranked)
    own = replace(own, proposed=proposed)
    put(tables, own)
    candidates = tuple(
        ParticipantCandidate(
            each.participant.participant_id,
            each.participant.name,
            round(100 * each.score),
            each.why,
        )
        for each in judged.ranked
    )
    head = (own.sport, own.kind, own.country, own.team_id, own.participant_id)
    name = own.names[0]
    told = ParticipantProposed(*head, name.provider, name.name, candidates)
    out.send(topics.UNRESOLVED, participant_key(own.place, own.participant_id), told)
    return own


def close(out: Outbox, own: Participant, into_id: str, reason: Reason) -> None:
    """What was proposed of a participant, if anything was, is decided."""
    if not own.proposed:
        return
    head = (own.sport, own.kind, own.participant_id)
    told = ParticipantDecided(*head, into_id, reason.why, reason.decided_by)
    out.send(topics.UNRESOLVED, participant_key(own.place, own.participant_id), told)


def vote(tables: IdentityTables, known: Participant, listing: Listing, name: str) -> Participant:
    """Note that a fixture speaks for a name being this participant's."""
    cast = Vote(listing.provider, name, listing.key)
    after = known if cast in known.votes else replace(known, votes=(*known.votes, cast))
    put(tables, after)
    return after


def wait(tables: IdentityTables, listing: Listing, *, is_over: bool = False) -> None:
    """Note with its teams that a person is to decide of a fixture, or is not any more."""
    for team_id in dict.fromkeys((listing.home_id, listing.away_id)):
        team = participant(tables, Place(listing.sport, listing.country), team_id)
        others = tuple(key for key in team.waiting if key != listing.key)
        put(tables, replace(team, waiting=others if is_over else (*others, listing.key)))


def put(tables: IdentityTables, known: Participant) -> None:
    """Store a participant."""
    tables.participants[participant_key(known.place, known.participant_id)] = known


def at(tables: IdentityTables, place: Place) -> Iterator[Participant]:
    """Every participant of a place, those that were merged too."""
    for key in tables.participants.within(place.group):
        yield tables.participants[key]


def _named(tables: IdentityTables, sought: Sought) -> Participant:
    """The participant that has its id by this very name, or a new one."""
    place = sought.place
    # The side is part of the id where the name does not say it: `Arsenal` in a women's league.
    side = "" if side_of(sought.name) == sought.side else sought.side
    known_as = place.team_id or named_id(place.sport, place.country)
    own_id = named_id(known_as, sought.name, side if place.kind is Kind.TEAM else "")
    found = now(tables, place, own_id)
    if found is not None and are_apart(found.birth_date, sought.birth_date):
        own_id = named_id(own_id, sought.birth_date)  # two of a team have one name
        found = now(tables, place, own_id)
    if found is not None:
        return found
    head = (own_id, place.sport, place.country, sought.side, sought.name)
    return Participant(*head, kind=place.kind, team_id=place.team_id)


def _told(
    tables: IdentityTables, known: Participant, birth_date: str, shirt_number: int
) -> Participant:
    """The participant with what is told of it beside its name; a shirt may change."""
    after = replace(
        known,
        birth_date=known.birth_date or birth_date,
        shirt_number=shirt_number or known.shirt_number,
    )
    if after != known:
        put(tables, after)
    return after


def _bring_players(
    tables: IdentityTables, out: Outbox, gone: Participant, kept: Participant, reason: Reason
) -> None:
    """Let the players of a team that is another one be that one's, under their ids.

    Who is there already by what the names say is one with him; who may be is for a person.
    """
    there = Place(kept.sport, kept.country, Kind.PLAYER, kept.participant_id)
    for player in list(at(tables, replace(there, team_id=gone.participant_id))):
        if not player.names or player.merged_into:
            continue
        head = (there, player.side, player.names[0].provider, player.name)
        sought = Sought(*head, player.birth_date, player.shirt_number)
        judged = judge(sought, at(tables, there), similarity, player.rejected)
        is_there = judged.verdict is Verdict.LINK
        now = judged.ranked[0].participant if is_there else _moved(player, there)
        for name in player.names:
            now = give(tables, out, now, name, reason)
        if judged.verdict is Verdict.REVIEW:
            now = propose(tables, out, now, judged)
        merge(tables, out, player, now, reason)


def _moved(player: Participant, place: Place) -> Participant:
    head = (player.participant_id, place.sport, place.country, player.side, player.name)
    own = Participant(*head, kind=place.kind, team_id=place.team_id)
    return replace(own, rejected=player.rejected)

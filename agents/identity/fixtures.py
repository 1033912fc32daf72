"""A provider lists a fixture: which event is it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.identity import competitions, moves, participants
from agents.identity.tables import IdentityTables, put_event, rivals, teams_of
from overround.adapters.feeds.aliases import aliases_of
from overround.adapters.feeds.names import similarity
from overround.contracts import topics
from overround.domain.feeds.identity.commands import IdentifyFixture
from overround.domain.feeds.identity.decide import (
    SAFE_SIDE_MIN,
    Judgement,
    Weighed,
    doubtful_team,
    is_elected,
    judge,
)
from overround.domain.feeds.identity.events import LinkCandidate, LinkDecided, LinkProposed
from overround.domain.feeds.identity.model import Listing, Reason, Verdict
from overround.domain.feeds.identity.names import alike, side_of
from overround.domain.kernel.ids import require_id
from overround.runtime.topology import Event, Outbox


def identify(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """Say which event a fixture is; one that is known stays what it is.

    Raises:
        Refusal: `malformed_id`, `name_missing`, and those of `moves.move`.
    """
    command: IdentifyFixture = event.value
    for name in ("provider", "match", "event_id"):
        require_id(name, getattr(command, name))
    listing = _listing(command)
    before = tables.listings.get(listing.key)
    if before is not None:
        _again(before, listing, tables, out)
    elif command.event_id != listing.own_event_id:
        _named(listing, command.event_id, tables, out)
    else:
        _first_sight(listing, tables, out)


def reconsider(keys: Sequence[str], tables: IdentityTables, out: Outbox) -> None:
    """Judge fixtures again that wait for a person, now that a name in doubt is known."""
    for key in keys:
        listing = tables.listings[key]
        if not listing.is_open:
            continue
        judgement = judge(listing, rivals(tables, listing), similarity)
        if judgement.verdict is Verdict.LINK:
            link(listing, judgement.ranked[0].rival.event.event_id, _reason(judgement), tables, out)


def link(
    listing: Listing, event_id: str, reason: Reason, tables: IdentityTables, out: Outbox
) -> None:
    """Let a fixture, and whatever is known to be the same, be an event, with its teams.

    What was proposed of them is decided, and doubts about the same names may be.

    Raises:
        Refusal: those of `moves.move`.
    """
    for each in moves.move(tables, out, listing, event_id, reason):
        if each.is_open:
            close(each, event_id, reason, tables, out)
        moved = tables.listings[each.key]
        competitions.agree(tables, out, moved)
        waiting = moves.same_teams(tables, out, moved, reason)
        reconsider(waiting, tables, out)


def close(
    listing: Listing, event_id: str, reason: Reason, tables: IdentityTables, out: Outbox
) -> None:
    """What was proposed of a fixture is decided: nothing waits for a person any more."""
    participants.wait(tables, listing, is_over=True)
    head = (listing.sport, listing.provider, listing.match)
    told = LinkDecided(*head, event_id, reason.why, reason.decided_by)
    out.send(topics.UNRESOLVED, listing.key, told)


def _listing(command: IdentifyFixture) -> Listing:
    aliases = aliases_of(command.provider)
    country, competition = aliases.competition(command.competition, command.country)
    home, away = (aliases.team(country, name) for name in (command.home, command.away))
    sides = {side_of(name): None for name in (home, away, competition)}
    return Listing(
        command.sport,
        command.provider,
        command.match,
        competition,
        country,
        " ".join(sorted({word for side in sides for word in side.split()})),
        home,
        away,
        command.kickoff_at_us,
        command.sequence,
        command.event_id,
    )


def _named(listing: Listing, event_id: str, tables: IdentityTables, out: Outbox) -> None:
    """Its connection says which event it is, as one does that was told, or has ids of its own."""
    reason = Reason("named by its connection", 100)
    event = tables.events.get(event_id)
    if event is None:
        moves.found(tables, out, listing, reason)
    else:
        link(listing, event.merged_into or event_id, reason, tables, out)


def _first_sight(listing: Listing, tables: IdentityTables, out: Outbox) -> None:
    judgement = judge(listing, rivals(tables, listing), similarity)
    if judgement.verdict is Verdict.LINK:
        event_id = judgement.ranked[0].rival.event.event_id
        link(listing, event_id, _reason(judgement), tables, out)
        return
    why = judgement.why if judgement.verdict is Verdict.NEW else f"in doubt: {judgement.why}"
    alone = moves.found(tables, out, listing, Reason(why))
    if judgement.verdict is Verdict.REVIEW:
        _propose(alone, judgement, tables, out)
        _vote(alone, judgement, tables, out)


def _propose(listing: Listing, judgement: Judgement, tables: IdentityTables, out: Outbox) -> None:
    tables.listings[listing.key] = replace(
        listing, proposed=tuple(each.rival.event.event_id for each in judgement.ranked)
    )
    participants.wait(tables, listing)
    told = LinkProposed(
        listing.sport,
        listing.provider,
        listing.match,
        listing.event_id,
        listing.competition,
        listing.country,
        listing.home,
        listing.away,
        listing.kickoff_at_us,
        tuple(_candidate(each) for each in judgement.ranked),
    )
    out.send(topics.UNRESOLVED, listing.key, told)


def _candidate(weighed: Weighed) -> LinkCandidate:
    rival = weighed.rival
    return LinkCandidate(
        rival.event.event_id,
        rival.home.name,
        rival.away.name,
        rival.event.competition,
        weighed.days_apart,
        round(100 * weighed.score),
        weighed.why,
    )


def _vote(listing: Listing, judgement: Judgement, tables: IdentityTables, out: Outbox) -> None:
    """Where one team is sure and the other's name is not, match after match, the days decide."""
    doubt = doubtful_team(judgement)
    if doubt is None:
        return
    side, team = doubt
    name: str = getattr(listing, side)
    team = participants.vote(tables, team, listing, name)
    if not is_elected(team, listing.provider, name):
        return
    votes = [v for v in team.votes if (v.provider, v.name) == (listing.provider, name)]
    why = f"on the same days as {team.name} against {len(votes)} teams that are known"
    reason = Reason(why, judgement.score_percent)
    settled = participants.learn(tables, out, team, listing.team(name), reason)
    reconsider(settled, tables, out)


def _again(before: Listing, now: Listing, tables: IdentityTables, out: Outbox) -> None:
    """A fixture that is known: whatever of it changed, it is the same event."""
    if 0 < now.sequence < before.sequence:
        return  # it came late, and tells what has been told otherwise since
    kept = replace(
        now,
        event_id=before.event_id,
        home_id=before.home_id,
        away_id=before.away_id,
        competition_id=before.competition_id,
        proposed=before.proposed,
        rejected=before.rejected,
        country=now.country or before.country,
    )
    if kept == before:
        return
    if (kept.home, kept.away) != (before.home, before.away):
        kept = _renamed(before, kept, tables, out)
    if kept.competition != before.competition:
        kept = competitions.moved(tables, out, kept)
    tables.listings[kept.key] = kept
    put_event(tables, tables.events[kept.event_id])
    is_alone = tables.events[kept.event_id].listings == (kept.key,)
    if not is_alone:
        return
    # By itself so far. What it looks like now may be an event that is known, but its id has been
    # told, so that a person has to say it.
    judgement = judge(kept, rivals(tables, kept), similarity)
    if judgement.verdict is not Verdict.NEW:
        _propose(kept, judgement, tables, out)


def _renamed(before: Listing, now: Listing, tables: IdentityTables, out: Outbox) -> Listing:
    """The names changed: the same teams otherwise written, or those that were not known yet."""
    event = tables.events[before.event_id]
    ids = []
    olds, news = (before.home, before.away), (now.home, now.away)
    for old, new, team in zip(olds, news, teams_of(tables, event), strict=True):
        is_same = old == new or alike(old, new, similarity) >= SAFE_SIDE_MIN
        sought = now.team(new)
        if is_same and participants.find(tables, sought) is None:
            reason = Reason(f"{old} is called so now", 100)
            participants.learn(tables, out, team, sought, reason)
        named = team if is_same else participants.ensure(tables, out, sought)
        ids.append(named.participant_id)
    if event.listings == (now.key,):
        tables.events[event.event_id] = replace(event, home_id=ids[0], away_id=ids[1])
    return replace(now, home_id=ids[0], away_id=ids[1])


def _reason(judgement: Judgement) -> Reason:
    return Reason(judgement.why, judgement.score_percent)

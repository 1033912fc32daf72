"""What IDENTITY tells: which event each provider's fixture is, and what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.feeds.identity.model import Kind


@dataclass(frozen=True, slots=True)
class EventLinked:
    """A provider's fixture is this event from here on; every record of it belongs there.

    The newest of a key counts. `decided_by` is a reviewer, empty where the rule decided.
    `score_percent` is how sure the rule is, 0 for a new event.
    """

    sport: str
    provider: str
    match: str
    event_id: str
    competition_id: str
    home_id: str
    away_id: str
    score_percent: int
    why: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class EventMerged:
    """An event is another one; it is over under its own id."""

    event_id: str
    into_event_id: str
    why: str


@dataclass(frozen=True, slots=True)
class EventParted:
    """A provider's fixture was taken out of an event (`has_left`), or is one by itself again."""

    event_id: str
    provider: str
    match: str
    other_event_id: str
    has_left: bool
    why: str


@dataclass(frozen=True, slots=True)
class ParticipantLinked:
    """A provider's name for a competition, a team or a player of a team is this participant."""

    sport: str
    country: str
    provider: str
    name: str
    participant_id: str
    score_percent: int
    why: str
    decided_by: str
    kind: Kind = Kind.TEAM
    team_id: str = ""


@dataclass(frozen=True, slots=True)
class ParticipantAdded:
    """A competition, a team or a player of a team is known from here on, by its first name.

    `side` is empty, or what sets it apart: `u19`, `reserves`, `women`.
    """

    participant_id: str
    sport: str
    kind: Kind
    country: str
    team_id: str
    side: str
    name: str


@dataclass(frozen=True, slots=True)
class ParticipantCandidate:
    """A participant that a name may be, and the evidence."""

    participant_id: str
    name: str
    score_percent: int
    why: str


@dataclass(frozen=True, slots=True)
class ParticipantProposed:
    """A provider's name may be one of these participants, best first; a person is to say which.

    Until then it is a participant of its own, `participant_id`.
    """

    sport: str
    kind: Kind
    country: str
    team_id: str
    participant_id: str
    provider: str
    name: str
    candidates: tuple[ParticipantCandidate, ...]


@dataclass(frozen=True, slots=True)
class ParticipantDecided:
    """What was proposed of a participant is decided: it is `into_participant_id`, or itself."""

    sport: str
    kind: Kind
    participant_id: str
    into_participant_id: str
    why: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class LinkCandidate:
    """An event that a provider's fixture may be, and the evidence."""

    event_id: str
    home: str
    away: str
    competition: str
    days_apart: int
    score_percent: int
    why: str


@dataclass(frozen=True, slots=True)
class LinkProposed:
    """A provider's fixture may be one of these events, best first; a person is to say which.

    Until then it is an event of its own, `event_id`.
    """

    sport: str
    provider: str
    match: str
    event_id: str
    competition: str
    country: str
    home: str
    away: str
    kickoff_at_us: int
    candidates: tuple[LinkCandidate, ...]


@dataclass(frozen=True, slots=True)
class LinkDecided:
    """What was proposed of a provider's fixture is decided: it is this event."""

    sport: str
    provider: str
    match: str
    event_id: str
    why: str
    decided_by: str

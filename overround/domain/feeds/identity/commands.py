"""What IDENTITY is asked: to say who a provider's fixture is, and what a person decided."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.feeds.identity.model import Kind
from overround.domain.kernel.match import Side


@dataclass(frozen=True, slots=True)
class IdentifyFixture:
    """A provider lists a fixture, or lists it otherwise; it came under `event_id`.

    `sequence` is that of the provider's record, 0 from one that numbers nothing.
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
    sequence: int


@dataclass(frozen=True, slots=True)
class IdentifyPlayer:
    """A provider names a player of a side in its match.

    `birth_date` is like 1987-06-24; it is empty, and `shirt_number` 0, where it does not tell them.
    """

    sport: str
    provider: str
    match: str
    side: Side
    name: str
    birth_date: str = ""
    shirt_number: int = 0


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """A person says that a provider's fixture is an event, proposed or not."""

    sport: str
    provider: str
    match: str
    event_id: str
    reviewer_id: str


@dataclass(frozen=True, slots=True)
class RejectLink:
    """A person says that a provider's fixture is none of the events that were proposed."""

    sport: str
    provider: str
    match: str
    reviewer_id: str


@dataclass(frozen=True, slots=True)
class MergeEvents:
    """A person says that two events are one, under the id of the second."""

    sport: str
    event_id: str
    into_event_id: str
    reviewer_id: str


@dataclass(frozen=True, slots=True)
class SplitEvent:
    """A person says that a provider's fixture is not the event that it was linked to.

    It gets its own event. `with_teams`: its teams are others, too.
    """

    sport: str
    provider: str
    match: str
    with_teams: bool
    reviewer_id: str


@dataclass(frozen=True, slots=True)
class MergeParticipants:
    """A person says that two participants are one, under the id of the second.

    Of a player `team_id` is his team, and `into_team_id` the other one's if it is another.
    """

    sport: str
    country: str
    participant_id: str
    into_participant_id: str
    reviewer_id: str
    kind: Kind = Kind.TEAM
    team_id: str = ""
    into_team_id: str = ""


@dataclass(frozen=True, slots=True)
class SplitParticipant:
    """A person says that a provider's name is not the participant that it was linked to."""

    sport: str
    country: str
    participant_id: str
    provider: str
    name: str
    reviewer_id: str
    kind: Kind = Kind.TEAM
    team_id: str = ""


@dataclass(frozen=True, slots=True)
class RejectParticipant:
    """A person says that a participant is none of those that were proposed."""

    sport: str
    country: str
    participant_id: str
    reviewer_id: str
    kind: Kind
    team_id: str = ""

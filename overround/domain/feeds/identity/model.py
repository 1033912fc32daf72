"""What is remembered of providers' fixtures, of the events that they are, and of who plays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from overround.domain.feeds.identity.names import side_of, slug
from overround.domain.kernel.ids import ID_LENGTH_MAX

# Of a SHA-256: enough to tell the long names of a country apart.
_DIGEST_CHARS = 10


class Kind(StrEnum):
    """What has names."""

    COMPETITION = "competition"
    TEAM = "team"
    PLAYER = "player"


class Verdict(StrEnum):
    """What follows from the evidence."""

    LINK = "link"
    REVIEW = "review"
    NEW = "new"


def listing_key(provider: str, match: str) -> str:
    """The key of a provider's fixture, in tables and topics."""
    return f"{provider}/{match}"


def own_event_id(provider: str, match: str) -> str:
    """The id of an event that this provider's fixture was the first sight of."""
    return f"{provider}-{match}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so, how sure that is, and who says it (empty: the rule)."""

    why: str
    score_percent: int = 0
    decided_by: str = ""


def named_id(*names: str) -> str:
    """The id of what is known by names: `football-england-arsenal`; the same names, the same id."""
    full = slug(*names)
    if len(full) <= ID_LENGTH_MAX:
        return full
    digest = sha256(full.encode()).hexdigest()[:_DIGEST_CHARS]
    return f"{full[: ID_LENGTH_MAX - _DIGEST_CHARS - 1]}-{digest}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A fixture as a provider lists it, and the event that it is.

    `country`, `home` and `away` are what the alias tables made of the provider's names; `side` is
    that of `side_of`. `competition_id`, `home_id` and `away_id` are participants. `proposed` are
    the events among which a person is to decide; those in `rejected` are never proposed again.
    `sequence` is that of the provider's record, 0 where it numbers nothing.
    """

    sport: str
    provider: str
    match: str
    competition: str
    country: str
    side: str
    home: str
    away: str
    kickoff_at_us: int
    sequence: int = 0
    event_id: str = ""
    home_id: str = ""
    away_id: str = ""
    proposed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    competition_id: str = ""

    @property
    def key(self) -> str:
        """Its key in tables and topics."""
        return listing_key(self.provider, self.match)

    @property
    def is_open(self) -> bool:
        """Whether a person is to decide."""
        return bool(self.proposed)

    @property
    def own_event_id(self) -> str:
        """The id of the event that it would be by itself."""
        return own_event_id(self.provider, self.match)

    @property
    def league(self) -> Sought:
        """Its competition, as its provider names it."""
        place = Place(self.sport, self.country, Kind.COMPETITION)
        return Sought(place, side_of(self.competition), self.provider, self.competition)

    def team(self, name: str) -> Sought:
        """One of its teams, as its provider names it."""
        return Sought(Place(self.sport, self.country), self.side, self.provider, name)


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """A match, and the keys of every fixture that is it.

    `days` are those of the fixtures' kick-offs, counted from 1970. One that was merged has no
    fixtures any more, and `merged_into` names the event that has them.
    """

    event_id: str
    sport: str
    competition: str
    country: str
    side: str
    home_id: str
    away_id: str
    listings: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    merged_into: str = ""
    competition_id: str = ""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """An event on a day."""

    event_id: str


@dataclass(frozen=True, slots=True)
class ProviderName:
    """A name that a provider gives."""

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class Vote:
    """A fixture by which a provider's name would be this participant, if it is the event."""

    provider: str
    name: str
    listing: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a participant is known: among its kind in a country, a player in his team."""

    sport: str
    country: str
    kind: Kind = Kind.TEAM
    team_id: str = ""

    @property
    def group(self) -> str:
        """What the keys of its participants begin with."""
        group = f"{self.sport}:{self.kind}:{slug(self.country)}"
        return f"{group}:{self.team_id}" if self.team_id else group


@dataclass(frozen=True, slots=True)
class Sought:
    """A name that a provider gives, and what it tells of who has it.

    `side` is that of `side_of`. `birth_date` is like 1987-06-24; it is empty, and `shirt_number` 0,
    where nobody tells.
    """

    place: Place
    side: str
    provider: str
    name: str
    birth_date: str = ""
    shirt_number: int = 0

    @property
    def provider_name(self) -> ProviderName:
        """The name alone."""
        return ProviderName(self.provider, self.name)


@dataclass(frozen=True, slots=True)
class Participant:
    """A competition, team or player under every name that it was given; `name` is the first.

    One that was merged has no names any more, and `merged_into` names the one that has them, of a
    player that of the team `merged_team_id`. A player is one of the team `team_id`. `waiting` are
    its fixtures of which a person is to decide; `proposed` and `rejected` are participants, as of a
    listing they are events.
    """

    participant_id: str
    sport: str
    country: str
    side: str
    name: str
    names: tuple[ProviderName, ...] = ()
    votes: tuple[Vote, ...] = ()
    waiting: tuple[str, ...] = ()
    merged_into: str = ""
    kind: Kind = Kind.TEAM
    team_id: str = ""
    merged_team_id: str = ""
    birth_date: str = ""
    shirt_number: int = 0
    proposed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where it is known."""
        return Place(self.sport, self.country, self.kind, self.team_id)

    @property
    def merged_place(self) -> Place:
        """Where the one is known that it was merged into."""
        return replace(self.place, team_id=self.merged_team_id or self.team_id)

    def is_called(self, provider: str, name: str) -> bool:
        """Whether a provider gives it this name."""
        return ProviderName(provider, name) in self.names

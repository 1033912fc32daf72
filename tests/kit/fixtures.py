"""A sportsbook in process that providers tell of their fixtures, each under ids of its own."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from overround.adapters.feeds.identities import Identities
from overround.adapters.feeds.partner import FORMAT
from overround.adapters.feeds.partner import PROVIDER as PARTNER
from overround.adapters.feeds.provider import Ingress, Provider
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.identity.events import (
    EventLinked,
    LinkDecided,
    LinkProposed,
    ParticipantDecided,
    ParticipantLinked,
    ParticipantProposed,
)
from overround.domain.kernel.match import Incident
from tests.kit.match import Sportsbook, incident_fields, price_fields

SPORT = "football"
DAY = "2018-01-01"


class Fixtures(Sportsbook):
    """Providers `a`, `b`, ... that speak the partner's format, on connections that hear of links.

    A connection that is `deaf` goes on with the ids that it knew.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.identities = Identities()
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._heard = 0

    def say(
        self, provider: str, match: str, fields: dict[str, Any], *, deaf: bool = False
    ) -> RecordFeed:
        """A provider's next message of a match, handled with all that it causes."""
        self._numbers[provider, match] += 1
        head = {"format": FORMAT, "match": match, "sequence": self._numbers[provider, match]}
        known = Identities() if deaf else self.identities
        ingress = Ingress(_speaking(provider), f"{provider}-1", known)
        (record,) = ingress.records(json.dumps(head | fields).encode(), 0, 0)
        self.tell(topics.FEEDS_INBOX, record.event_id, record)
        for told in self.engine.read(topics.IDENTITIES):
            self.identities.take(told)
        return record

    def list(
        self,
        provider: str,
        match: str,
        home: str = "Arsenal",
        away: str = "Chelsea",
        day: str = DAY,
        *,
        competition: str = "Premier League",
    ) -> str:
        """A provider lists a fixture; the event that it is."""
        fixture = {
            "type": "fixture",
            "competition": competition,
            "home": home,
            "away": away,
            "kickoff_at": f"{day}T15:00:00Z",
        }
        self.say(provider, match, fixture)
        return self.event_of(provider, match)

    def goal(self, provider: str, match: str, *, deaf: bool = False) -> RecordFeed:
        """A provider tells of a first goal of the home side."""
        fields = incident_fields("goal", "first_half", 600, 1, 0, side="home")
        return self.say(provider, match, fields, deaf=deaf)

    def player(self, provider: str, match: str, name: str, side: str = "home") -> str:
        """A provider names a player of a match; the id of who he is taken for."""
        self.say(provider, match, incident_fields("shot", "first_half", 60, side=side, player=name))
        link = self.link_of(provider, match)
        return self.named(provider, name, link.home_id if side == "home" else link.away_id)

    def named(self, provider: str, name: str, team_id: str = "") -> str:
        """The participant that a provider's name is, of a player in his team, as was told last."""
        links = self.told(topics.IDENTITIES, ParticipantLinked)
        said = (provider, name, team_id)
        found = [t for t in links if (t.provider, t.name, t.team_id) == said]
        return found[-1].participant_id

    def kick_off_of(self, provider: str, match: str, *, deaf: bool = False) -> RecordFeed:
        """A provider tells of the kick-off."""
        fields = incident_fields("period", "first_half", 0)
        return self.say(provider, match, fields, deaf=deaf)

    def price_of(self, provider: str, match: str) -> RecordFeed:
        """A provider gives opening prices."""
        return self.say(provider, match, price_fields())

    def decide(self, command: object) -> None:
        """A person decides."""
        self.tell(topics.IDENTITY_INBOX, SPORT, command)
        for told in self.engine.read(topics.IDENTITIES):
            self.identities.take(told)

    def event_of(self, provider: str, match: str) -> str:
        """The event that a provider's match is."""
        return self.link_of(provider, match).event_id

    def link_of(self, provider: str, match: str) -> EventLinked:
        """What was told last of which event a provider's match is."""
        links = self.told(topics.IDENTITIES, EventLinked)
        return next(t for t in links[::-1] if (t.provider, t.match) == (provider, match))

    def names_waiting(self) -> dict[str, ParticipantProposed]:
        """The names of which a person is still to decide, by the participant that they are."""
        still: dict[str, ParticipantProposed] = {}
        for told in self.engine.read(topics.UNRESOLVED):
            if isinstance(told, ParticipantProposed):
                still[told.participant_id] = told
            elif isinstance(told, ParticipantDecided):
                del still[told.participant_id]
        return still

    def waiting(self) -> dict[tuple[str, str], LinkProposed]:
        """What a person is still to decide, by provider and match."""
        still: dict[tuple[str, str], LinkProposed] = {}
        for told in self.engine.read(topics.UNRESOLVED):
            if isinstance(told, LinkProposed):
                still[told.provider, told.match] = told
            elif isinstance(told, LinkDecided):
                del still[told.provider, told.match]
        return still

    def incidents(self, event_id: str) -> list[Incident]:
        """What was told of the play of an event."""
        return [i for i in self.told(topics.INCIDENTS, Incident) if i.event_id == event_id]


def _speaking(name: str) -> Provider:
    return Provider(name, PARTNER.format, PARTNER.decode, PARTNER.splitter)

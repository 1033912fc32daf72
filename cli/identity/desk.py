"""What a person decides of identities: written to IDENTITY, and answered."""

from __future__ import annotations

from typing import Any

from cli import desk
from cli.desk import Answer
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.domain.feeds.identity.events import (
    LinkDecided,
    LinkProposed,
    ParticipantDecided,
    ParticipantProposed,
)
from topologies.sportsbook import SPORTSBOOK


class Desk(desk.Desk):
    """Reads what waits for a person, and puts decisions to IDENTITY on a cluster."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        told_on = (topics.IDENTITIES, topics.UNRESOLVED, topics.PARTICIPANTS)
        super().__init__(bootstrap, codec, SPORTSBOOK.agent("identity"), told_on)

    def waiting(self) -> tuple[list[LinkProposed], list[ParticipantProposed]]:
        """What is to be decided: fixtures in the order of kick-off, and names by kind and id."""
        still: dict[bytes | None, LinkProposed | ParticipantProposed] = {}
        for record in self.records(topics.UNRESOLVED.name):
            told = self.codec.decode(record.value or b"").value
            if isinstance(told, LinkProposed | ParticipantProposed):
                still[record.key] = told
            elif isinstance(told, LinkDecided | ParticipantDecided):
                still.pop(record.key, None)
        fixtures = [each for each in still.values() if isinstance(each, LinkProposed)]
        names = [each for each in still.values() if isinstance(each, ParticipantProposed)]
        fixtures.sort(key=lambda each: (each.kickoff_at_us, each.provider))
        return fixtures, sorted(names, key=lambda each: (each.kind, each.participant_id))

    def decide(self, command: Any) -> Answer:
        """Write a decision, and wait for what comes of it; raises as `put`."""
        return self.put(command.sport, command)

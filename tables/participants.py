"""The table `participants`: every competition, team and player, under all of its names."""

from __future__ import annotations

from overround.domain.feeds.identity.model import Participant
from overround.runtime.topology import Table

PARTICIPANTS = Table("participants", Participant, key="sport:kind:country[:team_id]/participant_id")
"""Owner: the agent `identity`.

A country has hundreds of teams, a team tens of players, who lie together. Cost: about 300 bytes, a
write for each name that is new.
"""

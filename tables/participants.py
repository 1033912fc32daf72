"""The table `participants`: every team, under every name that a provider gives it."""

from __future__ import annotations

from overround.domain.feeds.identity.model import Participant
from overround.runtime.topology import Table

PARTICIPANTS = Table("participants", Participant, key="sport:country/participant_id")
"""Owner: the agent `identity`.

A country has hundreds. Cost: about 300 bytes, a write for each name that is new.
"""

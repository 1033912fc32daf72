"""The table `events`: every match under its canonical id."""

from __future__ import annotations

from overround.domain.feeds.identity.model import CanonicalEvent
from overround.runtime.topology import Table

EVENTS = Table("events", CanonicalEvent, key="event_id")
"""Owner: the agent `identity`.

Cost: about 250 bytes, a write for each fixture that joins or leaves. They stay: a merged event
tells where its fixtures went.
"""

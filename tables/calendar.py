"""The table `calendar`: which matches are played on a day."""

from __future__ import annotations

from overround.domain.feeds.identity.model import CalendarEntry
from overround.runtime.topology import Table

CALENDAR = Table("calendar", CalendarEntry, key="sport:day/event_id")
"""Owner: the agent `identity`.

The index by which a fixture finds what it may be: days are counted from 1970. Cost: about 30
bytes, one or two entries a match.
"""

"""The table `sport_matches`: the state of matches, each in the type of its sport."""

from __future__ import annotations

from typing import Any

from overround.domain.pricing.quoting import FOLLOWED
from overround.runtime.topology import Table

_STATES: tuple[type, ...] = tuple(type(sport.start) for sport in FOLLOWED.values())

SPORT_MATCHES: Table[Any] = Table("sport_matches", _STATES[0], key="event_id", others=_STATES[1:])
"""Owner: the agent `markets`.

Key: the match's event id for what is believed of it; `event_id/provider` for what a provider's
prices make of its beginning; `event_id/` for the state whose fates were told last. Cost: some 2
bytes for each point of a tennis match and 5 for each score of a basketball match, up to a kilobyte
at its end; one write for each record of a match, as its score tells all that led to it.
"""

"""The table `legs`: every leg that a match's writer took, and its fate."""

from __future__ import annotations

from overround.domain.settlement.model import Leg
from overround.runtime.topology import Table

LEGS = Table("legs", Leg, key="event_id/leg_id")
"""Owner: the agent `markets`.

Cost: about 150 bytes; one write when the leg is taken and one when it is settled. A match's legs
are found by its id; they stay, because a result can be corrected.
"""

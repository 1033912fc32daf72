"""The tables `exposures`, `customer_exposures` and `legs`: what a match's bets can cost."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.exposure.model import Exposure
from overround.domain.settlement.model import Leg
from overround.runtime.topology import Table


@dataclass(frozen=True, slots=True)
class CustomerExposure:
    """What one customer's legs on a match would win if all of them did, in minor units."""

    liability_minor: int


EXPOSURES = Table("exposures", Exposure, key="event_id/currency")
"""Owner: the agent `markets`.

Key: event id and currency. Cost: 6.5 kB (256 scores and 112 selections times 5 fates, 8 bytes
each); one write for each leg that is taken, which the changelog gets once a commit. Apart from
`books`, so that a change of price does not write it again.
"""

CUSTOMER_EXPOSURES = Table(
    "customer_exposures", CustomerExposure, key="event_id/customer_id/currency"
)
"""Owner: the agent `markets`. Cost: about 50 bytes, one write for each leg that is taken."""

LEGS = Table("legs", Leg, key="event_id/leg_id")
"""Owner: the agent `markets`.

Key: event id and leg id. Cost: about 150 bytes, one write when the leg is taken and one when it
is settled. A match's legs are found by its id; they stay, because a result can be corrected.
"""

"""The table `customer_exposures`: what one customer may win on a match."""

from __future__ import annotations

from dataclasses import dataclass

from overround.runtime.topology import Table


@dataclass(frozen=True, slots=True)
class CustomerExposure:
    """What one customer's legs on a match would win if all of them did, in minor units."""

    liability_minor: int


CUSTOMER_EXPOSURES = Table(
    "customer_exposures", CustomerExposure, key="event_id/customer_id/currency"
)
"""Owner: the agent `markets`. Cost: about 50 bytes, one write for each leg that is taken."""

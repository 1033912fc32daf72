"""What a trader may order when a result cannot stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoidMarket:
    """Refund every leg on a market (`totals:2.5`), or on the whole match with an empty id."""

    event_id: str
    market: str
    trader_id: str
    reason: str

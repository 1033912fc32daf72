"""The table `reliances`: what each provider gave a match, and which of its sources are lost."""

from __future__ import annotations

from overround.domain.feeds.reliance import Reliance
from overround.runtime.topology import Table

RELIANCES = Table("reliances", Reliance, key="event_id")
"""Owner: the agent `markets`.

Key: the match's event id. Cost: about 40 bytes for each provider; a write for each fixture message,
set of prices and lost or restored source, and at a provider's first incident. Apart from `books`,
so that an incident does not write it.
"""

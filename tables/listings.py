"""The table `listings`: every provider's fixture, and the event that it is."""

from __future__ import annotations

from overround.domain.feeds.identity.model import Listing
from overround.runtime.topology import Table

LISTINGS = Table("listings", Listing, key="provider/match")
"""Owner: the agent `identity`.

Cost: about 200 bytes, a write for each fixture that is new or changes. They stay: a fixture that
comes again, whenever that is, must be the same event.
"""

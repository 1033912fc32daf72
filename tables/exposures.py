"""The table `exposures`: what the house wins or loses on a match, whatever comes."""

from __future__ import annotations

from typing import Any

from overround.domain.exposure.by_market import ExposureByMarket
from overround.domain.exposure.model import Exposure
from overround.runtime.topology import Table

EXPOSURES: Table[Any] = Table(
    "exposures", Exposure, key="event_id/currency", others=(ExposureByMarket,)
)
"""Owner: the agent `markets`.

Key: event id and currency. Football: 18.4 kB (256 scores and 410 selections times 5 fates, 8 bytes
each); other sports: about 50 bytes for each selection that is bet on. One write for each leg that
is taken, which the changelog gets once a commit. Apart from `books`, so that a change of price does
not write it again.
"""

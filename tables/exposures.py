"""The table `exposures`: what the house wins or loses at every final score, and beside."""

from __future__ import annotations

from overround.domain.exposure.model import Exposure
from overround.runtime.topology import Table

EXPOSURES = Table("exposures", Exposure, key="event_id/currency")
"""Owner: the agent `markets`.

Key: event id and currency. Cost: 18.4 kB (256 scores and 410 selections times 5 fates, 8 bytes
each); one write for each leg that is taken, which the changelog gets once a commit. Apart from
`books`, so that a change of price does not write it again.
"""

"""The table `waiting`: records that came before others that are due before them."""

from __future__ import annotations

from overround.domain.feeds.order import Waiting
from overround.runtime.topology import Table

WAITING = Table("waiting", Waiting, key="event_id/provider")
"""Owner: the agent `feeds`.

Key: the match's event id and the provider. Value: `Waiting`, a gap and what came after it.

Cost: nothing while all is in order. In a gap some 400 bytes for each record held, at most 256 of
them for at most 20 s; written whole once a commit.
"""

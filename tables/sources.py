"""The table `sources`: whether each provider's feed can be relied on."""

from __future__ import annotations

from overround.domain.feeds.sources import Source
from overround.runtime.topology import Table

SOURCES = Table("sources", Source, key="provider/producer")
"""Owner: the agent `feeds`.

Key: the provider and the producer, the part of its feed. Value: `Source`.

Cost: 100 bytes for each source in every partition, as each holds back its own matches; written
once a commit while the source lives.
"""

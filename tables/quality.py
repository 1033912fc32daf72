"""The table `quality`: what each provider has sent in the minute that is being counted."""

from __future__ import annotations

from overround.domain.feeds.quality import QualityWindow
from overround.runtime.topology import Table

QUALITY = Table("quality", QualityWindow, key="provider")
"""Owner: the agent `feeds`.

Key: the provider. Value: `QualityWindow`.

Cost: at most some 500 bytes for each provider in every partition; written once a commit while
the provider sends.
"""

"""The table `feeds`: what each provider has sent of each match."""

from __future__ import annotations

from overround.domain.feeds.model import Feed
from overround.runtime.topology import Table

FEEDS = Table("feeds", Feed, key="event_id")
"""Owner: the agent `feeds`.

Key: the match's event id. Value: `Feed`, one `ProviderFeed` for each of up to 8 providers.

Cost: at most about 600 bytes for each provider of a match (512 of them the digests of its last
64 records); one write for each record, which the changelog gets once a commit. Keys stay: a
match that is over must still know its repeats, and a season of 10,000 matches is 6 MB.
"""

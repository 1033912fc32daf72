"""The tables of FEEDS."""

from __future__ import annotations

from typing import NamedTuple

from overround.domain.feeds.books import MarketBook
from overround.domain.feeds.model import Feed
from overround.domain.feeds.order import Waiting
from overround.domain.feeds.quality import QualityWindow
from overround.domain.feeds.sources import Source
from overround.runtime.topology import TableView


class FeedTables(NamedTuple):
    """One field for each table, in the order in which the agent owns them."""

    feeds: TableView[Feed]
    exchange_markets: TableView[MarketBook]
    waiting: TableView[Waiting]
    sources: TableView[Source]
    quality: TableView[QualityWindow]

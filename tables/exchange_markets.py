"""The table `exchange_markets`: the exchanges' markets as their streams have left them."""

from __future__ import annotations

from overround.domain.feeds.books import MarketBook
from overround.runtime.topology import Table

EXCHANGE_MARKETS = Table("exchange_markets", MarketBook, key="provider/market_id")
"""Owner: the agent `feeds`.

Key: the provider and its id of the market. Value: `MarketBook`, every ladder at full depth.

Cost: some 15 bytes for each offered price, 5 to 30 KB a market in play; written whole once a
commit if anything in it changed. A market that has been closed for an hour is dropped.
"""

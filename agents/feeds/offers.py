"""Passes an exchange's prices on to the match's writer, where they are of markets it knows."""

from __future__ import annotations

from dataclasses import replace

from agents.feeds.tables import FeedTables
from overround.contracts import topics
from overround.domain.feeds.books import MarketBook
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import PricesObserved
from overround.domain.feeds.exchange import with_market
from overround.domain.feeds.model import Feed
from overround.runtime.topology import Outbox

# Who wins: without it no other market says anything of the two sides.
_RESULT = "1x2/home"


def pass_on(
    command: RecordFeed, book: MarketBook, feed: Feed, tables: FeedTables, out: Outbox
) -> None:
    """Tell the prices of all the match's markets when one of this market has changed.

    `command` is of the event that is told, `feed` of the exchange's own. Nobody is told before the
    fixture: the writer of a match refuses one that it does not know.
    """
    seen = feed.providers[command.provider]
    offers = with_market(seen.offers, book)
    if offers is None:
        return
    tables.feeds[feed.event_id] = feed.put(command.provider, replace(seen, offers=offers))
    is_known = feed.is_announced or command.event_id != feed.event_id
    if is_known and any(each.selection == _RESULT for each in offers):
        number = seen.next_sequence - 1
        # At once, as every other price: the writer drops by the number what a replay tells again.
        told = PricesObserved(command.event_id, command.provider, number, offers, book.in_play)
        out.publish(topics.MARKETS_INBOX, command.event_id, told)

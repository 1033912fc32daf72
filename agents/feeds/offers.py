"""Passes others' prices on to the match's writer, where they are of markets that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.feeds.tables import FeedTables
from overround.contracts import topics
from overround.domain.feeds.books import MarketBook
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import Happened
from overround.domain.feeds.events import PricesObserved
from overround.domain.feeds.exchange import with_market
from overround.domain.feeds.fixed_odds import BetsStopped, OddsChanged, is_stopped, with_odds
from overround.domain.feeds.model import Feed
from overround.domain.kernel.play import PlaySignalled, Signal
from overround.runtime.topology import Outbox

_FOOTBALL = "football"
# Who wins: without it no other market says anything of the two sides.
_RESULT = "1x2/home"


def pass_on_odds(
    command: RecordFeed, happened: Sequence[Happened], tables: FeedTables, out: Outbox
) -> None:
    """Tell a bookmaker's prices of all the match's markets when one of them has changed.

    And that it has stopped all bets, which is the first that is seen of a goal, or takes them
    again. Of football alone, as markets of other sports have the same numbers there.
    """
    feed = tables.feeds[command.event_id]
    changed = [each for each in happened if isinstance(each, OddsChanged)]
    stops = [each for each in happened if isinstance(each, BetsStopped)]
    if feed.sport != _FOOTBALL or not (changed or stops):
        return
    seen = feed.providers[command.provider]
    stopped, offers = is_stopped(seen.is_stopped, happened), with_odds(seen.offers, changed)
    if (stopped, offers) == (seen.is_stopped, seen.offers):
        return
    after = replace(seen, offers=offers, is_stopped=stopped)
    tables.feeds[command.event_id] = feed.put(command.provider, after)
    told: list[PricesObserved | PlaySignalled] = []
    own = command.event_id, command.provider, after.next_sequence - 1
    if offers != seen.offers and any(each.selection == _RESULT for each in offers):
        told.append(PricesObserved(*own, offers, changed[-1].in_play))
    if stopped is not seen.is_stopped:
        told.append(PlaySignalled(*own, Signal.UNDER_REVIEW if stopped else Signal.CLEARED))
    for value in told:
        out.publish(topics.MARKETS_INBOX, command.event_id, value)


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

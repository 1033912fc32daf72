"""An exchange's stream, from its bytes to what the match's writer does with its prices."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from overround.adapters.feeds.betfair import FORMAT
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import PricesObserved
from tests.kit.football_stream import AWAY, DRAW, EVENT, HOME, Book, Stream, book_of
from tests.kit.match import MATCH, Sportsbook, feed, fixture_fields

EVEN = book_of(0.37, 0.30, 0.33)
LINE: Book = {47_972: (1.80, 1.83), 47_973: (2.20, 2.24)}


class House(Sportsbook):
    """A match that a partner announces and an exchange quotes."""

    def __init__(self, *, is_announced: bool = True) -> None:
        super().__init__()
        self.stream = Stream()
        if is_announced:
            self.announce()

    def announce(self) -> None:
        self.tell(topics.FEEDS_INBOX, MATCH, feed(MATCH, 1, fixture_fields()))

    def hear(self, payload: bytes, event_id: str = MATCH) -> None:
        digest = sha256(payload).digest()
        command = RecordFeed(
            *(event_id, "betfair", 0, 0, payload, digest, FORMAT, "c"), match=EVENT
        )
        self.tell(topics.FEEDS_INBOX, event_id, command)

    def offer(self, book: Book, type_: str = "MATCH_ODDS", **changed: Any) -> None:
        self.hear(self.stream.offer(book, type_, **changed))

    def observed(self) -> list[PricesObserved]:
        return self.told(topics.MARKETS_INBOX, PricesObserved)


def test_prices_of_a_football_market_open_the_match() -> None:
    house = House()
    house.offer(EVEN)
    house.offer(LINE, "OVER_UNDER_25")
    house.hear(house.stream.trade())
    first, second = house.observed()
    assert [len(each.prices) for each in (first, second)] == [3, 5]
    assert (second.provider, second.in_play) == ("betfair", False)
    assert second.sequence > first.sequence
    assert house.price("1x2/home") < house.price("1x2/away")
    assert house.dead_letters() == []


def test_nothing_is_told_of_a_match_that_nobody_has_announced() -> None:
    house = House(is_announced=False)
    house.offer(EVEN)
    assert house.observed() == []
    house.announce()
    house.offer(EVEN | {HOME: (2.6, 2.64)})
    assert len(house.observed()) == 1
    assert house.dead_letters() == []


def test_suspended_and_one_sided_markets_tell_no_prices() -> None:
    house = House()
    house.offer(EVEN, status="SUSPENDED")
    house.offer(EVEN | {DRAW: (3.0, 0.0)})
    house.offer(LINE, "OVER_UNDER_25")
    assert house.observed() == []
    house.offer(EVEN | {AWAY: (2.9, 2.96)})
    house.offer(EVEN | {AWAY: (2.9, 2.96)}, status="SUSPENDED")
    house.offer(EVEN | {AWAY: (2.9, 2.96)})
    assert len(house.observed()) == 2, "what stands after a suspension is told again"
    assert house.dead_letters() == []

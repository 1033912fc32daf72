"""An exchange's match turns out to be another provider's event, in the middle of its stream."""

from __future__ import annotations

from hashlib import sha256

from overround.adapters.feeds.betfair import FORMAT
from overround.adapters.feeds.identities import Identities
from overround.adapters.feeds.provider import Ingress
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.domain.feeds.commands import BreakerState, RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.events import (
    FixtureScheduled,
    MarketChanged,
    PricesObserved,
    SourceLost,
)
from overround.domain.feeds.identity.commands import IdentifyFixture, SplitEvent
from overround.domain.feeds.identity.events import EventLinked
from tests.kit.football_stream import AWAY, EVENT, HOME, Stream, book_of
from tests.kit.match import Sportsbook, wire

KICK_OFF_US = 1_772_377_200_000_000
OURS, THEIRS = "football-data-9", f"betfair-{EVENT}"
EVEN = book_of(0.37, 0.30, 0.33)


class House(Sportsbook):
    """A match that football-data has announced, and that an exchange names, too."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = Stream()
        fixture = FixtureScheduled(OURS, "football-data", 0, "I1", "Roma", "Lazio", KICK_OFF_US)
        self.tell(topics.MARKETS_INBOX, OURS, fixture)
        asked = IdentifyFixture(
            "football", "football-data", "9", OURS, "I1", "", "Roma", "Lazio", KICK_OFF_US, 0
        )
        self.tell(topics.IDENTITY_INBOX, "football", asked)

    def hear(self, payload: bytes) -> None:
        digest = sha256(payload).digest()
        command = RecordFeed(*(THEIRS, "betfair", 0, 0, payload, digest, FORMAT, "c"), match=EVENT)
        self.tell(topics.FEEDS_INBOX, THEIRS, command)

    def move(self, runner: int, back: float, lay: float) -> None:
        """A delta: only the best offers of a runner are others."""
        change = {"id": runner, "batb": [[0, back, 900.0]], "batl": [[0, lay, 900.0]]}
        self.hear(self.stream.change(rc=[change]))

    def prices(self, event_id: str) -> list[PricesObserved]:
        told = self.told(topics.MARKETS_INBOX, PricesObserved)
        return [each for each in told if each.event_id == event_id]


def test_its_prices_are_of_the_other_event_and_no_delta_is_lost() -> None:
    house = House()
    house.hear(house.stream.define(eventName="Roma v Lazio"))
    linked = house.told(topics.IDENTITIES, EventLinked)[-1]
    assert (linked.provider, linked.event_id) == ("betfair", OURS)
    levels = [
        {"id": id_, "batb": [[0, back, 500.0]], "batl": [[0, lay, 500.0]]}
        for id_, (back, lay) in EVEN.items()
    ]
    house.hear(house.stream.change(img=True, rc=levels))
    house.move(HOME, 2.6, 2.64)
    house.move(AWAY, 3.1, 3.2)
    assert [each.sequence for each in house.prices(OURS)] == [2, 3, 4]
    assert house.prices(THEIRS) == []
    assert {each.event_id for each in house.told(topics.PRICES, MarketChanged)[1:]} == {OURS}
    assert house.quotes(OURS)[-1].lines
    assert house.dead_letters() == []


def test_who_knows_the_names_links_what_a_live_stream_does_not_name() -> None:
    house = House()
    house.hear(house.stream.offer(EVEN))
    assert house.told(topics.MARKETS_INBOX, PricesObserved) == []
    asked = IdentifyFixture(
        "football", "betfair", EVENT, THEIRS, "", "Italy", "Roma", "Lazio", KICK_OFF_US, 0
    )
    house.tell(topics.IDENTITY_INBOX, "football", asked)
    house.move(HOME, 2.6, 2.64)
    house.hear(house.stream.offer(EVEN | {AWAY: (3.1, 3.2)}))
    assert house.prices(OURS)
    assert house.dead_letters() == []


def test_a_lost_exchange_is_told_to_the_match_that_it_quotes() -> None:
    house = House()
    house.hear(house.stream.define(eventName="Roma v Lazio"))
    for says in (SourceReport.LIVE, SourceReport.LOST):
        report = ReportSource("betfair", "", "c", says, "", 10_000_000, BreakerState.CLOSED)
        payload = wire().encode(report, id="r", at_us=0, caused_by=None)
        for partition in range(PARTITIONS):
            house.engine.append(topics.FEEDS_INBOX.name, None, payload, partition=partition)
        house.engine.run()
    told = house.told(topics.MARKETS_INBOX, SourceLost)
    assert OURS in {each.event_id for each in told}


def test_a_match_that_is_parted_again_quotes_the_other_no_more() -> None:
    house = House()
    house.hear(house.stream.offer(EVEN, eventName="Roma v Lazio"))
    house.hear(house.stream.offer(EVEN | {HOME: (2.6, 2.64)}))
    before = len(house.prices(OURS))
    assert before
    house.tell(
        topics.IDENTITY_INBOX, "football", SplitEvent("football", "betfair", EVENT, False, "ann")
    )
    house.hear(house.stream.offer(EVEN))
    assert len(house.prices(OURS)) == before
    assert house.prices(THEIRS)
    assert house.dead_letters() == []


def test_its_connection_goes_on_under_the_exchanges_own_event() -> None:
    heard = Identities()
    heard.take(EventLinked("football", "betfair", EVENT, OURS, "c", "h", "a", 99, "", ""))
    ingress = Ingress(PROVIDERS["betfair"], "c", heard)
    (record,) = ingress.records(Stream().define(), 0, 0)
    assert record.event_id == THEIRS

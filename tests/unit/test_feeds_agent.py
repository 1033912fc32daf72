from __future__ import annotations

import json
from hashlib import sha256

import pytest

from agents.feeds import FEEDS, handle
from agents.feeds.tables import FeedTables
from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import GapFound
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import Position
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Event

HEAD: dict[str, object] = {"format": FORMAT, "match": "m-1"}
FIXTURE: dict[str, object] = HEAD | {
    "type": "fixture",
    "competition": "Cup",
    "home": "Ajax",
    "away": "Brøndby",
    "kickoff_at": "2022-12-18T15:00:00Z",
}
PRICES: dict[str, object] = HEAD | {
    "type": "prices",
    "prices": [{"selection": "1x2/home", "price_milli": 2700}],
}
CORNERS: dict[str, object] = HEAD | {
    "type": "statistics",
    "period": "first_half",
    "clock_s": 600,
    "home": {"corners": 2},
    "away": {"corners": 0, "fouls": 3},
}
CLOCK: dict[str, object] = HEAD | {
    "type": "incident",
    "kind": "clock",
    "period": "not_started",
    "clock_s": 0,
    "home_goals": 0,
    "away_goals": 0,
}


class Outputs:
    def __init__(self) -> None:
        self.sent: list[tuple[Topic, str, object]] = []
        self.published: list[tuple[Topic, str, object]] = []

    def send(self, topic: Topic, key: str, value: object) -> None:
        self.sent.append((topic, key, value))

    def publish(self, topic: Topic, key: str, value: object) -> None:
        self.published.append((topic, key, value))


class Rows(dict):  # type: ignore[type-arg]
    def within(self, group: str) -> list[str]:
        return sorted(key for key in self if key.partition("/")[0] == group)


def feed_tables() -> FeedTables:
    return FeedTables(*(Rows() for _ in FeedTables._fields))


def event(value: object, key: str | None = "e-1") -> Event:
    return Event(key, value, "id", 0, Position("feeds.inbox", 0, 0))


def command(sequence: int, fields: dict[str, object]) -> RecordFeed:
    payload = json.dumps(fields | {"sequence": sequence}).encode()
    return RecordFeed("e-1", "partner", sequence, 0, payload, sha256(payload).digest())


def test_each_kind_of_record_goes_to_its_topic_and_to_the_market() -> None:
    tables, out = feed_tables(), Outputs()
    for sequence, fields in enumerate((FIXTURE, PRICES, CLOCK, CORNERS), start=1):
        handle(event(command(sequence, fields)), tables, out)
    asked, *told = out.sent
    assert asked[:2] == (topics.IDENTITY_INBOX, "football")
    assert [topic for topic, _, _ in told] == [
        topics.FIXTURES,
        topics.PRICES,
        topics.INCIDENTS,
        topics.STATISTICS,
    ]
    assert [(topic, value) for topic, _, value in out.published] == [
        (topics.MARKETS_INBOX, value) for _, _, value in told
    ]
    assert {key for _, key, _ in told + out.published} == {"e-1"}


def test_a_gap_is_public_but_no_business_of_the_market() -> None:
    tables, out = feed_tables(), Outputs()
    handle(event(command(4, CLOCK)), tables, out)
    assert out.sent[0] == (topics.GAPS, "e-1", GapFound("e-1", "partner", 1, 4))
    assert len(out.published) == 1


def test_a_repeat_sends_nothing_and_is_counted_in_the_table() -> None:
    tables, out = feed_tables(), Outputs()
    for _ in range(2):
        handle(event(command(1, CLOCK)), tables, out)
    assert (len(out.sent), len(out.published)) == (1, 1)
    assert tables.feeds["e-1"].providers["partner"].duplicates == 1


def test_a_tick_changes_nothing() -> None:
    tables, out = feed_tables(), Outputs()
    handle(event(Tick(1), key=None), tables, out)
    assert (len(tables.feeds), out.sent, out.published) == (0, [], [])


@pytest.mark.parametrize("wrong", [event("text"), event(command(1, CLOCK), key=None)])
def test_what_is_no_record_of_a_match_is_refused(wrong: Event) -> None:
    with pytest.raises(Refusal, match="unexpected_record"):
        handle(wrong, feed_tables(), Outputs())


def test_a_record_under_another_matchs_key_is_refused() -> None:
    with pytest.raises(Refusal, match="wrong_event"):
        handle(event(command(1, CLOCK), key="e-2"), feed_tables(), Outputs())


def test_a_market_closed_for_an_hour_is_forgotten_and_others_are_kept() -> None:
    tables, out = feed_tables(), Outputs()
    for market, status in (("1.1", "CLOSED"), ("1.2", "OPEN")):
        definition = {"eventId": "7", "status": status, "version": 1, "runners": []}
        payload = json.dumps({"op": "mcm", "mc": [{"id": market, "marketDefinition": definition}]})
        digest = sha256(payload.encode()).digest()
        record = RecordFeed(
            "e-1", "betfair", 0, 0, payload.encode(), digest, format="betfair.stream/1"
        )
        handle(event(record), tables, out)
    hour_us = 3_600_000_000
    for now_us, kept in ((hour_us, ["betfair/1.1", "betfair/1.2"]), (hour_us + 1, ["betfair/1.2"])):
        tick = Event(None, Tick(0), "id", now_us, Position("feeds.inbox", 0, 0))
        handle(tick, tables, out)
        assert sorted(tables.exchange_markets) == kept


def test_the_agent_declares_every_topic_that_it_writes_to() -> None:
    sent = {
        topics.FIXTURES,
        topics.PARTICIPANTS,
        topics.STATISTICS,
        topics.PRICES,
        topics.INCIDENTS,
        topics.GAPS,
        topics.HEALTH,
        topics.IDENTITY_INBOX,
        topics.FEEDS_INBOX,
    }
    assert set(FEEDS.sends) == sent
    assert FEEDS.publishes == (topics.MARKETS_INBOX,)
    assert FeedTables._fields == tuple(table.name for table in FEEDS.owns)

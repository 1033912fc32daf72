"""A provider's feed that is lost holds back what depends on it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from agents.feeds import FEEDS
from overround.contracts import topics
from overround.domain.feeds.commands import BreakerState, RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.events import SourceChanged, SourceLost, SourceRestored
from overround.runtime.in_process.engine import InProcess
from overround.runtime.topology import Topology
from tests.kit.match import feed, fixture_fields, incident_fields, wire

ALONE = Topology("feeds", (FEEDS,))
CONTRACT_S = 20


def report(says: SourceReport, provider: str = "partner", **fields: Any) -> ReportSource:
    plain = ReportSource(
        provider, "", f"{provider}-1", says, "", CONTRACT_S * 1_000_000, BreakerState.CLOSED
    )
    return replace(plain, **fields)


class House:
    """FEEDS alone, on four partitions, with a match of each of two providers."""

    def __init__(self) -> None:
        self.engine = InProcess(ALONE, wire(), partitions=4)
        for provider in ("partner", "other"):
            self.tell(report(SourceReport.LIVE, provider))
            match = f"m-{provider}"
            self.engine.pipe(topics.FEEDS_INBOX, match, feed(match, 1, fixture_fields(), provider))
        self.engine.run()

    def tell(self, said: ReportSource) -> None:
        """A report, to every partition as a connection writes it."""
        payload = wire().encode(said, id="r", at_us=0, caused_by=None)
        for partition in range(4):
            key = said.provider.encode()
            self.engine.append(topics.FEEDS_INBOX.name, key, payload, partition=partition)
        self.engine.run()

    def alive(self, seconds: int, *providers: str) -> None:
        for _ in range(seconds):
            for provider in providers:
                self.tell(report(SourceReport.HEARD, provider))
            self.engine.advance(1)

    def matches(self) -> list[object]:
        kinds = (SourceLost, SourceRestored)
        told = [v for v in self.engine.read(topics.INCIDENTS) if isinstance(v, kinds)]
        sent = [v for v in self.engine.read(topics.MARKETS_INBOX) if isinstance(v, kinds)]
        assert told == sent
        return told

    def health(self) -> list[tuple[str, bool, str]]:
        changes: list[SourceChanged] = self.engine.read(topics.HEALTH)
        return [(each.provider, each.is_live, each.reason) for each in changes]


LOST = SourceLost("m-partner", "partner", "", "silent", 2)


def test_silence_for_longer_than_the_contract_loses_only_what_the_source_feeds() -> None:
    house = House()
    house.alive(5, "partner", "other")  # heard of last a second ago
    house.alive(CONTRACT_S - 1, "other")
    assert house.matches() == []
    house.alive(1, "other")
    assert house.matches() == [LOST]
    assert house.health()[2:] == [("partner", False, "silent")]


def test_a_heartbeat_after_a_silence_restores_nothing_and_a_snapshot_does() -> None:
    house = House()
    house.alive(CONTRACT_S + 1, "other")
    house.alive(10, "partner", "other")
    assert house.matches() == [LOST]
    house.tell(report(SourceReport.LIVE))
    assert house.matches() == [LOST, SourceRestored("m-partner", "partner", "", 3)]


def test_a_connection_that_says_so_loses_its_source_at_once() -> None:
    house = House()
    house.tell(report(SourceReport.LOST, reason="reset"))
    house.tell(report(SourceReport.LOST, reason="reset"))
    assert house.matches() == [replace(LOST, reason="reset")]


def test_the_breakers_moves_are_told_though_the_source_stays_lost() -> None:
    house = House()
    house.tell(report(SourceReport.LOST, reason="refused", breaker=BreakerState.OPEN))
    house.tell(report(SourceReport.LOST, reason="connecting", breaker=BreakerState.HALF_OPEN))
    house.tell(report(SourceReport.LIVE))
    changes: list[SourceChanged] = house.engine.read(topics.HEALTH)
    moves = [(each.is_live, each.breaker) for each in changes if each.provider == "partner"]
    assert moves == [
        (True, BreakerState.CLOSED),
        (False, BreakerState.OPEN),
        (False, BreakerState.HALF_OPEN),
        (True, BreakerState.CLOSED),
    ]


def test_a_match_that_begins_while_the_source_is_lost_hears_of_it() -> None:
    house = House()
    house.tell(report(SourceReport.LOST, reason="reset"))
    new = feed("m-new", 1, fixture_fields())
    house.engine.pipe(topics.FEEDS_INBOX, "m-new", new)
    house.engine.run()
    warned = SourceLost("m-new", "partner", "", "reset", 2)
    assert sorted(house.matches(), key=repr) == [warned, replace(LOST, reason="reset")]


def test_who_took_a_source_over_is_not_talked_down_by_the_one_before() -> None:
    house = House()
    house.tell(report(SourceReport.LIVE, connection="partner-2"))
    house.tell(report(SourceReport.LOST, reason="closed"))
    assert house.matches() == []
    house.tell(report(SourceReport.LOST, reason="closed", connection="partner-2"))
    assert house.matches() == [replace(LOST, reason="closed")]


def test_a_source_that_never_went_live_is_lost_for_the_matches_it_feeds() -> None:
    house = House()
    house.tell(report(SourceReport.HEARD, "third"))
    house.engine.pipe(topics.FEEDS_INBOX, "m-3", feed("m-3", 1, fixture_fields(), "third"))
    house.engine.run()
    assert house.matches() == [SourceLost("m-3", "third", "", "not_recovered", 1)]


def test_a_match_not_heard_of_for_a_week_does_not_depend_on_the_source() -> None:
    house = House()
    house.engine.now_us += 7 * 24 * 3_600_000_000 + 1_000_000
    clock = incident_fields("clock", "not_started", 0)
    house.engine.pipe(topics.FEEDS_INBOX, "m-now", feed("m-now", 1, clock))
    house.tell(report(SourceReport.LOST, reason="reset"))
    assert house.matches() == [SourceLost("m-now", "partner", "", "reset", 2)]


def test_a_match_whose_fixture_comes_hears_of_every_lost_source_of_it() -> None:
    house = House()
    clock = incident_fields("clock", "not_started", 0)
    house.engine.pipe(topics.FEEDS_INBOX, "m-two", feed("m-two", 1, clock, "other"))
    house.tell(report(SourceReport.LOST, "other", reason="reset"))
    lost = SourceLost("m-two", "other", "", "reset", 2)
    assert house.matches().count(lost) == 1
    house.engine.pipe(topics.FEEDS_INBOX, "m-two", feed("m-two", 1, fixture_fields()))
    house.engine.run()
    assert house.matches().count(lost) == 2


def test_each_loss_and_recovery_has_the_next_number_and_a_heartbeat_none() -> None:
    house = House()
    for says in (SourceReport.LOST, SourceReport.HEARD, SourceReport.LIVE, SourceReport.LOST):
        house.tell(report(says, reason="reset"))
        house.tell(report(SourceReport.HEARD))
    told: Any = house.matches()
    assert [each.change for each in told] == [2, 3, 4]


def test_a_producer_that_falls_silent_holds_back_its_own_matches_only() -> None:
    house = House()
    for producer in "13":
        house.tell(report(SourceReport.LIVE, "uof", producer=producer))
        match = f"uof-sr:match:{producer}"
        odds = (
            f'<bet_stop event_id="sr:match:{producer}" timestamp="5" product="{producer}"'
            ' groups="all"/>'
        ).encode()
        record = RecordFeed(match, "uof", 0, 0, odds, sha256(odds).digest(), "uof.xml/1")
        house.engine.pipe(topics.FEEDS_INBOX, match, record)
    house.engine.run()
    for _ in range(CONTRACT_S + 2):
        for provider in ("partner", "other"):
            house.tell(report(SourceReport.HEARD, provider))
        house.tell(report(SourceReport.HEARD, "uof", producer="3"))
        house.engine.advance(1)
    assert house.matches() == [SourceLost("uof-sr:match:1", "uof", "1", "silent", 2)]

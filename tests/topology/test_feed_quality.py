"""What FEEDS tells of its providers once a minute, counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.feeds import FEEDS
from overround.contracts import topics
from overround.domain.feeds.commands import BreakerState, RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.events import FeedQualityMeasured, FormatCount, LatencyCount
from overround.domain.feeds.quality import bucket_ms
from overround.runtime.in_process.engine import InProcess, at_random
from overround.runtime.topology import Topology
from tests.kit.match import feed, incident_fields, wire

ALONE = Topology("feeds", (FEEDS,))
SECOND_US = 1_000_000
CLOCK = incident_fields("clock", "not_started", 0)


class House:
    """FEEDS alone, on one partition, with the partner's match `m`."""

    def __init__(self, crashes: float = 0.0) -> None:
        plan = {"crash": at_random(7, crashes)} if crashes else {}
        self.engine = InProcess(ALONE, wire(), partitions=1, **plan)

    def take(self, command: RecordFeed) -> None:
        self.engine.pipe(topics.FEEDS_INBOX, command.event_id, command)
        self.engine.run()

    def clock(self, *sequences: int, lag_ms: int = 0) -> None:
        for sequence in sequences:
            received_at_us = self.engine.now_us - lag_ms * 1_000
            self.take(replace(feed("m", sequence, CLOCK), received_at_us=received_at_us))

    def report(self, says: SourceReport, contract_s: int = 20) -> None:
        silent_us = contract_s * SECOND_US
        said = ReportSource("partner", "", "c-1", says, "", silent_us, BreakerState.CLOSED)
        self.engine.pipe(topics.FEEDS_INBOX, "partner", said)
        self.engine.run()

    def told(self) -> list[FeedQualityMeasured]:
        values = self.engine.read(topics.HEALTH)
        return [value for value in values if isinstance(value, FeedQualityMeasured)]


def test_a_minute_is_told_once_with_what_came_in_it() -> None:
    house = House()
    house.clock(1, 2, 2, 5, lag_ms=40)
    house.engine.advance(59)
    assert house.told() == []
    house.engine.advance(1)
    (minute,) = house.told()
    assert minute.to_at_us - minute.from_at_us == 60 * SECOND_US
    # 1 and 2, a repeat, and a jump over 3 and 4, which are given up after 20 s.
    assert (minute.received, minute.expected, minute.duplicates) == (3, 5, 1)
    assert (minute.gaps, minute.lost, minute.late) == (1, 2, 0)
    assert minute.formats == (FormatCount("overround.match-feed/1", 4),)
    assert minute.logging == (LatencyCount(40, 4),)
    assert minute.delivery == (), "the partner's format tells no time of its own"


def test_what_comes_after_it_was_given_up_is_late_and_still_received() -> None:
    house = House()
    house.clock(1, 3)
    house.engine.advance(30)
    house.clock(2)
    house.engine.advance(30)
    (minute,) = house.told()
    assert (minute.received, minute.expected, minute.lost, minute.late) == (3, 3, 1, 1)


def test_a_file_that_came_to_its_end_is_not_measured_on() -> None:
    house = House()
    house.clock(1)
    house.engine.advance(600)
    assert [minute.received for minute in house.told()] == [1]
    assert list(house.engine.table("quality")) == []
    house.clock(2)
    house.engine.advance(60)
    assert [minute.received for minute in house.told()] == [1, 1]


def test_silence_is_what_a_connection_is_not_heard_of_beyond_its_contract() -> None:
    house = House()
    house.report(SourceReport.LIVE)
    for _ in range(30):
        house.report(SourceReport.HEARD)
        house.engine.advance(1)
    house.engine.advance(90)
    # Heard of last at 29 s, so silent from 49 s on, until the end of each minute.
    assert [minute.silent_us for minute in house.told()] == [11 * SECOND_US, 60 * SECOND_US]
    house.engine.advance(10)
    house.report(SourceReport.LOST)
    house.engine.advance(10)
    house.report(SourceReport.LIVE)
    house.engine.advance(40)
    # 20 s more until it is live, and again from 20 s after that: a lost one is not heard of.
    assert house.told()[2].silent_us == (20 + 20) * SECOND_US


def test_without_a_connection_there_is_no_contract_and_no_silence() -> None:
    house = House()
    house.clock(1)
    house.engine.advance(50)
    house.clock(2)
    house.engine.advance(10)
    (minute,) = house.told()
    assert (minute.silent_us, minute.silent_after_us) == (0, 0)


def test_a_cancelled_goal_and_a_changed_result_are_corrections() -> None:
    house = House()
    steps = [
        incident_fields("period", "first_half", 0),
        incident_fields("goal", "first_half", 60, 1, side="home"),
        incident_fields("goal_cancelled", "first_half", 70, 0, side="home"),
        incident_fields("period", "ended", 5_400),
        incident_fields("result_confirmed", "ended", 5_400),
        incident_fields("result_confirmed", "ended", 5_400, 1),
    ]
    for sequence, fields in enumerate(steps, 1):
        house.take(feed("m", sequence, fields))
    house.engine.advance(60)
    assert [minute.corrections for minute in house.told()] == [2]


def test_a_refused_record_counts_nothing() -> None:
    house = House()
    house.clock(1)
    house.take(replace(feed("m", 2, CLOCK), content_sha256=b"\0" * 32))
    house.engine.advance(60)
    (minute,) = house.told()
    assert (minute.received, minute.expected, minute.duplicates) == (1, 1, 0)


def test_a_provider_that_tells_its_time_is_measured_from_its_clock_to_ours() -> None:
    house = House()
    now_ms = house.engine.now_us // 1_000
    payload = json.dumps({"op": "mcm", "pt": now_ms - 250, "ct": "HEARTBEAT"}).encode()
    digest = sha256(payload).digest()
    received_us = house.engine.now_us - 12_000
    house.take(
        RecordFeed("betfair", "betfair", 0, received_us, payload, digest, "betfair.stream/1")
    )
    house.engine.advance(60)
    (minute,) = house.told()
    # 238 ms from its clock to ours, in the bucket up to 240.
    assert (minute.delivery, minute.logging) == ((LatencyCount(240, 1),), (LatencyCount(12, 1),))
    assert (minute.received, minute.expected) == (1, 0), "it numbers nothing"


def test_crashes_change_nothing_of_what_is_told() -> None:
    told = []
    for crashes in (0.0, 0.2):
        house = House(crashes)
        house.report(SourceReport.LIVE)
        for sequence in (*range(1, 40), *range(42, 60), 7, 41):
            house.clock(sequence, lag_ms=sequence)
            house.engine.advance(3)
        told.append(house.told())
    assert told[0] == told[1]
    assert [minute.received for minute in told[0]] == [20, 20]


@pytest.mark.parametrize(
    ("latency_us", "bucket"),
    [(-5, "0"), (0, "0"), (1, "1"), (16_000, "16"), (16_001, "18"), (18_001, "20"), (32_001, "36")],
)
def test_a_bucket_is_named_by_the_most_that_is_in_it(latency_us: int, bucket: str) -> None:
    assert bucket_ms(latency_us) == bucket


@given(st.integers(1, 10**15))
def test_a_bucket_is_never_below_a_latency_and_at_most_an_eighth_above(latency_us: int) -> None:
    told_us = int(bucket_ms(latency_us)) * 1_000
    # The log's clock counts in milliseconds: one more for what it cannot tell.
    assert latency_us <= told_us <= latency_us * 1.125 + 1_000

"""Providers that fail while matches are offered: on a real Kafka, timed by its append times."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from overround.contracts import topics
from overround.domain.feeds.commands import BreakerState, RecordFeed, SourceReport
from overround.domain.feeds.events import MarketChanged
from overround.domain.kernel.market import TradingStatus
from tests.kit.faults import tell
from tests.kit.follow import Seen
from tests.kit.live_house import (
    BREAKER_FAILURES,
    BREAKER_OPEN_S,
    CONTRACT_S,
    MATCHES,
    SECOND_MATCH,
    LiveHouse,
    live_house,
)

pytestmark = pytest.mark.kafka

CONTRACT_MS = round(CONTRACT_S * 1_000)
# From the moment at which a source's contract is broken to the suspension of what it feeds.
SUSPENDED_MS_MAX = 2_000
LOST = ("suspended", "source_lost: partner")
HOUR_MS = 3_600_000
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHouse]:
    with live_house(tmp_path_factory.mktemp("live")) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Fault:
    """How the partner fails, and how that ends.

    `is_seen`: the connection itself is told; otherwise only silence tells, and the contract has
    to pass first. `opens`: it lasts until the breaker is open. `lost_by`: what may be said.
    """

    begin: Callable[[LiveHouse], None]
    end: Callable[[LiveHouse], None]
    lost_by: frozenset[str]
    is_seen: bool = False
    opens: bool = True


def told(*faults: str) -> Callable[[LiveHouse], None]:
    def tell_all(house: LiveHouse) -> None:
        for fault in faults:
            tell(house.partner_control, fault)

    return tell_all


FAULTS = {
    "its process is stopped": Fault(
        lambda house: house.partner.pause(),
        lambda house: house.partner.resume(),
        frozenset({"silent"}),
    ),
    "its connections are reset and refused": Fault(
        told("refuse", "reset"),
        told("heal"),
        frozenset({"reset", "closed", "refused"}),
        is_seen=True,
    ),
    "its socket is half open": Fault(told("mute"), told(), frozenset({"silent"}), opens=False),
    "it sends garbage": Fault(told("garbage"), told("heal"), frozenset({"silent"})),
    "it is read too slowly": Fault(
        lambda house: house.ingest.pause(),
        lambda house: house.ingest.resume(),
        frozenset({"stalled"}),
        opens=False,
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_failing_provider_is_held_back_in_time_until_its_snapshot(
    house: LiveHouse, fault: Fault
) -> None:
    log, began_ms = house.log, time.time_ns() // 1_000_000
    fault.begin(house)
    # Not how it stands: a partner that is there again has it open again within milliseconds.
    log.until(lambda: all(losses(house, match, began_ms) for match in MATCHES), "suspended", 15)
    if fault.opens:
        log.until(lambda: OPEN in states(house, began_ms), "the breaker is open", 30)
    fault.end(house)
    log.until(lambda: house.are_open(*MATCHES), "open again", 30)
    log.catch_up(topics.FEEDS_INBOX)
    for match in MATCHES:
        check_outage(house, fault, match, began_ms)
    check_breaker(house, fault, began_ms)
    log.until(lambda: house.is_back("partner", began_ms), "told to be back")
    check_others(house, began_ms, "betfair")


def check_outage(house: LiveHouse, fault: Fault, match: str, began_ms: int) -> None:
    """Suspended in time, not offered until the snapshot, and nothing missing in it."""
    quotes = house.quotes(match, began_ms)
    lost = losses(house, match, began_ms)[0]
    records = records_of(house, match)
    broken_ms = max(each.at_ms for each in records if each.at_ms <= lost.at_ms)
    broken_ms += 0 if fault.is_seen else CONTRACT_MS
    late_ms = lost.at_ms - broken_ms
    assert late_ms <= SUSPENDED_MS_MAX, f"{match} was suspended {late_ms} ms late"

    partition = records[0].partition
    live = next(
        each
        for each in house.reports("partner", partition, lost.at_ms)
        if each.value.report is SourceReport.LIVE
    )
    offered = [each for each in quotes if each.value.status == TradingStatus.OPEN]
    stale = [each for each in offered if lost.at_ms < each.at_ms < live.at_ms]
    assert stale == [], f"{match} was offered on what a lost source had said"

    sequences = {each.value.sequence for each in records if each.offset < live.offset}
    assert sequences == set(range(1, len(sequences) + 1)), "the snapshot was not whole"
    resumed_ms = min(each.at_ms for each in offered if each.at_ms >= live.at_ms)
    print(f"{match}: suspended after {late_ms} ms, open {resumed_ms - live.at_ms} ms after live")


def losses(house: LiveHouse, match: str, since_ms: int) -> list[Seen]:
    """The quotes that say that a match is held back as its source is lost."""
    quotes = house.quotes(match, since_ms)
    return [each for each in quotes if (each.value.status, each.value.reason) == LOST]


def records_of(house: LiveHouse, match: str) -> list[Seen]:
    """What came of a match from its provider, in the order of the log."""
    return [
        each
        for each in house.log.of(topics.FEEDS_INBOX)
        if each.key == match and isinstance(each.value, RecordFeed)
    ]


def states(house: LiveHouse, since_ms: int) -> list[BreakerState]:
    """What the breaker went through."""
    reports = house.reports("partner", since_ms=since_ms)
    return [state for state, _ in itertools.groupby(each.value.breaker for each in reports)]


def check_breaker(house: LiveHouse, fault: Fault, began_ms: int) -> None:
    """It opens at the failure that is one too many, tries once a while, and closes when it may."""
    has_failed = fault.lost_by != {"stalled"}
    if has_failed:
        # The connection has lasted, and says so with the breaker closed.
        house.log.until(lambda: is_settled(house, began_ms), "the connection has settled", 30)
    reports = [
        each
        for each in house.reports("partner", since_ms=began_ms)
        if each.value.report is not SourceReport.HEARD
    ]
    failed = [each for each in reports if each.value.reason not in ("", "connecting")]
    assert {each.value.reason for each in failed} <= fault.lost_by
    if not fault.opens:
        assert states(house, began_ms) == [CLOSED]
        return
    first_open = next(at for at, each in enumerate(failed) if each.value.breaker is OPEN)
    assert first_open + 1 == BREAKER_FAILURES
    passed = states(house, began_ms)
    assert (passed[0], passed[-1]) == (CLOSED, CLOSED)
    assert passed[1:-1] == [OPEN, HALF_OPEN] * (len(passed) // 2 - 1)
    for before, after in itertools.pairwise(reports):
        if (before.value.breaker, after.value.breaker) == (OPEN, HALF_OPEN):
            # By the connection's clock: the log may have taken the first of them late.
            assert after.made_at_us - before.made_at_us >= BREAKER_OPEN_S * 1e6 - 1_000


def is_settled(house: LiveHouse, since_ms: int) -> bool:
    """Whether the connection was told live twice: when it was, and when it had stayed so."""
    live = [
        each.value.breaker
        for each in house.reports("partner", since_ms=since_ms)
        if each.value.report is SourceReport.LIVE
    ]
    return len(live) > 1 and live[-1] is CLOSED


def check_others(house: LiveHouse, since_ms: int, *others: str) -> None:
    """No other provider noticed: nothing was told of it, and its match stayed open and priced."""
    for provider in ("second", *others):
        assert house.changes(provider, since_ms) == [], provider
    quotes = house.quotes(SECOND_MATCH, since_ms)
    assert {each.value.status for each in quotes} == {TradingStatus.OPEN}
    pauses_ms = [after.at_ms - before.at_ms for before, after in itertools.pairwise(quotes)]
    assert max(pauses_ms) < CONTRACT_MS
    print(f"{SECOND_MATCH}: {len(quotes)} quotes, all open, at most {max(pauses_ms)} ms apart")


@pytest.mark.parametrize("skew_ms", [HOUR_MS, -HOUR_MS])
def test_a_provider_whose_clock_is_an_hour_off_is_followed_as_before(
    house: LiveHouse, skew_ms: int
) -> None:
    def skewed() -> list[Seen]:
        return [
            each
            for each in house.log.of(topics.FEEDS_INBOX)
            if isinstance(each.value, RecordFeed)
            and each.value.provider == "betfair"
            and abs(json.loads(each.value.payload)["pt"] - each.at_ms - skew_ms) < HOUR_MS / 2
        ]

    def followed() -> int:
        changed = [each.value for each in house.log.of(topics.PRICES)]
        return sum(isinstance(each, MarketChanged) for each in changed)

    before, began_ms = followed(), time.time_ns() // 1_000_000
    tell(house.betfair_control, "skew", str(skew_ms))
    house.log.until(lambda: len(skewed()) > 200, "changes by the wrong clock")
    house.log.until(lambda: followed() >= before + 200, "they are followed")
    tell(house.betfair_control, "heal")
    check_others(house, began_ms, "betfair", "partner")
    assert house.are_open(*MATCHES)


@pytest.mark.parametrize(
    ("fault", "lost_by"), [("garbage", "garbage"), ("unreliable", "stream_503")]
)
def test_an_exchange_that_cannot_be_relied_on_is_lost_and_nobody_else(
    house: LiveHouse, fault: str, lost_by: str
) -> None:
    def reasons() -> list[str]:
        return [each.reason for each in house.changes("betfair", began_ms)]

    began_ms = time.time_ns() // 1_000_000
    tell(house.betfair_control, fault)
    house.log.until(lambda: lost_by in reasons(), f"lost by {lost_by}")
    tell(house.betfair_control, "heal")
    house.log.until(lambda: house.is_back("betfair", began_ms), "told to be back")
    assert reasons()[0] == lost_by
    check_others(house, began_ms, "partner")


def test_a_connection_that_is_told_to_stop_says_so_and_leaves_everything_in_the_log(
    house: LiveHouse,
) -> None:
    began_ms = time.time_ns() // 1_000_000
    assert house.ingest.stop() == 0
    house.log.until(
        lambda: all(losses(house, match, began_ms) for match in MATCHES), "suspended", 15
    )
    house.log.catch_up(topics.FEEDS_INBOX)
    last = house.reports("partner")[-1].value
    assert (last.report, last.reason) == (SourceReport.LOST, "stopped")
    taken = [each for each in house.log.of(topics.FEEDS_INBOX) if is_of_partner(each)]
    told = house.ingest.output().splitlines()[-1]
    assert told == f"stopped; {len(taken):,} messages of partner are in feeds.inbox"


def is_of_partner(seen: Seen) -> bool:
    return isinstance(seen.value, RecordFeed) and seen.value.provider == "partner"

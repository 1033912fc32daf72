"""Providers fail on a real Kafka: what depends on them is held back in time, and nothing else.

All is judged by the log: its append times and its order, never by the clock of the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from cli.local_kafka import KafkaUnavailable, LocalKafka
from cli.topics import create_all
from overround.contracts import topics
from overround.domain.feeds.commands import BreakerState, ReportSource, SourceReport
from overround.domain.feeds.events import MarketChanged, SourceLost
from overround.domain.kernel.market import TradingStatus
from overround.domain.pricing.events import Quotes
from tests.kit.kafka import Workers, unavailable
from tests.kit.live_feeds import CONTRACT_S, MATCHES, LiveFeeds, Told

# A drill and no gate yet: on a machine with other work one in two runs finds the exchange's breaker
# elsewhere than scripted, as the workers do not come round in time.
pytestmark = [pytest.mark.kafka, pytest.mark.drill]

LATE_US_MAX = 2_000_000
HOUR_MS = 3_600_000
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@pytest.fixture
def feeds(workers: Workers, tmp_path: Path) -> Iterator[LiveFeeds]:
    """A broker of its own: the sportsbook's topics have fixed names."""
    try:
        node = LocalKafka()
    except KafkaUnavailable as missing:
        unavailable(missing.reason)
    with node:
        create_all(node.bootstrap_servers)
        started = LiveFeeds(node.bootstrap_servers, workers, tmp_path)
        for provider in ("partner", "betfair"):
            started.until_back(provider, 1)
        started.until(lambda: _open(started) == {f"partner-{match}" for match in MATCHES})
        yield started
        assert started.partner_ingest.stop() == 0, "SIGTERM is no failure"
        assert started.betfair_ingest.stop() == 0


def _open(feeds: LiveFeeds) -> set[str]:
    """The matches that are open now."""
    newest = {each.key: each.value.status for each in feeds.read(topics.QUOTES, Quotes)}
    return {match for match, status in newest.items() if status is TradingStatus.OPEN}


def test_a_partners_failures_hold_its_matches_back_in_time_and_until_a_snapshot(
    feeds: LiveFeeds,
) -> None:
    feeds.partner.pause()
    feeds.until_lost("partner")
    feeds.partner.resume()
    feeds.until_back("partner", 2)
    feeds.fail_partner("reset")
    feeds.until_back("partner", 3)
    feeds.fail_partner("mute")  # half open: the socket stays, and nothing comes
    feeds.until_back("partner", 4)
    feeds.partner_ingest.pause()  # the slowest reader there is
    feeds.until_lost("partner")
    feeds.partner_ingest.resume()
    feeds.until_back("partner", 5)
    feeds.fail_partner("garble")
    feeds.until(lambda: "malformed_json" in feeds.refused())
    feeds.fail_partner("no_snapshot")
    feeds.fail_partner("reset")
    feeds.until_lost("partner")
    feeds.until_recorded("partner", 20)
    feeds.fail_partner("heal")
    feeds.fail_partner("reset")
    feeds.until_back("partner", 6)
    feeds.until(lambda: len(_open(feeds)) == len(MATCHES))

    reasons = [lost.value.reason for lost, _ in feeds.outages("partner-m-1")]
    assert reasons == ["silent", "closed", "silent", "silent", "closed"]
    delays_us = [delay for match in MATCHES for delay in _check(feeds, f"partner-{match}")]
    print(f"suspended at most {max(delays_us) / 1e6:.2f} s after the last record of a match")
    _check_unharmed(feeds, "betfair")
    prices = [each.at_us for each in feeds.read(topics.PRICES, MarketChanged)]
    assert max(b - a for a, b in pairwise(prices)) < CONTRACT_S * 1e6, "its prices went on"


def _check(feeds: LiveFeeds, match: str) -> list[int]:
    """Hold each outage of a match against the rules; how long after its last record it was shut."""
    records = [each for each in feeds.records("partner") if each.key == match]
    quotes = [each for each in feeds.read(topics.QUOTES, Quotes) if each.key == match]
    # Every partition has the reports; a match is told what its own has.
    lives = [
        each.at_us
        for each in feeds.read(topics.FEEDS_INBOX, ReportSource)
        if each.value.report is SourceReport.LIVE and each.value.provider == "partner"
        if each.partition == records[0].partition
    ]
    delays_us = []
    for lost, restored in feeds.outages(match):
        last_us = max(each.at_us for each in records if each.at_us <= lost.at_us)
        assert lost.at_us - last_us <= CONTRACT_S * 1e6 + LATE_US_MAX
        assert restored.at_us == min(at_us for at_us in lives if at_us > lost.at_us)
        came = {each.value.sequence for each in records if each.at_us <= restored.at_us}
        assert came == set(range(1, len(came) + 1)), "restored, and a record is missing"
        shut_us = min(each.written_us for each in quotes if _is_shut(each, lost))
        delays_us.append(shut_us - last_us)
        assert delays_us[-1] <= CONTRACT_S * 1e6 + LATE_US_MAX
        opened = [each for each in quotes if lost.at_us < each.at_us < restored.at_us]
        assert all(each.value.status is not TradingStatus.OPEN for each in opened)
    return delays_us


def _is_shut(quote: Told, lost: Told) -> bool:
    return quote.at_us >= lost.at_us and quote.value.status is TradingStatus.SUSPENDED


def _check_unharmed(feeds: LiveFeeds, provider: str) -> None:
    """A provider was never lost since it first came to live, nor was a match of it."""
    states = [each.value.is_live for each in feeds.health(provider)]
    assert False not in states[states.index(True) :]
    told = feeds.read(topics.INCIDENTS, SourceLost)
    first_us = next(each.at_us for each in feeds.health(provider) if each.value.is_live)
    assert not [t for t in told if t.value.provider == provider and t.at_us > first_us]


def test_an_exchanges_failures_are_its_own_and_its_breaker_does_as_it_says(
    feeds: LiveFeeds,
) -> None:
    for skew_ms in (HOUR_MS, -HOUR_MS):
        feeds.fail_betfair("skew", str(skew_ms))
        feeds.until_recorded("betfair", 50)
    _check_unharmed(feeds, "betfair")
    feeds.fail_betfair("garbage")
    feeds.until_back("betfair", 2)
    feeds.fail_betfair("unreliable")
    feeds.until_lost("betfair")
    feeds.until_recorded("betfair", 50)
    feeds.fail_betfair("heal")
    feeds.until_back("betfair", 3)
    feeds.fail_betfair("expired")
    feeds.fail_betfair("reset")
    feeds.until_changed("betfair", lambda told: [c.breaker for c in told].count(HALF_OPEN) > 1)
    feeds.fail_betfair("heal")
    feeds.until_back("betfair", 4)
    feeds.until_changed("betfair", lambda told: told[-1].breaker is CLOSED)

    changes = [each.value for each in feeds.health("betfair")]
    reasons = [each.reason for each in changes]
    assert "malformed_json" in feeds.refused()
    tripped = [each.breaker for each in changes].index(OPEN)
    failed = [reason for reason in reasons[:tripped] if reason not in ("", "connecting")]
    assert failed[:2] == ["garbage", "stream_503"]
    moves = [state for state, _ in groupby(each.breaker for each in changes)]
    assert moves[:3] == [CLOSED, OPEN, HALF_OPEN]
    assert moves[-2:] == [HALF_OPEN, CLOSED]
    assert set(moves[1:-1:2]) == {OPEN}
    assert set(moves[2:-1:2]) == {HALF_OPEN}
    _check_unharmed(feeds, "partner")
    assert len(_open(feeds)) == len(MATCHES)
    log = feeds.betfair_ingest.output()
    assert "breaker open after 3 failures" in log
    assert "breaker closed" in log
    assert "session-1" not in log

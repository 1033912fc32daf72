"""The partner's live feed against a real server: what it breaks, and what comes of it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from overround.adapters.feeds.connection import Target
from overround.adapters.feeds.provider import Provider
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts import topics
from overround.domain.feeds.commands import BreakerState, RecordFeed
from overround.runtime.breaker import Breaker
from tests.kit.ingress import FeedsInbox, connected
from tests.kit.match import fixture_fields, incident_fields
from tests.kit.partner_server import TOKEN, PartnerServer

PARTNER = PROVIDERS["partner"]
CONTRACT_S = 0.6
CLOSE_S_MAX = 10.0  # the websocket library's patience with a close that is not answered


@pytest.fixture
async def server() -> AsyncIterator[PartnerServer]:
    async with PartnerServer().running() as running:
        running.publish("m-1", fixture_fields())
        yield running


def target(server: PartnerServer, token: str = TOKEN) -> Target:
    return Target(server.url, {"token": token})


def goes_on(server: PartnerServer, messages: int) -> None:
    for clock_s in range(messages):
        server.publish("m-1", incident_fields("clock", "not_started", clock_s))


async def test_a_snapshot_comes_before_the_source_is_live_and_the_rest_after(
    server: PartnerServer,
) -> None:
    goes_on(server, 3)
    async with connected(PARTNER, target(server)) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        live_at = next(i for i, each in enumerate(inbox.written) if _is_live(each))
        assert [r.sequence for r in inbox.written[:live_at] if isinstance(r, RecordFeed)] == [
            1,
            2,
            3,
            4,
        ]
        goes_on(server, 2)
        await inbox.until(lambda: len(inbox.records) == 6)
    assert inbox.payloads() == server.sent["m-1"]
    assert inbox.told() == ["connecting", "live", "stopped"]


def _is_live(written: Any) -> bool:
    return not isinstance(written, RecordFeed) and written.report.value == "live"


@pytest.mark.parametrize("fault", ["garble", "drop"])
async def test_a_message_that_comes_broken_or_not_at_all_is_asked_for_and_comes(
    server: PartnerServer, fault: str
) -> None:
    inbox = FeedsInbox()
    async with connected(PARTNER, target(server), inbox) as (connector, _):
        inbox.connector = connector
        await inbox.until(lambda: "live" in inbox.told())
        server.fault(fault)
        goes_on(server, 2)
        await inbox.until(lambda: {r.sequence for r in inbox.records} >= {1, 2, 3})
    refused = [reason for reason, _ in inbox.engine.dead_letters(topics.FEEDS_INBOX)]
    assert refused == (["malformed_json"] if fault == "garble" else [])
    told = [i.sequence for i in inbox.engine.read(topics.INCIDENTS) if hasattr(i, "clock_s")]
    assert told == [2, 3]
    assert {"type": "resend", "match": "m-1", "from": 2, "to": 2} in server.asked


async def test_a_lost_last_message_is_known_by_the_heartbeat(server: PartnerServer) -> None:
    async with connected(PARTNER, target(server)) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault("drop")
        goes_on(server, 1)
        await inbox.until(lambda: len(inbox.records) >= 2)
    assert inbox.payloads()[:2] == server.sent["m-1"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "reasons"), [("mute", {"silent"}), ("reset", {"reset", "closed"})]
)
async def test_a_connection_that_is_gone_is_lost_and_made_again_from_where_it_was(
    server: PartnerServer, fault: str, reasons: set[str]
) -> None:
    async with connected(PARTNER, target(server), silent_after_s=CONTRACT_S) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault(fault)
        goes_on(server, 1)
        began_s = time.monotonic()
        await inbox.until(lambda: inbox.told().count("live") == 2)
        assert time.monotonic() - began_s < CLOSE_S_MAX / 2, "it waits for a farewell"
        assert [r["after"] for r in server.asked if r["type"] == "subscribe"] == [{}, {"m-1": 1}]
        first, live, lost, again, back = inbox.told()
    assert (first, live, again, back) == ("connecting", "live", "connecting", "live")
    assert lost in reasons
    assert inbox.payloads() == server.sent["m-1"]


@pytest.mark.slow
async def test_a_source_that_sends_nothing_but_garbage_is_silent(server: PartnerServer) -> None:
    async with connected(PARTNER, target(server), silent_after_s=CONTRACT_S) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault("garbage")
        goes_on(server, 1)
        await inbox.until(lambda: "silent" in inbox.told())
        assert all(record.sequence == 0 for record in inbox.records[1:]), "kept, as what it is"
        server.fault("heal")
        await inbox.until(lambda: inbox.told().count("live") == 2)
    assert inbox.payloads()[-1] == server.sent["m-1"][-1]


async def test_a_source_without_a_snapshot_is_never_live(server: PartnerServer) -> None:
    server.fault("no_snapshot")
    async with connected(PARTNER, target(server), silent_after_s=CONTRACT_S) as (_, inbox):
        goes_on(server, 1)
        await inbox.until(lambda: len(inbox.records) == 2)
        assert "live" not in inbox.told()
        server.fault("heal")
        server.fault("reset")
        await inbox.until(lambda: "live" in inbox.told())


@pytest.mark.slow
async def test_the_breaker_opens_tries_once_and_closes_when_the_source_stays(
    server: PartnerServer,
) -> None:
    breaker = Breaker(failures_max=3, open_s=0.3)
    server.fault("refuse")
    options = {"breaker": breaker, "settled_s": 0.2}
    async with connected(PARTNER, target(server), **options) as (_, inbox):
        await inbox.until(lambda: breaker.failures >= 4)
        server.fault("heal")
        await inbox.until(lambda: inbox.reports[-1].breaker is BreakerState.CLOSED)
        moves = [(report.reason, report.breaker.value) for report in inbox.reports]
        tried = [("connecting", "closed"), ("refused", "closed")]
        assert moves[:6] == [*tried, *tried, ("connecting", "closed"), ("refused", "open")]
        probes = moves[6 : moves.index(("", "half_open"))]
        assert set(probes) == {("connecting", "half_open"), ("refused", "open")}
        assert ("", "closed") not in moves[: moves.index(("", "half_open"))]


async def test_a_wrong_token_is_never_shown(
    server: PartnerServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(PARTNER, target(server, "s3cret")) as (_, inbox):
        await inbox.until(lambda: "refused" in inbox.told())
    assert "refused" in caplog.text
    assert "s3cret" not in caplog.text + repr(inbox.reports) + repr(target(server, "s3cret"))


@pytest.mark.slow
async def test_a_slow_log_makes_the_source_wait_and_loses_nothing(server: PartnerServer) -> None:
    async with connected(PARTNER, target(server), silent_after_s=CONTRACT_S) as (connector, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        inbox.is_open.clear()
        server.fault("flood")
        goes_on(server, 1)
        began_s = time.monotonic()
        await inbox.until(lambda: time.monotonic() - began_s > 2 * CONTRACT_S)
        assert connector.messages == 2, "it reads on though nothing is taken"
        inbox.is_open.set()
        await inbox.until(lambda: len(inbox.records) == 10_002)
    assert inbox.told() == ["connecting", "live", "stopped"]
    assert json.loads(inbox.payloads()[-1])["sequence"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("cause", ["the log takes no report", "the process was stopped"])
async def test_who_could_not_tell_takes_a_snapshot_and_blames_nobody(
    server: PartnerServer, cause: str
) -> None:
    breaker = Breaker(failures_max=3, open_s=1_000)
    breaker.failures = 1  # the connection would count as good while the process is stopped
    options = {"breaker": breaker, "silent_after_s": CONTRACT_S, "settled_s": CONTRACT_S / 2}
    async with connected(PARTNER, target(server), **options) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        if cause == "the log takes no report":
            inbox.untold_s = 2 * CONTRACT_S
            await inbox.until(lambda: "stalled" in inbox.told())
            inbox.untold_s = 0.0
        else:
            time.sleep(CONTRACT_S)  # noqa: ASYNC251 - the loop stands still, as under SIGSTOP
        await inbox.until(lambda: inbox.told().count("live") == 2)
    assert inbox.told() == ["connecting", "live", "stalled", "connecting", "live", "stopped"]
    assert breaker.failures == 1


async def test_a_provider_that_raises_what_no_socket_raises_ends_the_connector() -> None:
    async def broken(_target: Target, _link: Any) -> None:
        raise KeyError("a bug")

    provider = Provider("partner", "f", PARTNER.decode, PARTNER.splitter, connect=broken)
    with pytest.raises(KeyError):
        async with connected(provider, Target("")) as (_, inbox):
            await inbox.until(lambda: "stopped" in inbox.told())

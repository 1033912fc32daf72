"""Betfair's stream against a real server: what fails, and that the books come out the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from overround.adapters.feeds.betfair_live import LINE_BYTES_MAX, criteria_of
from overround.adapters.feeds.connection import SettingRefused, Target
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts import topics
from tests.kit.betfair_server import KEYS, BetfairServer, recorded
from tests.kit.certificate import server_side
from tests.kit.exchange import reference
from tests.kit.ingress import FeedsInbox, MemoryInbox, connected

BETFAIR = PROVIDERS["betfair"]
# 200 football markets with handicap lines.
RECORDING = "betfair_parser_1.242971311.bz2"
RUNNERS = [{"id": 1, "status": "ACTIVE"}]
HOUR_MS = 3_600_000
# Faults one after the other, and what is told of each.
THROUGH = (
    (("reset",), "reset"),
    (("garbage",), "garbage"),
    (("image",), "recovering"),
    (("forget",), "live"),
    (("reset",), "INVALID_CLOCK"),
    (("unreliable",), "stream_503"),
    (("heal",), "live"),
    (("skew", str(HOUR_MS)), "live"),
    (("foreign",), "live"),
    (("skew", str(-HOUR_MS)), "live"),
)


def market(name: str) -> dict[str, Any]:
    definition = {"status": "OPEN", "inPlay": True, "version": 5, "runners": RUNNERS}
    return {"id": name, "marketDefinition": definition | {"eventId": f"e{name}"}}


def priced(name: str, step: int, **more: Any) -> dict[str, Any]:
    best = [[round(2 + step / 100, 2), 5]]
    return {"mc": [{"id": name, "rc": [{"id": 1, "atb": best}], **more}]}


def small() -> BetfairServer:
    """A market, and 60 changes of it; the market and half of them have happened."""
    server = BetfairServer([{"mc": [market("1.1")]}, *(priced("1.1", step) for step in range(60))])
    server.play(31)
    return server


@pytest.fixture
async def server() -> AsyncIterator[BetfairServer]:
    async with small().running() as running:
        yield running


def target(server: BetfairServer, scheme: str = "tcp", **settings: str) -> Target:
    return Target(f"{scheme}://127.0.0.1:{server.port}", KEYS | settings)


def subscriptions(server: BetfairServer) -> list[dict[str, Any]]:
    return [each for each in server.requests if each["op"] == "marketSubscription"]


def expected(server: BetfairServer) -> dict[str, Any]:
    lines = ({"op": "mcm", **each} for each in server.messages[: server.played])
    return reference(json.dumps(line).encode() for line in lines)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize("scheme", ["tcp", "tls"])
async def test_a_recording_over_the_wire_through_every_fault_leaves_the_books_that_it_has(
    recordings: Path, tmp_path: Path, scheme: str
) -> None:
    server = BetfairServer(recorded(recordings / "betfair_stream" / RECORDING))
    context, trusted = server_side(tmp_path)
    server.play(100)
    async with server.running(context=context if scheme == "tls" else None):
        wanted, inbox = target(server, scheme, ca_file=str(trusted)), FeedsInbox()
        async with connected(BETFAIR, wanted, inbox) as (connector, _):
            await inbox.until(lambda: "live" in inbox.told())
            for fault, told in THROUGH:
                server.fault(*fault)
                server.play(150)
                await inbox.until(lambda told=told: told in inbox.told())
                await inbox.until(lambda: connector.resume.get("clk") == str(server.played))
            server.play(len(server.messages))
            await inbox.until(lambda: connector.resume.get("clk") == str(server.played))
    assert inbox.markets() == expected(server)
    assert len(inbox.markets()) == 200
    refused = [reason for reason, _ in inbox.engine.dead_letters(topics.FEEDS_INBOX)]
    assert refused == ["malformed_json"]


async def test_a_large_image_in_parts_is_live_behind_the_last_of_them() -> None:
    server = BetfairServer([{"mc": [market(f"1.{number}")]} for number in range(90)])
    server.play(90)
    async with server.running(), connected(BETFAIR, target(server)) as (connector, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        assert (connector.messages, len(inbox.records)) == (5, 90)
        server.fault("image")
        await inbox.until(lambda: inbox.told().count("live") == 2)
        assert (connector.messages, len(inbox.records)) == (10, 180)
    assert inbox.told() == ["connecting", "live", "recovering", "live", "stopped"]


async def test_the_same_subscription_goes_on_from_its_clocks(server: BetfairServer) -> None:
    async with connected(BETFAIR, target(server)) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault("reset")
        server.play(10)
        await inbox.until(lambda: inbox.told().count("live") == 2)
        server.play(20)
        await inbox.until(lambda: len(inbox.records) >= 1 + 10 + 20)
    first, second = subscriptions(server)
    assert second == first | {"initialClk": "init-1", "clk": "31"}
    changes = [json.loads(payload)["mc"][0] for payload in inbox.payloads()]
    assert changes[0]["img"]
    assert [{"mc": [change]} for change in changes[1:]] == server.messages[31:]


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", ["reset", "mute", "garbage", "endless", "image", "unreliable", "foreign"]
)
async def test_nothing_is_missing_after(server: BetfairServer, fault: str) -> None:
    inbox = FeedsInbox()
    async with connected(BETFAIR, target(server, heartbeat_ms="500"), inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault(fault)
        server.play(15)
        if fault == "unreliable":
            await inbox.until(lambda: inbox.told()[-1] == "stream_503")
            server.fault("heal")
        server.play(15)
        await inbox.until(lambda: inbox.markets() == expected(server))
        await inbox.until(lambda: inbox.told()[-1] == "live")
    lost = {
        "reset": {"reset"},
        "mute": {"silent"},
        "garbage": {"garbage"},
        "endless": {"line_too_long"},
        "unreliable": {"stream_503"},
    }
    assert lost.get(fault, set()) <= set(inbox.told())


async def test_a_bad_status_holds_the_source_back_without_ending_its_connection(
    server: BetfairServer,
) -> None:
    async with connected(BETFAIR, target(server)) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault("unreliable")
        server.play(2)
        await inbox.until(lambda: len(inbox.records) == 3)
        server.fault("heal")
        server.play(1)
        await inbox.until(lambda: inbox.told()[-1] == "live")
    assert inbox.told() == ["connecting", "live", "stream_503", "live", "stopped"]
    lost_at = next(
        i for i, each in enumerate(inbox.written) if getattr(each, "reason", "") == "stream_503"
    )
    assert [getattr(each, "payload", b"")[:1] for each in inbox.written[lost_at:]].count(b"{") == 3
    assert len(subscriptions(server)) == 1


@pytest.mark.parametrize("skew_ms", [HOUR_MS, -HOUR_MS])
async def test_a_clock_that_is_an_hour_off_changes_nothing(
    server: BetfairServer, skew_ms: int
) -> None:
    async with connected(BETFAIR, target(server)) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault("skew", str(skew_ms))
        server.play(10)
        await inbox.until(lambda: len(inbox.records) == 11)
    assert inbox.told() == ["connecting", "live", "stopped"]


async def test_clocks_that_betfair_does_not_know_begin_anew(server: BetfairServer) -> None:
    async with connected(BETFAIR, target(server)) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        server.fault("forget")
        server.fault("reset")
        await inbox.until(lambda: inbox.told().count("live") == 2)
    assert ["clk" in each for each in subscriptions(server)] == [False, True, False]
    assert "INVALID_CLOCK" in inbox.told()


async def test_a_session_that_is_over_is_told_by_its_code_and_never_shown(
    server: BetfairServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(BETFAIR, target(server, session="s3cret")) as (_, inbox):
        await inbox.until(lambda: "INVALID_SESSION_INFORMATION" in inbox.told())
    assert "INVALID_SESSION_INFORMATION" in caplog.text
    assert "s3cret" not in caplog.text


async def test_too_many_markets_are_told_and_the_connection_is_kept(
    server: BetfairServer,
) -> None:
    server.fault("limit")
    async with connected(BETFAIR, target(server)) as (_, inbox):
        await inbox.until(lambda: "SUBSCRIPTION_LIMIT_EXCEEDED" in inbox.told())
        assert inbox.told() == ["connecting", "SUBSCRIPTION_LIMIT_EXCEEDED"]


@pytest.mark.slow
async def test_a_slow_reader_is_conflated_says_so_and_ends_at_the_same_books(
    caplog: pytest.LogCaptureFixture,
) -> None:
    padding = "x" * 100_000
    changes = [priced("1.1", step, padding=padding) for step in range(300)]
    server, inbox = BetfairServer([{"mc": [market("1.1")]}, *changes]), FeedsInbox()
    server.play(1)
    async with server.running(), connected(BETFAIR, target(server), inbox) as (connector, _):
        await inbox.until(lambda: "live" in inbox.told())
        inbox.is_open.clear()
        for _ in range(60):
            server.play(5)
            await asyncio.sleep(0.005)
        await inbox.until(lambda: server.unsent_bytes() > 64 * 1024)
        assert connector.messages == 2, "it reads on though nothing is taken"
        inbox.is_open.set()
        await inbox.until(lambda: inbox.markets() == expected(server))
    assert any(b'"con": true' in payload for payload in inbox.payloads()), "nothing was merged"
    assert "conflated" in caplog.text
    assert inbox.told() == ["connecting", "live", "stopped"]


@pytest.mark.slow
async def test_silence_is_two_of_the_heartbeats_that_were_agreed(server: BetfairServer) -> None:
    async with connected(BETFAIR, target(server, heartbeat_ms="500")) as (_, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        live = next(each for each in inbox.reports if each.report.value == "live")
        assert (inbox.reports[0].silent_after_us, live.silent_after_us) == (10_000_000, 1_000_000)
        server.fault("mute")
        await inbox.until(lambda: "silent" in inbox.told())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"heartbeat_ms": "499"}, "heartbeat_ms is a whole number from 500 to 5000"),
        ({"conflate_ms": "-1"}, "conflate_ms"),
        ({"market_filter": "[]"}, "market_filter is not a JSON object"),
        ({"segmentation": "yes"}, "segmentation is true or false"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, str], says: str) -> None:
    with pytest.raises(SettingRefused, match=says):
        criteria_of(settings)


async def test_a_missing_key_ends_the_connector_instead_of_being_tried_for_ever() -> None:
    with pytest.raises(SettingRefused, match="app_key is needed"):
        async with connected(BETFAIR, Target("tcp://127.0.0.1:1")) as (_, inbox):
            await inbox.until(lambda: "stopped" in inbox.told())
    assert LINE_BYTES_MAX >= 1 << 20
    assert isinstance(inbox, MemoryInbox)

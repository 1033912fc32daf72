"""The command that keeps a connection up: its words, and its inbox while Kafka takes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256

import pytest
from click.testing import CliRunner, Result

from cli.ingest.ingest import ingest
from cli.ingest.live_inbox import LiveInbox
from cli.ingest.settings import settings_of, variable
from cli.ingest.to_kafka import NotDelivered
from overround.adapters.feeds.providers import PROVIDERS
from overround.domain.feeds.commands import BreakerState, RecordFeed, ReportSource, SourceReport
from tests.kit.match import wire

# Nobody listens on port 1: Kafka is away for as long as a test likes.
AWAY = "127.0.0.1:1"
QUEUE = 10
SECRET = "s3cret"


def run(*words: str, **environment: str) -> Result:
    clean = {"BOOTSTRAP_SERVERS": None, "OVERROUND_PARTNER_TOKEN": None}
    return CliRunner().invoke(ingest, list(words), env=clean | environment)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["partner"], "--file PATH, or --connect URL"),
        (["partner", "--file", "x", "--connect", "ws://x"], "--file PATH, or --connect URL"),
        (["partner", "--connect", "ws://x"], "--summary, or --bootstrap"),
        (["partner", "--connect", "ws://x", "--summary"], "a connection needs --bootstrap"),
        (["partner", "--connect", "ws://x", "--set", "x", "--bootstrap", AWAY], "NAME=VALUE"),
        (["partner", "--connect", "ws://x", "--set", "x=1", "--bootstrap", AWAY], "no setting x"),
    ],
)
def test_words_that_are_off_say_which_there_are(words: list[str], says: str) -> None:
    asked = run(*words)
    assert asked.exit_code == 2
    assert says in asked.output


def test_the_settings_of_a_provider_are_listed() -> None:
    asked = run("betfair", "--settings")
    assert asked.exit_code == 0
    assert all(f"  {name}: " in asked.output for name in PROVIDERS["betfair"].settings)


def test_the_command_line_counts_for_more_than_the_environment() -> None:
    partner = PROVIDERS["partner"]
    environment = {"OVERROUND_PARTNER_TOKEN": "a", "OVERROUND_PARTNER_OTHER": "b"}
    assert settings_of(partner, [], environment) == {"token": "a"}
    assert settings_of(partner, ["token=c=d"], environment) == {"token": "c=d"}
    assert variable("football-data", "token") == "OVERROUND_FOOTBALL_DATA_TOKEN"


@pytest.mark.slow
def test_a_kafka_that_is_away_is_told_with_what_to_do_and_without_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cli.ingest.live_inbox._OPEN_S_MAX", 0.5)
    words = ["partner", "--connect", "ws://127.0.0.1:1", "--bootstrap", AWAY]
    asked = run(*words, OVERROUND_PARTNER_TOKEN=SECRET)
    assert asked.exit_code == 1
    assert "overround topics create" in asked.output
    assert SECRET not in asked.output


def record(number: int) -> RecordFeed:
    payload = b"%d" % number
    return RecordFeed("partner-m", "partner", number, 0, payload, sha256(payload).digest())


HEARD = ReportSource(
    "partner", "", "partner-1", SourceReport.HEARD, "", 1_000_000, BreakerState.CLOSED
)
LIVE, LOST = (replace(HEARD, report=says) for says in (SourceReport.LIVE, SourceReport.LOST))


@contextlib.asynccontextmanager
async def inbox_without_kafka(partitions: int = 2) -> AsyncIterator[LiveInbox]:
    inbox = LiveInbox(AWAY, wire(), "partner-1", partitions, queue_buffering_max_messages=QUEUE)
    running = asyncio.create_task(inbox.run())
    try:
        yield inbox
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_records_wait_when_the_queue_is_full_and_the_loop_goes_on() -> None:
    async with inbox_without_kafka() as inbox:
        for number in range(1, QUEUE + 1):
            await inbox.record(record(number))
        one_more = asyncio.create_task(inbox.record(record(QUEUE + 1)))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not one_more.done()
        assert inbox.queued == QUEUE
        one_more.cancel()
        with pytest.raises(NotDelivered, match=f"{QUEUE} records were not taken"):
            await inbox.close(0.1)


async def test_of_the_reports_that_wait_the_newest_is_kept_and_a_heartbeat_replaces_none() -> None:
    async with inbox_without_kafka() as inbox:
        assert inbox.untold_for_s() == 0.0
        for report in (HEARD, LOST, LIVE, *[HEARD] * 100):
            inbox.report(report)
        assert inbox.queued == 4, "one of each partition is on its way, and one waits"
        waiting = [wire().decode(each.payload).value for each in inbox._reports._waiting.values()]
        assert waiting == [LIVE, LIVE]
        await asyncio.sleep(0.01)
        assert inbox.untold_for_s() >= 0.01


async def test_reports_find_no_room_either_and_wait_for_it() -> None:
    async with inbox_without_kafka() as inbox:
        for number in range(1, QUEUE + 1):
            await inbox.record(record(number))
        inbox.report(LOST)
        assert inbox.queued == QUEUE + 2

"""Documents that are polled over HTTP, from a server with faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from overround.adapters.feeds.connection import ConnectionOver, SettingRefused, Target
from overround.adapters.feeds.providers import PROVIDERS
from overround.domain.feeds.commands import SourceReport
from overround.domain.feeds.decide import PAYLOAD_BYTES_MAX
from tests.kit.http import Answer, HttpServer, Request
from tests.kit.ingress import MemoryInbox, connected

CSV, JSON = {"Content-Type": "text/csv"}, {"Content-Type": "application/json; charset=utf-8"}
HEADER = "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG"
ROWS = [f"E0,1{day}/08/2017,Team {day},Leicester,4,3" for day in range(5)]


def csv(*rows: str, encoding: str = "utf-8", **headers: str) -> Answer:
    return Answer("\n".join([HEADER, *rows]).encode(encoding), headers=CSV | headers)


def partner(*sequences: int) -> Answer:
    entries = [{"format": "overround.match-feed/1", "match": "m", "sequence": s} for s in sequences]
    return Answer(json.dumps(entries).encode(), headers=JSON)


class Site:
    """A server that gives its answers one after the other, the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.server = HttpServer(self._answer)
        self.inbox = MemoryInbox()

    def _answer(self, request: Request) -> Answer:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        etag = answer.headers.get("ETag")
        if etag and request.headers.get("if-none-match") == etag:
            return Answer(status=304)
        return answer

    def rows(self) -> list[str]:
        return [payload.decode().split("\n")[1] for payload in self.inbox.payloads()]

    async def polled(self, count: int) -> None:
        """Wait until so many polls were answered and their end was heard of."""
        await self.inbox.until(lambda: len(self.server.requests) > count)

    @property
    def lives(self) -> int:
        return sum(report.report is SourceReport.LIVE for report in self.inbox.reports)


@contextlib.asynccontextmanager
async def polls(name: str, *answers: Answer, **settings: Any) -> AsyncIterator[Site]:
    site = Site(*answers)
    usual = {"interval_s": 0.01} | settings
    async with site.server.running():
        target = Target(f"{site.server.url}/E0.csv", {key: str(v) for key, v in usual.items()})
        async with connected(PROVIDERS[name], target, site.inbox, silent_after_s=10):
            yield site


async def test_each_poll_says_that_the_source_is_live_and_only_new_rows_go_on() -> None:
    changed = [*ROWS[:2], ROWS[2].replace("4,3", "0,0"), ROWS[3]]
    async with polls("football-data", csv(*ROWS[:3]), csv(*ROWS[:3]), csv(*changed)) as site:
        await site.polled(5)
        assert site.rows() == [*ROWS[:3], *changed[2:]]
        assert site.lives >= 5


async def test_a_document_that_has_not_changed_is_not_sent_again() -> None:
    first, second = csv(*ROWS[:1], ETag='"1"'), csv(*ROWS[:2], ETag='"2"')
    async with polls("football-data", first, first, second) as site:
        await site.polled(5)
        asked = [request.headers.get("if-none-match") for request in site.server.requests[:4]]
        assert asked == [None, '"1"', '"1"', '"2"']
        assert site.rows() == ROWS[:2]
        assert site.lives >= 5


async def test_the_time_of_the_last_change_is_given_back() -> None:
    moment = "Mon, 01 Jan 2024 00:00:00 GMT"
    async with polls("football-data", csv(*ROWS, **{"Last-Modified": moment})) as site:
        await site.polled(2)
        assert site.server.requests[1].headers["if-modified-since"] == moment


async def test_rows_of_another_encoding_and_a_mark_are_read() -> None:
    row = ROWS[0].replace("Leicester", "Köln")
    answers = csv(row, encoding="latin-1"), csv(row, encoding="utf-8-sig")
    async with polls("football-data", *answers) as site:
        await site.polled(3)
        assert site.rows() == [row]


async def test_the_partners_messages_are_polled_as_the_bytes_that_came() -> None:
    spaced = Answer(b'[ {"match":"m" ,"sequence": 1},\n {"match":"m","match":"m"} ]', headers=JSON)
    async with polls("partner", spaced, partner(2), token="secret") as site:
        await site.polled(3)
        assert site.inbox.payloads()[:2] == [
            b'{"match":"m" ,"sequence": 1}',
            b'{"match":"m","match":"m"}',
        ]
        assert [record.sequence for record in site.inbox.records] == [1, 0, 2]
        assert site.server.requests[0].headers["authorization"] == "Bearer secret"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Answer(status=500), "http_500"),
        (Answer(status=404), "http_404"),
        (Answer(status=304), "http_304"),
        (Answer(is_held=True), "timeout"),
        (Answer(b"x" * 1_000, headers=CSV, is_cut=True), "protocol"),
        (Answer(b"x" * 200_000, headers=CSV), "too_large"),
        (Answer(b"<html>log in</html>", headers={"Content-Type": "text/html"}), "wrong_media_type"),
        (Answer(b"no type"), "wrong_media_type"),
        (Answer(b"Div,Date\nE0,1", headers=CSV), "columns_missing"),
        (Answer(b"", headers=CSV), "columns_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_poll_that_fails_loses_the_source_until_one_succeeds(
    fault: Answer, reason: str
) -> None:
    answers = csv(ROWS[0]), fault, csv(*ROWS[:2])
    async with polls("football-data", *answers, timeout_s=0.3, bytes_max=100_000) as site:
        await site.inbox.until(lambda: any(ROWS[1].encode() in p for p in site.inbox.payloads()))
        await site.inbox.until(lambda: site.inbox.told()[-1] == "live")
        told = [says for says in site.inbox.told() if says != "live"]
        assert told == ["connecting", reason, "connecting"]
        # Only what a server sent in the place of a document is kept, of what failed.
        assert len(site.inbox.records) == 2 + (reason == "columns_missing")


async def test_a_document_that_is_none_is_kept_once_with_its_reason() -> None:
    broken = Answer(b'{"not": "an array"}', headers=JSON)
    async with polls("partner", broken, broken, broken, partner(1)) as site:
        await site.inbox.until(lambda: "live" in site.inbox.told())
        first, *others = site.inbox.records
        assert first.payload == broken.body
        assert [record.sequence for record in others] == [1]
        assert site.inbox.told().count("malformed_json") == 3


async def test_what_is_too_large_for_the_log_is_cut_and_refused_there() -> None:
    long = Answer(b'["' + b"x" * 1_000_000 + b'"]', headers=JSON)
    async with polls("partner", long) as site:
        await site.polled(1)
        assert len(site.inbox.payloads()[0]) == PAYLOAD_BYTES_MAX + 1


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
async def test_the_server_says_when_to_come_back(status: int) -> None:
    busy = Answer(status=status, headers={"Retry-After": "1"})
    async with polls("football-data", busy, csv(*ROWS)) as site:
        await site.polled(1)
        assert f"http_{status}" in site.inbox.told()
        first, second, *_ = site.server.requests
        assert second.at_s - first.at_s >= 1.0


class CutLink:
    """A link whose connection ends with the second message, once."""

    def __init__(self) -> None:
        self.resume: dict[str, str] = {}
        self.taken: list[bytes] = []
        self.is_cut = False

    async def message(self, payload: bytes, token: str | None = None) -> None:
        if len(self.taken) == 1 and not self.is_cut:
            self.is_cut = True
            raise ConnectionOver("reset")
        self.taken.append(payload)

    def live(self, producer: str = "") -> None:
        raise EOFError  # one poll is enough


async def test_what_was_not_handed_on_comes_again_though_the_document_is_the_same() -> None:
    site, link = Site(csv(*ROWS, ETag='"1"')), CutLink()
    connect = PROVIDERS["football-data"].connect
    assert connect is not None
    async with site.server.running():
        for over in (ConnectionOver, EOFError):
            with pytest.raises(over):
                await connect(Target(site.server.url), link)  # type: ignore[arg-type]
    assert [payload.decode().split("\n")[1] for payload in link.taken] == [ROWS[0], *ROWS]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "url", "settings"),
    [
        ("partner", "ftp://127.0.0.1/", {}),
        ("football-data", "ws://127.0.0.1/", {}),
        ("football-data", "http://127.0.0.1/", {"interval_s": "0"}),
        ("partner", "http://127.0.0.1/", {"interval_s": "60"}),
    ],
)
async def test_a_setting_that_makes_no_sense_ends_it(
    name: str, url: str, settings: dict[str, str]
) -> None:
    with pytest.raises(SettingRefused):
        async with connected(PROVIDERS[name], Target(url, settings), silent_after_s=5):
            await asyncio.sleep(0.2)

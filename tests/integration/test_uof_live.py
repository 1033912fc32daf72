"""The Unified Odds Feed's live connection against a broker and an HTTP API with faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiormq.exceptions import ChannelClosed, ChannelInvalidStateError

from overround.adapters.feeds import uof_live
from overround.adapters.feeds.connection import ConnectionOver, SettingRefused, Target
from overround.adapters.feeds.connector import Connector
from overround.adapters.feeds.providers import PROVIDERS
from overround.domain.feeds.commands import SourceReport
from tests.kit.amqp import Broker
from tests.kit.http import Answer, HttpServer, Request
from tests.kit.ingress import MemoryInbox, connected

UOF = PROVIDERS["uof"]
CHANGE = b'<odds_change event_id="sr:match:%d" timestamp="5" product="%d"/>'


def alive(product: int, timestamp: int, subscribed: int = 1) -> bytes:
    return b'<alive product="%d" timestamp="%d" subscribed="%d"/>' % (
        product,
        timestamp,
        subscribed,
    )


def complete(product: int, request_id: str) -> bytes:
    return b'<snapshot_complete product="%d" timestamp="9" request_id="%s"/>' % (
        product,
        request_id.encode(),
    )


class Feed:
    """The provider's two servers; recoveries are accepted, and `fails` refuses the next ones."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.api = HttpServer(self._answer)
        self.fails: list[Answer] = []
        self.inbox = MemoryInbox()
        self.connector: Connector | None = None

    def _answer(self, _request: Request) -> Answer:
        return self.fails.pop(0) if self.fails else Answer(status=202)

    def asked(self, product: str = "liveodds") -> list[Request]:
        path = f"/v1/{product}/recovery/initiate_request"
        return [request for request in self.api.requests if request.path == path]

    def told(self, producer: str) -> list[str]:
        """What was told of a producer, repeats and heartbeats left out."""
        told: list[str] = []
        for report in self.inbox.reports:
            if report.producer == producer and report.report is not SourceReport.HEARD:
                says = report.reason or report.report.value
                if told[-1:] != [says]:
                    told.append(says)
        return told

    def heard(self, producer: str) -> int:
        heard = [report for report in self.inbox.reports if report.report is SourceReport.HEARD]
        return sum(report.producer == producer for report in heard)

    async def until(self, is_so: Callable[[], object]) -> None:
        await self.inbox.until(is_so)

    async def recovered(self, product: int = 1, timestamp: int = 1_000) -> None:
        """Bring a producer up from nothing."""
        name = {1: "liveodds", 3: "pre"}[product]
        before = len(self.asked(name))
        self.broker.publish(alive(product, timestamp))
        await self.until(lambda: len(self.asked(name)) > before)
        self.broker.publish(complete(product, self.asked(name)[-1].query["request_id"]))
        await self.until(lambda: self.told(str(product))[-1:] == ["live"])


@contextlib.asynccontextmanager
async def feed(silent_after_s: float = 20.0, **settings: Any) -> AsyncIterator[Feed]:
    """A connection to both servers, consuming."""
    it = Feed()
    async with it.broker.running(), it.api.running():
        usual = {"token": "secret", "api_url": f"{it.api.url}/v1/", "request_each_s_min": 0.01}
        target = Target(
            f"amqp://127.0.0.1:{it.broker.port}/%2Funifiedfeed%2F7",
            {name: str(value) for name, value in (usual | settings).items()},
        )
        async with connected(UOF, target, it.inbox, silent_after_s=silent_after_s) as (running, _):
            it.connector = running
            await it.until(lambda: it.broker.sessions)
            yield it


async def test_the_token_is_the_user_and_the_path_names_the_virtual_host() -> None:
    async with feed(routing_keys="hi.#, -.-.-.alive.#") as it:
        assert it.broker.logins == ["\0secret\0"]
        assert it.broker.vhosts == ["/unifiedfeed/7"]
        assert it.broker.routing_keys == ["hi.#", "-.-.-.alive.#"]


async def test_messages_are_handed_on_as_they_came_in_order_and_then_acknowledged() -> None:
    async with feed() as it:
        sent = [CHANGE % (match, 1) for match in range(500)] + [b"<alive", b"\xff"]
        for payload in sent:
            it.broker.publish(payload)
        await it.until(lambda: it.broker.acknowledged == len(sent))
        assert it.inbox.payloads() == sent
        assert it.inbox.records[7].event_id == "uof-sr:match:7"


async def test_the_broker_keeps_what_the_log_does_not_take() -> None:
    async with feed() as it:
        it.inbox.is_open.clear()
        for match in range(1_000):
            it.broker.publish(CHANGE % (match, 1))
        (session,) = it.broker.sessions
        await it.until(lambda: session.unacknowledged == 200)
        assert len(session.waiting) == 800
        it.inbox.is_open.set()
        await it.until(lambda: it.broker.acknowledged == 1_000)


async def test_a_producer_is_lost_until_the_snapshot_that_was_asked_for_is_complete() -> None:
    async with feed() as it:
        await it.until(lambda: it.told("1") and it.told("3"))
        it.broker.publish(alive(1, 1_000))
        await it.until(it.asked)
        (request,) = it.asked()
        assert request.method == "POST"
        assert request.headers["x-access-token"] == "secret"
        assert set(request.query) == {"request_id"}
        it.broker.publish(complete(1, "1"))
        it.broker.publish(complete(3, request.query["request_id"]))
        it.broker.publish(CHANGE % (1, 1))
        await it.until(lambda: it.inbox.records)
        assert "live" not in it.told("1") + it.told("3")
        it.broker.publish(complete(1, request.query["request_id"]))
        await it.until(lambda: "live" in it.told("1"))
        assert it.told("1") == ["connecting", "not_recovered", "live"][-2:]
        assert "live" not in it.told("3")


@pytest.mark.slow
async def test_a_producer_that_is_silent_is_lost_and_recovered_and_no_other() -> None:
    async with feed(alive_s_max=1.0) as it:
        await it.recovered(3)
        await it.recovered(1, 1_000)
        it.broker.publish(alive(1, 2_000))
        await it.until(lambda: it.connector and it.connector.resume.get("1") == "2000")
        for _ in range(11):
            await asyncio.sleep(0.1)
            it.broker.publish(alive(3, 3_000))
        it.broker.publish(alive(1, 60_000))
        await it.until(lambda: len(it.asked()) == 2)
        assert it.told("1")[-2:] == ["live", "silent"]
        assert it.asked()[1].query["after"] == "2000"
        assert it.told("3")[-1] == "live"
        assert len(it.asked("pre")) == 1
        # The snapshot of the first recovery, coming late, is not the one that is waited for.
        it.broker.publish(complete(1, it.asked()[0].query["request_id"]))
        it.broker.publish(CHANGE % (1, 1))
        await it.until(lambda: it.inbox.records)
        assert it.told("1")[-1] == "silent"
        it.broker.publish(complete(1, it.asked()[1].query["request_id"]))
        await it.until(lambda: it.told("1")[-1] == "live")


async def test_a_producer_that_does_not_send_us_all_is_recovered() -> None:
    async with feed() as it:
        await it.recovered(1)
        it.broker.publish(alive(1, 2_000, subscribed=0))
        await it.until(lambda: len(it.asked()) == 2)
        assert it.told("1")[-1] == "not_subscribed"


@pytest.mark.slow
async def test_a_silence_makes_a_recovery_void_that_is_under_way() -> None:
    async with feed(alive_s_max=0.2, request_each_s_min=0.6) as it:
        it.broker.publish(alive(1, 1_000))
        await it.until(it.asked)
        await asyncio.sleep(0.25)
        it.broker.publish(alive(1, 2_000))
        await it.until(lambda: it.told("1")[-1] == "silent")
        it.broker.publish(complete(1, it.asked()[0].query["request_id"]))
        await it.until(lambda: len(it.asked()) == 2)
        assert "live" not in it.told("1")


@pytest.mark.slow
async def test_alive_messages_alone_say_that_the_connection_lives() -> None:
    async with feed() as it:
        # The one of the connection's beginning is told first.
        await it.until(lambda: it.heard("") == 1)
        it.broker.publish(alive(3, 1_000))
        await it.until(lambda: it.heard("") == 2)
        assert it.told("")[-1] == "live"


async def test_what_came_before_a_recovery_is_not_skipped_by_alive_messages_during_it() -> None:
    async with feed(request_each_s_min=30) as it:
        await it.recovered(1, 1_000)
        it.broker.publish(alive(1, 2_000))
        it.broker.publish(alive(1, 3_000, subscribed=0))
        it.broker.publish(alive(1, 4_000))
        it.broker.publish(CHANGE % (1, 1))
        await it.until(lambda: it.inbox.records)
        assert it.connector is not None
        assert it.connector.resume["1"] == "2000"


async def test_a_recovery_reaches_no_further_back_than_the_producer_can() -> None:
    async with feed(producers="1:liveodds:1") as it:
        await it.recovered(1)
        it.broker.publish(alive(1, 2_000))
        it.broker.publish(alive(1, 100_000, subscribed=0))
        await it.until(lambda: len(it.asked()) == 2)
        assert it.asked()[1].query["after"] == "40000"


@pytest.mark.slow
async def test_a_recovery_that_is_refused_is_asked_for_again_and_told() -> None:
    async with feed() as it:
        it.fails = [Answer(status=503), Answer(status=403)]
        it.broker.publish(alive(1, 1_000))
        await it.until(lambda: len(it.asked()) == 3)
        ids = {request.query["request_id"] for request in it.asked()}
        assert len(ids) == 1
        assert it.told("1")[-1] == "recovery_failed"
        it.broker.publish(complete(1, ids.pop()))
        await it.until(lambda: it.told("1")[-1] == "live")


async def test_a_recovery_whose_answer_was_lost_may_be_complete_all_the_same() -> None:
    async with feed(answer_s_max=0.2) as it:
        it.fails = [Answer(is_held=True)]
        await it.recovered(1)
        await it.until(lambda: it.api.left == 1)
        it.broker.publish(alive(1, 2_000))
        await it.until(lambda: it.connector and it.connector.resume)
        assert "recovery_failed" not in it.told("1")
        assert len(it.asked()) == 1


@pytest.mark.slow
async def test_requests_keep_their_distance() -> None:
    async with feed(request_each_s_min=1.0) as it:
        await it.recovered(1)
        it.broker.publish(alive(1, 2_000, subscribed=0))
        await it.until(lambda: len(it.asked()) == 2)
        first, second = it.asked()
        assert second.at_s - first.at_s > 0.5


async def test_a_recovery_that_takes_too_long_is_asked_for_again() -> None:
    async with feed(recovery_s_max=0.2) as it:
        it.broker.publish(alive(1, 1_000))
        await it.until(lambda: len(it.asked()) == 2)
        assert "recovery_too_long" in it.told("1")
        first, second = (request.query["request_id"] for request in it.asked()[:2])
        assert first != second


async def test_a_producer_that_nobody_recovers_is_told_as_lost() -> None:
    async with feed() as it:
        it.broker.publish(CHANGE % (1, 9))
        await it.until(lambda: it.told("9"))
        assert it.told("9") == ["not_configured"]


@pytest.mark.parametrize("fault", [Broker.reset, Broker.close])
async def test_a_connection_that_ends_loses_every_producer_until_each_is_recovered(
    fault: Callable[[Broker], None],
) -> None:
    async with feed() as it:
        await it.recovered(1)
        it.broker.publish(alive(1, 7_000))
        await it.until(lambda: it.connector and it.connector.resume)
        before = len(it.inbox.reports)
        fault(it.broker)
        await it.until(lambda: it.broker.sessions and len(it.broker.logins) == 2)
        lost = [r for r in it.inbox.reports[before:] if r.report is SourceReport.LOST]
        assert {report.producer for report in lost} == {"", "1", "3"}
        await it.recovered(1, 9_000)
        assert it.asked()[-1].query["after"] == "7000"


@pytest.mark.parametrize("error", [ChannelInvalidStateError, ChannelClosed])
async def test_an_acknowledgement_that_comes_too_late_is_the_connections_end(
    error: type[Exception],
) -> None:
    class ClosedChannel:
        async def basic_ack(self, _tag: int) -> None:
            raise error

    class Nobody:
        def heard(self) -> None:
            """Takes it."""

        async def message(self, payload: bytes) -> None:
            """Takes it."""

    late: Any = SimpleNamespace(body=b"<x/>", delivery_tag=1, channel=ClosedChannel())
    queue: asyncio.Queue[Any] = asyncio.Queue()
    queue.put_nowait(late)
    link: Any = Nobody()
    with pytest.raises(ConnectionOver):
        await uof_live._Feed(link, {}).run(queue)


@pytest.mark.slow
async def test_a_silent_broker_is_left_and_one_that_answers_is_taken() -> None:
    async with feed(silent_after_s=0.5) as it:
        it.broker.is_silent = True
        await it.until(lambda: "silent" in it.told(""))
        it.broker.is_silent = False
        await it.until(lambda: len(it.broker.logins) >= 2 and it.told("")[-1] == "live")
        assert it.told("").index("silent") < len(it.told("")) - 1


async def test_an_exchange_that_is_not_there_is_said_so() -> None:
    it = Feed()
    async with it.broker.running():
        settings = {"token": "t", "exchange": "other"}
        target = Target(f"amqp://127.0.0.1:{it.broker.port}/", settings)
        async with connected(UOF, target, it.inbox, silent_after_s=5):
            await it.until(lambda: "refused" in it.told(""))
            assert "live" not in it.told("")


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{}, {"token": "t", "producers": "liveodds"}, {"token": "t", "alive_s_max": "soon"}],
)
async def test_a_setting_that_makes_no_sense_ends_it(settings: dict[str, str]) -> None:
    target = Target("amqp://127.0.0.1:1/", settings)
    with pytest.raises(SettingRefused):
        async with connected(UOF, target, silent_after_s=5):
            await asyncio.sleep(1)

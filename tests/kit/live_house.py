"""FEEDS and MARKETS on a Kafka of their own, with live connections to three providers' servers."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, if not by name
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from cli.local_kafka import free_ports
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.feeds.commands import BreakerState, ReportSource
from overround.domain.feeds.events import SourceChanged
from overround.domain.kernel.market import TradingStatus
from tests.kit import betfair_server, partner_server
from tests.kit.follow import Follower, Seen
from tests.kit.kafka import REQUEST_S_MAX, Worker, Workers, sportsbook_broker

CONTRACT_S = 3.0
BREAKER_FAILURES, BREAKER_OPEN_S = 2, 2.0
MATCHES = ("partner-m-1", "partner-m-2")
SECOND_MATCH = "second-m-1"
# A partner's messages come each 100 ms; a backlog of them is worked off much faster.
_QUOTES, _QUOTES_MS_MIN = 20, 1_500
_CHANGES = 20_000  # of the exchange's market: more than a test can last, 50 a second


@dataclass(frozen=True, slots=True)
class LiveHouse:
    """What runs, and what its log says.

    `partner` is the server that fails and `ingest` the connection to it; `partner_control` and
    `betfair_control` are the ports on which the servers are told to.
    """

    log: Follower
    partner: Worker
    ingest: Worker
    partner_control: int
    betfair_control: int

    def quotes(self, match: str, since_ms: int = 0) -> list[Seen]:
        """The quotes of a match from a moment on."""
        seen = self.log.of(topics.QUOTES)
        return [each for each in seen if each.key == match and each.at_ms >= since_ms]

    def are_open(self, *matches: str) -> bool:
        """Whether the newest quotes of all of these take bets."""
        newest = [self.quotes(match)[-1:] for match in matches]
        return all(each and each[0].value.status == TradingStatus.OPEN for each in newest)

    def has_settled(self) -> bool:
        """Whether all matches are open and what piled up while it all started is worked off."""
        newest = self.quotes(SECOND_MATCH)[-_QUOTES:]
        is_paced = bool(newest) and newest[-1].at_ms - newest[0].at_ms > _QUOTES_MS_MIN
        return is_paced and self.are_open(*MATCHES, SECOND_MATCH)

    def changes(self, provider: str, since_ms: int) -> list[SourceChanged]:
        """What FEEDS told of a provider's source from a moment on."""
        return [
            each.value
            for each in self.log.of(topics.HEALTH)
            if isinstance(each.value, SourceChanged)
            and each.value.provider == provider
            and each.at_ms >= since_ms
        ]

    def is_back(self, provider: str, since_ms: int) -> bool:
        """Whether FEEDS told of a source from a moment on, and last that all is well with it."""
        newest = self.changes(provider, since_ms)[-1:]
        return any(each.is_live and each.breaker is BreakerState.CLOSED for each in newest)

    def reports(self, provider: str, partition: int = 0, since_ms: int = 0) -> list[Seen]:
        """What a provider's connection told one partition from a moment on."""
        return [
            each
            for each in self.log.of(topics.FEEDS_INBOX)
            if isinstance(each.value, ReportSource)
            and (each.value.provider, each.partition) == (provider, partition)
            and each.at_ms >= since_ms
        ]


@contextlib.contextmanager
def live_house(folder: Path) -> Iterator[LiveHouse]:
    """All of it running, with every match open; the processes' logs are printed on a failure."""
    with sportsbook_broker() as bootstrap, contextlib.ExitStack() as stack:
        _append_times(bootstrap, topics.QUOTES, topics.HEALTH)
        workers = Workers(folder)
        stack.callback(workers.end_all)
        try:
            house = _started(bootstrap, workers, _market(folder / "exchange.jsonl"))
            stack.callback(house.log.close)
            house.log.until(house.has_settled, "every match is open", 90)
            yield house
        except BaseException:
            workers.show_logs()
            raise


def _started(bootstrap: str, workers: Workers, market: Path) -> LiveHouse:
    def run(name: str, module: str, *words: object) -> Worker:
        return workers.start([sys.executable, "-m", module, *map(str, words)], name=name)

    def ingest(provider: str, url: str, *words: str) -> Worker:
        where = ("--connect", url, "--bootstrap", bootstrap)
        return run(f"ingest-{provider}", "cli.main", "ingest", provider, *where, *words)

    ports = free_ports(6)
    partner = run("partner", "tests.kit.partner_server", *ports[:2], "m-1", "m-2")
    servers = [
        partner,
        run("second", "tests.kit.partner_server", *ports[2:4], "m-1"),
        run("betfair", "tests.kit.betfair_server", *ports[4:], market),
    ]
    for agent in ("feeds", "markets"):
        run(agent, "cli.main", "worker", agent, "--once", "--bootstrap", bootstrap)
    for server in servers:
        server.wait_for("serving")
    patience = ("--silent-after", f"{CONTRACT_S:g}")
    breaker = ("--breaker-failures", str(BREAKER_FAILURES), "--breaker-open", f"{BREAKER_OPEN_S:g}")
    token = ("--set", f"token={partner_server.TOKEN}")
    keys = [word for item in betfair_server.KEYS.items() for word in ("--set", "=".join(item))]
    connection = ingest("partner", _websocket(ports[0]), *token, *patience, *breaker)
    ingest("betfair", f"tcp://127.0.0.1:{ports[4]}", *keys, *patience)
    second = (_websocket(ports[2]), bootstrap, partner_server.TOKEN, CONTRACT_S)
    run("ingest-second", "tests.kit.second_partner", *second)
    log = Follower(bootstrap, topics.FEEDS_INBOX, topics.HEALTH, topics.QUOTES, topics.PRICES)
    return LiveHouse(log, partner, connection, ports[1], ports[5])


def _websocket(port: int) -> str:
    return f"ws://127.0.0.1:{port}/live"


def _append_times(bootstrap: str, *changed: Topic) -> None:
    """Have the broker's clock date these topics too, so that all times are of one clock."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    entry = ConfigEntry(
        "message.timestamp.type",
        "LogAppendTime",
        incremental_operation=AlterConfigOpType.SET,
    )
    resources = [
        ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=[entry])
        for topic in changed
    ]
    for outcome in admin.incremental_alter_configs(resources).values():
        outcome.result(REQUEST_S_MAX)


def _market(path: Path) -> Path:
    """A recording of an exchange's market whose best price moves with each message."""
    definition = {
        "eventId": "7",
        "status": "OPEN",
        "inPlay": True,
        "version": 5,
        "runners": [{"id": 1, "status": "ACTIVE"}],
    }
    with path.open("w") as file:
        first = {"op": "mcm", "mc": [{"id": "1.1", "marketDefinition": definition}]}
        print(json.dumps(first), file=file)
        for step in range(_CHANGES):
            best = [[2.0, 5 + step % 100]]
            change = {"op": "mcm", "mc": [{"id": "1.1", "rc": [{"id": 1, "atb": best}]}]}
            print(json.dumps(change), file=file)
    return path

"""Two providers' servers, their connections and the workers behind them, on a real Kafka."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cli.local_kafka import free_ports
from overround.contracts import topics
from overround.contracts.topics import Topic
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import SourceChanged, SourceLost, SourceRestored
from tests.kit import betfair_server, partner_server
from tests.kit.faults import tell
from tests.kit.kafka import Worker, Workers, read_to_end
from tests.kit.match import wire

CONTRACT_S = 3.0
BREAKER_FAILURES = 3
MATCHES = ("m-1", "m-2", "m-3")
WAIT_S = 45.0


@dataclass(frozen=True, slots=True)
class Told:
    """A record: what it says, when the log took what caused it, and when it was written itself."""

    partition: int
    key: str
    value: Any
    at_us: int
    written_us: int


Outage = tuple[Told, Told]


class LiveFeeds:
    """Everything started, and what it wrote; `partner` and `betfair` are the servers."""

    def __init__(self, bootstrap: str, workers: Workers, folder: Path) -> None:
        self._bootstrap, self._workers = bootstrap, workers
        partner, self._partner_control, betfair, self._betfair_control = free_ports(4)
        self._start("worker-feeds", "cli.main", "worker", "feeds", *self._once())
        self._start("worker-markets", "cli.main", "worker", "markets", *self._once())
        kit = "tests.kit.partner_server"
        self.partner = self._start("partner", kit, partner, self._partner_control, *MATCHES)
        kit = "tests.kit.betfair_server"
        path = _recording(folder / "recording.jsonl")
        self.betfair = self._start("betfair", kit, betfair, self._betfair_control, path)
        for server in (self.partner, self.betfair):
            self.until(lambda server=server: "serving" in server.output())
        url, token = f"ws://127.0.0.1:{partner}/live", partner_server.TOKEN
        self.partner_ingest = self._ingest("partner", url, token=token)
        url = f"tcp://127.0.0.1:{betfair}"
        self.betfair_ingest = self._ingest("betfair", url, **betfair_server.KEYS)

    def _once(self) -> tuple[str, ...]:
        return ("--once", "--bootstrap", self._bootstrap)

    def _start(self, name: str, module: str, *words: object) -> Worker:
        command = [sys.executable, "-m", module, *map(str, words)]
        return self._workers.start(command, name=name)

    def _ingest(self, provider: str, url: str, **settings: str) -> Worker:
        words = ["-m", "cli.main", "ingest", provider, "--connect", url]
        words += ["--bootstrap", self._bootstrap, "--silent-after", str(CONTRACT_S)]
        words += ["--breaker-failures", str(BREAKER_FAILURES), "--breaker-open", "1"]
        env = {f"OVERROUND_{provider}_{name}".upper(): value for name, value in settings.items()}
        return self._workers.start([sys.executable, *words], name=f"ingest-{provider}", env=env)

    # -- what a test does

    def fail_partner(self, *fault: str) -> None:
        tell(self._partner_control, *fault)

    def fail_betfair(self, *fault: str) -> None:
        tell(self._betfair_control, *fault)

    def until(self, is_so: Callable[[], object], seconds: float = WAIT_S) -> None:
        """Look again and again; what is waited for is a state, so that no moment is missed."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"not so within {seconds} s"
            time.sleep(0.1)

    def until_changed(self, provider: str, is_so: Callable[[list[SourceChanged]], object]) -> None:
        """Wait until what was told of a provider's source is as said."""
        self.until(lambda: is_so([each.value for each in self.health(provider)]))

    def until_back(self, provider: str, times: int) -> None:
        """Wait until a source has come to live so many times."""
        self.until_changed(provider, lambda changes: comebacks(changes) == times)

    def until_lost(self, provider: str) -> None:
        """Wait until a source is lost."""
        self.until_changed(provider, lambda changes: not changes[-1].is_live)

    def until_recorded(self, provider: str, more: int) -> None:
        """Wait until so many more records of a provider are in the log."""
        before = len(self.records(provider))
        self.until(lambda: len(self.records(provider)) >= before + more)

    # -- what came of it

    def read(self, topic: Topic, kind: type = object) -> list[Told]:
        """The records of one type in a topic, by time; those of one key are in their order."""
        found = []
        for record in read_to_end(self._bootstrap, topic.name):
            decoded = wire().decode(record.value or b"")
            if isinstance(decoded.value, kind):
                written_us = record.timestamp_ms * 1_000
                at_us = written_us if topic in topics.INBOXES else decoded.at_us
                key = (record.key or b"").decode()
                found.append(Told(record.partition, key, decoded.value, at_us, written_us))
        return sorted(found, key=lambda each: each.at_us)

    def refused(self) -> set[str]:
        """The reasons of the dead letters of the feeds."""
        letters = read_to_end(self._bootstrap, topics.FEEDS_INBOX.dead_letters)
        return {str(dict(letter.headers)["reason"], "ascii") for letter in letters}

    def records(self, provider: str) -> list[Told]:
        """Every record of a provider."""
        records = self.read(topics.FEEDS_INBOX, RecordFeed)
        return [each for each in records if each.value.provider == provider]

    def outages(self, event_id: str) -> list[Outage]:
        """When a match had no source to rely on, without the beginning: loss, and restoration."""
        found: list[Outage] = []
        lost: Told | None = None
        for each in self.read(topics.INCIDENTS):
            if each.key == event_id and isinstance(each.value, SourceLost):
                lost = lost or each
            elif each.key == event_id and isinstance(each.value, SourceRestored):
                assert lost is not None, "restored, but not lost"
                found.append((lost, each))
                lost = None
        return found[1:]

    def health(self, provider: str) -> list[Told]:
        """Every change of a provider's source."""
        changes = self.read(topics.HEALTH, SourceChanged)
        return [each for each in changes if each.value.provider == provider]


def comebacks(changes: list[SourceChanged]) -> int:
    """How often a source came to live."""
    states = [False, *(each.is_live for each in changes)]
    return sum(after and not before for before, after in pairwise(states))


def _recording(path: Path) -> Path:
    """A market, and enough changes of its best price for some minutes."""
    runners = [{"id": 1, "status": "ACTIVE"}]
    definition = {"status": "OPEN", "inPlay": True, "version": 5, "runners": runners}
    market = {"id": "1.1", "marketDefinition": definition | {"eventId": "9"}}
    changes = [
        {"id": "1.1", "rc": [{"id": 1, "atb": [[round(2 + step % 90 / 100, 2), 1 + step]]}]}
        for step in range(10_000)
    ]
    lines = [{"op": "mcm", "pt": 1, "mc": [change]} for change in (market, *changes)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path

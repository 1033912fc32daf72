"""A recording through Kafka: what FEEDS makes of it there is what the summary says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.ingest.ingest import ingest
from cli.ingest.to_kafka import Pace
from overround.contracts import topics
from overround.domain.feeds.events import MarketChanged
from tests.kit.kafka import Record, Workers, read_to_end, sportsbook_broker
from topologies.wire import sportsbook_wire

DEFINITION = {
    "eventId": "7",
    "status": "OPEN",
    "inPlay": True,
    "version": 5,
    "runners": [{"id": 1, "status": "ACTIVE"}],
}


def recording(path: Path, market: str) -> Path:
    """A market of an event of its own, whose best price rises with each of 50 messages."""
    event = DEFINITION | {"eventId": market}
    lines: list[object] = [
        {"op": "mcm", "pt": 1, "mc": [{"id": market, "marketDefinition": event}]}
    ]
    for step in range(50):
        change = {"id": market, "rc": [{"id": 1, "atb": [[round(2 + step / 50, 2), 1 + step]]}]}
        lines.append({"op": "mcm", "pt": 2 + step, "mc": [change]})
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_a_recording_is_paced_by_its_own_times() -> None:
    waits: list[float] = []
    now_s = 100.0
    pace = Pace(10.0, sleep=waits.append, clock=lambda: now_s)
    for came_at_us in (5_000_000, 7_000_000, None, 6_000_000):
        pace.wait(came_at_us)
    assert waits == pytest.approx([0.2, 0.1])
    Pace(0.0, sleep=waits.append).wait(9_000_000)
    assert len(waits) == 2


@pytest.mark.slow
def test_without_a_place_to_go_the_command_says_which_there_are(tmp_path: Path) -> None:
    path = recording(tmp_path / "1.1.jsonl", "1.1")
    asked = CliRunner().invoke(
        ingest, ["betfair", "--file", str(path)], env={"BOOTSTRAP_SERVERS": ""}
    )
    assert asked.exit_code == 2
    assert "--summary, or --bootstrap" in asked.output


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker of its own: the sportsbook's topics have fixed names."""
    with sportsbook_broker() as bootstrap:
        yield bootstrap


def prices(bootstrap: str, at_least: int) -> list[Record]:
    return read_to_end(bootstrap, topics.PRICES.name, at_least=at_least, seconds=60)


@pytest.mark.kafka
def test_a_recording_replayed_twice_over_a_killed_worker_has_each_change_once(
    broker: str, workers: Workers, tmp_path: Path
) -> None:
    def put(path: Path) -> None:
        done = CliRunner().invoke(ingest, ["betfair", "--file", str(path), "--bootstrap", broker])
        assert done.exit_code == 0, done.output

    command = [sys.executable, "-m", "cli.main", "worker", "feeds", "--once", "--bootstrap", broker]
    first = recording(tmp_path / "a.jsonl", "1.1")
    put(first)
    worker = workers.start(command, name="feeds")
    prices(broker, at_least=1)
    worker.kill()
    put(first)
    put(recording(tmp_path / "b.jsonl", "1.2"))
    workers.start(command, name="feeds-again")
    wire, seen = sportsbook_wire(), dict[str, list[MarketChanged]]()
    for record in prices(broker, at_least=102):
        assert record.value is not None
        changed = wire.decode(record.value).value
        assert isinstance(changed, MarketChanged)
        seen.setdefault(changed.market_id, []).append(changed)
    assert {market: len(changes) for market, changes in seen.items()} == {"1.1": 51, "1.2": 51}
    for changes in seen.values():
        backed = [each.selections[0].back_milli for each in changes]
        assert backed == [None, *(2_000 + 20 * step for step in range(50))]

"""A simulated tennis match through real workers: quoted to its end, and replayed to the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli.main import main
from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.contracts.topics import Topic
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR
from overround.domain.pricing.tennis.simulate import draw_serves, simulate
from tests.kit.kafka import Workers, read_to_end, sportsbook_broker
from tests.kit.match import wire
from tests.kit.sports import fixture, prices

pytestmark = pytest.mark.kafka

OPENING = {"match_winner/home": 1_800, "match_winner/away": 2_050}


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker of its own: the sportsbook's topics have fixed names."""
    with sportsbook_broker() as bootstrap:
        yield bootstrap


def recording(path: Path) -> int:
    """Write a match to a file; how many points it has."""
    rng = np.random.default_rng(5)
    points = list(simulate(*draw_serves(TOUR, 1, rng), rng, BEST_OF_THREE).points(0))
    told = [
        {"type": "tennis.point_played", "server": point.server, "winner": point.winner}
        for point in points
    ]
    messages = [fixture("tennis"), prices("tennis", OPENING), *told]
    head = {"format": FORMAT, "match": "t-1"}
    lines = [head | each | {"sequence": number} for number, each in enumerate(messages, start=1)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return len(points)


def test_a_tennis_match_is_quoted_to_its_end_and_replays_to_the_live_state(
    broker: str, workers: Workers, tmp_path: Path
) -> None:
    def overround(*words: str) -> str:
        done = CliRunner().invoke(main, [*words, "--bootstrap", broker])
        assert done.exit_code == 0, done.output
        return done.output

    for agent in ("feeds", "markets"):
        command = [sys.executable, "-m", "cli.main", "worker", agent, "--once"]
        workers.start([*command, "--bootstrap", broker], name=agent)
    points = recording(tmp_path / "tennis.jsonl")
    overround("ingest", "partner", "--file", str(tmp_path / "tennis.jsonl"))
    # The match opens with its prices and closes with its last point: committed, so are its tables.
    opened, closed = told(broker, topics.MARKET_EVENTS, at_least=2)
    assert [opened.status, closed.status, closed.reason] == ["open", "closed", "match_over"]
    last = told(broker, topics.QUOTES, at_least=1)[-1]
    assert last.version == closed.quotes_version == points + 1
    replayed = overround("replay", last.event_id)
    assert f"{last.event_id}: tennis, {last.score}, closed (match_over)" in replayed
    assert "equal to the live state" in replayed


def told(broker: str, topic: Topic, *, at_least: int) -> list[Any]:
    """What a topic has of the match, which is all that there is."""
    records = read_to_end(broker, topic.name, at_least=at_least, seconds=60)
    return [wire().decode(record.value or b"").value for record in records]

"""A simulated tennis match through real workers: quoted, bet on, paid, and replayed to the same."""

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
from overround.contracts.topic import Topic
from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.betting.events import TradingChanged
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR
from overround.domain.pricing.tennis.simulate import draw_serves, simulate
from tests.kit.kafka import Workers, produce, read_to_end, sportsbook_broker
from tests.kit.match import wire
from tests.kit.sports import fixture, prices

pytestmark = pytest.mark.kafka

OPENING = {"match_winner/home": 1_800, "match_winner/away": 2_050}


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker of its own: the sportsbook's topics have fixed names."""
    with sportsbook_broker() as bootstrap:
        yield bootstrap


def recording(path: Path, *, is_whole: bool) -> int:
    """Write a match to a file, or what comes before it; how many points it has."""
    rng = np.random.default_rng(5)
    points = list(simulate(*draw_serves(TOUR, 1, rng), rng, BEST_OF_THREE).points(0))
    played = [
        {"type": "tennis.point_played", "server": point.server, "winner": point.winner}
        for point in points
    ]
    messages = [fixture("tennis"), prices("tennis", OPENING), *(played if is_whole else [])]
    head = {"format": FORMAT, "match": "t-1"}
    lines = [head | each | {"sequence": number} for number, each in enumerate(messages, start=1)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return len(points)


def test_a_tennis_match_is_quoted_bet_on_paid_and_replays_to_the_live_state(
    broker: str, workers: Workers, tmp_path: Path
) -> None:
    def overround(*words: str) -> str:
        done = CliRunner().invoke(main, [*words, "--bootstrap", broker])
        assert done.exit_code == 0, done.output
        return done.output

    for agent in ("feeds", "markets", "accounts"):
        command = [sys.executable, "-m", "cli.main", "worker", agent, "--once"]
        workers.start([*command, "--bootstrap", broker], name=agent)
    before, whole = tmp_path / "before.jsonl", tmp_path / "whole.jsonl"
    recording(before, is_whole=False)
    points = recording(whole, is_whole=True)
    overround("ingest", "partner", "--file", str(before))
    (opened,) = told(broker, topics.MARKET_EVENTS, at_least=1)
    assert opened.status == "open"
    bet(broker, opened.event_id)
    # Of each of the two: accepted, and settled at the end.
    assert len(told(broker, topics.BET_EVENTS, at_least=2)) == 2
    # What was told before is known by its numbers, and told once.
    overround("ingest", "partner", "--file", str(whole))
    settled = told(broker, topics.BET_EVENTS, at_least=4)[2:]
    assert sorted(each.payout_minor > 0 for each in settled) == [False, True]
    closed = [each for each in told(broker, topics.MARKET_EVENTS, at_least=2) if is_end(each)]
    assert [each.reason for each in closed] == ["match_over"]
    last = told(broker, topics.QUOTES, at_least=1)[-1]
    assert last.version == closed[0].quotes_version == points + 1
    replayed = overround("replay", last.event_id)
    assert f"{last.event_id}: tennis, {last.score}, closed (match_over)" in replayed
    assert "exposure 2 legs, stake 20.00 EUR, worst outcomes" in replayed
    assert "legs 2, settled 2, voided 0" in replayed
    assert "equal to the live state" in replayed
    assert "everything agrees" in overround("verify")


def is_end(value: Any) -> bool:
    return isinstance(value, TradingChanged) and value.status == "closed"


def bet(broker: str, match: str) -> None:
    """A customer bets on both sides, at whatever the price is."""
    sides = [BetLeg(match, f"match_winner/{side}", 1_010) for side in ("home", "away")]
    commands = [
        OpenAccount("c1", "EUR"),
        Deposit("c1", "d1", "EUR", 5_000),
        *(PlaceBet("c1", f"b{n}", "EUR", 1_000, (leg,)) for n, leg in enumerate(sides)),
    ]
    pairs = [
        (b"c1", wire().encode(each, id=f"c1-{number}", at_us=0, caused_by=None))
        for number, each in enumerate(commands)
    ]
    produce(broker, topics.ACCOUNTS_INBOX.name, pairs)


def told(broker: str, topic: Topic, *, at_least: int) -> list[Any]:
    """What a topic has of the match, which is all that there is."""
    records = read_to_end(broker, topic.name, at_least=at_least, seconds=60)
    return [wire().decode(record.value or b"").value for record in records]

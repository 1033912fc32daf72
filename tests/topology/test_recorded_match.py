"""A recorded match gives the same bytes of quotes however often, wherever and from where."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from agents.markets import MARKETS
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.runtime.in_process import InProcess
from overround.runtime.replay import Collected, replay
from overround.runtime.snapshot import Keeping, Snapshot, replay_from
from tests.kit.kafka import REPOSITORY
from tests.kit.match import wire
from tests.kit.recorded_match import digest, inbox, played, quotes, side_quotes


@pytest.fixture(scope="module")
def final() -> InProcess:
    return played()


def published(lanes: Collected, topic: Topic = topics.QUOTES) -> list[bytes]:
    return [output.value or b"" for output in lanes.published if output.topic == topic.name]


@pytest.mark.slow
def test_the_recording_is_a_match_with_prices_to_its_end(final: InProcess) -> None:
    messages = [wire().decode(each).value for each in quotes(final)]
    assert len(messages) > 500
    assert sum(len(message.lines) > 20 for message in messages) > 500
    assert max(message.home_goals for message in messages) == 3
    assert final.dead_letters(MARKETS.inbox) == []


def test_played_again_it_gives_the_same_bytes(final: InProcess) -> None:
    again = played()
    assert quotes(again) == quotes(final)
    assert side_quotes(again) == side_quotes(final)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_with_another_order_of_hashes_gives_the_same_bytes(
    seed: str, final: InProcess
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.kit.recorded_match"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert done.stdout.strip() == digest(quotes(final) + side_quotes(final))


def test_a_replay_of_the_inbox_gives_the_same_bytes(final: InProcess) -> None:
    lanes = Collected()
    replay(MARKETS, 0, wire(), inbox(final), lanes)
    assert published(lanes) == quotes(final)
    assert published(lanes, topics.SIDE_QUOTES) == side_quotes(final)


def test_from_a_snapshot_in_the_middle_the_rest_are_the_same_bytes(final: InProcess) -> None:
    records = inbox(final)
    taken: list[Snapshot] = []
    replay_from(MARKETS, 0, wire(), records, keeping=Keeping(len(records) // 2, taken.append))
    middle = Snapshot.from_bytes(taken[0].to_bytes())
    lanes = Collected()
    replay_from(MARKETS, 0, wire(), records, lanes, middle)
    rest = published(lanes)
    assert 0.3 < len(rest) / len(quotes(final)) < 0.7
    assert rest == quotes(final)[-len(rest) :]
    sides = published(lanes, topics.SIDE_QUOTES)
    assert sides == side_quotes(final)[-len(sides) :]

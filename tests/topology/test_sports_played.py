"""Whole matches of tennis and basketball, from a partner's bytes to the bytes of every quote.

    python -m tests.topology.test_sports_played

plays the simulated basketball match and prints how many quotes there are and their SHA-256.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.feeds import FEEDS
from agents.markets import MARKETS
from cli.evaluate.point_strings import Recorded, read, states
from overround.contracts import topics
from overround.domain.kernel.match import Side
from overround.domain.pricing.basketball.model import NBA, Strength
from overround.domain.pricing.basketball.simulate import simulate
from overround.domain.pricing.tennis.model import TOUR, FinalSet
from overround.runtime.in_process.engine import at_random
from overround.runtime.replay import Collected, replay
from overround.runtime.snapshot import Keeping, Snapshot, replay_from
from tests.kit.kafka import REPOSITORY
from tests.kit.match import wire
from tests.kit.recorded_match import digest
from tests.kit.sports import (
    Partner,
    basketball_messages,
    fixture,
    prices,
    tennis_messages,
)

LEVEL = {"match_winner/home": 1_900, "match_winner/away": 1_900}
LINES = {
    "handicap:-2.5/home": 1_900,
    "handicap:-2.5/away": 1_900,
    "total_points:221.5/over": 1_900,
    "total_points:221.5/under": 1_900,
}


def recorded(recordings: Path) -> Recorded:
    """A match of three sets with a tie-break."""
    for each in read(recordings / "tennis_pbp" / "pbp_matches_ch_main_current.csv"):
        if isinstance(each, Recorded):
            last = list(states(each, TOUR))[-1]
            if len(last.sets) == 3 and (6, 7) in last.sets and each.format.sets_to_win == 2:
                return each
    raise AssertionError("no such match was recorded")


def played_tennis(recordings: Path) -> Partner:
    match = recorded(recordings)
    partner = Partner()
    rules = f"best_of_{match.format.best_of}/{match.format.final_set}"
    partner.tell(fixture("tennis", rules), prices("tennis", LEVEL))
    partner.tell(*tennis_messages(list(states(match, TOUR))[1:]))
    return partner


def played_basketball(**options: Any) -> Partner:
    rng = np.random.default_rng(20_260_501)
    strength = Strength(2_500_000, 221_500_000, 12_500_000, 17_500_000)
    incidents = simulate(strength, 1, rng, NBA).incidents(0, rng)
    partner = Partner(**options)
    partner.tell(fixture("basketball", "nba"), prices("basketball", LINES))
    partner.tell(*basketball_messages(incidents))
    return partner


@pytest.fixture(scope="module")
def tennis(recordings: Path) -> Partner:
    return played_tennis(recordings)


@pytest.fixture(scope="module")
def basketball() -> Partner:
    return played_basketball()


@pytest.fixture
def played(request: pytest.FixtureRequest) -> Partner:
    partner: Partner = request.getfixturevalue(request.param)
    return partner


both = pytest.mark.parametrize(
    "played",
    [pytest.param("tennis", marks=pytest.mark.recordings), "basketball"],
    indirect=True,
)


def course(partner: Partner, market: str, outcome: str) -> list[int]:
    """The prices of a selection in all versions in which it is offered."""
    return [
        line.price_milli
        for quotes in partner.quotes()
        for line in quotes.lines
        if (line.market, line.outcome) == (market, outcome)
    ]


@pytest.mark.slow
@both
def test_it_is_quoted_from_its_prices_to_its_end(played: Partner) -> None:
    versions = [each.version for each in played.quotes()]
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) > 100
    assert {each.status.value for each in played.quotes()[:-1]} == {"open"}
    assert played.standing() == ("closed", "match_over")
    assert played.newest().lines == ()
    for inbox in (FEEDS.inbox, MARKETS.inbox):
        assert played.engine.dead_letters(inbox) == []


@pytest.mark.recordings
def test_the_last_price_of_a_tennis_matchs_winner_has_collapsed(
    tennis: Partner, recordings: Path
) -> None:
    winner = str(Side.HOME if recorded(recordings).has_home_won else Side.AWAY)
    seen = course(tennis, "match_winner", winner)
    assert abs(seen[0] - 1_900) < 40
    assert max(seen) > 2_000, "it went to three sets"
    assert seen[-1] < 1_200, "on the way to the last point"
    last = list(states(recorded(recordings), TOUR))[-1]
    assert tennis.newest().score == " ".join(f"{home}-{away}" for home, away in last.sets)


@pytest.mark.slow
def test_the_last_price_of_a_basketball_matchs_winner_has_collapsed(basketball: Partner) -> None:
    match = basketball.engine.table("sport_matches")[basketball.match]
    winner, loser = ("home", "away") if match.lead > 0 else ("away", "home")
    assert course(basketball, "match_winner", winner)[-1] < 1_100
    assert course(basketball, "match_winner", loser)[-1] > 8_000


@pytest.mark.slow
@both
def test_a_replay_gives_the_same_bytes_twice(played: Partner) -> None:
    for _ in range(2):
        lanes = Collected()
        replay(MARKETS, 0, wire(), played.inbox(), lanes)
        assert published(lanes) == played.bytes_quoted()


@pytest.mark.slow
@both
def test_from_a_snapshot_in_the_middle_the_rest_are_the_same_bytes(played: Partner) -> None:
    records = played.inbox()
    taken: list[Snapshot] = []
    replay_from(MARKETS, 0, wire(), records, keeping=Keeping(len(records) // 2, taken.append))
    middle = Snapshot.from_bytes(taken[0].to_bytes())
    lanes = Collected()
    replay_from(MARKETS, 0, wire(), records, lanes, middle)
    rest = published(lanes)
    assert 0.3 < len(rest) / len(played.bytes_quoted()) < 0.7
    assert rest == played.bytes_quoted()[-len(rest) :]


def published(lanes: Collected) -> list[bytes]:
    return [each.value or b"" for each in lanes.published if each.topic == topics.QUOTES.name]


@pytest.mark.slow
def test_another_process_with_another_order_of_hashes_gives_the_same_bytes(
    basketball: Partner,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.topology.test_sports_played"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert done.stdout.strip() == digest(basketball.bytes_quoted())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_workers_that_die_on_the_way_change_nothing(basketball: Partner, seed: int) -> None:
    partner = played_basketball(crash=at_random(seed, 0.02), cuts=False)
    assert partner.engine.crashes > 10
    assert partner.engine.table("sport_matches") == basketball.engine.table("sport_matches")
    assert {each.version: each for each in partner.quotes()} == {
        each.version: each for each in basketball.quotes()
    }
    events = topics.MARKET_EVENTS
    assert partner.engine.read(events) == basketball.engine.read(events)
    assert partner.engine.dead_letters(MARKETS.inbox) == []


@pytest.mark.recordings
def test_a_cancelled_point_returns_to_the_prices_without_it(recordings: Path) -> None:
    points = list(tennis_messages(list(states(recorded(recordings), TOUR))[1:]))[:40]
    rules = f"best_of_3/{FinalSet.TIE_BREAK}"
    without, with_one = Partner(), Partner()
    for partner in (without, with_one):
        partner.tell(fixture("tennis", rules), prices("tennis", LEVEL), *points[:39])
    wrong = points[39] | {"winner": "home" if points[39]["winner"] == "away" else "away"}
    number = with_one.tell(wrong)
    assert shown(with_one) != shown(without)
    with_one.tell({"type": "tennis.point_taken_back", "point_sequence": number})
    assert shown(with_one) == shown(without)
    for partner in (without, with_one):
        partner.tell(points[39])
    assert shown(with_one) == shown(without)


def shown(partner: Partner) -> tuple[Any, ...]:
    newest = partner.newest()
    return newest.score, newest.status, tuple(newest.lines)


if __name__ == "__main__":
    print(digest(played_basketball().bytes_quoted()))

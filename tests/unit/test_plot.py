"""`overround plot match`: the course of a match, in figures, as PNG and in the terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from math import isnan
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.demo.match import timeline
from cli.demo.simulated import SimulatedHouse
from cli.main import main
from cli.plot.course import Course, course
from cli.plot.png import draw
from cli.plot.terminal import drawn
from cli.plot.told import Told, told_by_lake, told_by_log
from overround.contracts import topics
from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.pricing.events import Quotes
from overround.lake import open_lake
from overround.runtime.in_process import RecordedRun, partition_of
from tests.kit.match import feed as of_partner
from tests.kit.match import wire
from tests.kit.short_match import write_short_match
from tests.kit.sports import fixture, prices, signal

EVENT = "short"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> SimulatedHouse:
    """A match of ten minutes with one goal and one bet, played in process, and its lake."""
    folder = tmp_path_factory.mktemp("played")
    house = SimulatedHouse(wire(), folder / "lake", seed=1, speed=None)
    for command in (OpenAccount("ann", "EUR"), Deposit("ann", "d", "EUR", 10_000)):
        house.send(topics.ACCOUNTS_INBOX, "ann", command, type(command).__name__)
    records = timeline(write_short_match(folder / "short.jsonl"), EVENT)
    house.start_clock()
    now_s, is_bet = 0.0, False
    for timed in records:
        while now_s < timed.at_s:
            now_s = house.next_s()
        house.send(topics.FEEDS_INBOX, EVENT, timed.record, f"feed-{timed.record.sequence}")
        seen = [each for each in house.take() if isinstance(each, Quotes)]
        if not is_bet and seen and seen[-1].clock_s > 2_500:
            price = next(q for q in seen[-1].lines if (q.market, q.outcome) == ("1x2", "home"))
            leg = BetLeg(EVENT, "1x2/home", price.price_milli)
            bet = PlaceBet("ann", "b1", "EUR", 1_000, (leg,))
            house.send(topics.ACCOUNTS_INBOX, "ann", bet, "bet")
            is_bet = True
    house.take()
    house.write_lake()
    return house


@pytest.fixture(scope="module")
def told(house: SimulatedHouse) -> Told:
    return told_by_lake(open_lake(house._lake), EVENT)


@pytest.fixture(scope="module")
def short(told: Told) -> Course:
    return course(told, "1x2")


def overround(house: SimulatedHouse, *words: str) -> Result:
    return CliRunner().invoke(main, ["plot", "match", *words, "--lake", str(house._lake)])


def pixels(path: Path, colour: tuple[float, float, float]) -> int:
    """How many pixels of a picture have a colour, nearly."""
    image = matplotlib.image.imread(path)[:, :, :3]
    return int((np.abs(image - np.array(colour)).max(axis=2) < 0.05).sum())


@pytest.mark.slow
def test_the_log_and_the_lake_tell_the_same(house: SimulatedHouse, told: Told) -> None:
    recorded = RecordedRun(house._engine)
    place = partition_of(EVENT.encode(), recorded.partitions)
    assert told_by_log(recorded, place, wire(), EVENT) == told
    assert told.title == "Reds v Blues"


def test_prices_stand_as_they_were_quoted_until_the_end_of_betting(
    short: Course, told: Told
) -> None:
    ends = [at_us for at_us, each in told.quotes if each.status == "settled"]
    assert short.end_s == pytest.approx((ends[0] - told.quotes[0][0]) / 1e6)
    assert list(short.prices) == ["home", "draw", "away"]
    for at_s, home in zip(short.at_s, short.prices["home"], strict=True):
        in_force = [q for at_us, q in told.quotes if (at_us - told.quotes[0][0]) / 1e6 == at_s]
        milli = [q.price_milli for q in in_force[-1].lines if q.outcome == "home"][:1]
        assert isnan(home) or home in {p.price_milli / 1_000 for q in in_force for p in q.lines}
        assert not milli or home > 1.0


def test_goal_and_suspension_are_where_they_were(short: Course) -> None:
    (goal,) = short.goals
    assert (goal.score, goal.side, goal.clock_s) == ("1-0", "home", 2_566)
    held = [span for span in short.suspended if span.reason == "possible_goal"]
    assert [(span.start_s, span.end_s) for span in held] == [(goal.at_s - 6.0, goal.at_s)]


def test_the_quarter_hours_of_the_clock_are_marked(short: Course) -> None:
    # The match leaps from 45:00 to 86:40 after half time.
    assert [minute for _, minute in short.marks if minute >= 45] == [45, 90]
    assert [at_s for at_s, _ in short.marks] == sorted(at_s for at_s, _ in short.marks)


def test_the_exposure_is_what_the_house_can_lose(short: Course, told: Told) -> None:
    line = short.exposures["EUR"]
    assert line.worst == (told.exposures[0][1].worst_minor / 100,)
    assert line.worst[0] < 0.0
    assert line.stake == 10.0


def test_a_market_of_many_outcomes_is_drawn_with_the_shortest_prices(told: Told) -> None:
    scores = course(told, "correct_score")
    assert len(scores.prices) == 6
    assert "1-0" in scores.prices


def test_days_of_prices_before_kick_off_do_not_flatten_the_match(told: Told, short: Course) -> None:
    first_us, first = told.quotes[0]
    early = ((first_us - 86_400_000_000, replace(first, version=0)), *told.quotes)
    later = course(replace(told, quotes=early), "1x2")
    assert later.end_s < short.end_s + 700


@pytest.mark.slow
def test_the_picture_shows_lines_and_suspensions(short: Course, tmp_path: Path) -> None:
    with_bands, without = tmp_path / "with.png", tmp_path / "without.png"
    draw(short, with_bands)
    draw(replace(short, suspended=()), without)
    home, band = (0.0, 0.447, 0.698), (0.97, 0.95, 0.60)
    assert pixels(with_bands, home) > 300
    assert pixels(with_bands, band) > pixels(without, band) + 1_000
    assert with_bands.stat().st_size < 150_000


def test_a_match_without_bets_is_drawn_without_exposure(short: Course, tmp_path: Path) -> None:
    path = tmp_path / "no-bets.png"
    draw(replace(short, exposures={}), path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_without_colours_each_line_has_its_letter(short: Course) -> None:
    text = drawn(short, 100, colours=False)
    dots = [line.partition("|")[2] for line in text.splitlines() if "|" in line]
    for letter in "hda":
        assert sum(line.count(letter) for line in dots) > 20
    assert max(map(len, text.splitlines())) <= 100
    assert "score: 1-0 (42')" in text
    assert "\x1b" not in text


@pytest.mark.slow
def test_the_command_draws_both(house: SimulatedHouse, tmp_path: Path) -> None:
    path = tmp_path / "short.png"
    done = overround(house, EVENT, "--png", str(path))
    assert done.exit_code == 0, done.output
    assert "Reds v Blues: 1x2" in done.output
    assert f"{path}: {path.stat().st_size:,} bytes" in done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("shirt",), "did you mean short?"),
        ((EVENT, "--market", "total:2.5"), "did you mean"),
        ((EVENT, "--log"), "--log needs --bootstrap"),
    ],
)
def test_what_cannot_be_drawn_says_what_can(
    words: tuple[str, ...], answer: str, house: SimulatedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOTSTRAP_SERVERS", raising=False)
    done = overround(house, *words)
    assert done.exit_code in {1, 2}
    assert answer in done.output


def test_without_the_extra_it_says_what_to_install(
    house: SimulatedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cli.plot.png")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = overround(house, EVENT)
    assert done.exit_code == 1
    assert "pip install 'overround[plot]'" in done.output


@pytest.fixture(scope="module")
def tennis(tmp_path_factory: pytest.TempPathFactory) -> SimulatedHouse:
    """Three games of a tennis match, a point each 25 seconds, with a review, and its lake."""
    house = SimulatedHouse(wire(), tmp_path_factory.mktemp("tennis") / "lake", seed=1, speed=None)
    opening = {"match_winner/home": 1_800, "match_winner/away": 2_050}
    served = [
        {"type": "tennis.point_played", "server": server, "winner": "home"}
        for server in ("home", "away", "home")
        for _ in range(4)
    ]
    told = [fixture("tennis"), prices("tennis", opening), *served]
    told[6:6] = [signal("under_review"), signal("cleared")]
    house.start_clock()
    for sequence, message in enumerate(told, start=1):
        house.send(topics.FEEDS_INBOX, EVENT, of_partner(EVENT, sequence, message), f"{sequence}")
        for _ in range(15):
            house.next_s()
            house.take()
    house.write_lake()
    return house


@pytest.mark.slow
def test_a_match_of_another_sport_is_drawn_by_the_same_command(
    tennis: SimulatedHouse, tmp_path: Path
) -> None:
    told = told_by_lake(open_lake(tennis._lake), EVENT)
    recorded = RecordedRun(tennis._engine)
    place = partition_of(EVENT.encode(), recorded.partitions)
    assert told_by_log(recorded, place, wire(), EVENT) == told
    drawn_course = course(told, told.markets[0])
    assert (told.sport, drawn_course.market, drawn_course.goals) == ("tennis", "match_winner", ())
    assert drawn_course.scores[-1] == "3-0"
    assert drawn_course.score_at(0.0) == "0-0"
    assert [span.reason for span in drawn_course.suspended if span.reason != "no_prices"] == [
        "under_review"
    ]
    assert drawn_course.prices["home"][-1] < 1.4
    path = tmp_path / "tennis.png"
    done = overround(tennis, EVENT, "--png", str(path))
    assert done.exit_code == 0, done.output
    assert "A v B: match_winner" in done.output
    assert "score: 3-0; suspended" in done.output
    assert pixels(path, (0.0, 0.447, 0.698)) > 500, "a line of home's prices"


@pytest.mark.slow
def test_a_market_that_a_matchs_sport_does_not_have_is_answered_with_those_it_has(
    tennis: SimulatedHouse, house: SimulatedHouse
) -> None:
    for of, market, hint in ((tennis, "match_winer", "match_winner"), (house, "1x3", "1x2")):
        done = overround(of, EVENT, "--market", market, "--no-png")
        assert done.exit_code == 1
        assert hint in done.output

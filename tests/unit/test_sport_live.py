"""What tennis and basketball tell MARKETS of themselves: scores, ways to play, openings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.contracts.plays import distinct
from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.basketball.events import PointsScored
from overround.domain.pricing.basketball.live import LIVE as BASKETBALL
from overround.domain.pricing.basketball.model import FIBA
from overround.domain.pricing.basketball.model import Match as Game
from overround.domain.pricing.quoting import FOLLOWED
from overround.domain.pricing.tennis.events import PointPlayed
from overround.domain.pricing.tennis.live import LIVE as TENNIS
from overround.domain.pricing.tennis.model import FinalSet, Format, Match


@pytest.mark.parametrize(
    ("match", "told"),
    [
        (Match(), "0-0"),
        (Match(games=(3, 2), points=(2, 1), sets=((6, 4),)), "6-4 3-2 30-15"),
        (Match(points=(3, 3)), "0-0 40-40"),
        (Match(points=(3, 4)), "0-0 40-Ad"),
        (Match(points=(6, 6)), "0-0 40-40"),
        (Match(points=(6, 5)), "0-0 Ad-40"),
        (Match(games=(6, 6), points=(6, 5)), "6-6 6-5"),
        (Match(sets=((6, 4), (6, 0))), "6-4 6-0"),
        (Match(games=(1, 0), retired=Side.HOME), "1-0 home retired"),
    ],
)
def test_a_tennis_score_is_told_as_umpires_call_it(match: Match, told: str) -> None:
    assert TENNIS.score(match) == told


@pytest.mark.parametrize(
    ("match", "told"),
    [
        (Game(), "0-0"),
        (Game(period=3, left_s=451, scores=((61, 58),)), "Q3 07:31 61-58"),
        (Game(period=5, left_s=30, scores=((90, 90),)), "OT1 00:30 90-90"),
        (Game(period=4, left_s=0, scores=((90, 91),)), "90-91"),
    ],
)
def test_a_basketball_score_has_its_period_and_clock_while_it_is_played(
    match: Game, told: str
) -> None:
    assert BASKETBALL.score(match) == told


def test_a_fixture_can_name_every_way_to_play() -> None:
    assert len(TENNIS.starts) == 7
    five = TENNIS.starts["best_of_5/advantage"]
    assert five.format == Format(3, FinalSet.ADVANTAGE)
    assert BASKETBALL.starts["fiba"].format == FIBA


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_match_of_the_usual_way_has_not_begun_and_is_not_over(name: str) -> None:
    sport = FOLLOWED[name]
    assert sport.live is not None
    assert sport.live.starts[""] == sport.start
    assert not sport.live.has_begun(sport.start)
    assert not sport.live.is_over(sport.start)


def test_records_of_two_sports_with_one_name_are_found_at_the_start() -> None:
    other = type("PointPlayed", (), {})
    with pytest.raises(ValueError, match="two sports are named PointPlayed"):
        distinct([PointPlayed, PointsScored, other])


@pytest.mark.parametrize("name", FOLLOWED)
def test_prices_that_tell_nothing_are_refused(name: str) -> None:
    live = FOLLOWED[name].live
    assert live is not None
    with pytest.raises(Refusal):
        live.fit(live.starts[""], {})


def test_a_tennis_match_is_over_when_somebody_retires_before_its_first_point() -> None:
    retired = replace(Match(), retired=Side.AWAY)
    assert TENNIS.has_begun(retired)
    assert TENNIS.is_over(retired)

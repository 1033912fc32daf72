"""What decides a side market, and what of a match has to be known for it."""

import pytest

from overround.domain.kernel.facts import NOTHING, BySide, Facts
from overround.domain.kernel.market import HALF_LOSE, HALF_WIN, LOSE, PUSH, WIN, Factor
from overround.domain.kernel.match import Side
from overround.domain.kernel.side_market import SIDE_MARKETS, SIDE_SELECTIONS
from overround.domain.kernel.traded import (
    TRADED,
    TRADED_INDEX,
    TRADED_MARKET_IDS,
    TRADED_MARKETS,
    factor_of,
)

H, A = Side.HOME, Side.AWAY
# 1-0 at half time; home, away, away, home: 2-2 and 5 cards; away goes on.
PLAYED = Facts(BySide(1, 0), BySide(2, 2), (H, A, A, H), A, BySide(2, 3))


def fate(selection: str, facts: Facts = PLAYED) -> Factor | None:
    return factor_of(TRADED[TRADED_INDEX[selection]], facts)


def test_selections_have_ids_of_their_own_and_new_ones_come_last():
    assert (len(SIDE_SELECTIONS), len(SIDE_MARKETS)) == (255, 104)
    assert len(TRADED_INDEX) == len(TRADED) == 410
    assert len(TRADED_MARKET_IDS) == len(TRADED_MARKETS) == 162
    assert TRADED_INDEX["half_1x2:1/home"] == 155, "kept exposures have their places by these"
    assert TRADED_INDEX["away_cards:3.5/under"] == 360
    assert TRADED[-1].id == "away_corners:8.5/under"


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        ("1x2/draw", WIN),
        ("half_1x2:1/home", WIN),
        ("half_1x2:2/away", WIN),
        ("half_draw_no_bet:2/home", LOSE),
        ("half_totals:1:0.75/over", HALF_WIN),
        ("half_totals:2:3/over", PUSH),
        ("half_asian_handicap:2:0.75/home", HALF_LOSE),
        ("half_correct_score:1/1-0", WIN),
        ("half_both_teams_to_score:2/yes", WIN),
        ("half_time_full_time/home_draw", WIN),
        ("half_time_full_time/draw_draw", LOSE),
        ("next_goal:1/home", WIN),
        ("next_goal:3/away", WIN),
        ("next_goal:5/none", WIN),
        ("next_goal:4/none", LOSE),
        ("race:2/away", WIN),
        ("race:3/neither", WIN),
        ("to_qualify/away", WIN),
        ("to_qualify/home", LOSE),
        ("cards:4.5/over", WIN),
        ("home_cards:2.5/under", WIN),
        ("away_cards:2.5/over", WIN),
    ],
)
def test_a_match_that_is_over_decides_everything(selection: str, wanted: Factor):
    assert fate(selection) == wanted


def test_nothing_is_decided_of_a_match_of_which_nothing_is():
    assert {factor_of(each, NOTHING) for each in TRADED} == {None}


def test_half_time_decides_the_first_half_and_the_goals_that_were_scored():
    half_time = Facts(first_half=BySide(2, 1), scorers=(H, A, H))
    decided = {each.market.id.split(":")[0] for each in TRADED if factor_of(each, half_time)}
    assert {each for each in decided if not each.startswith("half")} == {"next_goal", "race"}
    assert fate("half_1x2:1/home", half_time) == WIN
    assert fate("half_1x2:2/home", half_time) is None
    assert fate("next_goal:3/home", half_time) == WIN
    assert fate("next_goal:4/none", half_time) is None
    assert (fate("race:2/home", half_time), fate("race:3/home", half_time)) == (WIN, None)


def test_an_order_that_is_not_known_decides_what_any_order_would():
    jumped = Facts(regular=BySide(3, 1), scorers=(None, None, H, H))
    assert fate("next_goal:1/home", jumped) is None
    assert fate("next_goal:3/home", jumped) == WIN
    assert fate("next_goal:5/none", jumped) == WIN
    assert fate("race:2/home", jumped) == WIN, "away never had two"
    assert fate("race:3/home", jumped) == WIN
    level = Facts(regular=BySide(2, 2), scorers=(None,) * 4)
    assert fate("race:2/home", level) is None
    assert fate("race:3/neither", level) == WIN


def test_a_second_half_with_fewer_goals_than_none_is_not_known():
    odd = Facts(first_half=BySide(1, 0), regular=BySide(0, 2), scorers=(A, A))
    assert fate("half_1x2:2/away", odd) is None
    assert fate("half_time_full_time/home_away", odd) is None


def test_cards_that_nobody_counted_decide_nothing():
    assert fate("cards:4.5/under", Facts(regular=BySide(0, 0))) is None

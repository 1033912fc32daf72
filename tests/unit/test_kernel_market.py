"""What a final score does to a bet."""

from __future__ import annotations

import pytest

from overround.domain.kernel.market import (
    CATALOGUE,
    HALF_LOSE,
    HALF_WIN,
    INDEX,
    LOSE,
    MARKETS,
    PUSH,
    VOID,
    WIN,
    Factor,
)


def fate(selection: str, home: int, away: int) -> Factor:
    return CATALOGUE[INDEX[selection]].factor(home, away)


def test_the_catalogue_has_155_selections_in_58_markets_with_distinct_ids() -> None:
    assert (len(CATALOGUE), len(MARKETS), len(INDEX)) == (155, 58, 155)


@pytest.mark.parametrize(
    ("selection", "score", "expected"),
    [
        ("1x2/home", (2, 1), WIN),
        ("1x2/draw", (2, 1), LOSE),
        ("1x2/away", (0, 1), WIN),
        ("double_chance/home_or_draw", (1, 1), WIN),
        ("double_chance/draw_or_away", (1, 0), LOSE),
        ("double_chance/home_or_away", (0, 3), WIN),
        ("draw_no_bet/home", (1, 1), PUSH),
        ("draw_no_bet/away", (1, 0), LOSE),
        ("totals:2.5/over", (2, 1), WIN),
        ("totals:3/over", (2, 1), PUSH),
        ("totals:3/under", (2, 1), PUSH),
        ("totals:2.25/over", (1, 1), HALF_LOSE),
        ("totals:2.25/under", (1, 1), HALF_WIN),
        ("totals:2.75/over", (2, 1), HALF_WIN),
        ("totals:2.75/under", (2, 1), HALF_LOSE),
        ("asian_handicap:-0.75/home", (1, 0), HALF_WIN),
        ("asian_handicap:-0.75/away", (1, 0), HALF_LOSE),
        ("asian_handicap:-1/home", (2, 1), PUSH),
        ("asian_handicap:0.25/home", (0, 0), HALF_WIN),
        ("asian_handicap:2/away", (0, 3), WIN),
        ("both_teams_to_score/yes", (1, 1), WIN),
        ("both_teams_to_score/no", (3, 0), WIN),
        ("correct_score/2-1", (2, 1), WIN),
        ("correct_score/1-2", (2, 1), LOSE),
        ("correct_score/other", (5, 0), WIN),
        ("correct_score/other", (4, 4), LOSE),
        ("winning_margin/home_by_1", (2, 1), WIN),
        ("winning_margin/home_by_1", (1, 2), LOSE),
        ("winning_margin/away_by_4", (0, 6), WIN),
        ("winning_margin/away_by_3", (0, 4), LOSE),
        ("winning_margin/draw", (0, 0), WIN),
        ("home_totals:1.5/over", (2, 0), WIN),
        ("home_totals:1.5/over", (1, 5), LOSE),
        ("away_totals:0.5/under", (3, 0), WIN),
        ("odd_even/odd", (2, 1), WIN),
        ("odd_even/even", (0, 0), WIN),
        ("exact_goals/3", (2, 1), WIN),
        ("exact_goals/7", (5, 4), WIN),
        ("exact_goals/6", (5, 4), LOSE),
        ("home_clean_sheet/yes", (0, 0), WIN),
        ("home_clean_sheet/yes", (4, 1), LOSE),
        ("away_clean_sheet/no", (1, 0), WIN),
        ("home_win_to_nil/yes", (1, 0), WIN),
        ("home_win_to_nil/yes", (0, 0), LOSE),
        ("away_win_to_nil/no", (1, 2), WIN),
    ],
)
def test_a_score_decides_a_selection(
    selection: str, score: tuple[int, int], expected: Factor
) -> None:
    assert fate(selection, *score) == expected


@pytest.mark.parametrize(
    ("factor", "payout_minor"),
    [(WIN, 2_500), (HALF_WIN, 1_750), (PUSH, 1_000), (VOID, 1_000), (HALF_LOSE, 500), (LOSE, 0)],
)
def test_ten_euros_at_two_and_a_half_pay(factor: Factor, payout_minor: int) -> None:
    assert factor.payout_minor(1_000, 2_500) == payout_minor


def test_a_fraction_of_a_cent_stays_with_the_house() -> None:
    # 0.33 at 1.955 is 0.64515; half a win of it 0.487575.
    assert WIN.payout_minor(33, 1_955) == 64
    assert HALF_WIN.payout_minor(33, 1_955) == 48


@pytest.mark.parametrize(("stake_minor", "price_milli"), [(-1, 2_000), (100, 1_000), (100, 0)])
def test_a_negative_stake_or_a_price_that_wins_nothing_has_no_payout(
    stake_minor: int, price_milli: int
) -> None:
    with pytest.raises(ValueError, match="no payout"):
        WIN.payout_minor(stake_minor, price_milli)


def test_exactly_one_outcome_of_each_whole_market_wins_at_any_score() -> None:
    whole = ("1x2", "both_teams_to_score", "correct_score", "totals:2.5", "winning_margin")
    for kind in (*whole, "odd_even", "exact_goals", "home_clean_sheet", "away_win_to_nil"):
        outcomes = [each for each in CATALOGUE if each.market.id == kind]
        for home in range(8):
            for away in range(8):
                assert sum(each.factor(home, away) == WIN for each in outcomes) == 1

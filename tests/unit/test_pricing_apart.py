"""How many standard errors a model is from a book: each term of the formula by itself."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest

from overround.domain.control.breaker import concerned
from overround.domain.kernel.market import INDEX
from overround.domain.kernel.match import Period
from overround.domain.kernel.traded import TRADED_MARKET_IDS
from overround.domain.pricing.football.apart import apart
from overround.domain.pricing.football.decide import probabilities
from overround.domain.pricing.football.doubt import errors
from overround.domain.pricing.football.jumps import level_rates, moves, stepped
from overround.domain.pricing.football.model import DEFAULTS, Match

MATCH = Match(Period.FIRST_HALF, 1_800, home_rate_micro=1_500_000, away_rate_micro=1_200_000)
OVER, UNDER = "totals:2.5/over", "totals:2.5/under"
# Sides so sure of themselves that only the calibration error and the book's spread are left.
SURE = replace(DEFAULTS, shots_prior=1e12)


def milli(probability: float) -> int:
    return round(1_000 / probability)


def over() -> float:
    return float(probabilities(MATCH)[0][INDEX[OVER]])


def test_a_book_without_a_spread_is_a_calibration_error_away_from_a_sure_model() -> None:
    q = over() - 0.05
    prices = {OVER: milli(q), UNDER: milli(1 - q)}
    assert apart(MATCH, prices, prices, SURE)["totals:2.5"] == pytest.approx(5.0, abs=0.1)


def test_half_of_a_books_spread_over_the_root_of_three_is_its_error() -> None:
    q, half = over() - 0.05, 0.03
    back = {OVER: milli(q + half), UNDER: milli(1 - q + half)}
    lay = {OVER: milli(q - half), UNDER: milli(1 - q - half)}
    wanted = 0.05 / sqrt(0.03**2 / 3 + 0.01**2)
    assert apart(MATCH, back, lay, SURE)["totals:2.5"] == pytest.approx(wanted, rel=0.03)


def test_the_filters_error_is_the_slope_times_the_error_of_each_rate() -> None:
    q = over() - 0.05
    prices = {OVER: milli(q), UNDER: milli(1 - q)}
    moved = moves(stepped(level_rates(MATCH, DEFAULTS)), (0, 0), DEFAULTS)
    own = moved.slopes[:, INDEX[OVER]] * errors(MATCH, DEFAULTS)
    wanted = 0.05 / sqrt((own**2).sum() + 0.01**2)
    assert apart(MATCH, prices, prices, DEFAULTS)["totals:2.5"] == pytest.approx(wanted, rel=0.03)


def test_a_margin_is_no_difference_of_opinion() -> None:
    prices = {OVER: milli(over() * 1.03), UNDER: milli((1 - over()) * 1.03)}
    assert apart(MATCH, prices, {}, DEFAULTS)["totals:2.5"] < 0.2


@pytest.mark.parametrize(
    "prices",
    [
        {OVER: 2_000},
        {OVER: 2_000, UNDER: 4_000},
        {OVER: 1_100, UNDER: 1_100},
        {OVER: 0, UNDER: 2_000},
    ],
)
def test_what_is_no_whole_book_is_not_compared(prices: dict[str, int]) -> None:
    assert apart(MATCH, prices, {}, DEFAULTS) == {}


def test_who_wins_and_how_many_goals_are_two_views_and_a_score_is_both() -> None:
    who, goals, both = map(concerned, ("1x2", "totals:2.5", "correct_score"))
    assert "asian_handicap:-0.5" in who
    assert "totals:3" not in who
    assert "both_teams_to_score" in goals
    assert "draw_no_bet" not in goals
    assert "correct_score" in {*who} & {*goals}
    assert {*both} == TRADED_MARKET_IDS

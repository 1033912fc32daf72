"""What makes a market wider: errors of the rates, the next goal, and how they are looked up."""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest

from overround.domain.kernel.market import INDEX, MARKETS, Market, MarketType
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.doubt import errors, unseen
from overround.domain.pricing.football.grid import grid_of, selection_weights
from overround.domain.pricing.football.jumps import (
    goals_per_s,
    level_rates,
    market_jumps,
    moves,
    moves_of,
    stepped,
)
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match
from overround.domain.pricing.football.widening import widening
from overround.domain.pricing.football.witness import Witness
from overround.domain.pricing.spread import DEFAULT_SPREAD

SHOTS = Witness("scout", 9, (), (), 4 * MICROS, 3 * MICROS, 5 * MICROS, 4 * MICROS, 600_000)
CLOCK = Witness("clock", 9, (), (), 0, 0, 7 * MICROS, 6 * MICROS, 500_000)
MATCH = Match(
    Period.SECOND_HALF,
    3_600,
    1,
    0,
    1,
    0,
    home_rate_micro=1_500_000,
    away_rate_micro=1_200_000,
    rho_micro=-40_000,
)
PRIOR = DEFAULTS.shots_prior


def heard(*witnesses: Witness) -> Match:
    return replace(MATCH, witnesses=witnesses)


def test_the_filters_error_is_that_of_a_gamma_variable() -> None:
    assert errors(MATCH, DEFAULTS) == (1 / sqrt(PRIOR),) * 2
    assert errors(heard(SHOTS, CLOCK), DEFAULTS) == (1 / sqrt(PRIOR + 5), 1 / sqrt(PRIOR + 4))


def test_what_is_unseen_is_the_variance_that_missing_shots_would_have_taken() -> None:
    assert unseen(MATCH, DEFAULTS) == (0.0, 0.0)
    assert unseen(heard(SHOTS), DEFAULTS) == (0.0, 0.0), "all that was due was told"
    without = unseen(heard(CLOCK), DEFAULTS)
    assert without[0] == pytest.approx(sqrt(1 / PRIOR - 1 / (PRIOR + 7)))
    late = unseen(heard(SHOTS, CLOCK), DEFAULTS)
    assert late[0] == pytest.approx(sqrt(1 / (PRIOR + 5) - 1 / (PRIOR + 7)))
    assert late < without


def test_moves_are_those_of_the_rates_themselves_to_a_hundredth() -> None:
    for clock_s in range(2_700, 5_400, 90):
        match = replace(MATCH, clock_s=clock_s)
        rates = level_rates(match, DEFAULTS)
        moved = moves(stepped(rates), (1, 0), DEFAULTS)
        near = np.array(goals_per_s(match, rates, DEFAULTS)) @ moved.goals
        exact = market_jumps(match)
        assert np.abs(near - exact).max() <= 0.03 * exact.max()


def test_a_slope_is_how_far_a_rate_moves_a_probability() -> None:
    rates = (0.9, 0.7, 0.0)
    slope = moves_of(rates, (1, 0), DEFAULTS).slopes[0][INDEX["1x2/home"]]

    def home(rate: float) -> float:
        grid = grid_of(rate, rates[1], 0.0, 1, 0, DEFAULTS)
        return float(selection_weights(grid)[0][INDEX["1x2/home"]])

    assert slope == pytest.approx((home(0.99) - home(0.81)) / log(0.99 / 0.81), rel=0.01)


def test_a_match_of_which_nothing_is_wrong_is_not_widened_before_kick_off() -> None:
    before = replace(MATCH, period=Period.NOT_STARTED, clock_s=0, home_goals=0)
    assert widening(before, depth_minor=None) is None
    thin = widening(before, depth_minor=0)
    assert thin is not None
    scores = MARKETS.index(Market(MarketType.CORRECT_SCORE))
    assert np.delete(thin, scores) == pytest.approx(2.0)
    assert thin[scores] * 0.18 == pytest.approx(0.35), "correct scores are wide as it is"


def test_each_condition_widens_and_none_past_the_cap() -> None:
    calm = widening(MATCH)
    assert calm is not None
    for worse in (
        widening(heard(CLOCK)),
        widening(MATCH, age_us=10_000_000),
        widening(MATCH, spread=replace(DEFAULT_SPREAD, delay_us=10_000_000)),
        widening(MATCH, depth_minor=10_000),
    ):
        assert worse is not None
        assert (worse >= calm).all()
        assert worse.max() > calm.max()
        assert worse.max() <= DEFAULT_SPREAD.factor_max

"""How wide a market is quoted, whatever the conditions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.kernel.market import INDEX, MARKETS
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.decide import probabilities
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.jumps import market_jumps
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.spread import DEFAULT_SPREAD, jump_risk, margin_of, within_caps

QUICK = settings(max_examples=80, deadline=None, derandomize=True)

CALM: dict[str, Any] = {
    "uncertainty": 0.0,
    "age_us": 0,
    "jump_per_s": 0.0,
    "delay_us": 0,
    "depth_minor": None,
}
CONDITIONS = st.fixed_dictionaries(
    {
        "uncertainty": st.floats(0.0, 0.2),
        "age_us": st.integers(0, 60_000_000),
        "jump_per_s": st.floats(0.0, 0.01),
        "delay_us": st.integers(0, 12_000_000),
        "depth_minor": st.integers(0, 10_000_000),
    }
)
MARGINS = st.floats(0.01, 0.3)


def test_nothing_is_widened_when_nothing_is_wrong() -> None:
    assert margin_of(0.05, **CALM) == 1.0
    assert margin_of(0.05, **(CALM | {"age_us": 2_000_000, "jump_per_s": 0.01})) == 1.0


def test_each_term_is_what_its_formula_says() -> None:
    # A goal each half hour that moves half of the probability, open for six seconds.
    jump = CALM | {"jump_per_s": 1.0 / 1_800, "delay_us": 6_000_000}
    assert margin_of(0.05, **jump) == pytest.approx(1.0 + 6 / 1_800 / 0.05)
    late = CALM | {"jump_per_s": 1.0 / 1_800, "age_us": 8_000_000}
    assert margin_of(0.05, **late) == pytest.approx(1.0 + 6 / 1_800 / 0.05)
    assert margin_of(0.05, **(CALM | {"uncertainty": 0.01})) == pytest.approx(1.08)
    assert margin_of(0.05, **(CALM | {"depth_minor": 50_000})) == pytest.approx(1.5)
    assert margin_of(0.05, **(CALM | {"depth_minor": 0})) == pytest.approx(2.0)


@QUICK
@given(MARGINS, CONDITIONS, st.sampled_from(sorted(CALM)), st.floats(0.0, 1.0))
def test_worse_conditions_never_narrow_a_market(
    margin: float, conditions: dict[str, Any], worse: str, share: float
) -> None:
    before = margin_of(margin, **conditions)
    if worse == "depth_minor":
        conditions[worse] = int(conditions[worse] * share)
    else:
        conditions[worse] = type(conditions[worse])(conditions[worse] * (1.0 + share))
    assert margin_of(margin, **conditions) >= before


@QUICK
@given(MARGINS, CONDITIONS)
def test_a_margin_is_never_below_its_usual_nor_above_its_cap(
    margin: float, conditions: dict[str, Any]
) -> None:
    factor = margin_of(margin, **conditions)
    assert 1.0 <= factor <= DEFAULT_SPREAD.factor_max
    assert margin * factor <= max(margin, DEFAULT_SPREAD.overround_max) + 1e-12


@pytest.mark.parametrize("condition", sorted(CALM))
@pytest.mark.parametrize("wrong", [-1, math.nan])
def test_a_condition_that_is_no_figure_does_not_pass_for_calm(condition: str, wrong: float) -> None:
    with pytest.raises(ValueError, match="no margin"):
        margin_of(0.05, **(CALM | {condition: wrong}))
    with pytest.raises(ValueError, match="no margin"):
        margin_of(wrong, **CALM)


def test_jump_risk_adds_up_the_moves_of_every_event() -> None:
    now = np.array([0.5, 0.3, 0.2])
    after = np.array([[0.8, 0.15, 0.05], [0.2, 0.3, 0.5]])
    risk = jump_risk(np.array([0.001, 0.0005]), after, now)
    assert risk == pytest.approx([0.00045, 0.00015, 0.0003])


def playing(minute: int, home: int, away: int) -> Match:
    period = Period.FIRST_HALF if minute < 45 else Period.SECOND_HALF
    return Match(
        *(period, 60 * minute, home, away, home, away),
        home_rate_micro=1_500_000,
        away_rate_micro=1_200_000,
    )


def jumps_of(match: Match, market: str) -> float:
    return float(market_jumps(match)[[each.id for each in MARKETS].index(market)])


def test_the_next_goal_moves_what_it_decides() -> None:
    # Level with ten minutes left: a goal of either side moves the most.
    level, decided = playing(80, 1, 1), playing(80, 5, 0)
    assert jumps_of(level, "1x2") > 100 * jumps_of(decided, "1x2")
    # Two goals were scored, so under 1.5 cannot move and the third decides 2.5.
    assert jumps_of(level, "totals:1.5") == pytest.approx(0.0, abs=1e-15)
    # A goal takes the chance of no more goals from its value to nothing, and as much over.
    home, away, _ = remaining_rates(level, DEFAULTS)
    none = float(probabilities(level)[0][INDEX["totals:2.5/under"]])
    later = remaining_rates(replace(level, clock_s=level.clock_s + 1), DEFAULTS)
    per_s = home + away - sum(later[:2])
    assert jumps_of(level, "totals:2.5") == pytest.approx(2 * none * per_s, rel=1e-9)


@pytest.mark.parametrize("period", [Period.NOT_STARTED, Period.HALF_TIME, Period.FULL_TIME])
def test_no_goal_is_feared_while_none_can_fall(period: Period) -> None:
    assert not market_jumps(replace(playing(45, 0, 0), period=period)).any()


def test_prices_stay_within_the_caps() -> None:
    raw = np.array([0, 1_001, 1_010, 5_000, 2_000_000])
    assert within_caps(raw).tolist() == [0, 0, 1_010, 5_000, 1_000_000]

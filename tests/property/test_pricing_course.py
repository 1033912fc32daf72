"""The course of the score: the tables that prices use against the process that they stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.pricing.football.course import (
    course,
    course_weights,
    many_course_weights,
    poisson_goals,
)
from overround.domain.pricing.football.model import DEFAULTS

RATES = st.floats(0.02, 5.5)
LEADS = st.integers(-4, 4)


@settings(max_examples=60, deadline=None)
@given(RATES, RATES, LEADS)
def test_tabulated_weights_give_the_exact_process(home: float, away: float, lead: int) -> None:
    h, a = np.array([home]), np.array([away])
    exact = course(h, a, lead, DEFAULTS)[0]
    poisson = poisson_goals(h)[0][:, np.newaxis] * poisson_goals(a)[0]
    tabulated = poisson * course_weights(home, away, lead, DEFAULTS)
    assert np.abs(tabulated - exact).sum() < 1e-4


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(RATES, RATES), min_size=1, max_size=5), LEADS)
def test_many_weights_are_the_weights_one_by_one(
    rates: list[tuple[float, float]], lead: int
) -> None:
    home, away = np.array(rates).T
    many = many_course_weights(home, away, lead, DEFAULTS)
    for (h, a), weights in zip(rates, many, strict=True):
        np.testing.assert_allclose(weights, course_weights(h, a, lead, DEFAULTS), rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(RATES, RATES)
def test_without_a_push_goals_are_poisson(home: float, away: float) -> None:
    h, a = np.array([home]), np.array([away])
    even = course(h, a, 0, replace(DEFAULTS, score_push=0.0))[0]
    poisson = poisson_goals(h)[0][:, np.newaxis] * poisson_goals(a)[0]
    np.testing.assert_allclose(even, poisson, rtol=1e-8, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 3.0), LEADS)
def test_a_side_that_trails_scores_more_and_one_that_leads_less(rate: float, lead: int) -> None:
    one = np.array([rate])
    goals = course(one, one, lead, DEFAULTS)[0]
    home, away = (goals.sum(axis=axis) @ np.arange(16) for axis in (1, 0))
    assert np.sign(round(away - home, 9)) == np.sign(lead)

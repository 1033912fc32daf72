"""The course of the score: the tables that prices use against the process that they stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overround.domain.pricing.football.course import (
    SCORES,
    course,
    log_goals,
    poisson_goals,
)
from overround.domain.pricing.football.model import DEFAULTS

RATES = st.floats(0.02, 5.5)
LEADS = st.integers(-4, 4)


def tabulated(home: float, away: float, lead: int, goals: int = SCORES) -> NDArray[np.float64]:
    chances = np.exp(log_goals(home, away, (lead,), goals, DEFAULTS)).reshape(goals, goals)
    return chances / chances.sum()


@settings(max_examples=60, deadline=None)
@given(RATES, RATES, LEADS)
def test_tabulated_goals_are_those_of_the_exact_process(
    home: float, away: float, lead: int
) -> None:
    exact = course(np.array([home]), np.array([away]), lead, DEFAULTS)[0]
    assert np.abs(tabulated(home, away, lead) - exact / exact.sum()).sum() < 1e-4


@settings(max_examples=60, deadline=None)
@given(st.floats(0.02, 3.0), st.floats(0.02, 3.0), LEADS)
def test_a_short_table_holds_in_its_last_places_whatever_is_above(
    home: float, away: float, lead: int
) -> None:
    exact = course(np.array([home]), np.array([away]), lead, DEFAULTS)[0]
    few = np.add.reduceat(np.add.reduceat(exact, range(7), axis=0), range(7), axis=1)
    assert np.abs(tabulated(home, away, lead, 7) - few / few.sum()).sum() < 1e-4


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(RATES, RATES), min_size=1, max_size=5))
def test_many_goals_are_the_goals_one_by_one(rates: list[tuple[float, float]]) -> None:
    home, away = np.array(rates).T
    leads = (-1, 0, 3)
    many = log_goals(home, away, leads, 7, DEFAULTS)
    for (h, a), logs in zip(rates, many, strict=True):
        np.testing.assert_allclose(
            logs, log_goals(h, a, leads, 7, DEFAULTS), rtol=1e-12, atol=1e-12
        )


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

"""The football model on all matches at once is the engine, and the bench's bands are right."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from benches.played import engine
from benches.played.fitting import expecting
from benches.played.matches import Played, played_of
from benches.played.reliability import drawn, reliability
from cli.evaluate.football_scores import MINUTES, OVER, RESULT, replayed
from cli.evaluate.seasons import PlayedMatch, Shot
from overround.domain.kernel.market import INDEX
from overround.domain.pricing.football.grid import score_grid, selection_weights
from overround.domain.pricing.football.model import DEFAULTS, Match

RATES = [(1.5, 1.2, -0.03), (2.6, 0.6, 0.0), (0.7, 1.1, 0.05)]


def shot(minute: int, *, is_home: bool, is_goal: bool = False, xg_milli: int = 100) -> Shot:
    return Shot(minute, is_home, is_goal, False, xg_milli)


def three_matches() -> Played:
    shots = [
        (shot(10, is_home=True), shot(31, is_home=True, is_goal=True, xg_milli=760)),
        (shot(3, is_home=False, is_goal=True), shot(70, is_home=True), shot(93, is_home=True)),
        (shot(44, is_home=True, is_goal=True), Shot(46, False, True, True, 0)),
    ]
    scores = [(1, 0), (0, 1), (1, 1)]
    return played_of(
        [
            PlayedMatch("E0", 2017, "A", "B", *score, {}, each)
            for score, each in zip(scores, shots, strict=True)
        ]
    )


def test_all_at_once_is_the_engine_incident_by_incident() -> None:
    played, opening = three_matches(), np.array(RATES)
    weighted = engine.weighted_shots(played, DEFAULTS)
    due = engine.expected_shots(played, opening[:, :2], DEFAULTS)
    at_once = [
        engine.grids_at(
            played,
            opening,
            minute,
            DEFAULTS,
            engine.shot_factors(weighted, due, minute, DEFAULTS.shots_prior),
        )
        for minute in MINUTES
    ]
    for place, (match, rates) in enumerate(zip(played.matches, RATES, strict=True)):
        start = Match(
            home_rate_micro=round(1e6 * rates[0]),
            away_rate_micro=round(1e6 * rates[1]),
            rho_micro=round(1e6 * rates[2]),
        )
        states = replayed(start, match, with_shots=True)
        for grids, state in zip(at_once, states, strict=True):
            won, _ = selection_weights(score_grid(state, DEFAULTS))
            result = engine.result_of(grids)[place]
            np.testing.assert_allclose(result, won[list(RESULT)], atol=2e-6)


def test_a_fit_finds_the_figures_that_made_the_shots() -> None:
    played, rng = three_matches(), default_rng(1)
    many = Played(
        played.matches * 400,
        np.repeat(played.seasons, 400),
        np.tile(played.goals, (400, 1, 1)),
        np.tile(played.shots, (400, 1, 1)),
        np.zeros((1_200, 2, 100)),
    )
    rates = rng.uniform(0.5, 2.5, (1_200, 2))
    made = engine.expected_shots(many, rates, DEFAULTS)
    many.shots[:] = rng.poisson(made) / DEFAULTS.shot_alone
    found = expecting(DEFAULTS, many, rates, np.arange(1_200))
    assert found.shots == pytest.approx(DEFAULTS.shots, rel=0.05)
    assert found.shots_by_rate == pytest.approx(DEFAULTS.shots_by_rate, abs=0.05)
    assert found.shots_by_lead == pytest.approx(DEFAULTS.shots_by_lead, abs=0.08)


def grids_of(home: np.ndarray, share: float = 1.0) -> np.ndarray:
    rates = share * np.column_stack((home, 2.7 - home))
    score = np.zeros((len(home), 2), dtype=np.intp)
    return engine.final_grids(rates, np.zeros(len(home)), score, DEFAULTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["1x2/draw", "totals:2.5/over", "totals:2.25/over", "totals:2/over"]
)
def test_a_right_model_is_within_its_band_and_a_wrong_one_is_not(line: str) -> None:
    rng, selections = default_rng(2), (INDEX[line],)
    home = rng.uniform(0.6, 2.2, 3_000)
    right, wrong = grids_of(home), grids_of(home, 0.8)
    final = drawn(right, 1, rng)[0]
    honest = reliability(right, final, drawn(right, 200, rng), selections)
    assert honest.inside >= 8
    assert honest.error < honest.floor[1]
    biased = reliability(wrong, final, drawn(wrong, 200, rng), selections)
    assert not biased.is_inside_all
    assert biased.error > biased.floor[1]


def test_scores_are_drawn_as_often_as_they_are_likely() -> None:
    grids = grids_of(np.array([1.0, 1.6]))
    scores = drawn(grids, 20_000, default_rng(3))
    for match in range(2):
        share = np.bincount(scores[:, match], minlength=256) / len(scores)
        np.testing.assert_allclose(share, grids[match], atol=0.012)


def test_what_came_is_read_from_the_scores_and_not_from_what_was_said() -> None:
    grids = grids_of(np.array([1.35]))
    over = reliability(np.repeat(grids, 20, axis=0), np.full(20, 48), np.full((9, 20), 48), (OVER,))
    # Three to nil each time, whatever was said.
    assert over.came == pytest.approx(1.0)

"""What the fit and the quotes do at once agrees with what is done one by one."""

from __future__ import annotations

import numpy as np
import pytest

from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.pricing.events import Quote
from overround.domain.pricing.football.decide import opening, quote, quotes
from overround.domain.pricing.football.grid import (
    grid_of,
    grids_of,
    score_weights,
    selection_weights,
)
from overround.domain.pricing.football.model import DEFAULTS, Match

RATES = [(1.4, 1.1), (0.02, 8.0), (8.0, 8.0), (0.02, 0.02), (5.0, 0.3)]


@pytest.mark.parametrize("rho", [-0.07, 0.0, 0.3])
def test_grids_at_once_are_the_grids_one_by_one(rho: float) -> None:
    grids = grids_of(np.array([(*rates, rho) for rates in RATES]), DEFAULTS)
    for (home, away), grid in zip(RATES, grids, strict=True):
        alone = grid_of(home, away, rho, 0, 0, DEFAULTS)
        # The last of `grid_of` also holds what lies above 15 goals; eight a side have 1 in 150.
        inside = np.s_[:15, :15]
        share = alone[inside].sum()
        among = grid.reshape(16, 16)[inside]
        np.testing.assert_allclose(among / among.sum(), alone[inside] / share, rtol=1e-9)


def test_weights_of_some_selections_are_those_of_all() -> None:
    some = (111, 0, 3, 6, 50)
    grid = grid_of(1.4, 1.1, -0.07, 0, 0, DEFAULTS)
    won, refunded = score_weights(some)
    all_won, all_refunded = selection_weights(grid)
    np.testing.assert_allclose(grid.ravel() @ won, all_won[list(some)], rtol=1e-12)
    np.testing.assert_allclose(grid.ravel() @ refunded, all_refunded[list(some)], atol=1e-15)


def test_a_fit_does_not_depend_on_the_fits_before_it() -> None:
    result = {"1x2/home": 2_100, "1x2/draw": 3_400, "1x2/away": 3_600}
    totals = {"totals:2.5/over": 1_950, "totals:2.5/under": 1_900}
    alone = opening(result)
    assert opening(result | totals) != alone
    assert opening(result) == alone


def test_without_totals_a_strong_favourite_and_a_rare_draw_mean_more_goals() -> None:
    even = opening({"1x2/home": 2_600, "1x2/draw": 3_300, "1x2/away": 2_850})
    one_sided = opening({"1x2/home": 1_130, "1x2/draw": 9_500, "1x2/away": 21_000})
    assert 2_300_000 < even.home_rate_micro + even.away_rate_micro < 2_700_000
    assert 3_300_000 < one_sided.home_rate_micro + one_sided.away_rate_micro < 4_200_000


def test_a_message_has_a_line_for_each_selection_that_is_offered() -> None:
    match = Match(home_rate_micro=1_400_000, away_rate_micro=1_100_000)
    prices = quote(match)
    prices[3] = 0
    expected = tuple(
        Quote(selection.market.id, selection.outcome, price_milli)
        for selection, price_milli in zip(CATALOGUE, prices.tolist(), strict=True)
        if price_milli
    )
    assert quotes("m", 1, TradingStatus.OPEN, "", match, prices).lines == expected
    assert len(expected) > 100

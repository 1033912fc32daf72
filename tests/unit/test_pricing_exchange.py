"""An exchange's prices as evidence: how far they pull, what they do not, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from overround.domain.kernel.match import Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.exchange import (
    Offers,
    Pulling,
    fresh,
    pull_factors,
    pulled,
)
from overround.domain.pricing.football.grid import grid_of
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import DEFAULTS, Match

HALF = Match(Period.SECOND_HALF, 3_000, 1, 0, home_rate_micro=1_500_000, away_rate_micro=1_200_000)
DEEP = 100_000_000


def chances(match: Match, home_log: float = 0.0, away_log: float = 0.0) -> np.ndarray:
    home, away, rho = remaining_rates(match, DEFAULTS)
    scores = (match.home_goals, match.away_goals)
    grid = grid_of(home * np.exp(home_log), away * np.exp(away_log), rho, *scores, DEFAULTS)
    return np.array([np.tril(grid, -1).sum(), np.trace(grid), np.triu(grid, 1).sum()])


def offers(
    probabilities: np.ndarray, spread: float = 0.004, size_minor: int = DEEP
) -> dict[str, Offers]:
    return {
        outcome: Offers(
            round(1_000 / (p + spread / 2)), size_minor, round(1_000 / (p - spread / 2)), size_minor
        )
        for outcome, p in zip(("home", "draw", "away"), probabilities.tolist(), strict=True)
    }


def test_an_exchange_that_agrees_moves_nothing_but_the_doubt() -> None:
    pull, distance = pulled(fresh(), HALF, offers(chances(HALF)), 0)
    assert pull_factors(pull, 0) == pytest.approx((1.0, 1.0), abs=2e-3)
    assert distance < 0.1
    assert pull.home_variance_micro < fresh().home_variance_micro


def test_a_deep_and_narrow_book_is_followed_and_a_thin_or_wide_one_less() -> None:
    away_stronger = chances(HALF, -0.1, 0.15)
    said = [
        pulled(fresh(), HALF, offers(away_stronger, spread, size), 0)[0].away_micro
        for spread, size in ((0.004, DEEP), (0.06, DEEP), (0.004, 500), (0.06, 500))
    ]
    assert said[0] > 60_000
    assert said[0] > max(said[1:3])
    assert min(said[1:3]) > said[3] > 0


def test_offers_told_again_and_again_bring_the_price_to_the_exchanges() -> None:
    wanted, pull = chances(HALF, -0.15, 0.2), fresh()
    distances = []
    for at_s in range(0, 600, 30):
        pull, distance = pulled(pull, HALF, offers(wanted), at_s)
        distances.append(distance)
    logs = (pull.home_micro / 1e6, pull.away_micro / 1e6)
    np.testing.assert_allclose(chances(HALF, *logs), wanted, atol=0.004)
    assert distances[0] > distances[-1]


def test_offers_that_stand_are_not_said_again() -> None:
    wanted = offers(chances(HALF, -0.15, 0.2), spread=0.04)
    once, _ = pulled(fresh(), HALF, wanted, 0)
    assert pulled(once, HALF, wanted, 0)[0] == once
    # Thirty times in half a minute is as good as once more after it.
    often = once
    for at_s in range(1, 31):
        often, _ = pulled(often, HALF, wanted, at_s)
    again, _ = pulled(once, HALF, wanted, 30)
    assert often.away_micro == pytest.approx(again.away_micro, rel=0.05)
    assert often.away_variance_micro == pytest.approx(again.away_variance_micro, rel=0.15)


def test_without_offers_the_model_comes_back() -> None:
    pull, _ = pulled(fresh(), HALF, offers(chances(HALF, -0.1, 0.15)), 0)
    assert pull_factors(pull, 0)[1] == pytest.approx(np.exp(pull.away_micro / 1e6))
    assert pull_factors(pull, 900)[1] == pytest.approx(np.exp(pull.away_micro / 1e6 / np.e))
    assert pull_factors(pull, 90_000) == pytest.approx((1.0, 1.0))
    assert pull_factors(pull, -50) == pull_factors(pull, 0)


def test_doubt_is_as_large_as_the_errors_are() -> None:
    """Truths drawn from the prior, offers from the truths: distances and errors are as claimed."""
    rng, noise = default_rng(1), Pulling(probability_noise=0.01)
    distances, errors = [], []
    for _ in range(200):
        truth = noise.spread * rng.standard_normal(2)
        said = chances(HALF, *truth)
        said = said + 0.01 * rng.standard_normal(3) * np.array([1.0, 0.0, 1.0])
        said[1] = 1.0 - said[0] - said[2]
        pull, distance = pulled(fresh(), HALF, offers(said, spread=0.001), 0, DEFAULTS, noise)
        distances.append(distance**2)
        doubt = np.array(
            [
                [pull.home_variance_micro, pull.covariance_micro],
                [pull.covariance_micro, pull.away_variance_micro],
            ]
        )
        off = np.array([pull.home_micro, pull.away_micro]) / 1e6 - truth
        errors.append(off @ np.linalg.solve(doubt / 1e6, off))
    # Two degrees of freedom each: a mean of 2 with a standard error of 0.14.
    assert np.mean(distances) == pytest.approx(2.0, abs=0.5)
    assert np.mean(errors) == pytest.approx(2.0, abs=0.5)


def test_an_exchange_far_away_is_told_in_standard_errors() -> None:
    swapped = chances(HALF)[::-1]
    assert pulled(fresh(), HALF, offers(swapped), 0)[1] > 4.0


GOOD = offers(chances(HALF))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "offers_missing"),
        ({**GOOD, "draw": Offers(3_000, 0, 3_100, 5_000)}, "offers_missing"),
        ({**GOOD, "draw": Offers(3_200, 10, 3_100, 10)}, "offers_crossed"),
        ({**GOOD, "home": Offers(900, 10, 3_100, 10)}, "price_out_of_range"),
        ({**GOOD, "home": Offers(10_000, 10, 11_000, 10)}, "market_sum_out_of_range"),
    ],
)
def test_offers_that_say_nothing_are_refused(said: dict[str, Offers], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        pulled(fresh(), HALF, said, 0)
    assert refused.value.reason == reason


def test_a_match_without_prices_is_refused() -> None:
    with pytest.raises(Refusal, match="match_not_priced"):
        pulled(fresh(), replace(HALF, home_rate_micro=0), GOOD, 0)

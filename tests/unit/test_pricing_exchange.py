"""An exchange's prices as evidence: how far they pull, what they do not, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from overround.domain.kernel.match import Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.account import account_of
from overround.domain.pricing.football.claim import followed
from overround.domain.pricing.football.exchange import Offers, pulled, sigmas_of
from overround.domain.pricing.football.grid import grid_of
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.football.play import forgotten
from overround.domain.pricing.football.pull import Pull, Pulling, pull_factors
from overround.domain.pricing.football.witness import Witness

HALF = Match(Period.SECOND_HALF, 3_000, 1, 0, home_rate_micro=1_500_000, away_rate_micro=1_200_000)
DEEP, SECOND = 100_000_000, 1_000_000


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


def factors(pull: Pull, clock_s: int = HALF.clock_s) -> tuple[float, float]:
    return pull_factors(pull, clock_s, DEFAULTS.pulling)


def follow(match: Match, said: dict[str, Offers], at_s: int) -> Match:
    return replace(match, pull=pulled(match, said, at_s * SECOND)[0])


def test_an_exchange_that_agrees_moves_nothing_but_the_doubt() -> None:
    pull, distance = pulled(HALF, offers(chances(HALF)), 0)
    assert factors(pull) == pytest.approx((1.0, 1.0), abs=2e-3)
    assert distance < 0.1
    assert pull.home_variance_micro < 1e6 * DEFAULTS.pulling.spread**2


def test_a_deep_and_narrow_book_is_followed_and_a_thin_or_wide_one_less() -> None:
    away_stronger = chances(HALF, -0.1, 0.15)
    said = [
        pulled(HALF, offers(away_stronger, spread, size), 0)[0].away_micro
        for spread, size in ((0.004, DEEP), (0.06, DEEP), (0.004, 500), (0.06, 500))
    ]
    assert said[0] > 60_000
    assert said[0] > max(said[1:3])
    assert min(said[1:3]) > said[3] > 0


def test_offers_told_again_and_again_bring_the_price_to_the_exchanges() -> None:
    wanted, match = chances(HALF, -0.15, 0.2), HALF
    distances = []
    for at_s in range(0, 600, 30):
        match = replace(match, clock_s=HALF.clock_s + at_s)
        wanted = chances(replace(match, pull=None), -0.15, 0.2)
        pull, distance = pulled(match, offers(wanted), at_s * SECOND)
        match = replace(match, pull=pull)
        distances.append(distance)
    np.testing.assert_allclose(chances(match), wanted, atol=0.004)
    assert distances[0] > distances[-1]


def test_offers_that_stand_are_not_said_again() -> None:
    wanted = offers(chances(HALF, -0.15, 0.2), spread=0.04)
    once = follow(HALF, wanted, 0)
    assert follow(once, wanted, 0) == once
    # Thirty times in half a minute is as good as once more after it.
    often = once
    for at_s in range(1, 31):
        often = follow(often, wanted, at_s)
    again = follow(once, wanted, 30)
    assert often.pull is not None
    assert again.pull is not None
    assert often.pull.away_micro == pytest.approx(again.pull.away_micro, rel=0.05)
    variances = often.pull.away_variance_micro, again.pull.away_variance_micro
    assert variances[0] == pytest.approx(variances[1], rel=0.15)


def test_without_offers_the_model_comes_back_as_play_goes_on() -> None:
    pull, _ = pulled(HALF, offers(chances(HALF, -0.1, 0.15)), 0)
    by_away = pull.away_micro / 1e6
    assert factors(pull)[1] == pytest.approx(np.exp(by_away))
    assert factors(pull, HALF.clock_s + 900)[1] == pytest.approx(np.exp(by_away / np.e))
    assert factors(pull, HALF.clock_s + 90_000) == pytest.approx((1.0, 1.0))
    assert factors(pull, HALF.clock_s - 50) == factors(pull)


def test_prices_are_those_of_the_pulled_rates() -> None:
    pull, _ = pulled(HALF, offers(chances(HALF, -0.1, 0.15)), 0)
    home, away, rho = remaining_rates(replace(HALF, pull=pull), DEFAULTS)
    plain = remaining_rates(HALF, DEFAULTS)
    by_home, by_away = factors(pull)
    assert (home, away, rho) == pytest.approx((plain[0] * by_home, plain[1] * by_away, plain[2]))


def test_doubt_is_as_large_as_the_errors_are() -> None:
    """Truths drawn from the prior, offers from the truths: distances and errors are as claimed."""
    rng, noise = default_rng(1), Pulling(probability_noise=0.01)
    parameters = replace(DEFAULTS, pulling=noise)
    distances, errors = [], []
    for _ in range(200):
        truth = noise.spread * rng.standard_normal(2)
        said = chances(HALF, *truth)
        said = said + 0.01 * rng.standard_normal(3) * np.array([1.0, 0.0, 1.0])
        said[1] = 1.0 - said[0] - said[2]
        pull, distance = pulled(HALF, offers(said, spread=0.001), 0, parameters)
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
    assert pulled(HALF, offers(swapped), 0)[1] > 4.0


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
        pulled(HALF, said, 0)
    assert refused.value.reason == reason


def test_a_pull_outlives_other_accounts_of_the_match_and_not_a_parting() -> None:
    heard = follow(replace(HALF, witnesses=(Witness("a", 3),)), GOOD, 0)
    account = account_of(heard, "a")
    assert account.match.pull is None
    assert followed(heard, replace(account.match, clock_s=3_100)).pull == heard.pull
    assert forgotten(heard, "exchange").pull is None


def test_small_steps_lead_no_farther_than_three_spreads() -> None:
    match = HALF
    for step in range(60):
        wanted = chances(replace(HALF, pull=None), -0.02 * step, 0.02 * step)
        match = follow(match, offers(wanted), 30 * step)
    assert match.pull is not None
    assert match.pull.away_micro == round(3e6 * DEFAULTS.pulling.spread)


def test_a_match_without_prices_is_refused() -> None:
    with pytest.raises(Refusal, match="match_not_priced"):
        pulled(replace(HALF, home_rate_micro=0), GOOD, 0)


@pytest.mark.parametrize(("distance", "sigmas"), [(0.0, 0.0), (2.4477, 1.96), (3.4393, 3.0)])
def test_a_distance_is_told_as_one_of_a_single_variable(distance: float, sigmas: float) -> None:
    assert sigmas_of(distance) == pytest.approx(sigmas, abs=1e-3)
    assert sigmas_of(29.9) < sigmas_of(100.0) == 100.0

"""What must hold of the prices of any match."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE, INDEX, MARKETS, MarketType
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.decide import opening, probabilities, quote
from overround.domain.pricing.football.grid import low_score_taus, score_grid
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.margin import MARKET_OF, with_margin
from overround.domain.pricing.football.model import DEFAULTS, Match
from tests.kit.mirror import mirrored

# The same examples at every run: a failure here must be a change of ours, not of the dice.
QUICK = settings(max_examples=80, deadline=None, derandomize=True)

RATES_MICRO = st.integers(50_000, 4_500_000)
MOMENTS = st.one_of(
    st.just((Period.NOT_STARTED, 0)),
    st.tuples(st.just(Period.FIRST_HALF), st.integers(0, 3_000)),
    st.just((Period.HALF_TIME, 2_760)),
    st.tuples(st.just(Period.SECOND_HALF), st.integers(2_700, 6_000)),
)


@st.composite
def matches(draw: st.DrawFn) -> Match:
    period, clock_s = draw(MOMENTS)
    started = period is not Period.NOT_STARTED
    goals = st.integers(0, 17 if started else 0)
    home, away = draw(goals), draw(goals)
    reds = st.integers(0, 3 if started else 0)
    return Match(
        *(period, clock_s, home, away, home, away),
        home_rate_micro=draw(RATES_MICRO),
        away_rate_micro=draw(RATES_MICRO),
        rho_micro=draw(st.integers(-150_000, 100_000)),
        home_reds=draw(reds),
        away_reds=draw(reds),
    )


def effective(match: Match) -> NDArray[np.float64]:
    won, refunded = probabilities(match)
    return np.divide(
        won, 1.0 - refunded, out=np.full(len(CATALOGUE), np.nan), where=refunded < 0.999
    )


def at(match: Match, selection: str) -> float:
    return float(probabilities(match)[0][INDEX[selection]])


@QUICK
@given(matches())
def test_the_grid_is_a_distribution(match: Match) -> None:
    grid = score_grid(match, DEFAULTS)
    assert grid.min() >= 0.0
    assert grid.sum() == pytest.approx(1.0, abs=1e-13)


@QUICK
@given(matches())
def test_the_outcomes_of_every_market_sum_to_one(match: Match) -> None:
    sums = np.bincount(MARKET_OF, effective(match))
    for market, total in zip(MARKETS, sums, strict=True):
        expected = 2.0 if market.type is MarketType.DOUBLE_CHANCE else 1.0
        assert np.isnan(total) or abs(total - expected) < 1e-12, market.id


@QUICK
@given(matches())
def test_a_quarter_line_is_half_of_each_line_beside_it(match: Match) -> None:
    weights = np.stack(probabilities(match))
    place = {(s.market.type, s.market.line_quarters, s.outcome): i for i, s in enumerate(CATALOGUE)}
    for (kind, line, outcome), index in place.items():
        below, above = (kind, line - 1, outcome), (kind, line + 1, outcome)
        if line % 2 and below in place and above in place:
            halves = (weights[:, place[below]] + weights[:, place[above]]) / 2
            assert weights[:, index] == pytest.approx(halves, abs=1e-12)


@QUICK
@given(matches())
def test_correct_scores_add_up_to_the_result(match: Match) -> None:
    won = probabilities(match)[0]
    draws = sum(won[INDEX[f"correct_score/{goals}-{goals}"]] for goals in range(5))
    other_draws = np.trace(score_grid(match, DEFAULTS)[5:, 5:])
    assert won[INDEX["1x2/draw"]] == pytest.approx(draws + other_draws, abs=1e-12)


@QUICK
@given(matches(), st.integers(10_000, 500_000))
def test_a_stronger_home_side_wins_more_and_more_goals_fall(match: Match, more: int) -> None:
    # The dependence may move a score or two against it (its sign flips tau), so it is left out.
    match = replace(match, rho_micro=0)
    stronger = replace(match, home_rate_micro=match.home_rate_micro + more)
    assert at(stronger, "1x2/home") >= at(match, "1x2/home") - 1e-13
    assert at(stronger, "1x2/away") <= at(match, "1x2/away") + 1e-13
    assert at(stronger, "totals:2.5/over") >= at(match, "totals:2.5/over") - 1e-13


@QUICK
@given(st.integers(300_000, 3_000_000), st.integers(300_000, 3_000_000))
def test_at_kick_off_prices_rise_with_the_rates(home: int, away: int) -> None:
    match = Match(home_rate_micro=home, away_rate_micro=away)
    stronger = replace(match, home_rate_micro=home + 20_000)
    assert at(stronger, "1x2/home") > at(match, "1x2/home")
    assert at(stronger, "totals:2.5/over") > at(match, "totals:2.5/over")


@QUICK
@given(st.floats(0.0, 12.0), st.floats(0.0, 12.0), st.floats(-3.0, 3.0))
def test_no_score_ever_has_a_negative_probability(home: float, away: float, rho: float) -> None:
    taus = low_score_taus(home, away, rho)
    assert min(taus) >= 0.0
    # Nothing was cut off to get there: what one score loses the others gain.
    moved = np.array([1.0, away, home, home * away]) @ (np.array(taus) - 1.0)
    assert abs(moved) < 1e-6


@QUICK
@given(st.integers(500_000, 2_600_000), st.integers(500_000, 2_600_000))
def test_opening_finds_the_rates_behind_fair_prices(home: int, away: int) -> None:
    fair = 1.0 / effective(Match(home_rate_micro=home, away_rate_micro=away))
    prices = {
        selection.id: round(1_000 * price)
        for selection, price in zip(CATALOGUE, fair, strict=True)
        if 1.1 < price < 12.0 or selection.market.type is MarketType.RESULT
    }
    found = opening(prices)
    assert found[:2] == pytest.approx((home, away), abs=1_000)
    assert found.rho_micro == pytest.approx(0, abs=2_000)


@QUICK
@given(st.integers(700_000, 2_200_000), st.integers(700_000, 2_200_000))
def test_opening_reads_our_own_quotes_to_a_step_of_the_ladder(home: int, away: int) -> None:
    match = Match(home_rate_micro=home, away_rate_micro=away)
    quoted = {s.id: int(p) for s, p in zip(CATALOGUE, quote(match), strict=True) if p}
    found = opening(quoted)
    assert found[:2] == pytest.approx((home, away), rel=0.03)
    assert found.rho_micro == pytest.approx(0, abs=60_000)


MIRRORED = np.array([INDEX[mirrored(selection.id)] for selection in CATALOGUE])


@QUICK
@given(matches())
def test_swapping_the_sides_swaps_the_prices(match: Match) -> None:
    swapped = replace(
        match,
        home_goals=match.away_goals,
        away_goals=match.home_goals,
        home_reds=match.away_reds,
        away_reds=match.home_reds,
        home_rate_micro=match.away_rate_micro,
        away_rate_micro=match.home_rate_micro,
    )
    won, refunded = probabilities(match)
    assert probabilities(swapped)[0][MIRRORED] == pytest.approx(won, abs=1e-12)
    assert probabilities(swapped)[1][MIRRORED] == pytest.approx(refunded, abs=1e-12)


@QUICK
@given(matches())
def test_quoted_selections_are_open_and_priced_in_the_houses_favour(match: Match) -> None:
    prices, fair = quote(match), effective(match)
    offered = prices > 0
    assert (fair[offered] > DEFAULTS.probability_min).all()
    assert (fair[offered] < DEFAULTS.probability_max).all()
    assert (prices[offered] * fair[offered] < 1_000).all()
    assert prices[offered].min(initial=1_010) >= 1_010


@QUICK
@given(matches())
def test_every_quoted_market_holds_its_margin(match: Match) -> None:
    fair = np.nan_to_num(effective(match))
    loaded = with_margin(fair, DEFAULTS)
    margins = dict(DEFAULTS.margins)
    for place, market in enumerate(MARKETS):
        if market.type in margins and 0.0 < fair[place == MARKET_OF].max() < 0.995:
            # 26 outcomes of which one is nearly sure are the slowest to converge.
            tolerance = 5e-3 if market.type is MarketType.CORRECT_SCORE else 1e-5
            total = loaded[place == MARKET_OF].sum()
            assert total == pytest.approx(1.0 + margins[market.type], abs=tolerance), market.id


DRAWS = 400_000
SPREAD = [
    (Period.NOT_STARTED, 0, 0, 0, 0, 0),
    (Period.FIRST_HALF, 1_500, 0, 0, 0, 0),
    (Period.HALF_TIME, 2_760, 1, 1, 1, 0),
    (Period.SECOND_HALF, 3_900, 2, 1, 0, 2),
    (Period.SECOND_HALF, 5_460, 0, 3, 0, 0),
]


@pytest.mark.slow
@pytest.mark.parametrize("state", SPREAD, ids=lambda state: f"{state[0]}-{state[2]}-{state[3]}")
def test_the_matrix_product_agrees_with_playing_the_rest_of_the_match(
    state: tuple[Period, int, int, int, int, int],
) -> None:
    period, clock_s, home, away, home_reds, away_reds = state
    match = Match(
        *(period, clock_s, home, away, home, away),
        home_reds=home_reds,
        away_reds=away_reds,
        home_rate_micro=1_600_000,
        away_rate_micro=1_100_000,
        rho_micro=-60_000,
    )
    for ours, (mean, error) in zip(probabilities(match), played_out(match), strict=True):
        # Four standard errors; an outcome drawn never or always is known to a few in DRAWS.
        assert (np.abs(ours - mean) <= 4 * error + 10 / DRAWS).all()


def played_out(match: Match) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Mean and standard error, per selection, of the shares won and refunded over the draws."""
    rng = np.random.default_rng(20_260_101)
    home_rate, away_rate, rho = remaining_rates(match, DEFAULTS)
    played = goals_played(rng, home_rate, away_rate, match.home_goals - match.away_goals)
    more, counts = np.unique(played, axis=1, return_counts=True)
    taus = {
        (0, 0): 1 - home_rate * away_rate * rho,
        (0, 1): 1 + home_rate * rho,
        (1, 0): 1 + away_rate * rho,
        (1, 1): 1 - rho,
    }
    weights = np.array([taus.get((int(h), int(a)), 1.0) for h, a in more.T])
    weights *= DRAWS / (weights @ counts)
    scores = [(int(h) + match.home_goals, int(a) + match.away_goals) for h, a in more.T]
    fates = [[selection.factor(*score) for score in scores] for selection in CATALOGUE]
    moments = []
    for part in ("win_halves", "refund_halves"):
        shares = np.array([[getattr(fate, part) / 2 for fate in row] for row in fates]) * weights
        mean = shares @ counts / DRAWS
        variance = shares**2 @ counts / DRAWS - mean**2
        moments.append((mean, np.sqrt(np.maximum(variance, 0.0) / DRAWS)))
    return moments


def goals_played(
    rng: np.random.Generator, home: float, away: float, lead: int
) -> NDArray[np.int64]:
    """Goals in the time left, shape (2, draws): exponential waits at the rates of each moment."""
    goals, elapsed = np.zeros((2, DRAWS), dtype=np.int64), np.zeros(DRAWS)
    on = np.ones(DRAWS, dtype=bool)
    while on.any():
        push = np.exp(-DEFAULTS.score_push * np.sign(goals[0] - goals[1] + lead))
        rates = np.stack([home * push, away / push])
        elapsed += rng.exponential(1.0, DRAWS) / rates.sum(axis=0)
        on &= elapsed < 1.0
        by_home = rng.random(DRAWS) * rates.sum(axis=0) < rates[0]
        goals[0] += on & by_home
        goals[1] += on & ~by_home
    return goals

"""A trader's figure in the place of the model's: what it moves, and what it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.kernel.market import CATALOGUE, INDEX
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.adjusted import with_opinions
from overround.domain.pricing.football.decide import probabilities, quote
from overround.domain.pricing.football.margin import MARKET_OF
from overround.domain.pricing.football.model import DEFAULTS, Match

MATCH = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000)
LATE = Match(Period.SECOND_HALF, 5_000, 2, 0, 2, 0, home_rate_micro=10**6, away_rate_micro=10**6)
PRICE, PROBABILITY, SHIFT = AdjustmentKind
OTHERS = [s.id for s in CATALOGUE if s.market.id != "double_chance"]

kinds = st.one_of(
    st.tuples(st.just(PRICE), st.integers(1_010, 1_000_000)),
    st.tuples(st.just(PROBABILITY), st.integers(5_000, 995_000)),
    st.tuples(st.just(SHIFT), st.integers(-3_000, 3_000)),
)


@settings(deadline=None)
@given(st.sampled_from(OTHERS), kinds, st.sampled_from([MATCH, LATE]))
def test_no_adjustment_offers_what_the_model_does_not_nor_a_market_below_certainty(
    selection: str, figure: tuple[AdjustmentKind, int], match: Match
) -> None:
    model = quote(match)
    prices = quote(match, DEFAULTS, (Adjustment(selection, *figure),))
    assert not (prices[model == 0] > 0).any()
    for market in set(MARKET_OF.tolist()):
        of_market = np.equal(MARKET_OF, market)
        if (prices[of_market] > 0).all():
            wanted = 2.0 if CATALOGUE[int(of_market.argmax())].market.id == "double_chance" else 1.0
            assert (1_000.0 / prices[of_market]).sum() >= wanted


@settings(deadline=None)
@given(st.sampled_from(OTHERS), kinds.filter(lambda each: each[0] is not PRICE))
def test_an_adjusted_market_sums_to_one_and_the_others_stay(
    selection: str, figure: tuple[AdjustmentKind, int]
) -> None:
    won, refunded = probabilities(MATCH)
    fair = won / (1.0 - refunded)
    after = with_opinions(fair, (Adjustment(selection, *figure),))
    of_market = np.equal(MARKET_OF, MARKET_OF[INDEX[selection]])
    assert after[of_market].sum() == pytest.approx(1.0, abs=1e-9)
    assert (after[~of_market] == fair[~of_market]).all()


def test_a_shift_is_one_of_the_log_odds() -> None:
    fair = np.divide(*_won_and_open(MATCH))
    after = with_opinions(fair, (Adjustment("totals:2.5/over", SHIFT, 200),))
    before, now = (x[INDEX["totals:2.5/over"]] for x in (fair, after))
    assert np.log(now / (1 - now)) - np.log(before / (1 - before)) == pytest.approx(0.2)


def test_double_chance_follows_a_price_of_the_result() -> None:
    plain, prices = quote(MATCH), quote(MATCH, DEFAULTS, (Adjustment("1x2/home", PRICE, 1_900),))
    pair = INDEX["double_chance/home_or_draw"]
    assert prices[INDEX["1x2/home"]] == 1_900
    assert prices[pair] < plain[pair]


def test_double_chance_goes_with_a_result_that_is_not_offered() -> None:
    prices = quote(MATCH, DEFAULTS, (Adjustment("1x2/home", PRICE, 900_000),))
    ids = ("1x2", "double_chance")
    assert all(prices[INDEX[s.id]] == 0 for s in CATALOGUE if s.market.id in ids)


def _won_and_open(match: Match) -> tuple[np.ndarray, np.ndarray]:
    won, refunded = probabilities(match)
    return won, 1.0 - refunded

"""Quotes of any sport, at any moment of a match: a margin on every market, and nothing decided."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.pricing.basketball.model import NBA, Strength
from overround.domain.pricing.basketball.model import Match as Game
from overround.domain.pricing.basketball.play import observe as scored
from overround.domain.pricing.basketball.simulate import simulate as baskets
from overround.domain.pricing.quoting import FOLLOWED, Quoter, quoter
from overround.domain.pricing.sport import Offer
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR, Match
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.simulate import draw_serves, simulate

STRENGTH = Strength(4_000_000, 220_000_000, 12_500_000, 17_500_000)


def tennis_states(seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    played = simulate(*draw_serves(TOUR, 1, rng), rng, BEST_OF_THREE)
    states = [Match()]
    for point in played.points(0):
        states.append(observe(states[-1], point))
    return states


def basketball_states(seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    states = [Game(strength=STRENGTH)]
    for incident in baskets(STRENGTH, 1, rng, NBA).incidents(0, rng):
        states.append(scored(states[-1], incident))
    return states


PLAYED = {"tennis": tennis_states, "basketball": basketball_states}


def markets(quoter: Quoter, prices: Any) -> Iterator[tuple[str, list[int]]]:
    lines = zip(quoter.lines, prices.tolist(), strict=True)
    for market, own in groupby(lines, key=lambda line: line[0].market):
        yield market, [price for _, price in own]


@pytest.mark.slow
@pytest.mark.parametrize("sport", PLAYED)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 30), share=st.floats(0.0, 1.0))
def test_what_is_quoted_whole_carries_at_least_its_margin(
    sport: str, seed: int, share: float
) -> None:
    states = PLAYED[sport](seed)
    state, of = states[int(share * (len(states) - 1))], quoter(sport)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prices = of.prices_milli(state)
    won, refunded = of.sport.price(state, of.sport.parameters)
    assert prices[(won <= 0.0) | (won + refunded >= 1.0 - 1e-9)].max(initial=0) == 0
    for market, of_market in markets(of, prices):
        if all(of_market):
            overround = sum(1_000 / price for price in of_market) - 1.0
            # A step of the ladder goes to the house; the loading's own error is smaller.
            assert overround > of.margins.of(market) - 2e-3, (market, of_market)


@pytest.mark.slow
@pytest.mark.parametrize("sport", PLAYED)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 30),
    share=st.floats(0.0, 1.0),
    ages_s=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_no_price_is_longer_the_longer_nothing_is_heard(
    sport: str, seed: int, share: float, ages_s: tuple[int, int]
) -> None:
    states = PLAYED[sport](seed)
    state, of = states[int(share * (len(states) - 1))], quoter(sport)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sooner, later = (of.workings(state, 1_000_000 * age_s) for age_s in sorted(ages_s))
    assert (later.effective == sooner.effective).all()
    assert (later.rounded_milli <= sooner.rounded_milli).all()
    assert later.widening is None or (later.widening >= 1.0).all()
    assert max(ages_s) > 2 or later.widening is None


def test_the_next_point_moves_a_fair_price_by_nothing_on_average() -> None:
    of = quoter("tennis")
    winner = of.markets.index("match_winner")
    for state in tennis_states(3)[1:-1:20]:
        coming = of.live.coming(state)
        rates = np.array([per_s for per_s, _ in coming])
        after = np.array([of.workings(each).effective[winner] for _, each in coming])
        now = of.workings(state).effective[winner]
        # By what is learnt of the serves since the start, which the rates leave out.
        assert rates @ after / rates.sum() == pytest.approx(now, abs=0.02)


@pytest.mark.parametrize("sport", PLAYED)
def test_a_match_that_is_over_has_no_prices(sport: str) -> None:
    last = PLAYED[sport](1)[-1]
    assert quoter(sport).live.is_over(last)
    assert not quoter(sport).prices_milli(last).any()


def test_a_market_whose_outcomes_lie_apart_is_found_before_it_is_priced() -> None:
    tennis = FOLLOWED["tennis"]
    scattered = (Offer("a", "x"), Offer("b", "x"), Offer("a", "y"), Offer("b", "y"))
    with pytest.raises(ValueError, match="side by side"):
        Quoter.of(replace(tennis, catalogue=scattered))


def test_a_market_without_a_margin_of_its_own_carries_the_usual_one() -> None:
    margins = quoter("tennis").live.margins
    assert margins.of("set_winner:3") == margins.of_kind["set_winner"]
    assert margins.of("coin_toss") == margins.usual

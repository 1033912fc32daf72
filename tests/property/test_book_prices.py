"""Every book that can be stored has prices: what is made later must not fail then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from agents.markets.prices import prices_milli
from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.decide import observe, opening
from tables.books import Book

RESULT = ("1x2/home", "1x2/draw", "1x2/away")


def with_margin(shares: list[int]) -> dict[str, int]:
    """Prices of 1X2 that imply these shares and 5 % more."""
    prices = (max(1_001, round(952 * sum(shares) / share)) for share in shares)
    return dict(zip(RESULT, prices, strict=True))


PRICES = st.lists(st.integers(1, 400), min_size=3, max_size=3).map(with_margin)
# All that `observe` takes: what is beyond is refused there, and stored nowhere.
INCIDENTS = st.builds(
    Incident,
    event_id=st.just("m1"),
    provider=st.sampled_from(["a", "b"]),
    sequence=st.integers(1, 30),
    kind=st.sampled_from(IncidentKind),
    period=st.sampled_from(Period),
    clock_s=st.integers(0, 8_000) | st.integers(0, 2**62),
    home_goals=st.integers(0, 5) | st.integers(0, 99),
    away_goals=st.integers(0, 5) | st.integers(0, 99),
    side=st.sampled_from(Side),
    xg_milli=st.none() | st.integers(0, 1_000),
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    PRICES,
    st.lists(INCIDENTS, max_size=12),
    st.sampled_from(((), ("1x2",), ("",), ("1x2", "totals:2.5"))),
)
def test_whatever_a_match_comes_to_it_has_prices(
    observed: dict[str, int], incidents: list[Incident], voided: tuple[str, ...]
) -> None:
    try:
        home, away, rho = opening(observed)
    except Refusal:
        reject()
    rates = {"home_rate_micro": home, "away_rate_micro": away, "rho_micro": rho}
    match = replace(Book.empty("m1").match, **rates)
    for incident in incidents:
        match = observe(match, incident)
        book = replace(Book.empty("m1"), match=match, voided_markets=voided)
        prices = prices_milli(book)
        assert prices.shape == (len(CATALOGUE),)
        offered = prices[prices > 0]
        assert ((offered >= PRICE_MILLI_MIN) & (offered <= PRICE_MILLI_MAX)).all()

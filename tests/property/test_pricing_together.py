"""Quotes of several matches at once are, to the last bit, those of each alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.pricing.football.decide import (
    Asked,
    quote,
    quote_all,
)
from overround.domain.pricing.football.layout import ON_SCORE, ON_SIDES, Layout
from overround.domain.pricing.football.model import DEFAULTS, Match
from tests.property.test_pricing_board import known_matches

# From none to what takes the most of Newton's steps.
WIDENED = st.one_of(st.none(), st.sampled_from([1.0, 1.3, 1.6, 2.4, 2.6, 4.0]))
PRICE = Adjustment("1x2/home", AdjustmentKind.PRICE, 2_500)
SHIFT = Adjustment("half_1x2:1/draw", AdjustmentKind.SHIFT, 150)


@pytest.mark.slow
@pytest.mark.parametrize("layout", [ON_SCORE, ON_SIDES], ids=["scores", "sides"])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(known_matches(), WIDENED, st.sampled_from([(), (PRICE,), (SHIFT,)])), max_size=9
    ),
    st.integers(0, 2**32 - 1),
)
def test_the_matches_beside_it_change_no_bit_of_a_quote(
    layout: Layout,
    drawn: list[tuple[Match, float | None, tuple[Adjustment, ...]]],
    seed: int,
) -> None:
    spread = np.random.default_rng(seed).uniform(1.0, 1.1, len(layout.markets))
    asked = [
        Asked(match, changes, None if most is None else np.maximum(1.0, spread * most))
        for match, most, changes in drawn
    ]
    together = quote_all(asked, DEFAULTS, layout)
    for row, each in zip(together, asked, strict=True):
        assert row.tolist() == quote(each.match, DEFAULTS, *each[1:], layout).tolist()

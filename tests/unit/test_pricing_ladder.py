"""Prices on their steps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.pricing.ladder import BETFAIR, CENTS, FRACTIONS, Ladder

LADDERS = {"betfair": BETFAIR, "cents": CENTS, "fractions": FRACTIONS}
EACH = pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)


def test_prices_are_rounded_down_to_the_ladder() -> None:
    raw = np.array([1_009.9, 1_010.0, 1_999.9, 2_019.0, 3_049.0, 9_999.0, 104_999.0, 5e6])
    assert BETFAIR.down(raw).tolist() == [0, 1_010, 1_990, 2_000, 3_000, 9_800, 100_000, 1_000_000]
    assert CENTS.down(raw)[3:7].tolist() == [2_010, 3_040, 9_990, 104_990]
    assert FRACTIONS.down(np.array([1_005.0, 2_660.0, 4_400.0])).tolist() == [0, 2_625, 4_333]


def test_the_exchanges_ladder_has_its_350_steps() -> None:
    assert len(BETFAIR.steps_milli) - 1 == 350
    assert np.isin(
        [1_010, 2_020, 3_050, 4_100, 6_200, 10_500, 21_000, 32_000], BETFAIR.steps_milli
    ).all()


@EACH
def test_a_step_is_itself_again_after_it_was_a_probability(ladder: Ladder) -> None:
    steps = ladder.steps_milli[1:]
    inverse = 1_000.0 / steps
    assert (ladder.down(1_000.0 / inverse) == steps).all()


@EACH
@settings(max_examples=60, deadline=None, derandomize=True)
@given(price=st.floats(1_000.1, 2_000_000.0))
def test_rounding_is_to_the_house_and_to_the_next_step(ladder: Ladder, price: float) -> None:
    steps = ladder.steps_milli
    rounded = int(ladder.down(np.array([price]))[0])
    assert rounded in steps
    assert rounded <= price + 1e-6
    longer = steps[steps > rounded]
    assert not longer.size or longer[0] > price - 1e-6


def test_a_fractional_price_reads_as_shops_write_it_and_never_pays_more() -> None:
    for step, name in zip(FRACTIONS.steps_milli[1:].tolist(), FRACTIONS.names, strict=True):
        assert FRACTIONS.name(step) == name
        assert 0 <= 1 + Fraction(name) - Fraction(step, 1_000) < Fraction(1, 1_000)
    assert FRACTIONS.name(1_666) == "4/6"
    assert FRACTIONS.name(4_333) == "100/30"
    assert BETFAIR.name(2_020) == "2.02"


@pytest.mark.parametrize("price", [0, 1_000, 1_015, 2_010, 1_000_001])
def test_a_price_between_steps_has_no_name(price: int) -> None:
    with pytest.raises(ValueError, match="not a step"):
        BETFAIR.name(price)


@pytest.mark.parametrize("steps", [[], [2_000, 2_000], [3_000, 2_000], [1_000], [1_000_001]])
def test_a_ladder_that_is_none_is_refused(steps: list[int]) -> None:
    with pytest.raises(ValueError, match="ladder"):
        Ladder.of(steps)

"""What must hold of every method of margins, on any market."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overround.domain.pricing.loading import Loading
from overround.domain.pricing.margin import SHAPE_MIN, Method, apply, remove

QUICK = settings(max_examples=60, deadline=None, derandomize=True)

# Those that stay within [0, 1] whatever they are given, so nothing may ever be refused.
BOUNDED = (Method.POWER, Method.ODDS_RATIO, Method.LOGARITHMIC, SHAPE_MIN, -8.0, -4.0, -2.0, -0.5)
# The favourite's inverse price is 2.5e-18 from 1 at shape -4: nearer than a double can tell.
NEARLY_SURE = np.array([[0.9999, 0.0001]])
EVERY = (*Method, -4.0, -2.0, -0.5, 0.5, 1.0)
METHODS = st.sampled_from(EVERY)
MARGINS = st.floats(0.0, 0.3)

Floats = NDArray[np.float64]


@st.composite
def markets(draw: st.DrawFn, at_most: float = 0.98) -> Floats:
    """Probabilities of a few markets of one size, some of them nearly decided."""
    outcomes = draw(st.sampled_from((2, 3, 5, 26)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    evenness = draw(st.sampled_from((0.1, 0.5, 1.0, 5.0)))
    drawn = rng.dirichlet(np.full(outcomes, evenness), size=4)
    floored = np.maximum(drawn, 1e-7)
    fair = floored / floored.sum(axis=1, keepdims=True)
    # As near to certain as a market is quoted: from there on an inverse price has too few digits.
    sure = fair.max(axis=1, keepdims=True)
    even = np.full_like(fair, 1.0 / outcomes)
    mixed = np.clip((at_most - sure) / (1.0 / outcomes - sure), 0.0, 1.0) * (sure > at_most)
    return np.asarray(fair * (1.0 - mixed) + even * mixed)


def can_carry(fair: Floats, margin: float, method: Method | float) -> bool:
    """Whether the three methods that cannot carry every margin can carry this one."""
    total, outcomes = 1.0 + margin, fair.shape[1]
    if method is Method.MULTIPLICATIVE:
        return bool((fair * total < 0.999).all())
    if method is Method.ADDITIVE:
        return bool((fair + margin / outcomes < 0.999).all())
    if method is Method.SHIN:
        most = np.sqrt(fair).sum(axis=1) ** 2
        # With two outcomes it is the additive method; with more it is below the multiplicative.
        return bool((total < most).all()) and bool((fair * total < 0.98).all())
    return margin < outcomes - 1


@QUICK
@given(markets(), MARGINS, METHODS)
def test_taking_a_margin_off_gives_back_what_it_was_put_on(
    fair: Floats, margin: float, method: Method | float
) -> None:
    assume(can_carry(fair, margin, method))
    quoted = apply(fair, margin, method)
    assert quoted.sum(axis=1) == pytest.approx(1.0 + margin, abs=1e-12)
    assert np.abs(remove(quoted, method) - fair).max() < 1e-12


@QUICK
@given(markets(at_most=0.9999), MARGINS, st.sampled_from(BOUNDED))
@example(NEARLY_SURE, 0.25, -4.0)
@example(NEARLY_SURE, 0.01, -8.0)
@example(NEARLY_SURE, 0.25, SHAPE_MIN)
def test_methods_of_shape_0_and_below_never_leave_the_unit_interval(
    fair: Floats, margin: float, method: Method | float
) -> None:
    quoted = apply(fair, margin, method)
    assert (quoted >= fair - 1e-15).all()
    assert (quoted < 1.0).all()
    assert quoted.sum(axis=1) == pytest.approx(1.0 + margin, abs=1e-12)
    back = remove(quoted, method)
    assert ((back > 0.0) & (back < 1.0)).all()


@QUICK
@given(markets(), MARGINS, METHODS)
def test_a_likelier_outcome_is_never_quoted_longer(
    fair: Floats, margin: float, method: Method | float
) -> None:
    assume(can_carry(fair, margin, method))
    order = np.argsort(fair, axis=1)
    quoted = np.take_along_axis(apply(fair, margin, method), order, axis=1)
    assert (np.diff(quoted, axis=1) >= -1e-14).all()


@QUICK
@given(markets(at_most=0.8), st.floats(0.001, 0.1), st.floats(0.001, 0.1), METHODS)
def test_every_price_shortens_as_the_margin_grows(
    fair: Floats, margin: float, more: float, method: Method | float
) -> None:
    assume(can_carry(fair, margin + more, method))
    assert (apply(fair, margin + more, method) > apply(fair, margin, method)).all()


@QUICK
@given(markets(), st.floats(0.001, 0.3), st.floats(-6.0, 0.0), st.floats(0.1, 1.0))
@example(NEARLY_SURE, 0.25, -5e-324, 1.0)
def test_a_higher_shape_takes_more_of_the_margin_from_the_outsider(
    fair: Floats, margin: float, shape: float, more: float
) -> None:
    lower, higher = apply(fair, margin, shape), apply(fair, margin, min(shape + more, 1.0))
    outsider, favourite = fair.argmin(axis=1), fair.argmax(axis=1)
    rows = np.arange(len(fair))
    assert (higher[rows, outsider] >= lower[rows, outsider] - 1e-12).all()
    assert (higher[rows, favourite] <= lower[rows, favourite] + 1e-12).all()


@QUICK
@given(st.floats(0.1, 0.9), st.floats(0.0, 0.08))
def test_with_two_outcomes_shins_method_is_the_additive_one(p: float, margin: float) -> None:
    quoted = apply(np.array([p, 1.0 - p]), margin, Method.ADDITIVE)
    assert apply(np.array([p, 1.0 - p]), margin, Method.SHIN) == pytest.approx(quoted, abs=1e-13)
    assert remove(quoted, Method.SHIN) == pytest.approx([p, 1.0 - p], abs=1e-13)


@QUICK
@given(markets(), st.floats(-0.02, 0.3))
def test_the_logarithmic_method_is_the_odds_ratio_in_other_words(
    fair: Floats, margin: float
) -> None:
    odds_ratio = apply(fair, margin, Method.ODDS_RATIO)
    assert (apply(fair, margin, Method.LOGARITHMIC) == odds_ratio).all()
    ratios = (odds_ratio / (1.0 - odds_ratio)) / (fair / (1.0 - fair))
    assert ratios == pytest.approx(np.repeat(ratios[:, :1], fair.shape[1], axis=1), rel=1e-9)


@QUICK
@given(markets(), MARGINS, METHODS)
def test_a_market_is_priced_the_same_alone_and_among_others(
    fair: Floats, margin: float, method: Method | float
) -> None:
    assume(can_carry(fair, margin, method))
    together = apply(fair, margin, method)
    alone = np.stack([apply(row, margin, method) for row in fair])
    assert alone == pytest.approx(together, abs=1e-14)


SIZES = (3, 2, 2, 26, 5)
SHAPES = (0.0, -1.0, -0.3, 0.5)
# By these a favourite's inverse price may pass 1, which the exact method refuses.
PASSING_1 = (SHAPE_MIN, Method.ADDITIVE, Method.SHIN)


@pytest.mark.slow
@QUICK
@given(st.integers(0, 2**32), st.sampled_from((*SHAPES, *PASSING_1)), st.floats(1.0, 3.0))
def test_a_whole_catalogue_at_once_is_each_market_by_itself(
    seed: int, method: Method | float, wider: float
) -> None:
    rng = np.random.default_rng(seed)
    even = 0.3 if method in PASSING_1 else 0.01
    parts = [
        rng.dirichlet(np.full(size, 2.0), size=3) * (1.0 - even) + even / size for size in SIZES
    ]
    margins = (0.05, 0.04, 0.06, 0.18, 0.08)
    loading = Loading.of(SIZES, margins, method)
    widening = np.array([wider, 1.0, wider, 1.0, wider])
    exactly = Method.MULTIPLICATIVE if method == SHAPE_MIN else method
    usual, widened = np.concatenate(parts, axis=1), np.concatenate(parts, axis=1)
    usual, widened = loading.load(usual), loading.load(widened, widening)
    for market, (part, margin) in enumerate(zip(parts, margins, strict=True)):
        own = loading.market_of == market
        exact = apply(part, margin, exactly)
        # A few steps from a table for powers, which a market of many outcomes is slow in.
        assert usual[:, own] == pytest.approx(exact, abs=2e-4 if method == 0.0 else 1e-7)
        exact = apply(part, margin * widening[market], exactly)
        assert widened[:, own] == pytest.approx(exact, abs=3e-4 if method == 0.0 else 1e-7)


def test_a_decided_market_stays_decided_in_a_catalogue() -> None:
    loaded = Loading.of((2, 3), (0.05, 0.05)).load(np.array([1.0, 0.0, 0.0, 1.0, 0.0]))
    assert np.isfinite(loaded).all()
    assert loaded == pytest.approx([1.0, 0.0, 0.0, 1.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("widening", [None, np.array([1.5, 1.0])], ids=["usual", "widened"])
@pytest.mark.parametrize("sure", [1.0, 1.0 + 2e-16, 1.0 + 2e-8, 1.0001])
@pytest.mark.parametrize("lost", [0.0, -1e-17, -2e-8, -1e-4])
def test_a_decided_market_whose_chances_were_read_off_a_table_stays_decided(
    sure: float, lost: float, widening: Floats | None
) -> None:
    fair = np.array([sure, lost, 0.5, 0.3, 0.2])
    with np.errstate(all="raise", under="ignore"):
        loaded = Loading.of((2, 3), (0.05, 0.05)).load(fair, widening)
        prices = 1_000.0 / loaded
    assert loaded[0] == pytest.approx(1.0, abs=2e-4)
    assert 0.0 < loaded[1] < 1e-3
    assert np.isfinite(prices).all()


@pytest.mark.parametrize("method", [Method.SHIN, Method.ADDITIVE, SHAPE_MIN])
@pytest.mark.parametrize("lost", [0.0, -1e-17, -1e-4])
def test_by_methods_that_decide_nothing_a_decided_market_has_finite_prices(
    lost: float, method: Method | float
) -> None:
    fair = np.array([1.0, lost, 0.5, 0.3, 0.2])
    with np.errstate(all="raise", under="ignore"):
        loaded = Loading.of((2, 3), (0.05, 0.05), method).load(fair)
        prices = 1_000.0 / loaded
    assert loaded[0] > 1.0, "below the shortest price, and so not offered"
    assert np.isfinite(prices).all()
    assert loaded[2:].sum() == pytest.approx(1.05, abs=1e-9)


@pytest.mark.parametrize("method", [Method.POWER, Method.ODDS_RATIO, Method.MULTIPLICATIVE])
def test_a_method_that_is_a_shape_is_taken_as_one(method: Method) -> None:
    with pytest.raises(ValueError, match="shape"):
        Loading.of((2,), (0.05,), method)


@pytest.mark.parametrize(("sizes", "margins"), [((1,), (0.0,)), ((2,), (1.0,)), ((2,), (-0.1,))])
def test_a_catalogue_that_cannot_carry_its_margins_is_a_mistake_in_the_code(
    sizes: tuple[int, ...], margins: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="margin"):
        Loading.of(sizes, margins)

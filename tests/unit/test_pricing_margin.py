"""Margins off and on: published figures, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.margin import power_exponent
from overround.domain.pricing.margin import Method, apply, parameter, remove

EXAMPLE = np.array([2.7, 2.3, 4.4])
FAVOURITE = np.array([1.01, 15.0, 101.0])

# Figures of penaltyblog 1.9.0 on the same prices; its documentation has the first market's.
_ODDS_RATIO = (
    [0.358810362, 0.422561422, 0.218628216],
    [0.972172293, 0.024346328, 0.003481378],
)
PUBLISHED = {
    Method.MULTIPLICATIVE: (
        [0.358738036, 0.421127260, 0.220134704],
        [0.928217822, 0.0625, 0.009282178],
    ),
    Method.ADDITIVE: ([0.359561802, 0.423974040, 0.216464158], None),
    Method.POWER: (
        [0.359171100, 0.423730753, 0.217098147],
        [0.984601777, 0.014649765, 0.000748457],
    ),
    Method.SHIN: (
        [0.359343920, 0.423243848, 0.217412232],
        [0.957328764, 0.041229725, 0.001441511],
    ),
    Method.ODDS_RATIO: _ODDS_RATIO,
    Method.LOGARITHMIC: _ODDS_RATIO,
}


@pytest.mark.parametrize("method", Method)
def test_probabilities_are_those_that_others_publish(method: Method) -> None:
    example, favourite = PUBLISHED[method]
    assert remove(1 / EXAMPLE, method) == pytest.approx(example, abs=1e-9)
    if favourite is not None:
        assert remove(1 / FAVOURITE, method) == pytest.approx(favourite, abs=1e-9)


@pytest.mark.parametrize(
    ("method", "published"),
    [
        (Method.POWER, 1.03091),
        (Method.SHIN, 0.016236),
        (Method.ODDS_RATIO, 1.05117),
        (Method.LOGARITHMIC, 0.04990),
        (Method.MULTIPLICATIVE, 1.03243),
        (Method.ADDITIVE, 0.03243 / 3),
    ],
)
def test_the_figure_of_a_method_is_the_published_one(method: Method, published: float) -> None:
    assert parameter(1 / EXAMPLE, method) == pytest.approx(published, abs=1e-5)


def test_a_fit_reads_a_book_by_the_same_power() -> None:
    quoted = 1 / EXAMPLE
    ours = power_exponent(quoted.tolist(), 1.0)
    assert ours == pytest.approx(float(parameter(quoted, Method.POWER)), rel=1e-13)


def test_the_lowest_shape_is_as_good_as_the_multiplicative_method() -> None:
    almost = remove(1 / EXAMPLE, -16.0)
    assert almost == pytest.approx(remove(1 / EXAMPLE, Method.MULTIPLICATIVE), abs=1e-6)


@pytest.mark.parametrize("shape", [0.5, 1.0, Method.ADDITIVE])
def test_an_outsider_that_would_fall_below_nothing_is_refused(shape: float) -> None:
    with pytest.raises(Refusal) as refused:
        remove(1 / FAVOURITE, shape)
    assert refused.value.reason == "probability_out_of_range"


@pytest.mark.parametrize("method", [Method.MULTIPLICATIVE, Method.ADDITIVE, Method.SHIN])
def test_a_favourite_that_would_be_shorter_than_certain_is_refused(method: Method) -> None:
    with pytest.raises(Refusal) as refused:
        apply(np.array([0.99, 0.01]), 0.05, method)
    assert refused.value.reason == "margin_out_of_reach"


def test_no_share_of_insiders_explains_a_book_below_1_or_above_what_they_can_take() -> None:
    with pytest.raises(Refusal, match="margin_out_of_reach"):
        remove(np.array([0.48, 0.48]), Method.SHIN)
    with pytest.raises(Refusal, match="margin_out_of_reach"):
        apply(np.array([0.9999, 0.0001]), 0.05, Method.SHIN)


def test_a_sum_that_rounding_leaves_below_1_has_no_insiders() -> None:
    quoted = np.array([0.7, 0.1, 0.1, 0.1])
    assert quoted.sum() < 1.0
    assert remove(quoted, Method.SHIN) == pytest.approx(quoted, abs=1e-15)


def test_a_stretch_of_many_powers_of_ten_is_found() -> None:
    all_but_sure = np.full(26, 1.0 - 1e-15)
    assert remove(all_but_sure, -16.0) == pytest.approx(np.full(26, 1 / 26), abs=1e-12)


@pytest.mark.parametrize("margin", [-1.0, 1.0, 2.5])
def test_a_margin_that_no_prices_have_is_refused(margin: float) -> None:
    with pytest.raises(Refusal, match="margin_out_of_reach"):
        apply(np.array([0.5, 0.5]), margin, Method.POWER)


@pytest.mark.parametrize("quoted", [[0.0, 0.9], [0.5, 1.0], [float("nan"), 0.5], [0.9]])
def test_what_is_no_inverse_price_is_refused(quoted: list[float]) -> None:
    for method in Method:
        with pytest.raises(Refusal, match="inverse_price_out_of_range"):
            remove(np.array(quoted), method)


@pytest.mark.parametrize("shape", [-16.5, 1.5, float("nan")])
def test_a_shape_outside_the_family_is_a_mistake_in_the_code(shape: float) -> None:
    with pytest.raises(ValueError, match="shape"):
        remove(1 / EXAMPLE, shape)

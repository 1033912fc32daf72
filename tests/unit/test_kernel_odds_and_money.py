"""Prices in their notations, and money that keeps its currency."""

from __future__ import annotations

import pytest

from overround.domain.kernel.money import CurrencyMismatch, Money
from overround.domain.kernel.odds import Price


@pytest.mark.parametrize(
    ("milli", "decimal", "fractional", "american"),
    [
        (2_500, "2.50", "3/2", "+150"),
        (2_000, "2.00", "1/1", "+100"),
        (1_500, "1.50", "1/2", "-200"),
        (1_010, "1.01", "1/100", "-10000"),
        (1_001, "1.001", "1/1000", "-100000"),
        (1_909, "1.909", "909/1000", "-110"),
        (3_750, "3.75", "11/4", "+275"),
        (1_000_000, "1000.00", "999/1", "+99900"),
    ],
)
def test_a_price_reads_the_same_in_every_notation(
    milli: int, decimal: str, fractional: str, american: str
) -> None:
    price = Price(milli)
    assert (price.decimal(), price.fractional(), price.american()) == (
        decimal,
        fractional,
        american,
    )


@pytest.mark.parametrize("milli", [0, 1_000, 1_000_001, -2_000])
def test_a_price_outside_the_range_is_refused(milli: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        Price(milli)


@pytest.mark.parametrize("milli", [2.5, "2500", True])
def test_a_price_that_is_not_an_integer_is_refused(milli: object) -> None:
    with pytest.raises(TypeError):
        Price(milli)  # type: ignore[arg-type]


def test_money_adds_and_subtracts_within_its_currency() -> None:
    assert Money(150, "EUR") + Money(75, "EUR") - Money(25, "EUR") == Money(200, "EUR")
    assert -Money(5, "EUR") == Money(-5, "EUR")


def test_amounts_of_two_currencies_are_neither_added_nor_compared() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "GBP")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "EUR") < Money(2, "GBP")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "EUR") >= Money(2, "GBP")


def test_amounts_of_one_currency_are_ordered() -> None:
    assert Money(1, "EUR") < Money(2, "EUR") <= Money(2, "EUR")
    assert max(Money(3, "EUR"), Money(7, "EUR")) == Money(7, "EUR")


@pytest.mark.parametrize("minor", [1.5, 2.0, True, "7"])
def test_an_amount_that_is_not_an_integer_is_refused(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(123_456, "EUR"), "1234.56 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(500, "JPY"), "500 JPY"),
        (Money(1_005, "KWD"), "1.005 KWD"),
    ],
)
def test_an_amount_prints_with_its_currencys_decimals(amount: Money, text: str) -> None:
    assert str(amount) == text

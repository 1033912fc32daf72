"""Prices: decimal odds as integer thousandths, and their other notations."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

# 1.001 is the shortest price that still wins something; 1,000.000 is the exchange's longest.
PRICE_MILLI_MIN = 1_001
PRICE_MILLI_MAX = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """Decimal odds in thousandths: `Price(2500)` pays 2.5 times the stake.

    Raises:
        TypeError: `milli` is not an int.
        ValueError: outside 1.001 to 1,000 (a price of 1.0 wins nothing).
    """

    milli: int

    def __post_init__(self) -> None:
        if type(self.milli) is not int:
            raise TypeError(f"prices are integer thousandths, not {type(self.milli).__name__}")
        if not PRICE_MILLI_MIN <= self.milli <= PRICE_MILLI_MAX:
            raise ValueError(f"price {self.milli / 1000} is outside 1.001 to 1000")

    def decimal(self) -> str:
        """Decimal notation, the European one: `2.50`."""
        whole, part = divmod(self.milli, 1000)
        return f"{whole}.{part:03d}"[: -1 if part % 10 == 0 else None]

    def fractional(self) -> str:
        """British notation, winnings to stake in lowest terms: `6/4` reads as `3/2`."""
        ratio = Fraction(self.milli - 1000, 1000)
        return f"{ratio.numerator}/{ratio.denominator}"

    def american(self) -> str:
        """American notation: winnings on 100, or the stake that wins 100 (rounded)."""
        profit_milli = self.milli - 1000
        if profit_milli >= 1000:
            return f"+{(profit_milli * 100 + 500) // 1000}"
        return f"-{(200_000 + profit_milli) // (2 * profit_milli)}"

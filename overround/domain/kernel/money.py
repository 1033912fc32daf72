"""Money as integer minor units with a currency (ISO 4217)."""

from __future__ import annotations

from dataclasses import dataclass

# Decimal places of the currencies that the book takes (ISO 4217, table A.1).
EXPONENTS = {"EUR": 2, "GBP": 2, "USD": 2, "DKK": 2, "SEK": 2, "JPY": 0, "KWD": 3}

# 100 million in a currency of two places: above any bet, and small enough that a payout at the
# longest price (10**13) can be summed 900,000 times in 64 bits.
STAKE_MINOR_MAX = 10**10


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, pence) of one currency.

    Raises:
        TypeError: `minor` is not an int (a float amount is a bug, never rounded here).
        ValueError: the currency is not one that the book takes.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are integers, not {type(self.minor).__name__}")
        if self.currency not in EXPONENTS:
            raise ValueError(f"currency {self.currency!r} is not taken")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other

    def __str__(self) -> str:
        places = EXPONENTS[self.currency]
        if places == 0:
            return f"{self.minor} {self.currency}"
        whole, part = divmod(abs(self.minor), 10**places)
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{whole}.{part:0{places}d} {self.currency}"

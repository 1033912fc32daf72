"""What quoted prices say: two-way chances without margin, and the one figure that gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.margin import power_exponent

# Inverse prices of two outcomes: an exchange may stand a little under 1, no bookmaker above this.
_BOOK_MIN, _BOOK_MAX = 0.95, 1.25
# A probability missed by less moves no price by a step of the ladder.
_MISS_MAX = 1e-5
_STEPS_MAX = 60


def fair(prices: Mapping[str, int], market: str, outcomes: tuple[str, str]) -> float | None:
    """The first outcome's probability without margin, None when the market is not priced whole.

    Args:
        prices: thousandths by selection id.
        market: a market of two outcomes.
        outcomes: of which the first is wanted.

    Raises:
        Refusal: `price_out_of_range` or `market_sum_out_of_range`.
    """
    quoted = [prices.get(f"{market}/{outcome}") for outcome in outcomes]
    known = [price for price in quoted if price is not None]
    if len(known) < len(outcomes):
        return None
    if not PRICE_MILLI_MIN <= min(known) <= max(known) <= PRICE_MILLI_MAX:
        raise Refusal("price_out_of_range", f"{market} at {known}")
    implied = [1_000.0 / price for price in known]
    if not _BOOK_MIN <= sum(implied) <= _BOOK_MAX:
        raise Refusal("market_sum_out_of_range", f"{market} sums to {sum(implied):.3f}")
    return float(implied[0] ** power_exponent(implied, 1.0))


def main_line(
    prices: Mapping[str, int], market: str, outcomes: tuple[str, str], lines: tuple[float, ...]
) -> tuple[float, float] | None:
    """The line nearest to evens of those priced whole, and its first outcome's probability.

    Raises:
        Refusal: as `fair` does.
    """
    priced = [(line, fair(prices, f"{market}:{line:g}", outcomes)) for line in lines]
    known = [(abs(chance - 0.5), line, chance) for line, chance in priced if chance is not None]
    return min(known)[1:] if known else None


def solved(miss: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is zero: false position, the kept end's weight halved (Illinois).

    Raises:
        Refusal: `prices_do_not_fit` when it is zero nowhere between.
    """
    below, above = miss(low), miss(high)
    if not below <= 0.0 <= above:
        raise Refusal("prices_do_not_fit", f"nothing between {low:.4g} and {high:.4g} gives them")
    last = 0.0
    for _ in range(_STEPS_MAX):
        middle = (low * above - high * below) / (above - below)
        missed = miss(middle)
        if abs(missed) < _MISS_MAX:
            return middle
        if missed < 0.0:
            low, below = middle, missed
            above = above / 2 if last < 0.0 else above
        else:
            high, above = middle, missed
            below = below / 2 if last > 0.0 else below
        last = missed
    raise Refusal("prices_do_not_fit", f"{_STEPS_MAX} steps came to no figure")

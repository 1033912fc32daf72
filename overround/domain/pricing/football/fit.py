"""Opening intensities from the prices that others quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import INDEX, MARKETS, MarketType
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.grid import grids_of, score_weights
from overround.domain.pricing.football.margin import power_exponent
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match, Parameters

Floats = NDArray[np.float64]

_RESULT = ("1x2/home", "1x2/draw", "1x2/away")
_TOTALS = tuple(market.id for market in MARKETS if market.type is MarketType.TOTALS)

# Inverse prices of a whole market: an exchange may stand a little under 1, no bookmaker's 1X2 or
# totals reach 1.4; outside, a price is misread or belongs to another market.
_BOOK_MIN, _BOOK_MAX = 0.95, 1.4

# Sides outside these do not meet: the strongest favourites expect five goals, no side under 0.1.
_RATE_MIN, _RATE_MAX = 0.02, 8.0

# Weight of "a goal more than average" against a unit of probability when no total is quoted: a
# 1X2 price has to be missed by 0.05 to move the total by a quarter of a goal, which only strong
# favourites do.
_TOTAL_WEIGHT = 0.2

# A fit that misses a probability by more has not explained the prices: sides may be swapped.
_MISS_MAX = 0.1

_STEPS_MAX = 30
# Rates are kept in millionths, and each step is some hundred times smaller than the one before.
_STEP_TOLERANCE = 1e-7
# Central differences of the log rates: truncation and rounding errors meet near here.
_NUDGE = 1e-5
# The point itself, and a little more and less of each rate: one look-up gives value and slopes.
_STENCIL = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) * _NUDGE
_HALVINGS_MAX = 30


def opening(prices: Mapping[str, int], parameters: Parameters = DEFAULTS) -> tuple[int, int]:
    """Fit both sides' expected goals to 1X2 and totals prices, by selection id in thousandths.

    Margins come off by the power method; then Gauss-Newton on the logarithms of the rates over
    the score grid that `quote` prices from, all fitted probabilities weighing the same. Without
    totals the total is drawn to `Parameters.total_goals`. Other markets' prices are not read.

    Returns:
        The rates of home and away in micro-goals.

    Raises:
        Refusal: `result_prices_missing`, `price_out_of_range`, `market_sum_out_of_range`, or
            `prices_do_not_fit` when no pair of rates comes near the prices.
    """
    selections, wanted = _targets(prices)
    has_totals = len(selections) > len(_RESULT)

    rho = Match().rho_micro / MICROS
    weights = score_weights(tuple(selections))

    def misses(logs: Floats) -> Floats:
        priced: Floats = _effective(logs, rho, weights) - wanted
        if has_totals:
            return priced
        drift = np.exp(logs).sum(axis=1) - parameters.total_goals
        return np.column_stack((priced, _TOTAL_WEIGHT * drift))

    logs, missed = _gauss_newton(misses, np.log(np.full(2, parameters.total_goals / 2)))
    worst = np.abs(missed[: len(wanted)]).max()
    if not worst <= _MISS_MAX:
        raise Refusal("prices_do_not_fit", f"a probability is missed by {worst:.3f}")
    home_micro, away_micro = np.rint(np.exp(logs) * MICROS).astype(np.int64).tolist()
    return home_micro, away_micro


def _targets(prices: Mapping[str, int]) -> tuple[list[int], Floats]:
    """Catalogue indices to fit and their probabilities without margin."""
    if any(selection not in prices for selection in _RESULT):
        raise Refusal("result_prices_missing", "an opening needs all three prices of 1X2")
    selections = [INDEX[selection] for selection in _RESULT]
    wanted = _without_margin("1x2", [prices[selection] for selection in _RESULT])
    for market in _TOTALS:
        over, under = f"{market}/over", f"{market}/under"
        if over in prices and under in prices:
            selections.append(INDEX[over])
            wanted.append(_without_margin(market, [prices[over], prices[under]])[0])
    return selections, np.array(wanted)


def _without_margin(market: str, prices_milli: list[int]) -> list[float]:
    for price_milli in prices_milli:
        if not PRICE_MILLI_MIN <= price_milli <= PRICE_MILLI_MAX:
            raise Refusal("price_out_of_range", f"{market} at {price_milli}")
    quoted = [1_000.0 / price_milli for price_milli in prices_milli]
    book = sum(quoted)
    if not _BOOK_MIN <= book <= _BOOK_MAX:
        raise Refusal("market_sum_out_of_range", f"{market} sums to {book:.3f}")
    exponent = power_exponent(quoted, 1.0)
    return [probability**exponent for probability in quoted]


def _effective(logs: Floats, rho: float, weights: tuple[Floats, Floats]) -> Floats:
    """Probabilities that a bet wins if it is not refunded, a row for each pair of rates."""
    grids = grids_of(np.exp(logs), rho)
    won, refunded = weights
    effective: Floats = (grids @ won) / (1.0 - grids @ refunded)
    return effective


def _gauss_newton(misses: Callable[[Floats], Floats], logs: Floats) -> tuple[Floats, Floats]:
    """Least squares in two unknowns; steps are halved until the sum of squares falls.

    `misses` takes several points at once, one a row. Gives the point and what it misses by.
    """
    residuals, columns = _value_and_slopes(misses, logs)
    for _ in range(_STEPS_MAX):
        step = np.linalg.lstsq(columns, -residuals, rcond=None)[0]
        for _ in range(_HALVINGS_MAX):
            moved = np.clip(logs + step, log(_RATE_MIN), log(_RATE_MAX))
            tried, slopes = _value_and_slopes(misses, moved)
            if tried @ tried <= residuals @ residuals:
                break
            step /= 2
        else:
            return logs, residuals
        logs, residuals, columns = moved, tried, slopes
        if np.abs(step).max() < _STEP_TOLERANCE:
            break
    return logs, residuals


def _value_and_slopes(misses: Callable[[Floats], Floats], logs: Floats) -> tuple[Floats, Floats]:
    values = misses(logs + _STENCIL)
    return values[0], (values[1:3] - values[3:5]).T / (2 * _NUDGE)

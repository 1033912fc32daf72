"""Opening intensities from the prices that others quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import INDEX, MARKETS, MarketType
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.grid import grids_of, score_weights
from overround.domain.pricing.football.margin import power_exponent
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Parameters

Floats = NDArray[np.float64]

_RESULT = ("1x2/home", "1x2/draw", "1x2/away")
_TOTALS = tuple(market.id for market in MARKETS if market.type is MarketType.TOTALS)

# Inverse prices of a whole market: an exchange may stand a little under 1, no bookmaker's 1X2 or
# totals reach 1.4; outside, a price is misread or belongs to another market.
_BOOK_MIN, _BOOK_MAX = 0.95, 1.4

# Sides outside these do not meet: the strongest favourites expect five goals, no side under 0.1.
_RATE_MIN, _RATE_MAX = 0.02, 8.0

# Prices are good to half a hundredth of probability, the dependence is seldom past 0.06 and a total
# seldom a quarter of a goal off what 1X2 says. So much does a unit of each weigh against one of
# probability, which matters only where prices do not tell: 1X2 says of total and dependence
# together what it says of the draw, and where many goals are expected low scores are rare.
_RHO_WEIGHT = 0.08
_TOTAL_WEIGHT = 0.02

# A fit that misses a probability by more has not explained the prices: sides may be swapped.
_MISS_MAX = 0.1

_STEPS_MAX = 30
# Rates are kept in millionths, and each step is some hundred times smaller than the one before.
_STEP_TOLERANCE = 1e-5
# Differences to one side: they turn the last step by a hundred-thousandth of itself.
_NUDGE = 1e-6
_STENCIL = _NUDGE * np.vstack((np.zeros(3), np.eye(3)))
# Past 1 / (l m) the dependence would make a score impossible and stops to count.
_RHO_MAX = 0.2
_HALVINGS_MAX = 30


class Opening(NamedTuple):
    """What prices before kick-off imply: goals at level scores, and their dependence, in 10^-6."""

    home_rate_micro: int
    away_rate_micro: int
    rho_micro: int = 0


def opening(prices: Mapping[str, int], parameters: Parameters = DEFAULTS) -> Opening:
    """Fit expected goals and their dependence to 1X2 and totals, by selection id in thousandths.

    Margins come off by the power method; then Gauss-Newton on the logarithms of the rates over
    the score grid that `quote` prices from, all fitted probabilities weighing the same. Without
    totals the total is drawn to what 1X2 says of it (`usual_total`), and the dependence follows
    the draw. Other markets' prices are not read.

    Raises:
        Refusal: `result_prices_missing`, `price_out_of_range`, `market_sum_out_of_range`, or
            `prices_do_not_fit` when no pair of rates comes near the prices.
    """
    selections, wanted = _targets(prices)
    has_totals = len(selections) > len(_RESULT)

    weights = score_weights(tuple(selections))
    usual = usual_total(wanted, parameters)

    def misses(points: Floats) -> Floats:
        priced: Floats = _effective(points, weights, parameters) - wanted
        drift = np.exp(points[:, :2]).sum(axis=1) - usual
        return np.column_stack(
            (priced, _RHO_WEIGHT * points[:, 2], (not has_totals) * _TOTAL_WEIGHT * drift)
        )

    # A start with the right favourite saves a step or two.
    side, tilt = log(usual / 2), 0.9 * (wanted[0] - wanted[2])
    point, missed = _gauss_newton(misses, np.array([side + tilt, side - tilt, 0.0]))
    worst = np.abs(missed[: len(wanted)]).max()
    if not worst <= _MISS_MAX:
        raise Refusal("prices_do_not_fit", f"a probability is missed by {worst:.3f}")
    fitted = np.append(np.exp(point[:2]), point[2:])
    return Opening(*np.rint(fitted * MICROS).astype(np.int64).tolist())


def usual_total(result: Floats, parameters: Parameters) -> float:
    """Goals at level scores where home, draw and away have these probabilities.

    A regression of its logarithm on the square of the favourite's lead and on the draw.
    """
    base, by_lead, by_draw = parameters.total_by_result
    return exp(base + by_lead * (result[0] - result[2]) ** 2 + by_draw * result[1])


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


def _effective(points: Floats, weights: tuple[Floats, Floats], parameters: Parameters) -> Floats:
    """Probabilities that a bet wins if it is not refunded, a row for each point of the fit."""
    grids = grids_of(np.column_stack((np.exp(points[:, :2]), points[:, 2])), parameters)
    won, refunded = weights
    effective: Floats = (grids @ won) / (1.0 - grids @ refunded)
    return effective


def _gauss_newton(misses: Callable[[Floats], Floats], point: Floats) -> tuple[Floats, Floats]:
    """Least squares in three unknowns; steps are halved until the sum of squares falls.

    `misses` takes several points at once, one a row. Gives the point and what it misses by.
    """
    low = np.array([log(_RATE_MIN), log(_RATE_MIN), -_RHO_MAX])
    high = np.array([log(_RATE_MAX), log(_RATE_MAX), _RHO_MAX])
    residuals, columns = _value_and_slopes(misses, point)
    for _ in range(_STEPS_MAX):
        step = np.linalg.solve(columns.T @ columns, columns.T @ -residuals)
        for _ in range(_HALVINGS_MAX):
            moved = np.clip(point + step, low, high)
            tried, slopes = _value_and_slopes(misses, moved)
            if tried @ tried <= residuals @ residuals:
                break
            step /= 2
        else:
            return point, residuals
        point, residuals, columns = moved, tried, slopes
        if np.abs(step).max() < _STEP_TOLERANCE:
            break
    return point, residuals


def _value_and_slopes(misses: Callable[[Floats], Floats], point: Floats) -> tuple[Floats, Floats]:
    """The point itself, and a little more of each unknown, in one look-up."""
    values = misses(point + _STENCIL)
    return values[0], (values[1:] - values[0]).T / _NUDGE

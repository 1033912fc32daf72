"""Margins: from quoted inverse prices to fair probabilities, and back, in any sport.

Every function takes markets as rows: shape (..., n) for any number of markets of n outcomes.
An inverse price is 1 / decimal price; those of a market sum to 1 + margin.

Three of the methods are one family with a shape (`Method` says which), after Box and Cox's
transformation (1964) y(x) = (1 - x^shape) / shape, with y = -log x at shape 0: putting a margin on
shrinks every y of a market by one common factor, taking it off stretches them by one. In a small
margin a runner's share, relative to its probability, is y(p): the lower the shape the more evenly
the margin lies, and the higher the more of it the outsiders carry, which is the
favourite-longshot bias of a book.

    shape -> -inf   multiplicative: the same share of every probability
    shape -1        odds ratio: the odds of every outcome times one number
    shape 0         power: every probability to one power
    shape 1         distance from certainty, near to additive: outsiders pay nearly all
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.refusal import Refusal

Floats = NDArray[np.float64]


class Method(StrEnum):
    """How a margin lies over the outcomes of a market.

    Sources: Shin (1993) for `SHIN`, in the form of Jullien and Salanié (1994); Cheung for
    `ODDS_RATIO`; Clarke, Kovalchik and Ingram (2017) for `POWER` and a comparison of all.
    `LOGARITHMIC`, one number added to the logarithm of every outcome's odds, is the odds ratio
    in other words; its parameter is that number.
    """

    MULTIPLICATIVE = "multiplicative"
    ADDITIVE = "additive"
    POWER = "power"
    ODDS_RATIO = "odds_ratio"
    SHIN = "shin"
    LOGARITHMIC = "logarithmic"


_SHAPES = {Method.POWER: 0.0, Method.ODDS_RATIO: -1.0, Method.LOGARITHMIC: -1.0}

# By then a margin is shared as the multiplicative method does it, to six digits, and one in 10^18
# still has a finite y.
SHAPE_MIN = -16.0

# Times the logarithm of the smallest double, 745, it moves no last digit; of one that is nearer to
# 0 `expm1` loses them all.
_SHAPE_OF_NOTHING = 1e-20

# Newton doubles the digits at each step once it is near, and halving the bracket gets it there:
# 12 or so are enough in practice, the rest is a limit.
_STEPS_MAX = 200
# Below 1 in every exact figure, so the nearest double that says it.
_BELOW_1 = float(np.nextafter(1.0, 0.0))
# What rounding takes off a sum of some dozen doubles at the most.
_ROUNDING = 1e-14
# A Newton step this small leaves its square, less than the rounding of the sums.
_TOLERANCE = 1e-13


def remove(quoted: Floats, method: Method | float) -> Floats:
    """Fair probabilities behind inverse prices; each market's sum to 1.

    Args:
        quoted: inverse prices, each within (0, 1), shape (..., n).
        method: one of `Method`, or a shape of the family.

    Raises:
        Refusal: `inverse_price_out_of_range`; `probability_out_of_range` when the method leaves
            [0, 1], as additive and shapes above 0 do with outsiders; `margin_out_of_reach` when
            it knows no such margin, as Shin's knows none below 0.
    """
    _check(quoted, "inverse_price_out_of_range")
    if method is Method.MULTIPLICATIVE:
        return _by_share(quoted, 1.0)
    if method is Method.ADDITIVE:
        return _checked(_by_addition(quoted, 1.0), "probability_out_of_range")
    if method is Method.SHIN:
        return _shin_probabilities(quoted, _insiders_of_quoted(quoted)[..., np.newaxis])
    return _checked(_shaped(quoted, 1.0, _shape(method)), "probability_out_of_range")


def apply(probabilities: Floats, margin: Floats | float, method: Method | float) -> Floats:
    """Inverse prices that carry a margin; the inverse of `remove` for the same method.

    Args:
        probabilities: each within (0, 1), each market's summing to 1, shape (..., n).
        margin: what a market's inverse prices sum to above 1, one for all or shape (...).
        method: one of `Method`, or a shape of the family.

    Raises:
        Refusal: `probability_out_of_range`; `margin_out_of_reach` when the method cannot carry the
            margin: an inverse price would pass 1, or Shin's would need more insiders than bettors.
            A shape passes 1 with none: one that is nearer to 1 than a double can tell is the
            double below, and `remove` then finds fewer digits of the outsiders.
    """
    _check(probabilities, "probability_out_of_range")
    total = 1.0 + np.asarray(margin, dtype=np.float64)
    if (total <= 0.0).any() or (total >= probabilities.shape[-1]).any():
        raise Refusal("margin_out_of_reach", f"{margin} on {probabilities.shape[-1]} outcomes")
    if method is Method.MULTIPLICATIVE:
        quoted = _by_share(probabilities, total)
    elif method is Method.ADDITIVE:
        quoted = _by_addition(probabilities, total)
    elif method is Method.SHIN:
        insiders = _insiders_of_fair(probabilities, total)
        quoted = np.sqrt(total)[..., np.newaxis] * _shin_roots(probabilities, insiders)
    else:
        quoted = _shaped(probabilities, total, _shape(method))
    return _checked(quoted, "margin_out_of_reach")


def parameter(quoted: Floats, method: Method | float) -> Floats:
    """The method's figure of each market: the power, c, z, or what else it says, shape (...).

    Multiplicative tells the sum, additive what each outcome carries; a shape its factor.

    Raises:
        Refusal: as `remove`.
    """
    _check(quoted, "inverse_price_out_of_range")
    if method is Method.MULTIPLICATIVE:
        return np.asarray(quoted.sum(axis=-1))
    if method is Method.ADDITIVE:
        return np.asarray((quoted.sum(axis=-1) - 1.0) / quoted.shape[-1])
    if method is Method.SHIN:
        return _insiders_of_quoted(quoted)
    log_factor = _log_factor(transformed(quoted, _shape(method)), 1.0, _shape(method))
    return log_factor if method is Method.LOGARITHMIC else np.exp(log_factor)


def transformed(x: Floats, shape: float) -> Floats:
    """Box and Cox's y of x within (0, 1], 0 at 1; exact near 1 as `expm1` is."""
    logs = np.log(x)
    return -logs if shape == 0.0 else -np.expm1(shape * logs) / shape


def restored(y: Floats, shape: float) -> Floats:
    """The x whose y this is: 0 where no x above 0 has it, as happens for shapes above 0."""
    if shape == 0.0:
        return np.exp(-y)
    return np.exp(np.log1p(np.maximum(-1.0, -shape * y)) / shape)


def _shape(method: Method | float) -> float:
    if isinstance(method, Method):
        return _SHAPES[method]
    if not SHAPE_MIN <= method <= 1.0:
        raise ValueError(f"a shape is {SHAPE_MIN:g} to 1, not {method}")
    return 0.0 if abs(method) < _SHAPE_OF_NOTHING else method


def _check(x: Floats, reason: str) -> None:
    if x.shape[-1] < 2:
        raise Refusal(reason, f"a market of {x.shape[-1]} outcomes")
    # Said so that a NaN is refused as well.
    if not ((x > 0.0) & (x < 1.0)).all():
        raise Refusal(reason, f"{x.min()} to {x.max()} is not within (0, 1)")


def _checked(x: Floats, reason: str) -> Floats:
    _check(x, reason)
    return x


def _by_share(x: Floats, total: Floats | float) -> Floats:
    return np.asarray(x * (total / x.sum(axis=-1))[..., np.newaxis])


def _by_addition(x: Floats, total: Floats | float) -> Floats:
    return np.asarray(x + ((total - x.sum(axis=-1)) / x.shape[-1])[..., np.newaxis])


def _shaped(x: Floats, total: Floats | float, shape: float) -> Floats:
    y = transformed(x, shape)
    with np.errstate(divide="ignore"):
        factor = np.exp(_log_factor(y, total, shape))[..., np.newaxis]
        return np.minimum(restored(factor * y, shape), _BELOW_1)


def _log_factor(y: Floats, total: Floats | float, shape: float) -> Floats:
    """The logarithm of the factor of y for which each market sums to `total`.

    It lies between those that bring the smallest x of a market and its largest to an even share.
    """
    even = transformed(np.asarray(total, dtype=np.float64) / y.shape[-1], shape)

    def miss(log_factor: Floats) -> tuple[Floats, Floats]:
        stretched = np.exp(log_factor)[..., np.newaxis] * y
        x = restored(stretched, shape)
        powers = x if shape == 0.0 else np.power(x, 1.0 - shape)
        return x.sum(axis=-1) - total, -(stretched * powers).sum(axis=-1)

    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        low, high = (np.log(even / most) for most in (y.max(axis=-1), y.min(axis=-1)))
        return _root(miss, low, high, 0.0)


def _shin_probabilities(quoted: Floats, insiders: Floats) -> Floats:
    # Rationalised: the usual form, (root - z) / (2 (1 - z)), loses the digits of outsiders.
    share = quoted * quoted / quoted.sum(axis=-1, keepdims=True)
    root = np.sqrt(insiders * insiders + 4.0 * (1.0 - insiders) * share)
    return np.asarray(2.0 * share / (root + insiders))


def _shin_roots(probabilities: Floats, insiders: Floats) -> Floats:
    z = insiders[..., np.newaxis]
    return np.sqrt(probabilities * (z + (1.0 - z) * probabilities))


def _insiders_of_quoted(quoted: Floats) -> Floats:
    total = quoted.sum(axis=-1)
    if (total < 1.0 - _ROUNDING).any():
        raise Refusal("margin_out_of_reach", f"no share of insiders makes a sum of {total.min()}")
    share = quoted * quoted / total[..., np.newaxis]

    def miss(insiders: Floats) -> tuple[Floats, Floats]:
        z = insiders[..., np.newaxis]
        root = np.sqrt(z * z + 4.0 * (1.0 - z) * share)
        fair = 2.0 * share / (root + z)
        slope = -fair * ((z - 2.0 * share) / root + 1.0) / (root + z)
        return fair.sum(axis=-1) - 1.0, slope.sum(axis=-1)

    return _root(miss, np.zeros(total.shape), np.ones(total.shape), 0.0)


def _insiders_of_fair(probabilities: Floats, total: Floats) -> Floats:
    wanted = np.broadcast_to(np.sqrt(total), probabilities.shape[:-1])
    most = np.sqrt(probabilities).sum(axis=-1)
    if (wanted > most).any() or (wanted < 1.0).any():
        raise Refusal("margin_out_of_reach", f"insiders carry margins of 0 to {most**2 - 1.0}")

    def miss(insiders: Floats) -> tuple[Floats, Floats]:
        roots = _shin_roots(probabilities, insiders)
        slope = probabilities * (1.0 - probabilities) / (2.0 * roots)
        return wanted - roots.sum(axis=-1), -slope.sum(axis=-1)

    return _root(miss, np.zeros(wanted.shape), np.ones(wanted.shape), 0.0)


def _root(
    miss: Callable[[Floats], tuple[Floats, Floats]], low: Floats, high: Floats, start: float
) -> Floats:
    """Root of each falling function: Newton's steps, or the bracket's middle if one leaves it."""
    below, above = low, high
    x = np.full(low.shape, start)
    for _ in range(_STEPS_MAX):
        value, slope = miss(x)
        below, above = np.where(value > 0.0, x, below), np.where(value > 0.0, above, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            stepped = x - value / slope
        inside = (stepped >= below) & (stepped <= above)
        moved = np.where(inside, stepped, (below + above) / 2.0)
        settled = np.abs(moved - x) <= _TOLERANCE * np.maximum(1.0, np.abs(x))
        x = moved
        if settled.all() or (value == 0.0).all():
            break
    return x

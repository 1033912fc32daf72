"""What an exchange's 1X2 says of the sides beyond prices, score, cards and shots: a Kalman pull.

The exchange knows what no feed of ours tells: a side's form today, an injury, ten men who hold on.
Its offers are an observation of both log rates with noise: half the spread, more where little
money stands behind it. Log rates are pulled towards it as far as our own doubt and its noise say
(an iterated extended Kalman filter: Bell and Cathey, 1993), and drift back to the model's own as
play goes on without offers (an Ornstein-Uhlenbeck process). How far apart the two were, in standard
errors, is told with each pull, so that whoever trades can stop when one of them must be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import INDEX
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.replace import replace
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.pricing.football.grid import grids_of, score_weights
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match, Parameters
from overround.domain.pricing.football.pull import Pull, Pulling, kept_since

Floats = NDArray[np.float64]

_OUTCOMES = ("home", "draw", "away")
_RESULT = tuple(INDEX[f"1x2/{outcome}"] for outcome in _OUTCOMES)
# The middles of three spreads sum to 1 but for the spreads' own width.
_BOOK_MIN, _BOOK_MAX = 0.9, 1.1
_STEPS = 4
# Beyond, the two differ by less than a hundredth of themselves, and the chance has no digits left.
_NORMAL_MAX = 30.0
_NUDGE = 1e-4
_NUDGES = _NUDGE * np.vstack((np.zeros(2), np.eye(2)))
# So many spreads of the prior off, an exchange is not evidence of a side's form but of something
# that one of us has not seen, and small steps towards it add up.
_SPREADS_MAX = 3.0


@dataclass(frozen=True, slots=True)
class Offers:
    """The best offers of an outcome: prices in thousandths, sizes in hundredths."""

    back_milli: int
    back_size_minor: int
    lay_milli: int
    lay_size_minor: int


def _passed(match: Match, at_us: int, pulling: Pulling) -> tuple[Floats, Floats]:
    """Mean and covariance without offers since: nearer to none, as uncertain as at first.

    Prices change with play alone, so that the mean does; what is known ages at rest as well.
    """
    alone = pulling.spread**2 * np.eye(2)
    pull = match.pull
    if pull is None:
        return np.zeros(2), alone
    kept = kept_since(pull, match.clock_s, pulling)
    known = min(kept, exp(-_silent_s(pull, at_us) / pulling.forgotten_s)) ** 2
    variances = [pull.home_variance_micro, pull.away_variance_micro]
    covariance = (np.diag(variances) + pull.covariance_micro * np.eye(2)[::-1]) / MICROS
    mean = kept * np.array([pull.home_micro, pull.away_micro]) / MICROS
    return mean, known * covariance + (1.0 - known) * alone


def _silent_s(pull: Pull, at_us: int) -> float:
    return max(0.0, (at_us - pull.heard_at_us) / MICROS_PER_SECOND)


def observed(
    offers: Mapping[str, Offers], pulling: Pulling = DEFAULTS.pulling
) -> tuple[Floats, Floats]:
    """Probabilities of a home and an away win, and their variances, shape (2,) each.

    Args:
        offers: of `home`, `draw` and `away`.
        pulling: the figures of the pull.

    Raises:
        Refusal: `offers_missing` when an outcome has none on a side, or no size behind one;
            `price_out_of_range`; `offers_crossed` when one backs above where another lays;
            `market_sum_out_of_range`.
    """
    if any(outcome not in offers for outcome in _OUTCOMES):
        raise Refusal("offers_missing", f"only of {', '.join(sorted(offers)) or 'nothing'}")
    middles, variances = zip(*(_middle(offers[each], pulling) for each in _OUTCOMES), strict=True)
    book = sum(middles)
    if not _BOOK_MIN <= book <= _BOOK_MAX:
        raise Refusal("market_sum_out_of_range", f"the middles of 1X2 sum to {book:.3f}")
    home, _, away = (middle / book for middle in middles)
    return np.array([home, away]), np.array([variances[0], variances[2]])


def _middle(offers: Offers, pulling: Pulling) -> tuple[float, float]:
    """The middle of the spread as a probability, and the variance of its noise."""
    if not PRICE_MILLI_MIN <= offers.back_milli <= PRICE_MILLI_MAX:
        raise Refusal("price_out_of_range", f"to back at {offers.back_milli}")
    if not PRICE_MILLI_MIN <= offers.lay_milli <= PRICE_MILLI_MAX:
        raise Refusal("price_out_of_range", f"to lay at {offers.lay_milli}")
    if offers.back_milli > offers.lay_milli:
        raise Refusal("offers_crossed", f"{offers.back_milli} to back, {offers.lay_milli} to lay")
    size_minor = min(offers.back_size_minor, offers.lay_size_minor)
    if size_minor <= 0:
        raise Refusal("offers_missing", f"{size_minor} behind an offer")
    high, low = 1_000.0 / offers.back_milli, 1_000.0 / offers.lay_milli
    # Anywhere in the spread alike: a third of the square of half its width.
    noise = ((high - low) / 2.0) ** 2 / 3.0 + pulling.probability_noise**2
    return (high + low) / 2.0, noise * (1.0 + pulling.size_half_minor / size_minor)


def pulled(
    match: Match, offers: Mapping[str, Offers], at_us: int, parameters: Parameters = DEFAULTS
) -> tuple[Pull, float]:
    """A match's pull after an exchange's offers, and how many standard errors they were off before.

    The most likely log rates given both, by Gauss-Newton from the pull as it is; the distance is
    `distance_of` the offers.

    Args:
        match: the match when they were heard; what it has of a pull is the start.
        offers: of `home`, `draw` and `away`.
        at_us: when they were heard, by a clock that goes on while play rests.
        parameters: the figures of the model.

    Raises:
        Refusal: see `distance_of`.
    """
    start = _compared(match, offers, at_us, parameters)
    news = _news(match.pull, at_us, parameters.pulling)
    if match.pull is not None and news <= 0.0:
        return match.pull, start.distance
    mean, prior, noise = start.mean, start.prior, np.diag(start.noise / news)
    point, expected, slopes = mean, start.expected, start.slopes
    most = _SPREADS_MAX * parameters.pulling.spread
    for _ in range(_STEPS):
        gain = np.linalg.solve(slopes @ prior @ slopes.T + noise, slopes @ prior).T
        step = mean + gain @ (start.wanted - expected - slopes @ (mean - point))
        point = np.clip(step, -most, most)
        expected, slopes = _result(match, point, parameters)
    left = prior - gain @ slopes @ prior
    return _kept(at_us, match.clock_s, point, (left + left.T) / 2.0), start.distance


def distance_of(
    match: Match, offers: Mapping[str, Offers], at_us: int, parameters: Parameters = DEFAULTS
) -> float:
    """How far offers are from what was expected of them (Mahalanobis, two degrees of freedom).

    Raises:
        Refusal: see `observed`; `match_not_priced` when there is nothing left to pull.
    """
    return _compared(match, offers, at_us, parameters).distance


class _Compared(NamedTuple):
    """Offers, and what is expected of them: rates in log, chances of home and away, (2,) each."""

    wanted: Floats
    noise: Floats
    mean: Floats
    prior: Floats
    expected: Floats
    slopes: Floats
    distance: float


def _compared(
    match: Match, offers: Mapping[str, Offers], at_us: int, parameters: Parameters
) -> _Compared:
    if not match.is_priced:
        raise Refusal("match_not_priced", match.period)
    wanted, noise = observed(offers, parameters.pulling)
    mean, prior = _passed(match, at_us, parameters.pulling)
    expected, slopes = _result(match, mean, parameters)
    doubt = slopes @ prior @ slopes.T + np.diag(noise)
    missed = wanted - expected
    distance = sqrt(float(missed @ np.linalg.solve(doubt, missed)))
    return _Compared(wanted, noise, mean, prior, expected, slopes, distance)


def sigmas_of(distance: float) -> float:
    """Standard errors of one normal variable that are as rare as this distance of two.

    P(chi-squared of 2 > d^2) = exp(-d^2 / 2), set equal to the chance of both tails.
    """
    if distance > _NORMAL_MAX:
        return distance
    return -NormalDist().inv_cdf(exp(-(distance**2) / 2.0) / 2.0)


def _news(pull: Pull | None, at_us: int, pulling: Pulling) -> float:
    """How much of an observation offers are that were heard now, from 0 to 1."""
    if pull is None:
        return 1.0
    return min(1.0, _silent_s(pull, at_us) / pulling.news_s)


def _kept(at_us: int, clock_s: int, point: Floats, left: Floats) -> Pull:
    home, away = np.rint(MICROS * point).astype(np.int64).tolist()
    (home_variance, covariance), (_, away_variance) = (
        np.rint(MICROS * left).astype(np.int64).tolist()
    )
    variances = max(1, home_variance), max(1, away_variance)
    return Pull(at_us, clock_s, home, away, *variances, covariance)


def _result(match: Match, point: Floats, parameters: Parameters) -> tuple[Floats, Floats]:
    """Probabilities of home and away wins at these log factors, and their slopes, (2, 2)."""
    home, away, rho = remaining_rates(replace(match, pull=None), parameters)
    factors = np.exp(point + _NUDGES)
    points = np.column_stack((factors * (home, away), np.full(len(factors), rho)))
    won, _ = score_weights(_RESULT)
    chances = grids_of(points, parameters, match.home_goals, match.away_goals).dot(won)[:, [0, 2]]
    slopes: Floats = (chances[1:] - chances[0]).T / _NUDGE
    return chances[0], slopes

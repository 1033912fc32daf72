"""Beliefs about serves: of a tour from points that were played, of a match from its prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.quoted import fair, main_line, solved
from overround.domain.pricing.tennis.belief import SERVES, grid_tables, log_prior, weights
from overround.domain.pricing.tennis.catalogue import INDEX, TOTAL_LINES
from overround.domain.pricing.tennis.model import BEST_OF_THREE, MICROS, TOUR, Belief, Format, Match
from overround.domain.pricing.tennis.price import probabilities
from overround.domain.pricing.tennis.running import win_by_pair

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# What is tried: shares of points around the tour's own, points of strength, dependence. Each step
# moves a log loss by less than its own error on a season.
_MEAN_STEPS = 0.005 * np.arange(-3, 4)
_STRENGTHS = (20, 30, 40, 50, 60, 70, 80, 100, 120, 150, 200)
_RHOS = (-0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.2)

# A favourite beyond these serves better than anybody has over a season.
_SERVE_MIN, _SERVE_MAX = 0.40, 0.85
_LEVEL_MIN, _LEVEL_MAX = 0.50, 0.78


def tour_belief(won: Counts, served: Counts) -> Belief:
    """The belief under which the points of many matches were the most likely.

    The marginal likelihood of a match's points is the product of the forecasts that the filter
    made of each before it came, so this is the least log loss point by point. Searched on a
    grid, coordinate by coordinate until nothing is better.

    Args:
        won: points won on serve by home and away in each match, shape (n, 2).
        served: points served by them, shape (n, 2).

    Raises:
        ValueError: no points.
    """
    if not served.sum():
        raise ValueError("no points to learn a tour from")
    shares_of = tuple(_likelihoods(won[:, side], served[:, side]) for side in (0, 1))
    pooled = round(float(won.sum() / served.sum()), 3)
    best = Belief(*(round(pooled * MICROS),) * 2, _STRENGTHS[4] * MICROS, 0)
    tried: dict[Belief, float] = {}

    def loss(belief: Belief) -> float:
        if belief not in tried:
            tried[belief] = _loss(belief, *shares_of)
        return tried[belief]

    means = [round((pooled + step) * MICROS) for step in _MEAN_STEPS.tolist()]
    while True:
        before = best
        best = min((replace(best, strength_micro=s * MICROS) for s in _STRENGTHS), key=loss)
        best = min((replace(best, rho_micro=round(r * MICROS)) for r in _RHOS), key=loss)
        best = min((replace(best, home_serve_micro=m, away_serve_micro=m) for m in means), key=loss)
        if best == before:
            return best


def opening(prices: Mapping[str, int], form: Format = BEST_OF_THREE, tour: Belief = TOUR) -> Belief:
    """The belief from which a match is priced as others price it before its first point.

    Both prices of the match winner are needed and set the difference between the serves; the
    over and under of total games nearest to evens, if any, set their mean, which is the tour's
    without. Margins come off by the power method. Other prices are not read.

    Args:
        prices: thousandths by selection id.
        form: how the match is won.
        tour: strength and dependence of the belief, and its mean where no total is priced.

    Raises:
        Refusal: `match_prices_missing`, `price_out_of_range`, `market_sum_out_of_range` or
            `prices_do_not_fit`.
    """
    wins = fair(prices, "match_winner", ("home", "away"))
    if wins is None:
        raise Refusal("match_prices_missing", "an opening needs both prices of the match winner")

    def belief(mean: float) -> Belief:
        reach = 2 * min(_SERVE_MAX - mean, mean - _SERVE_MIN)
        gap = solved(lambda gap: _win(_apart(tour, mean, gap), form) - wins, -reach, reach)
        return _apart(tour, mean, gap)

    main = main_line(prices, "total_games", ("over", "under"), TOTAL_LINES)
    if main is None:
        return belief((tour.home_serve_micro + tour.away_serve_micro) / 2 / MICROS)
    line, over = main
    place = INDEX[f"total_games:{line:g}/over"]

    def miss(mean: float) -> float:
        return float(probabilities(Match(form, belief(mean)))[0][place]) - over

    return belief(solved(miss, _LEVEL_MIN, _LEVEL_MAX))


def _apart(tour: Belief, mean: float, gap: float) -> Belief:
    home, away = (round((mean + half) * MICROS) for half in (gap / 2, -gap / 2))
    return replace(tour, home_serve_micro=home, away_serve_micro=away)


def _win(belief: Belief, form: Format) -> float:
    match = Match(form, belief)
    return float(weights(match) @ win_by_pair(match, grid_tables(form)))


def _likelihoods(won: Counts, served: Counts) -> Floats:
    """Of each player's points at each of `SERVES`, shape (n, 29), the greatest of a row 1."""
    lost = served - won
    logs = np.outer(won, np.log(SERVES)) + np.outer(lost, np.log1p(-SERVES))
    likelihoods: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    return likelihoods


def _loss(belief: Belief, home: Floats, away: Floats) -> float:
    logs = log_prior(belief)
    prior = np.exp(logs - logs.max())
    marginal = np.einsum("ni,ij,nj->n", home, prior / prior.sum(), away, optimize=True)
    return float(-np.log(marginal).mean())

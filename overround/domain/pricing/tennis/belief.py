"""What is believed of both serves: a joint prior over a grid of pairs, updated by points."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.tennis.ahead import Tables
from overround.domain.pricing.tennis.model import (
    DEFAULTS,
    MICROS,
    Belief,
    Format,
    Match,
    Parameters,
)

Floats = NDArray[np.float64]
Counts = NDArray[np.float64] | NDArray[np.int64]

# From the weakest serves of either tour to the strongest. After 400 points on one serve a belief
# still has a standard deviation of 0.9 steps, at which sums over the grid are integrals to 1e-7.
SERVES = 0.25 + 0.025 * np.arange(29)
"""The shares of points won on serve that are weighed, for each player."""

HOME_SERVES, AWAY_SERVES = (each.ravel() for each in np.meshgrid(SERVES, SERVES, indexing="ij"))
"""All pairs of them, shape (841,)."""

_LOG_WON, _LOG_LOST = np.log(SERVES), np.log1p(-SERVES)
# Quantiles are summed over this many parts of each step.
_FINE = 40
_QUANTILE_MIN = 1e-12


def weights(match: Match, parameters: Parameters = DEFAULTS) -> Floats:
    """How probable each pair of serves is after the points seen, shape (841,); they sum to 1."""
    if not parameters.learns:
        return posterior(match.belief, np.zeros(2), np.zeros(2))
    return posterior(match.belief, np.array(match.won), np.array(match.served))


def posterior(belief: Belief, won: Counts, served: Counts) -> Floats:
    """The same for many moments at once, shape (..., 841), from counts of shape (..., 2).

    The prior is two Beta distributions joined by a Gaussian copula; with points it is conjugate
    in each serve, so only counts enter (Beta-Binomial filter).
    """
    lost = served - won
    by_serve = won[..., np.newaxis] * _LOG_WON + lost[..., np.newaxis] * _LOG_LOST
    logs = log_prior(belief) + by_serve[..., 0, :, np.newaxis] + by_serve[..., 1, np.newaxis, :]
    logs = logs.reshape(*won.shape[:-1], len(HOME_SERVES))
    odds = np.exp(logs - logs.max(axis=-1, keepdims=True))
    chances: Floats = odds / odds.sum(axis=-1, keepdims=True)
    return chances


@lru_cache(maxsize=1_024)
def log_prior(belief: Belief) -> Floats:
    """The logarithm of the density of each pair, shape (29, 29), up to a constant."""
    strength = belief.strength_micro / MICROS
    home, home_scores = _beta(belief.home_serve_micro / MICROS, strength)
    away, away_scores = _beta(belief.away_serve_micro / MICROS, strength)
    rho = belief.rho_micro / MICROS
    x, y = home_scores[:, np.newaxis], away_scores
    copula = (2.0 * rho * x * y - rho**2 * (x**2 + y**2)) / (2.0 * (1.0 - rho**2))
    logs: Floats = home[:, np.newaxis] + away + copula
    return logs


def _beta(mean: float, strength: float) -> tuple[Floats, Floats]:
    """A Beta's log density on the grid, and the normal quantile of each of its points."""
    a, b = mean * strength - 1.0, (1.0 - mean) * strength - 1.0
    count = len(SERVES) * _FINE
    step = (SERVES[1] - SERVES[0]) / _FINE
    fine = SERVES[0] + step * (np.arange(count) - (_FINE - 1) / 2)
    logs = a * np.log(fine) + b * np.log1p(-fine)
    density = np.exp(logs - logs.max())
    below = (np.cumsum(density) / density.sum())[_FINE // 2 - 1 :: _FINE]
    bounded = np.clip(below, _QUANTILE_MIN, 1.0 - _QUANTILE_MIN)
    scores = np.array([NormalDist().inv_cdf(quantile) for quantile in bounded.tolist()])
    return a * _LOG_WON + b * _LOG_LOST, scores


@lru_cache(maxsize=6)
def grid_tables(form: Format) -> Tables:
    """The chains of a format for every pair of the grid."""
    return Tables.of(form, HOME_SERVES, AWAY_SERVES)

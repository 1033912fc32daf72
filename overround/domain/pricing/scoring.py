"""How good probabilities were, and whether one model's were better than another's."""

from __future__ import annotations

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# A probability of nothing that then happens would cost infinity; none is surer than this.
_PROBABILITY_MIN = 1e-12


def log_loss(probabilities: Floats, outcomes: NDArray[np.intp]) -> Floats:
    """Minus the natural logarithm of what was given to each outcome that came, shape (n,).

    Args:
        probabilities: shape (n, outcomes), rows sum to 1.
        outcomes: the column that came true, shape (n,).
    """
    given = probabilities[np.arange(len(outcomes)), outcomes]
    losses: Floats = -np.log(np.maximum(given, _PROBABILITY_MIN))
    return losses


def bootstrap_interval(
    differences: Floats, seed: int, resamples: int = 1_000
) -> tuple[float, float]:
    """The 95 % percentile interval of a mean of paired differences (Efron 1979).

    Args:
        differences: one for each match, shape (n,): what belongs together is drawn together.
        seed: of the draws, so that a figure can be made again.
        resamples: how many sets of n are drawn, with replacement.
    """
    rng, count = default_rng(seed), len(differences)
    means = [differences[rng.integers(0, count, count)].mean() for _ in range(resamples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def brier(probabilities: Floats, outcomes: NDArray[np.intp]) -> Floats:
    """Sum of squared errors over the outcomes (Brier 1950), shape (n,); arguments as above."""
    errors = probabilities - _happened(probabilities, outcomes)
    scores: Floats = (errors**2).sum(axis=1)
    return scores


def ranked_probability_score(probabilities: Floats, outcomes: NDArray[np.intp]) -> Floats:
    """Mean squared error of the cumulated probabilities (Epstein 1969), shape (n,).

    For outcomes that have an order, such as home, draw, away.
    """
    errors = np.cumsum(probabilities - _happened(probabilities, outcomes), axis=1)[:, :-1]
    scores: Floats = (errors**2).mean(axis=1)
    return scores


def calibration_error(probabilities: Floats, happened: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: how far what was said is from what came, by tenths of it.

    Args:
        probabilities: of one event each, shape (n,).
        happened: whether it came, shape (n,).
        bins: of equal width.
    """
    place = np.minimum((probabilities * bins).astype(np.intp), bins - 1)
    off = np.bincount(place, probabilities - happened, minlength=bins)
    return float(np.abs(off).sum() / len(probabilities))


def _happened(probabilities: Floats, outcomes: NDArray[np.intp]) -> Floats:
    one_hot = np.zeros_like(probabilities)
    one_hot[np.arange(len(outcomes)), outcomes] = 1.0
    return one_hot

"""Corners and cards: how many each side gets, together and apart.

The two sides' counts are not independent, and not in the same way: a side that presses takes its
corners from the other, while cards answer cards. So the total is drawn first and then shared out.

The total is a Poisson count of gamma rate (negative binomial): what has been counted updates the
rate by the conjugate rule (Gelman et al., Bayesian Data Analysis, 2.6). Given a total of n, the
first side has h of them with weight C(n, h) odds^h evenness^(h (n - h)), the multiplicative
binomial (Altham, 1978): an evenness below 1 parts the sides, above 1 it brings them together.
Which of them come first is of no account, so it holds of what is still to come as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lgamma
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 20
"""Counts of a side to come run from 0 to 19. More come once in 10^4 matches and are left out."""

_TOTALS = 2 * MOST - 1


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something is counted in a match, and for whom.

    `log_mean` and `log_mean_by_gap` give the logarithm of the expected total, the second times
    g^2, where g is log(home rate / away rate) of the goals expected before kick-off; `size` is the
    gamma rate's shape; `odds` and `odds_by_gap` the log odds of home, the second times g;
    `log_evenness` the logarithm of the evenness.
    """

    log_mean: float
    log_mean_by_gap: float
    size: float
    odds: float
    odds_by_gap: float
    log_evenness: float


# 14,474 matches of 2012-18 with closing odds; the shares by maximum likelihood.
CORNERS = Tally(2.323, 0.015, 53.3, 0.061, 0.308, -0.069)
CARDS = Tally(1.402, -0.051, 18.6, -0.136, -0.417, 0.193)


class ToCome(NamedTuple):
    """Probabilities of what comes, a row a match, each summing to 1.

    `home` and `away` are by count from 0 to 19, `total` from 0 to 38, `lead` by home's count less
    away's from -19 to 19.
    """

    home: Floats
    away: Floats
    total: Floats
    lead: Floats


def to_come(tally: Tally, gap: Floats, left: Floats, home: int = 0, away: int = 0) -> ToCome:
    """What both sides are still to get, in many matches with one count so far.

    Args:
        tally: the figures.
        gap: log of home's expected goals over away's before kick-off, shape (n,).
        left: share of a match's count that comes after now, shape (n,).
        home: what home has so far.
        away: what away has so far.
    """
    ways = _ways(tally.log_evenness, home, away)
    odds = (tally.odds + tally.odds_by_gap * gap)[:, np.newaxis]
    by_home = np.exp(odds * _SIDE)
    by_root = np.exp(odds * _HALVES)
    total = _total(tally, gap, left, home + away)
    # Each total is shared out, so that its probability is over the weights of its shares.
    each = total / (by_home @ ways.home)
    rooted = each * by_root
    return ToCome(
        by_home * (each @ ways.home.T),
        (rooted * by_root) @ ways.away / by_home,
        total,
        (rooted @ ways.lead) * np.exp(odds * _LEADS),
    )


_SIDE = np.arange(MOST, dtype=np.float64)
_HALVES = np.arange(_TOTALS) / 2.0
_LEADS = np.arange(1 - MOST, MOST) / 2.0
_MORE = np.arange(1.0, _TOTALS)


def _total(tally: Tally, gap: Floats, left: Floats, so_far: int) -> Floats:
    mean = np.exp(tally.log_mean + tally.log_mean_by_gap * gap * gap)
    # A gamma rate that was watched for a share of 1 - left, against the share that is left.
    against = mean * left / (tally.size + mean)
    more = np.outer(against, (tally.size + so_far - 1.0 + _MORE) / _MORE)
    first = np.ones((len(more), 1))
    total: Floats = np.multiply.accumulate(np.concatenate((first, more), axis=1), axis=1)
    total /= np.add.reduce(total, axis=1, keepdims=True)
    return total


class _Ways(NamedTuple):
    """Weights of the shares of each total, by home's count, by away's and by the lead."""

    home: Floats
    away: Floats
    lead: Floats


@lru_cache(maxsize=1_024)
def _ways(log_evenness: float, home: int, away: int) -> _Ways:
    """C(h + k, h) evenness^(H K) of h and k more, where H and K count what is there as well."""
    by_home, by_away = np.zeros((MOST, _TOTALS)), np.zeros((_TOTALS, MOST))
    by_lead = np.zeros((_TOTALS, _TOTALS))
    for h, k in np.ndindex(MOST, MOST):
        log_ways = lgamma(h + k + 1) - lgamma(h + 1) - lgamma(k + 1)
        # What is there of both is common to all, and would only overflow.
        together = (home + h) * (away + k) - home * away
        weight = np.exp(log_ways + log_evenness * together)
        by_home[h, h + k] = by_away[h + k, k] = by_lead[h + k, h - k + MOST - 1] = weight
    return _Ways(by_home, by_away, by_lead)

"""What the model has to beat: two independent Poisson counts and the share of goals still to come.

The rates are those that 1X2 closing prices imply, the shares those of the goals of other seasons
than the one that is scored (of all, where there is but one). No cards, no score, no shots.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cli.evaluate.seasons import PlayedMatch, by_season
from overround.domain.pricing.football.course import SCORES, poisson_goals

Floats = NDArray[np.float64]

_STEPS = 30
_NUDGE = 1e-6
_LOG_RATE_MAX = 2.0
_LEADS = np.subtract.outer(np.arange(SCORES), np.arange(SCORES))


def rates(fair: Floats) -> Floats:
    """Both sides' Poisson rates behind fair 1X2 probabilities, shape (n, 3) to (n, 2)."""
    wanted = fair[:, [0, 2]]
    # Newton finds the way from a start that has the right favourite.
    tilt = 0.9 * (wanted[:, :1] - wanted[:, 1:])
    logs = np.log(1.35) + tilt * np.array([1.0, -1.0])
    for _ in range(_STEPS):
        missed = _result(np.exp(logs), 0)[:, [0, 2]] - wanted
        slopes = np.stack(
            [
                (_result(np.exp(logs + nudge), 0)[:, [0, 2]] - wanted - missed) / _NUDGE
                for nudge in _NUDGE * np.eye(2)
            ],
            axis=-1,
        )
        steps = np.linalg.solve(slopes, missed[..., np.newaxis])[..., 0]
        logs = np.clip(logs - np.clip(steps, -0.5, 0.5), -_LOG_RATE_MAX - 2.0, _LOG_RATE_MAX)
    found: Floats = np.exp(logs)
    return found


def scores(rates_: Floats) -> Floats:
    """Probabilities of each final score, shape (n, 16, 16)."""
    home, away = poisson_goals(rates_[:, 0]), poisson_goals(rates_[:, 1])
    grids: Floats = home[:, :, np.newaxis] * away[:, np.newaxis, :]
    return grids


def shares_left(matches: Sequence[PlayedMatch], minutes: Sequence[int]) -> Floats:
    """For each match the share of goals that other seasons have from each minute on: (n, t)."""
    seasons = by_season(list(matches))
    goals = {
        season: np.array([s.minute for place in places for s in matches[place].shots if s.is_goal])
        for season, places in seasons.items()
    }
    shares = np.empty((len(matches), len(minutes)))
    for season, places in seasons.items():
        others = [each for other, each in goals.items() if other != season] or [goals[season]]
        seen = np.concatenate(others)
        shares[places] = [(seen >= minute).mean() for minute in minutes]
    return shares


def in_play(rates_: Floats, shares: Floats, leads: NDArray[np.int64]) -> Floats:
    """1X2 when a share of the goals is left and the home side leads by so many: (n, 3)."""
    left = rates_ * shares[:, np.newaxis]
    result = np.empty((len(left), 3))
    for lead in np.unique(leads):
        at = leads == lead
        result[at] = _result(left[at], int(lead))
    return result


def _result(rates_: Floats, lead: int) -> Floats:
    grids, ahead = scores(rates_), _LEADS + lead
    parts = [grids[:, ahead > 0], grids[:, ahead == 0], grids[:, ahead < 0]]
    result = np.stack([part.sum(axis=1) for part in parts], axis=1)
    normalised: Floats = result / result.sum(axis=1, keepdims=True)
    return normalised

"""The product's football model on many matches at once; a test holds it to the engine itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benches.played.matches import LAST, Floats, Places, Played
from overround.domain.kernel.market import INDEX
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.course import SCORES, log_goals
from overround.domain.pricing.football.grid import many_taus, score_weights
from overround.domain.pricing.football.intensity import share_left
from overround.domain.pricing.football.model import Parameters

RESULT = tuple(INDEX[f"1x2/{side}"] for side in ("home", "draw", "away"))
_HALF_MINUTE = 45


def shares(parameters: Parameters) -> Floats:
    """The share of goals left at each minute from 0 to 100."""
    halves = [
        Period.FIRST_HALF if minute <= _HALF_MINUTE else Period.SECOND_HALF
        for minute in range(LAST + 1)
    ]
    return np.array([share_left(half, 60 * at, parameters) for at, half in enumerate(halves)])


def exposures(played: Played, parameters: Parameters) -> Floats:
    """The share of shots' time that each side trails, is level and leads: (n, 2, 3, 100).

    The score within a minute is that after its goals.
    """
    left = shares(parameters) ** parameters.shots_by_share
    return by_lead(played.leads()) * (left[:-1] - left[1:])


def by_lead(leads: Places) -> NDArray[np.bool_]:
    """Whether each side trails, is level and leads, (n, 2, 3, 100), from the home side's leads."""
    home = np.stack([leads < 0, leads == 0, leads > 0], axis=1)
    return np.stack([home, home[:, ::-1]], axis=1)


def weighted_shots(played: Played, parameters: Parameters) -> Floats:
    """Shots by their quality, (n, 2, 100)."""
    return parameters.shot_alone * played.shots + parameters.shot_by_xg * played.xg


def expected_shots(played: Played, rates: Floats, parameters: Parameters) -> Floats:
    """What prices and score led to expect of `weighted_shots`, (n, 2, 100)."""
    time = exposures(played, parameters)
    at_score = np.einsum("nslk,l->nsk", time, np.array(parameters.shots_by_lead))
    before: Floats = parameters.shots * rates**parameters.shots_by_rate
    return before[:, :, np.newaxis] * at_score


def shot_factors(weighted: Floats, expected: Floats, minute: int, prior: float) -> Floats:
    """What the shots of the minutes before this one do to both rates, (n, 2)."""
    seen, due = (each[:, :, :minute].sum(axis=2) for each in (weighted, expected))
    # Who has told of no shot by then may not tell of any.
    is_told = seen.any(axis=1, keepdims=True)
    factors: Floats = np.where(is_told, (prior + seen) / (prior + due), 1.0)
    return factors


def final_grids(rates: Floats, dependence: Floats, score: Places, parameters: Parameters) -> Floats:
    """Probabilities of the final scores, (n, 256), from remaining goals and the score so far."""
    grids = np.zeros((len(rates), SCORES, SCORES))
    scores, which = np.unique(np.minimum(score, SCORES - 1), axis=0, return_inverse=True)
    for number, (home, away) in enumerate(scores.tolist()):
        at = np.flatnonzero(which.reshape(-1) == number)
        left = _remaining(rates[at], dependence[at] * (home == away), home - away, parameters)
        grids[at, home:, away:] = left[:, : SCORES - home, : SCORES - away]
    flat = grids.reshape(len(rates), -1)
    normalised: Floats = flat / flat.sum(axis=1, keepdims=True)
    return normalised


def _remaining(
    rates: Floats, dependence: Floats, lead: int, parameters: Parameters
) -> NDArray[np.float64]:
    home, away = rates.T
    logs = log_goals(home, away, (lead,), SCORES, parameters)
    grids: Floats = np.exp(logs).reshape(-1, SCORES, SCORES)
    if dependence.any():
        grids[:, :2, :2] *= many_taus(home, away, dependence).reshape(-1, 2, 2)
    return grids


def grids_at(
    played: Played,
    opening: Floats,
    minute: int,
    parameters: Parameters,
    factors: Floats | float = 1.0,
) -> Floats:
    """`final_grids` at a minute, rates times `factors` of shots, cards or what else was seen."""
    left = shares(parameters)[minute]
    rates = opening[:, :2] * left * factors
    return final_grids(rates, opening[:, 2] * left, played.score_at(minute), parameters)


def result_of(grids: Floats) -> Floats:
    """Home, draw and away from final scores, (n, 3)."""
    result: Floats = grids @ score_weights(RESULT)[0]
    return result


def exact_losses(grids: Floats, played: Played) -> Floats:
    """Log loss of the exact final score, (n,)."""
    home, away = np.minimum(played.final, SCORES - 1).T
    losses: Floats = -np.log(np.maximum(grids[np.arange(len(grids)), home * SCORES + away], 1e-12))
    return losses

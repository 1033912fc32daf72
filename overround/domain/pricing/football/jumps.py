"""How far the next goal moves each price: what somebody who saw it first could take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.course import pushed
from overround.domain.pricing.football.grid import score_grid, selection_weights
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.margin import MARKET_OF
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.spread import jump_risk

Floats = NDArray[np.float64]

_IN_PLAY = (Period.FIRST_HALF, Period.SECOND_HALF)


def market_jumps(match: Match, parameters: Parameters = DEFAULTS) -> Floats:
    """Probability that goals move in each market a second, shape (markets,): `spread.jump_risk`.

    Only goals: a dismissal comes fifteen times less often and moves prices less. 0 while no goal
    can fall. Takes three score grids.
    """
    if not match.is_priced or match.period not in _IN_PLAY:
        return np.zeros(MARKET_OF[-1] + 1)
    scored = np.stack([_fair(after, parameters) for after in _after_a_goal(match)])
    risk = jump_risk(_goals_per_s(match, parameters), scored, _fair(match, parameters))
    return np.bincount(MARKET_OF, risk).astype(np.float64)


def _after_a_goal(match: Match) -> tuple[Match, Match]:
    home, away = match.home_goals + 1, match.away_goals + 1
    return (
        replace(match, home_goals=home, regular_home_goals=home),
        replace(match, away_goals=away, regular_away_goals=away),
    )


def _goals_per_s(match: Match, parameters: Parameters) -> Floats:
    """What the next second takes off the expected goals of home and away."""
    now = remaining_rates(match, parameters)[:2]
    then = remaining_rates(replace(match, clock_s=match.clock_s + 1), parameters)[:2]
    lead = match.home_goals - match.away_goals
    home, away = np.subtract(now, then).tolist()
    return np.array(pushed(home, away, lead, parameters))


def _fair(match: Match, parameters: Parameters) -> Floats:
    """Probabilities of winning a bet that is not refunded, shape (112,); 0 where all are."""
    won, refunded = selection_weights(score_grid(match, parameters))
    undecided = 1.0 - refunded
    return np.divide(won, undecided, out=np.zeros_like(won), where=undecided > 1e-12)

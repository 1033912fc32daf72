"""Who goes on: regular time, then half an hour more if it is level, then kicks from the mark.

Extra time is played as regular time is, at the same rates and with the same pull of the score, for
a third as long. In the shoot-out (Law 10 of the game) both sides score the same share of their
kicks, so only the kicks so far part them.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.match import BEFORE_FULL_TIME, Period
from overround.domain.pricing.football.course import SPELL, log_goals
from overround.domain.pricing.football.intensity import extra_time_left
from overround.domain.pricing.football.model import Match, Parameters

Floats = NDArray[np.float64]

_KICKS = 5
_AFTER = (*BEFORE_FULL_TIME, Period.FULL_TIME)


def is_open(match: Match) -> bool:
    """Whether it is still to be found out who goes on, and something is known of the sides."""
    if not match.needs_winner or match.abandoned:
        return False
    known = match.home_rate_micro > 0 and match.away_rate_micro > 0
    is_level = match.regular_home_goals == match.regular_away_goals
    return known and (
        match.period in BEFORE_FULL_TIME or (is_level and match.period is not Period.ENDED)
    )


def home_after_level(home: float, away: float, match: Match, parameters: Parameters) -> float:
    """The chance that home goes on if regular time ends, or has ended, level.

    Args:
        home: goals that home would score in a whole match like this (`strengths`).
        away: the same of away.
        match: of which only what comes after regular time is read.
        parameters: the figures of the model.
    """
    kicks = (match.home_kicks, match.home_kicks_scored, match.away_kicks, match.away_kicks_scored)
    shoot_out = home_in_shoot_out(*kicks, parameters.kick_scored)
    if match.period is Period.PENALTIES:
        return shoot_out
    lead = 0 if match.period in _AFTER else match.home_goals - match.away_goals
    share = parameters.extra_time_share * extra_time_left(match.period, match.clock_s)
    goals = np.exp(log_goals(home * share, away * share, (lead,), SPELL, parameters))
    in_extra_time, level, whole = (goals @ _home_goes_on(lead)).tolist()
    after: float = (in_extra_time + level * shoot_out) / whole
    return after


@lru_cache(maxsize=64)
def _home_goes_on(lead: int) -> Floats:
    """1 where extra time's goals make home the winner, where they leave it level, and everywhere.

    Shape (49, 3).
    """
    home, away = np.indices((SPELL, SPELL))
    ahead = (lead + home - away).ravel()
    return np.stack((ahead > 0, ahead == 0, np.ones_like(ahead)), axis=1).astype(np.float64)


@lru_cache(maxsize=1_024)
def home_in_shoot_out(
    home_kicks: int, home_scored: int, away_kicks: int, away_scored: int, scored: float
) -> float:
    """The chance that home wins a shoot-out from here; a half when it is level and even.

    Five kicks each, then one each until they differ. A lead that cannot be caught up with is a
    win; who kicks first is of no account.
    """
    rounds = max(_KICKS, home_kicks, away_kicks)
    chance = 0.0
    for home, in_home in enumerate(_binomial(rounds - home_kicks, scored)):
        for away, in_away in enumerate(_binomial(rounds - away_kicks, scored)):
            ahead = home_scored + home - away_scored - away
            chance += in_home * in_away * (1.0 if ahead > 0 else 0.5 if ahead == 0 else 0.0)
    return chance


def _binomial(kicks: int, scored: float) -> list[float]:
    return [
        comb(kicks, goals) * scored**goals * (1.0 - scored) ** (kicks - goals)
        for goals in range(kicks + 1)
    ]

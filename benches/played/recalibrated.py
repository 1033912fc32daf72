"""What a recalibration makes of a market's calibration error: whether it could be lower at all.

Platt's scaling (1999): logit q = a + b logit p, by the likelihood of what came. Fitted on the other
seasons it is what could be shipped; on the same matches it is more than that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benches.played.matches import Floats, Places
from benches.played.reliability import bets_of, came_of, missed_by_tenth

_STEPS = 20


def errors(
    grids: Floats, final: Places, seasons: Places, selections: Sequence[int]
) -> tuple[float, float, float]:
    """The error over tenths as it is, recalibrated by other seasons, and by the same matches.

    Args:
        grids: probabilities of final scores, (n, 256).
        final: the scores that came, by place, (n,).
        seasons: of each match, (n,).
        selections: places in the catalogue.
    """
    bets = bets_of(grids, selections)
    won, staked = came_of(bets, selections, final)
    logits, of_bet = np.log(bets.said / (1.0 - bets.said)), seasons[bets.match]
    others = np.empty_like(logits)
    for season in np.unique(seasons):
        own = of_bet == season
        others[own] = _scaled(logits[own], _fitted(logits[~own], won[~own], staked[~own]))
    same = _scaled(logits, _fitted(logits, won, staked))
    as_it_is, by_others, by_same = (
        float(np.abs(missed_by_tenth(said, (won - said * staked)[np.newaxis])).sum() / len(won))
        for said in (bets.said, others, same)
    )
    return as_it_is, by_others, by_same


def _scaled(logits: Floats, by: Floats) -> Floats:
    scaled: Floats = 1.0 / (1.0 + np.exp(-(by[0] + by[1] * logits)))
    return scaled


def _fitted(logits: Floats, won: Floats, staked: Floats) -> Floats:
    """a and b, by Newton's steps from none."""
    by, of_both = np.array([0.0, 1.0]), np.stack((np.ones_like(logits), logits))
    for _ in range(_STEPS):
        said = _scaled(logits, by)
        slope = of_both @ (won - said * staked)
        bend = (of_both * (staked * said * (1.0 - said))) @ of_both.T
        by = by + np.linalg.solve(bend, slope)
    return by

"""How far a total is off where a match has no prices of totals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benches.played.matches import Floats, Played, opened
from overround.domain.kernel.market import INDEX
from overround.domain.pricing.football.grid import grids_of, score_weights
from overround.domain.pricing.football.model import DEFAULTS
from overround.domain.pricing.margin import Method, remove
from overround.domain.pricing.scoring import log_loss

_OVER = INDEX["totals:2.5/over"]


def without_totals(played: Played) -> dict[str, Any]:
    """Over 2.5 by 1X2 alone against the market's own price and against what came."""
    priced = [match for match in played.matches if "totals:2.5/over" in match.prices]
    seasons = np.array([match.season for match in priced])
    result = np.array(
        [remove(np.array([inverse(match.prices)]), Method.POWER)[0] for match in priced]
    )
    whole = opened(priced, DEFAULTS)
    total = np.log(whole[:, :2].sum(axis=1))
    columns = np.column_stack(
        (np.ones(len(result)), (result[:, 0] - result[:, 2]) ** 2, result[:, 1])
    )
    alone = [
        replace(match, prices={k: v for k, v in match.prices.items() if k.startswith("1x2")})
        for match in priced
    ]
    by_result, average = np.empty((len(priced), 3)), np.empty((len(priced), 3))
    coefficients = {}
    for season in np.unique(seasons).tolist():
        others, held = seasons != season, np.flatnonzero(seasons == season)
        figures, *_ = np.linalg.lstsq(columns[others], total[others], rcond=None)
        coefficients[season] = figures.round(3).tolist()
        mean = (float(total[others].mean()), 0.0, 0.0)
        for said, chosen in ((by_result, tuple(figures.tolist())), (average, mean)):
            parameters = replace(DEFAULTS, total_by_result=chosen)
            said[held] = opened([alone[at] for at in held.tolist()], parameters)
    happened = np.array(
        [match.home_goals + match.away_goals > 2 for match in priced], dtype=np.intp
    )
    over = {
        name: _over(at)
        for name, at in (("market", whole), ("1X2", by_result), ("average", average))
    }
    return {
        "matches": len(priced),
        "total_by_result": coefficients,
        "off_the_market_rms": {
            name: float(np.sqrt(((at - over["market"]) ** 2).mean())) for name, at in over.items()
        },
        "log_loss": {
            name: float(log_loss(np.column_stack((1 - at, at)), happened).mean())
            for name, at in over.items()
        },
    }


def _over(points: Floats) -> Floats:
    chances: Floats = (grids_of(points, DEFAULTS) @ score_weights((_OVER,))[0])[:, 0]
    return chances


def inverse(prices: dict[str, int]) -> list[float]:
    """Inverse prices of home, draw and away."""
    return [1_000 / prices[f"1x2/{side}"] for side in ("home", "draw", "away")]

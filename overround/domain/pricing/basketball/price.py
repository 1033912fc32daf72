"""Expected shares of a stake on every selection: a Brownian lead and a Brownian total."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.basketball.catalogue import (
    CATALOGUE,
    HANDICAP_LINES,
    INDEX,
    PERIOD_HANDICAP_LINES,
    PERIOD_TOTAL_LINES,
    PERIODS,
    TOTAL_LINES,
)
from overround.domain.pricing.basketball.model import DEFAULTS, MICROS, Match, Parameters

Floats = NDArray[np.float64]

# Leads run over these: nobody has won by more.
_LEAD_MAX = 120
_LEADS = np.arange(-_LEAD_MAX, _LEAD_MAX + 1)
# One match in ten thousand goes on after so many; the last takes the rest.
_OVERTIMES = 4

_HANDICAP = INDEX[f"handicap:{HANDICAP_LINES[0]:g}/home"]
_TOTAL = INDEX[f"total_points:{TOTAL_LINES[0]:g}/over"]


@dataclass(frozen=True, slots=True)
class _Rest:
    """A stretch of play: the mean and the standard deviation of its lead and of its points."""

    lead: float
    lead_sigma: float
    points: float
    points_sigma: float


def probabilities(match: Match, parameters: Parameters = DEFAULTS) -> tuple[Floats, Floats]:
    """Expected won and refunded shares of a stake on each selection, in catalogue order.

    Stern (1994): over a share t of regular time the lead moves by a normal of mean t mu and
    variance t sigma^2; the total likewise, and independently. Both are taken at whole points.
    A level score is followed by overtimes of the same drift until one has a winner, so a handicap
    of nothing is the match winner. All shares are 0 while nothing is known of the match.
    """
    del parameters  # they only matter to an opening
    won, refunded = np.zeros(len(CATALOGUE)), np.zeros(len(CATALOGUE))
    if min(match.strength.total_micro, match.strength.lead_sigma_micro) > 0:
        leads = final_leads(match)
        won[:2] = leads[_LEAD_MAX + 1 :].sum(), leads[:_LEAD_MAX].sum()
        _put_handicaps(won, refunded, _HANDICAP, leads, HANDICAP_LINES)
        _put_totals(won, _TOTAL, _final_totals(match), TOTAL_LINES)
        for period in PERIODS[: match.format.periods]:
            _put_period(won, refunded, match, period)
    return won, refunded


def final_leads(match: Match) -> Floats:
    """Chances of home's final leads from -120 to 120, overtime included; level is impossible."""
    leads = _leads(match.lead, _rest(match, _left_s(match)))
    level, leads[_LEAD_MAX] = leads[_LEAD_MAX], 0.0
    if level > 0.0:
        overtime = _leads(0, _rest(match, match.format.overtime_s))
        overtime[_LEAD_MAX] = 0.0
        leads += level * overtime / overtime.sum()
    return leads


def _final_totals(match: Match) -> Callable[[float], float]:
    """The chance that the points of the whole match are at least so many."""
    rest, overtime = (_rest(match, s) for s in (_left_s(match), match.format.overtime_s))
    level = _leads(match.lead, rest)[_LEAD_MAX]
    again = _leads(0, overtime)[_LEAD_MAX]
    scored = match.home_points + match.away_points
    chances = [1.0 - level, *(level * (1.0 - again) * again**k for k in range(_OVERTIMES))]
    chances[-1] /= 1.0 - again
    ends = [
        (
            chance,
            rest.points + k * overtime.points,
            hypot(rest.points_sigma, sqrt(k) * overtime.points_sigma),
        )
        for k, chance in enumerate(chances)
        if chance > 0.0
    ]
    return lambda points: sum(
        chance * _at_least(points - scored, mean, sigma) for chance, mean, sigma in ends
    )


def _put_period(won: Floats, refunded: Floats, match: Match, period: int) -> None:
    home, away = match.scores[period - 1] if period <= len(match.scores) else (0, 0)
    left_s = match.left_s if period == match.period else match.format.period_s
    rest = _rest(match, left_s if period >= match.period else 0)
    leads = _leads(home - away, rest)
    place = INDEX[f"period_winner:{period}/home"]
    level = leads[_LEAD_MAX]
    won[place : place + 3] = leads[_LEAD_MAX + 1 :].sum(), level, leads[:_LEAD_MAX].sum()
    _put_handicaps(won, refunded, place + 3, leads, PERIOD_HANDICAP_LINES)

    def at_least(points: float) -> float:
        return _at_least(points - home - away, rest.points, rest.points_sigma)

    _put_totals(won, place + 3 + 2 * len(PERIOD_HANDICAP_LINES), at_least, PERIOD_TOTAL_LINES)


def _put_handicaps(
    won: Floats, refunded: Floats, place: int, leads: Floats, lines: tuple[float, ...]
) -> None:
    below = np.concatenate([[0.0], leads.cumsum()])
    levels = -np.array(lines)
    lost = below[np.ceil(levels).astype(np.intp) + _LEAD_MAX]
    not_won = below[np.floor(levels).astype(np.intp) + _LEAD_MAX + 1]
    end = place + 2 * len(lines)
    won[place:end:2], won[place + 1 : end : 2] = below[-1] - not_won, lost
    refunded[place:end] = np.repeat(not_won - lost, 2)


def _put_totals(
    won: Floats, place: int, at_least: Callable[[float], float], lines: tuple[float, ...]
) -> None:
    over = np.array([at_least(line + 0.5) for line in lines])
    end = place + 2 * len(lines)
    won[place:end:2], won[place + 1 : end : 2] = over, 1.0 - over


def _left_s(match: Match) -> int:
    """Seconds to the end of regular time, or of the overtime that is being played."""
    if match.period == 0:
        return match.format.regular_s
    return match.left_s + max(0, match.format.periods - match.period) * match.format.period_s


def _rest(match: Match, left_s: int) -> _Rest:
    share, strength = left_s / match.format.regular_s, match.strength
    root = sqrt(share)
    return _Rest(
        share * strength.lead_micro / MICROS,
        root * strength.lead_sigma_micro / MICROS,
        share * strength.total_micro / MICROS,
        root * strength.total_sigma_micro / MICROS,
    )


def _leads(lead: int, rest: _Rest) -> Floats:
    """Chances of leads from -120 to 120 after a stretch; the ends hold whatever is beyond."""
    mean = lead + rest.lead
    if rest.lead_sigma == 0.0:
        sure: Floats = np.equal(_LEADS, round(mean)).astype(np.float64)
        return sure
    scale = rest.lead_sigma * sqrt(2.0)
    edges = ((_LEADS[1:] - 0.5 - mean) / scale).tolist()
    above = np.array([1.0, *(0.5 * erfc(edge) for edge in edges), 0.0])
    return -np.diff(above)


def _at_least(points: float, mean: float, sigma: float) -> float:
    """The chance of at least so many more points. None are taken back: at least none is sure."""
    if points <= 0:
        return 1.0
    return 0.5 * erfc((points - 0.5 - mean) / (sigma * sqrt(2.0))) if sigma > 0.0 else 0.0

"""Basketball as MARKETS follows it: how a match may be played, and what its score says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from overround.domain.kernel.match import Side
from overround.domain.pricing.basketball.events import INCIDENTS
from overround.domain.pricing.basketball.fate import fate, milestone
from overround.domain.pricing.basketball.fit import opening
from overround.domain.pricing.basketball.model import (
    FIBA,
    MICROS,
    NBA,
    Incident,
    Match,
    Scored,
)
from overround.domain.pricing.basketball.play import observe
from overround.domain.pricing.sport import Live, Margins

# Books compete in the three lines of the match; those of a period are told apart by less play.
_MARGINS = Margins(
    {
        "match_winner": 0.045,
        "handicap": 0.05,
        "total_points": 0.05,
        "period_winner": 0.07,
        "period_handicap": 0.06,
        "period_total": 0.06,
    }
)


# Twos and threes; free throws come in pairs.
_POINTS_A_SCORE = 2


def fit(match: Match, prices: Mapping[str, int]) -> Match:
    """The match with what somebody's prices expect of it; refuses as `opening` does."""
    return replace(match, strength=opening(prices, match.format))


def score(match: Match) -> str:
    """Period and clock and points: `Q3 07:31 61-58`, overtimes as `OT1`."""
    points = f"{match.home_points}-{match.away_points}"
    if match.period == 0 or match.is_over:
        return points
    overtime = match.period - match.format.periods
    period = f"OT{overtime}" if overtime > 0 else f"Q{match.period}"
    minutes, seconds = divmod(match.left_s, 60)
    return f"{period} {minutes:02d}:{seconds:02d} {points}"


def coming(match: Match) -> Sequence[tuple[float, Match]]:
    """The match after the next basket of either side; nothing while the clock is at 0."""
    if match.left_s == 0:
        return ()
    points_per_s = match.strength.total_micro / MICROS / match.format.regular_s
    per_s = points_per_s / 2 / _POINTS_A_SCORE
    clock = match.clock_sequence + 1, match.period, match.left_s
    return tuple((per_s, observe(match, Scored(*clock, side, _POINTS_A_SCORE))) for side in Side)


LIVE: Live[Match, Incident] = Live(
    incidents=INCIDENTS,
    starts={"": Match(NBA), "nba": Match(NBA), "fiba": Match(FIBA)},
    fit=fit,
    has_begun=lambda match: match.period > 0,
    is_over=lambda match: match.is_over,
    score=score,
    fate=fate,
    milestone=milestone,
    coming=coming,
    margins=_MARGINS,
)
"""Fixtures say `nba` (four quarters of twelve minutes), which is the usual, or `fiba` (of ten)."""

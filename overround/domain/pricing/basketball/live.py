"""Basketball as MARKETS follows it: how a match may be played, and what its score says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from overround.domain.pricing.basketball.events import INCIDENTS
from overround.domain.pricing.basketball.fate import fate, milestone
from overround.domain.pricing.basketball.fit import opening
from overround.domain.pricing.basketball.model import FIBA, NBA, Incident, Match
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


LIVE: Live[Match, Incident] = Live(
    incidents=INCIDENTS,
    starts={"": Match(NBA), "nba": Match(NBA), "fiba": Match(FIBA)},
    fit=fit,
    has_begun=lambda match: match.period > 0,
    is_over=lambda match: match.is_over,
    score=score,
    fate=fate,
    milestone=milestone,
    margins=_MARGINS,
)
"""Fixtures say `nba` (four quarters of twelve minutes), which is the usual, or `fiba` (of ten)."""

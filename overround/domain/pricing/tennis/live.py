"""Tennis as MARKETS follows it: how a match may be played, and what its score says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from overround.domain.kernel.match import Side
from overround.domain.pricing.sport import Live, Margins
from overround.domain.pricing.tennis.events import INCIDENTS
from overround.domain.pricing.tennis.fate import fate, milestone
from overround.domain.pricing.tennis.fit import opening
from overround.domain.pricing.tennis.model import MICROS, FinalSet, Format, Incident, Match, Point
from overround.domain.pricing.tennis.play import observe

# Two-way lines of the match and of a set are what books compete in; a game is over within two
# minutes, and a list of scores takes about 0.7 % a runner, as in football.
_MARGINS = Margins(
    {
        "match_winner": 0.05,
        "set_winner": 0.06,
        "set_betting": 0.10,
        "first_set_score": 0.14,
        "tie_break": 0.07,
        "set_tie_break": 0.07,
        "total_games": 0.06,
        "games_handicap": 0.06,
        "game_winner": 0.07,
    }
)

# With changes of ends: a match of three sets has some 140 points in 100 minutes.
_POINTS_PER_S = 1 / 40

_CALLED = ("0", "15", "30", "40", "Ad")


def _starts() -> dict[str, Match]:
    forms = [Format(to_win, final) for to_win in (2, 3) for final in FinalSet]
    named = {f"best_of_{form.best_of}/{form.final_set}": Match(form) for form in forms}
    return {"": Match(), **named}


def fit(match: Match, prices: Mapping[str, int]) -> Match:
    """The match with the belief that somebody's prices have of it; refuses as `opening` does."""
    return replace(match, belief=opening(prices, match.format))


def score(match: Match) -> str:
    """Games of each set, and the points as they are called: `6-4 3-2 30-15`."""
    sets = [*match.sets, match.games] if match.winner is None else match.sets
    words = [f"{home}-{away}" for home, away in sets]
    if any(match.points):
        words.append("-".join(_called(match)))
    if match.retired is not None:
        words.append(f"{match.retired} retired")
    return " ".join(words)


def _called(match: Match) -> tuple[str, str]:
    home, away = match.points
    if match.tie_break_to:
        return str(home), str(away)
    over = max(0, min(home, away) - 3)  # from deuce on the count goes round
    return _CALLED[home - over], _CALLED[away - over]


def coming(match: Match) -> Sequence[tuple[float, Match]]:
    """The match after the next point, won by its server or not; nothing once it is over."""
    if match.is_over:
        return ()
    server = match.server or Side.HOME
    returner = Side.AWAY if server is Side.HOME else Side.HOME
    belief, sequence = match.belief, (match.log[-1] >> 2) + 1 if match.log else 1
    serve_micro = belief.home_serve_micro if server is Side.HOME else belief.away_serve_micro
    wins = serve_micro / MICROS
    return (
        (_POINTS_PER_S * wins, observe(match, Point(sequence, server, server))),
        (_POINTS_PER_S * (1.0 - wins), observe(match, Point(sequence, server, returner))),
    )


LIVE: Live[Match, Incident] = Live(
    incidents=INCIDENTS,
    starts=_starts(),
    fit=fit,
    has_begun=lambda match: bool(match.log) or match.retired is not None,
    is_over=lambda match: match.is_over,
    score=score,
    fate=fate,
    milestone=milestone,
    coming=coming,
    margins=_MARGINS,
)
"""Fixtures say `best_of_3/tie_break`, `best_of_5/advantage` and so on; the usual is the first."""

"""What a match as it stands decides: what its bets are settled on."""

from __future__ import annotations

from overround.domain.kernel.facts import NOTHING, BySide, Facts
from overround.domain.kernel.match import BEFORE_FULL_TIME, Period, Side
from overround.domain.pricing.football.corners import final_corners
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.scorers import Order, order_of

_FIRST = (Period.NOT_STARTED, Period.FIRST_HALF)


def facts_of(match: Match) -> Facts:
    """The facts at half time, from full time on, or when it was abandoned.

    In between they stay as they were, unless the past is corrected, so that bets are settled at
    these three times. An abandoned match decides what had been decided by then, and no more.
    """
    if match.abandoned:
        return Facts(_first_half(match), scorers=order_of(match))
    if match.period in _FIRST:
        return NOTHING
    half = _first_half(match)
    if match.period in BEFORE_FULL_TIME:
        return Facts(half, scorers=_until_half(match, half))
    return Facts(
        first_half=half,
        regular=BySide(match.regular_home_goals, match.regular_away_goals),
        scorers=order_of(match),
        through=_through(match),
        cards=_cards(match),
        is_over=match.period is Period.ENDED or not (match.needs_winner and _is_level(match)),
        corners=final_corners(match),
    )


def _first_half(match: Match) -> BySide | None:
    """None while it is not over, if nobody told of it, or if there were fewer goals than in it."""
    home, away = match.regular_home_goals, match.regular_away_goals
    if match.period in _FIRST:
        return None
    half = (home, away) if match.period is Period.HALF_TIME else match.half_goals
    if half is None or half[0] > home or half[1] > away:
        return None
    return BySide(*half)


def _until_half(match: Match, half: BySide | None) -> Order:
    return () if half is None else order_of(match)[: half.total]


def _is_level(match: Match) -> bool:
    return match.regular_home_goals == match.regular_away_goals


def _through(match: Match) -> Side | None:
    if not match.needs_winner:
        return None
    if not _is_level(match):
        return _ahead(match.regular_home_goals, match.regular_away_goals)
    if match.period is not Period.ENDED:
        return None
    in_extra_time = _ahead(match.home_goals, match.away_goals)
    return in_extra_time or _ahead(match.home_kicks_scored, match.away_kicks_scored)


def _ahead(home: int, away: int) -> Side | None:
    return Side.HOME if home > away else Side.AWAY if away > home else None


def _cards(match: Match) -> BySide | None:
    """None if no caution was told: hardly a match has none, and a feed may not tell of them."""
    if not match.home_yellows + match.away_yellows:
        return None
    return BySide(match.home_cards, match.away_cards)

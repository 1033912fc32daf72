"""In which order the sides have scored, as far as a running score can tell."""

from __future__ import annotations

from overround.domain.kernel.match import Side
from overround.domain.kernel.replace import replace
from overround.domain.pricing.football.model import Match

Order = tuple[Side | None, ...]


def with_scorers(before: Match, after: Match) -> Match:
    """The match after its score of regular time may have changed, with the order of its goals.

    A score that rises on one side tells who scored; the newest goals of a side, taken back, leave
    those before them. Where both rise at once their goals' order is not known, and after any other
    correction no goal's is, unless all are of one side.
    """
    was, now = _goals(before), _goals(after)
    if was == now:
        return after
    return replace(after, scorers=_order(order_of(before), was, now))


def order_of(match: Match) -> Order:
    """Who scored each goal of regular time; None where it is not known."""
    goals = sum(_goals(match))
    return match.scorers if len(match.scorers) == goals else (None,) * goals


def _goals(match: Match) -> tuple[int, int]:
    return match.regular_home_goals, match.regular_away_goals


def _order(known: Order, was: tuple[int, int], now: tuple[int, int]) -> Order:
    if not min(now):
        return _of(*now)
    home, away = now[0] - was[0], now[1] - was[1]
    if min(home, away) > 0:
        return (*known, *(None,) * (home + away))
    if min(home, away) == 0:
        return (*known, *_of(home, away))
    taken = _of(-home, -away)
    if max(home, away) == 0 and known[-len(taken) :] == taken:
        return known[: -len(taken)]
    return (None,) * sum(now)


def _of(home: int, away: int) -> tuple[Side, ...]:
    return (Side.HOME,) * home + (Side.AWAY,) * away

"""Side markets: those that the final score does not decide, and what decides them.

Each is bet on by itself: two of them may both be lost by the house, so that its exposure to one
says nothing of the others'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from overround.domain.kernel.facts import BySide, Facts
from overround.domain.kernel.market import (
    LOSE,
    WIN,
    Factor,
    Market,
    MarketType,
    Selection,
    selections,
)


class SideType(StrEnum):
    """What is asked; of regular time, but for who goes on."""

    HALF = "half"
    HALF_TIME_FULL_TIME = "half_time_full_time"
    NEXT_GOAL = "next_goal"
    RACE = "race"
    TO_QUALIFY = "to_qualify"
    CARDS = "cards"
    HOME_CARDS = "home_cards"
    AWAY_CARDS = "away_cards"
    CORNERS_1X2 = "corners_1x2"
    CORNERS = "corners"
    HOME_CORNERS = "home_corners"
    AWAY_CORNERS = "away_corners"


_CARDS = (SideType.CARDS, SideType.HOME_CARDS, SideType.AWAY_CARDS)
_CORNERS = (SideType.CORNERS, SideType.HOME_CORNERS, SideType.AWAY_CORNERS)
_COUNTED = (*_CARDS, *_CORNERS)


@dataclass(frozen=True, slots=True)
class SideMarket:
    """A side market: its type and its number.

    The number is that of the half, of the goal, of the goals that a side is to have first, or the
    line in quarters of a card or a corner. A market of a half is settled as the market that it is
    `like`, as if the half were a match.
    """

    type: SideType
    number: int = 0
    like: Market | None = None

    @property
    def kind(self) -> str:
        """What its margin goes by: `half_totals`, `next_goal`."""
        return str(self.type) if self.like is None else f"{self.type}_{self.like.type}"

    @property
    def id(self) -> str:
        """Readable and stable: `half_totals:1:2.5`, `next_goal:3`, `cards:4.5`, `to_qualify`."""
        if self.type in _COUNTED:
            return f"{self.type}:{self.number / 4:g}"
        line = "" if self.like is None else self.like.id.partition(":")[2]
        number = f":{self.number}" if self.number else ""
        return f"{self.kind}{number}" + (line and f":{line}")


@dataclass(frozen=True, slots=True)
class SideSelection:
    """One thing to bet on: a side market and an outcome of it."""

    market: SideMarket
    outcome: str

    @property
    def id(self) -> str:
        """Market id and outcome joined by a slash: `next_goal:3/home`."""
        return f"{self.market.id}/{self.outcome}"

    @property
    def like(self) -> Selection | None:
        """The selection of a match that this is of a half; None for what is no half's."""
        return None if self.market.like is None else Selection(self.market.like, self.outcome)

    def factor(self, facts: Facts) -> Factor | None:
        """The fate of a bet on this selection; None while it is not decided."""
        if self.like is not None:
            goals = facts.of_half(self.market.number)
            return None if goals is None else self.like.factor(goals.home, goals.away)
        outcome = _DECIDED[self.market.type](facts, self.market.number)
        return None if outcome is None else WIN if outcome == self.outcome else LOSE


def _leader(goals: BySide) -> str:
    return "home" if goals.home > goals.away else "away" if goals.away > goals.home else "draw"


def _half_time_full_time(facts: Facts, _number: int) -> str | None:
    if facts.of_half(2) is None or facts.first_half is None or facts.regular is None:
        return None
    return f"{_leader(facts.first_half)}_{_leader(facts.regular)}"


def _next_goal(facts: Facts, goal: int) -> str | None:
    if goal <= len(facts.scorers):
        return facts.scorers[goal - 1]
    return "none" if facts.regular is not None and facts.regular.total < goal else None


def _race(facts: Facts, goals: int) -> str | None:
    """Who was first to so many goals; where the order is not known, if only one came so far."""
    for place, side in enumerate(facts.scorers, start=1):
        if side is None:
            break
        if facts.scorers[:place].count(side) == goals:
            return side
    if facts.regular is None or min(facts.regular.home, facts.regular.away) >= goals:
        return None
    if max(facts.regular.home, facts.regular.away) < goals:
        return "neither"
    return _leader(facts.regular)


def _most_corners(facts: Facts, _number: int) -> str | None:
    return None if facts.corners is None else _leader(facts.corners)


_Counts = Callable[[Facts], BySide | None]


def _over_or_under(
    counted: _Counts, count: Callable[[BySide], int]
) -> Callable[[Facts, int], str | None]:
    def outcome(facts: Facts, line_quarters: int) -> str | None:
        known = counted(facts)
        if known is None:
            return None
        return "over" if 4 * count(known) > line_quarters else "under"

    return outcome


def _cards(facts: Facts) -> BySide | None:
    return facts.cards


def _corners(facts: Facts) -> BySide | None:
    return facts.corners


_DECIDED: dict[SideType, Callable[[Facts, int], str | None]] = {
    SideType.HALF_TIME_FULL_TIME: _half_time_full_time,
    SideType.NEXT_GOAL: _next_goal,
    SideType.RACE: _race,
    SideType.TO_QUALIFY: lambda facts, _number: facts.through,
    SideType.CARDS: _over_or_under(_cards, lambda cards: cards.total),
    SideType.HOME_CARDS: _over_or_under(_cards, lambda cards: cards.home),
    SideType.AWAY_CARDS: _over_or_under(_cards, lambda cards: cards.away),
    SideType.CORNERS_1X2: _most_corners,
    SideType.CORNERS: _over_or_under(_corners, lambda corners: corners.total),
    SideType.HOME_CORNERS: _over_or_under(_corners, lambda corners: corners.home),
    SideType.AWAY_CORNERS: _over_or_under(_corners, lambda corners: corners.away),
}
"""The outcome that wins; None while it is not decided."""

RESULTS = ("home", "draw", "away")
GOALS_MAX = 9
"""The last goal that is bet on by its number."""
RACES = (2, 3)
"""Goals that one side is to have first."""
CARDS_LINES = tuple(count + 0.5 for count in range(1, 7))
SIDE_CARDS_LINES = tuple(count + 0.5 for count in range(4))
CORNERS_LINES = tuple(count + 0.5 for count in range(6, 15))
SIDE_CORNERS_LINES = tuple(count + 0.5 for count in range(2, 9))

_OUTCOMES: dict[SideType, tuple[str, ...]] = {
    SideType.HALF_TIME_FULL_TIME: tuple(f"{half}_{full}" for half in RESULTS for full in RESULTS),
    SideType.NEXT_GOAL: ("home", "away", "none"),
    SideType.RACE: ("home", "away", "neither"),
    SideType.TO_QUALIFY: ("home", "away"),
    **dict.fromkeys(_COUNTED, ("over", "under")),
    SideType.CORNERS_1X2: RESULTS,
}

HALF_MARKETS: tuple[Market, ...] = (
    Market(MarketType.RESULT),
    Market(MarketType.DOUBLE_CHANCE),
    Market(MarketType.DRAW_NO_BET),
    *(Market(MarketType.TOTALS, q) for q in range(2, 15)),  # 0.5 to 3.5 by quarter goals
    *(Market(MarketType.ASIAN_HANDICAP, q) for q in range(-4, 5)),  # -1 to +1 by quarter goals
    Market(MarketType.BOTH_SCORE),
)
"""What each half is offered with, as if its goals were a match's."""

FIRST_HALF_MARKETS: tuple[Market, ...] = (*HALF_MARKETS, Market(MarketType.CORRECT_SCORE))
"""The first half's: its correct score as well."""

SIDE_MARKETS: tuple[SideMarket, ...] = (
    *(SideMarket(SideType.HALF, 1, like) for like in FIRST_HALF_MARKETS),
    *(SideMarket(SideType.HALF, 2, like) for like in HALF_MARKETS),
    SideMarket(SideType.HALF_TIME_FULL_TIME),
    *(SideMarket(SideType.NEXT_GOAL, goal) for goal in range(1, GOALS_MAX + 1)),
    *(SideMarket(SideType.RACE, goals) for goals in RACES),
    SideMarket(SideType.TO_QUALIFY),
    *(SideMarket(SideType.CARDS, round(4 * line)) for line in CARDS_LINES),
    *(SideMarket(SideType.HOME_CARDS, round(4 * line)) for line in SIDE_CARDS_LINES),
    *(SideMarket(SideType.AWAY_CARDS, round(4 * line)) for line in SIDE_CARDS_LINES),
    SideMarket(SideType.CORNERS_1X2),
    *(SideMarket(SideType.CORNERS, round(4 * line)) for line in CORNERS_LINES),
    *(SideMarket(SideType.HOME_CORNERS, round(4 * line)) for line in SIDE_CORNERS_LINES),
    *(SideMarket(SideType.AWAY_CORNERS, round(4 * line)) for line in SIDE_CORNERS_LINES),
)
"""Every side market that is offered. New ones come at the end, as in `MARKETS`."""


def _outcomes(market: SideMarket) -> tuple[str, ...]:
    if market.like is None:
        return _OUTCOMES[market.type]
    return tuple(selection.outcome for selection in selections(market.like))


SIDE_SELECTIONS: tuple[SideSelection, ...] = tuple(
    SideSelection(market, outcome) for market in SIDE_MARKETS for outcome in _outcomes(market)
)
"""Every selection of the side markets, in their order."""

"""Markets and selections, and what a final score does to a bet on one.

Every context reads the same rules from here: pricing weighs them by probability, exposure by
money, settlement pays them.

A bet's fate is a `Factor` in halves: `win_halves` halves of the stake win at the price and
`refund_halves` halves come back. Quarter lines are bets on two neighbouring lines, half each,
which is where half wins and half losses come from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class MarketType(StrEnum):
    """What is bet on; all on the score of regular time (90 minutes and stoppage)."""

    RESULT = "1x2"
    DOUBLE_CHANCE = "double_chance"
    DRAW_NO_BET = "draw_no_bet"
    TOTALS = "totals"
    ASIAN_HANDICAP = "asian_handicap"
    BOTH_SCORE = "both_teams_to_score"
    CORRECT_SCORE = "correct_score"
    WINNING_MARGIN = "winning_margin"
    HOME_TOTALS = "home_totals"
    AWAY_TOTALS = "away_totals"
    ODD_EVEN = "odd_even"
    EXACT_GOALS = "exact_goals"
    HOME_CLEAN_SHEET = "home_clean_sheet"
    AWAY_CLEAN_SHEET = "away_clean_sheet"
    HOME_WIN_TO_NIL = "home_win_to_nil"
    AWAY_WIN_TO_NIL = "away_win_to_nil"


class TradingStatus(StrEnum):
    """Whether bets on a match are taken: `SUSPENDED` for a moment, `CLOSED` for good."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Factor:
    """What becomes of a stake, in halves of it: the won part and the refunded part."""

    win_halves: int
    refund_halves: int

    def payout_minor(self, stake_minor: int, price_milli: int) -> int:
        """Minor units paid back for a stake at a price; fractions go to the house (floor)."""
        if stake_minor < 0 or price_milli <= 1000:
            raise ValueError(f"no payout for stake {stake_minor} at {price_milli}")
        gross = stake_minor * (self.win_halves * price_milli + self.refund_halves * 1000)
        return gross // 2000


WIN = Factor(2, 0)
HALF_WIN = Factor(1, 1)
PUSH = Factor(0, 2)
HALF_LOSE = Factor(0, 1)
LOSE = Factor(0, 0)
VOID = PUSH  # a void bet is a refunded one; the reason is told beside it

_BY_QUARTERS = {2: WIN, 1: HALF_WIN, 0: PUSH, -1: HALF_LOSE, -2: LOSE}


def line_factor(margin_quarters: int) -> Factor:
    """The fate of a bet that ends `margin_quarters` quarter goals above its line.

    Half a goal or more wins whole, a quarter wins half, level is a push, and so downward.
    """
    return _BY_QUARTERS[max(-2, min(2, margin_quarters))]


_TOTALS = (MarketType.TOTALS, MarketType.HOME_TOTALS, MarketType.AWAY_TOTALS)
_WITH_LINE = (*_TOTALS, MarketType.ASIAN_HANDICAP)


@dataclass(frozen=True, slots=True)
class Market:
    """A market of a match: its type and, for totals and handicaps, its line in quarter goals.

    A handicap's line is added to the home side's goals: -3 is home -0.75.
    """

    type: MarketType
    line_quarters: int = 0

    @property
    def id(self) -> str:
        """Readable and stable: `1x2`, `totals:2.5`, `asian_handicap:-0.75`."""
        if self.type in _WITH_LINE:
            return f"{self.type}:{self.line_quarters / 4:g}"
        return str(self.type)


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing to bet on: a market and an outcome of it (`home`, `over`, `2-1`, ...)."""

    market: Market
    outcome: str

    @property
    def id(self) -> str:
        """Market id and outcome joined by a slash: `totals:2.5/over`."""
        return f"{self.market.id}/{self.outcome}"

    def factor(self, home: int, away: int) -> Factor:
        """The fate of a bet on this selection when regular time ends `home`-`away`."""
        return _RULES[self.market.type](self, home, away)


def _won(is_won: bool) -> Factor:
    return WIN if is_won else LOSE


def _winner(home: int, away: int) -> str:
    return "home" if home > away else "away" if away > home else "draw"


def _result(selection: Selection, home: int, away: int) -> Factor:
    return _won(selection.outcome == _winner(home, away))


def _double_chance(selection: Selection, home: int, away: int) -> Factor:
    return _won(_winner(home, away) in selection.outcome.split("_or_"))


def _draw_no_bet(selection: Selection, home: int, away: int) -> Factor:
    return PUSH if home == away else _result(selection, home, away)


def _over_or_under(selection: Selection, goals: int) -> Factor:
    over_quarters = 4 * goals - selection.market.line_quarters
    return line_factor(over_quarters if selection.outcome == "over" else -over_quarters)


def _asian_handicap(selection: Selection, home: int, away: int) -> Factor:
    home_quarters = 4 * (home - away) + selection.market.line_quarters
    return line_factor(home_quarters if selection.outcome == "home" else -home_quarters)


def _correct_score(selection: Selection, home: int, away: int) -> Factor:
    if selection.outcome == OTHER_SCORE:
        return _won(home > CORRECT_SCORE_MAX or away > CORRECT_SCORE_MAX)
    return _won(selection.outcome == f"{home}-{away}")


def _winning_margin(selection: Selection, home: int, away: int) -> Factor:
    """`draw`, or the winner and by how many goals; the last number stands for more as well."""
    margin = min(abs(home - away), WINNING_MARGIN_MAX)
    winner = _winner(home, away)
    return _won(selection.outcome == (f"{winner}_by_{margin}" if margin else winner))


def _odd_even(selection: Selection, home: int, away: int) -> Factor:
    return _won((selection.outcome == "odd") == bool((home + away) % 2))


def _exact_goals(selection: Selection, home: int, away: int) -> Factor:
    return _won(selection.outcome == str(min(home + away, EXACT_GOALS_MAX)))


def _yes_or_no(is_so: Callable[[int, int], bool]) -> Callable[[Selection, int, int], Factor]:
    return lambda selection, home, away: _won((selection.outcome == "yes") == is_so(home, away))


_RULES: dict[MarketType, Callable[[Selection, int, int], Factor]] = {
    MarketType.RESULT: _result,
    MarketType.DOUBLE_CHANCE: _double_chance,
    MarketType.DRAW_NO_BET: _draw_no_bet,
    MarketType.TOTALS: lambda each, home, away: _over_or_under(each, home + away),
    MarketType.ASIAN_HANDICAP: _asian_handicap,
    MarketType.BOTH_SCORE: _yes_or_no(lambda home, away: home > 0 and away > 0),
    MarketType.CORRECT_SCORE: _correct_score,
    MarketType.WINNING_MARGIN: _winning_margin,
    MarketType.HOME_TOTALS: lambda each, home, _away: _over_or_under(each, home),
    MarketType.AWAY_TOTALS: lambda each, _home, away: _over_or_under(each, away),
    MarketType.ODD_EVEN: _odd_even,
    MarketType.EXACT_GOALS: _exact_goals,
    MarketType.HOME_CLEAN_SHEET: _yes_or_no(lambda home, away: away == 0),
    MarketType.AWAY_CLEAN_SHEET: _yes_or_no(lambda home, away: home == 0),
    MarketType.HOME_WIN_TO_NIL: _yes_or_no(lambda home, away: home > away == 0),
    MarketType.AWAY_WIN_TO_NIL: _yes_or_no(lambda home, away: away > home == 0),
}

# Up to 4 goals a side have a selection of their own, as books list them; the rest is "other".
CORRECT_SCORE_MAX = 4
OTHER_SCORE = "other"
# The last number of each stands for more goals as well.
WINNING_MARGIN_MAX = 4
EXACT_GOALS_MAX = 7
_TOTALS_QUARTERS = range(2, 23)  # 0.5 to 5.5 by quarter goals
_HANDICAP_QUARTERS = range(-8, 9)  # -2 to +2 by quarter goals
_SIDE_TOTALS_QUARTERS = range(2, 15, 4)  # 0.5 to 3.5 by whole goals


_YES_NO, _OVER_UNDER = ("yes", "no"), ("over", "under")
_MARGINS = range(1, WINNING_MARGIN_MAX + 1)
_SCORES = range(CORRECT_SCORE_MAX + 1)
_OUTCOMES: dict[MarketType, tuple[str, ...]] = {
    MarketType.RESULT: ("home", "draw", "away"),
    MarketType.DOUBLE_CHANCE: ("home_or_draw", "home_or_away", "draw_or_away"),
    MarketType.DRAW_NO_BET: ("home", "away"),
    MarketType.TOTALS: _OVER_UNDER,
    MarketType.ASIAN_HANDICAP: ("home", "away"),
    MarketType.BOTH_SCORE: _YES_NO,
    MarketType.CORRECT_SCORE: (*(f"{h}-{a}" for h in _SCORES for a in _SCORES), OTHER_SCORE),
    MarketType.WINNING_MARGIN: (
        *(f"home_by_{goals}" for goals in _MARGINS),
        "draw",
        *(f"away_by_{goals}" for goals in _MARGINS),
    ),
    MarketType.HOME_TOTALS: _OVER_UNDER,
    MarketType.AWAY_TOTALS: _OVER_UNDER,
    MarketType.ODD_EVEN: ("odd", "even"),
    MarketType.EXACT_GOALS: tuple(str(goals) for goals in range(EXACT_GOALS_MAX + 1)),
    MarketType.HOME_CLEAN_SHEET: _YES_NO,
    MarketType.AWAY_CLEAN_SHEET: _YES_NO,
    MarketType.HOME_WIN_TO_NIL: _YES_NO,
    MarketType.AWAY_WIN_TO_NIL: _YES_NO,
}


def selections(*markets: Market) -> tuple[Selection, ...]:
    """Every selection of some markets, in their order."""
    return tuple(
        Selection(market, outcome) for market in markets for outcome in _OUTCOMES[market.type]
    )


MARKETS: tuple[Market, ...] = (
    Market(MarketType.RESULT),
    Market(MarketType.DOUBLE_CHANCE),
    Market(MarketType.DRAW_NO_BET),
    *(Market(MarketType.TOTALS, q) for q in _TOTALS_QUARTERS),
    *(Market(MarketType.ASIAN_HANDICAP, q) for q in _HANDICAP_QUARTERS),
    Market(MarketType.BOTH_SCORE),
    Market(MarketType.CORRECT_SCORE),
    Market(MarketType.WINNING_MARGIN),
    *(Market(MarketType.HOME_TOTALS, q) for q in _SIDE_TOTALS_QUARTERS),
    *(Market(MarketType.AWAY_TOTALS, q) for q in _SIDE_TOTALS_QUARTERS),
    Market(MarketType.ODD_EVEN),
    Market(MarketType.EXACT_GOALS),
    Market(MarketType.HOME_CLEAN_SHEET),
    Market(MarketType.AWAY_CLEAN_SHEET),
    Market(MarketType.HOME_WIN_TO_NIL),
    Market(MarketType.AWAY_WIN_TO_NIL),
)
"""Every market that a football match is offered with, in the order of the quotes.

New ones come at the end: exposures that are kept hold an array of the catalogue, by place.
"""

MARKET_IDS: frozenset[str] = frozenset(market.id for market in MARKETS)
"""The id of every market; any other is an unknown market."""

CATALOGUE: tuple[Selection, ...] = selections(*MARKETS)
"""Every selection of a football match; its place here is its index in price and money arrays."""

INDEX: dict[str, int] = {selection.id: index for index, selection in enumerate(CATALOGUE)}
"""Selection id to place in the catalogue; a missing id is an unknown selection."""

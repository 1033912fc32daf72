"""The house's profit and loss on one match in one currency, over every final score and beside it.

Final scores stand in a grid of 16 by 16 goals, flat: cell `16 * home + away`. More than 15 goals
of a side count as 15, which changes no bet's fate unless the other side has 11 or more: every
line of the catalogue is decided at a margin of four goals. Odd and even it may change; then a cell
with a goal less has the same fates, so the worst of all cells is the worst of all scores.

A side market stands by itself: its worst outcome is reckoned to come true together with the worst
score and every other side market's. So the worst case is never better than the true one, and may
be worse, as it does not know which of them exclude each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import (
    CATALOGUE,
    HALF_LOSE,
    HALF_WIN,
    LOSE,
    PUSH,
    WIN,
    Factor,
)
from overround.domain.kernel.traded import TRADED, TRADED_MARKETS

GOALS_MAX = 15
SIDE = GOALS_MAX + 1
CELLS = SIDE * SIDE
SELECTIONS = len(TRADED)
ON_SCORE = len(CATALOGUE)
"""Selections before this place are on the final score, the others of side markets."""

# A fate is a place in this list; what a bet costs the house depends on nothing else of a score.
FATES: tuple[Factor, ...] = (LOSE, HALF_LOSE, PUSH, HALF_WIN, WIN)
_LOSE, _HALF_WIN, _WIN = 0, 3, 4

# No price pays more than 1,000 times the stake, so this bounds every sum within 64 bits.
TOTAL_STAKE_MINOR_MAX = 2**62 // 1000


def cell(home: int, away: int) -> int:
    """The place of a final score in the grid; goals over 15 count as 15."""
    if home < 0 or away < 0:
        raise ValueError(f"no final score {home}-{away}")
    return SIDE * min(home, GOALS_MAX) + min(away, GOALS_MAX)


def _fates() -> NDArray[np.intp]:
    place = {factor: index for index, factor in enumerate(FATES)}
    goals = range(SIDE)
    rows = [[place[s.factor(h, a)] for h in goals for a in goals] for s in CATALOGUE]
    return np.array(rows, dtype=np.intp)


FATE_OF: NDArray[np.intp] = _fates()
"""Fate of each selection that is on the final score (row) at each final score (column)."""

MARKET_OF: tuple[int, ...] = tuple(TRADED_MARKETS.index(selection.market) for selection in TRADED)
"""Place of each selection's market in `TRADED_MARKETS`."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """All reserved legs of a match in one currency, summed; arrays are never changed in place.

    `pnl_minor` (int64, 256 cells) is what the house wins, or loses below zero, at each final score
    on the bets that this decides. `profit_minor` (int64, selections x 5 flat, then fate) is what it
    wins on a selection's legs at each of the `FATES`. Both sum what settlement books, floors of
    payouts included. `side_worst_minor` is the sum of what each side market loses at its own worst
    outcome, 0 for one that loses nothing.
    """

    pnl_minor: NDArray[np.int64]
    profit_minor: NDArray[np.int64]
    legs: int
    total_stake_minor: int
    side_worst_minor: int = 0

    def __post_init__(self) -> None:
        """Bring what was kept under a shorter catalogue up to this one: nothing on what is new."""
        missing = SELECTIONS * len(FATES) - len(self.profit_minor)
        if missing:
            longer = np.pad(self.profit_minor, (0, missing))
            object.__setattr__(self, "profit_minor", sealed(longer))

    @property
    def stake_minor(self) -> NDArray[np.int64]:
        """Stake on each selection (int64): what the house keeps when it loses."""
        return self.profit_minor[_LOSE :: len(FATES)]

    @property
    def liability_minor(self) -> NDArray[np.int64]:
        """Payout minus stake of each selection if it wins (int64)."""
        return -self.profit_minor[_WIN :: len(FATES)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Exposure):
            return NotImplemented
        return (
            self.legs == other.legs
            and self.total_stake_minor == other.total_stake_minor
            and self.side_worst_minor == other.side_worst_minor
            and np.array_equal(self.pnl_minor, other.pnl_minor)
            and np.array_equal(self.profit_minor, other.profit_minor)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash


def sealed(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same array, write-protected: a state that was handed out does not change."""
    values.flags.writeable = False
    return values


EMPTY = Exposure(
    pnl_minor=sealed(np.zeros(CELLS, dtype=np.int64)),
    profit_minor=sealed(np.zeros(SELECTIONS * len(FATES), dtype=np.int64)),
    legs=0,
    total_stake_minor=0,
)
"""The exposure of a match without bets."""


class Level(StrEnum):
    """Where a limit holds; the words are those of a rejected bet's reason."""

    SELECTION = "selection_limit"
    MARKET = "market_limit"
    MATCH = "match_limit"
    CUSTOMER = "customer_limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest loss that the house allows itself, in minor units, at each level.

    Selection: payout minus stake of its legs. Market: its worst outcome, counting its own bets
    only. Match: the worst final score and each side market's worst, all together. Customer: payout
    minus stake of one customer's legs on the match.
    """

    selection_minor: int
    market_minor: int
    match_minor: int
    customer_minor: int

    def __post_init__(self) -> None:
        levels = (self.selection_minor, self.market_minor, self.match_minor, self.customer_minor)
        if any(type(level) is not int for level in levels):
            raise TypeError("limits are integers of minor units")
        if min(levels) < 0:
            raise ValueError(f"a limit cannot be negative: {levels}")


@dataclass(frozen=True, slots=True)
class Room:
    """The greatest stake that breaks no limit, and which one holds it below what was asked."""

    stake_minor: int
    binding: Level | None


def _scaled(major: int, exponent: int) -> Limits:
    unit = major * 10**exponent
    return Limits(
        selection_minor=5 * unit,
        market_minor=8 * unit,
        match_minor=20 * unit,
        customer_minor=unit,
    )


# One customer may win 5,000 euros of a match; five customers fill a selection, so no single one
# decides its price; a market holds less than two full selections, which matters where two of them
# win together (double chance); a match holds two and a half full markets, so that a lopsided one
# cannot use it up. Other currencies: whole figures of about the same
# worth, as a limit needs no exchange rate of the day.
LIMITS: Mapping[str, Limits] = MappingProxyType(
    {
        "EUR": _scaled(5_000, 2),
        "GBP": _scaled(4_500, 2),
        "USD": _scaled(5_500, 2),
        "DKK": _scaled(37_500, 2),
        "SEK": _scaled(55_000, 2),
        "JPY": _scaled(800_000, 0),
        "KWD": _scaled(1_700, 3),
    }
)
"""The limits of a match in each currency, unless a trader sets others."""

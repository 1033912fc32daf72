"""A tennis match as its prices see it, what is reported of it, and the model's figures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from overround.domain.kernel.match import Side

MICROS = 1_000_000
GAMES_TO_SET = 6


class FinalSet(StrEnum):
    """What decides the last set at six games all."""

    TIE_BREAK = "tie_break"
    TIE_BREAK_10 = "tie_break_10"
    ADVANTAGE = "advantage"


@dataclass(frozen=True, slots=True)
class Format:
    """How a match is won: 2 or 3 sets, and how its last set ends; others have a tie-break to 7."""

    sets_to_win: int = 2
    final_set: FinalSet = FinalSet.TIE_BREAK

    @property
    def best_of(self) -> int:
        """The greatest number of sets."""
        return 2 * self.sets_to_win - 1

    def tie_break_to(self, set_index: int) -> int:
        """The points that win the tie-break of a set, 0 where there is none."""
        if set_index < self.best_of - 1 or self.final_set is FinalSet.TIE_BREAK:
            return 7
        return 10 if self.final_set is FinalSet.TIE_BREAK_10 else 0


BEST_OF_THREE = Format()
"""Two sets to win, with a tie-break in each: what most matches of either tour are."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is known of both serves before the first ball, in millionths; integers, to be exact.

    `*_serve_micro` are the expected shares of points that a player wins on serve. How sure that
    is, is said in points: `strength_micro` / 10^6 points with that share seen already. `rho_micro`
    is the dependence between the two: who serves well against somebody usually returns well too.
    """

    home_serve_micro: int
    away_serve_micro: int
    strength_micro: int
    rho_micro: int


# The most likely of 2,892 Challenger matches of 2017 (`fit.tour_belief`). Without any tenth of
# their days the strength stays, the means are 0.614 to 0.618 and rho -0.4 or -0.5. Main tours
# serve otherwise: ATP players win 63.5 % of points on serve, WTA players 56 %.
TOUR = Belief(617_000, 617_000, 60_000_000, -500_000)
"""Two players of whom nothing is known but that they play on a men's tour."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point that was played; `sequence` is the provider's own order."""

    sequence: int
    server: Side
    winner: Side


@dataclass(frozen=True, slots=True)
class PointCancelled:
    """The point of that sequence does not count: overruled, or entered by mistake."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Retired:
    """A player gives up: the match is over, and what it has not decided is void."""

    side: Side


Incident = Point | PointCancelled | Retired


@dataclass(frozen=True, slots=True)
class Match:
    """A match: its score, the points it came from, and what was believed before it.

    `sets` are the games of finished sets, `games` and `points` those of the running set and game
    (in a tie-break its points), home first. `server` serves the next point, None until known.
    `won` and `served` count each player's points on their own serve. `log` has every point that
    counts, as `sequence * 4 + server * 2 + winner` (home 0, away 1), in order of sequence: a
    correction is the same match with another log.
    """

    format: Format = BEST_OF_THREE
    belief: Belief = TOUR
    sets: tuple[tuple[int, int], ...] = ()
    games: tuple[int, int] = (0, 0)
    points: tuple[int, int] = (0, 0)
    server: Side | None = None
    won: tuple[int, int] = (0, 0)
    served: tuple[int, int] = (0, 0)
    retired: Side | None = None
    log: tuple[int, ...] = ()

    @property
    def sets_won(self) -> tuple[int, int]:
        """Sets won by home and away."""
        home = sum(home > away for home, away in self.sets)
        return home, len(self.sets) - home

    @property
    def winner(self) -> Side | None:
        """Who has won by playing; None while it goes on, and after a retirement."""
        home, away = self.sets_won
        to_win = self.format.sets_to_win
        return Side.HOME if home == to_win else Side.AWAY if away == to_win else None

    @property
    def is_over(self) -> bool:
        """Whether no more points are played."""
        return self.retired is not None or self.winner is not None

    @property
    def tie_break_to(self) -> int:
        """The points that win the tie-break being played, 0 when none is."""
        if self.games != (GAMES_TO_SET, GAMES_TO_SET):
            return 0
        return self.format.tie_break_to(len(self.sets))


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The figures of the model.

    `learns`: whether points change the belief about a serve; without it, every point is
    independent of those before it, as in the model of constant chances.
    """

    learns: bool = True


DEFAULTS = Parameters()
"""The measured figures."""

"""A game, a tie-break and a set as Markov chains of points, for many pairs of serves at once.

`home` and `away` are the chances to win a point on one's own serve, arrays of shape (n,); all
results are exact and have that shape last. Backward recursion as in Newton and Keller (2005).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.tennis.model import GAMES_TO_SET

Floats = NDArray[np.float64]
Turn = TypeVar("Turn", int, NDArray[np.int64])

_DEUCE = 3  # points each, and every level score after it
_LEVEL = GAMES_TO_SET - 1  # games each from which two in a row are needed

# The ends of a set before a tie-break, and the score where that would begin.
EXITS: tuple[tuple[int, int], ...] = (
    *((GAMES_TO_SET, lost) for lost in range(GAMES_TO_SET - 1)),
    (GAMES_TO_SET + 1, GAMES_TO_SET - 1),
    *((lost, GAMES_TO_SET) for lost in range(GAMES_TO_SET - 1)),
    (GAMES_TO_SET - 1, GAMES_TO_SET + 1),
    (GAMES_TO_SET, GAMES_TO_SET),
)
"""Games of home and away: 6-0 to 6-4, 7-5, 0-6 to 4-6, 5-7, and last 6-6."""


def hold(serve: Floats) -> Floats:
    """The chance to win a service game from its start (O'Malley 2008)."""
    chance: Floats = games(serve)[0, 0]
    return chance


def games(serve: Floats) -> Floats:
    """The server's chance to win the game from each score, shape (5, 5, n), server's points first.

    Rows and columns are points; 3-3 is deuce, 4-3 and 3-4 the advantages.
    """
    receive = 1.0 - serve
    won = np.zeros((_DEUCE + 2, _DEUCE + 2, *serve.shape))
    won[_DEUCE + 1, :_DEUCE] = 1.0
    won[_DEUCE, _DEUCE] = _two_in_a_row(serve, serve)
    won[_DEUCE + 1, _DEUCE] = serve + receive * won[_DEUCE, _DEUCE]
    won[_DEUCE, _DEUCE + 1] = serve * won[_DEUCE, _DEUCE]
    for mine in range(_DEUCE, -1, -1):
        for theirs in range(_DEUCE, -1, -1):
            if mine < _DEUCE or theirs < _DEUCE:
                further = serve * won[mine + 1, theirs]
                won[mine, theirs] = further + receive * won[mine, theirs + 1]
    return won


def game_place(mine: int, theirs: int) -> tuple[int, int]:
    """Where a score stands in `games`."""
    past = max(0, min(mine, theirs) - _DEUCE)
    return mine - past, theirs - past


def tie_breaks(home: Floats, away: Floats, to: int) -> Floats:
    """Home's chance to win a tie-break to `to` points from each score, by its first server.

    Shape (2, to + 1, to + 1, n): who served its first point (home 0), points of home, of away.
    """
    won = np.zeros((2, to + 1, to + 1, *home.shape))
    chances = (home, 1.0 - away)
    level = _two_in_a_row(chances[0], chances[1])
    for opener in range(2):
        table = won[opener]
        table[to, : to - 1] = 1.0
        # Two points, one on each serve, decide from any level score that is late enough.
        table[to - 1, to - 1] = table[to, to] = level
        for h, a in ((to, to - 1), (to - 1, to)):
            point = chances[serving(opener, h + a)]
            table[h, a] = point + (1.0 - point) * level if h > a else point * level
        for h in range(to - 1, -1, -1):
            for a in range(to - 1, -1, -1):
                if h < to - 1 or a < to - 1:
                    point = chances[serving(opener, h + a)]
                    table[h, a] = point * table[h + 1, a] + (1.0 - point) * table[h, a + 1]
    return won


def serving(opener: Turn, points_played: Turn) -> Turn:
    """Who serves the next point of a tie-break: one point, then two each in turn."""
    return opener ^ ((points_played + 1) // 2 % 2)


def tie_break_place(home: int, away: int, to: int) -> tuple[int, int]:
    """Where a score stands in `tie_breaks`: service repeats after four points, two of each."""
    past = (max(0, min(home, away) - (to - 2)) // 2) * 2
    return home - past, away - past


def sets(home_hold: Floats, away_hold: Floats) -> Floats:
    """How a set ends from each score, by who serves the next game: chances of each of `EXITS`.

    Shape (8, 8, 2, 13, n): games of home, of away, next server (home 0), exit. Where a set has
    ended the exit itself is sure.
    """
    size = GAMES_TO_SET + 2
    ends = np.zeros((size, size, 2, len(EXITS), *home_hold.shape))
    for place, (h, a) in enumerate(EXITS):
        ends[h, a, :, place] = 1.0
    chances = (home_hold, 1.0 - away_hold)
    for h in range(GAMES_TO_SET, -1, -1):
        for a in range(GAMES_TO_SET, -1, -1):
            if max(h, a) < GAMES_TO_SET or (max(h, a) == GAMES_TO_SET and min(h, a) == _LEVEL):
                for server, game in enumerate(chances):
                    wins, loses = ends[h + 1, a, 1 - server], ends[h, a + 1, 1 - server]
                    ends[h, a, server] = game * wins + (1.0 - game) * loses
    return ends


def set_place(home: int, away: int) -> tuple[int, int, int]:
    """Where a score stands in `sets`, and how many games of each side it leaves out.

    A set without a tie-break is at six all, and at every level score after it, where it was at
    five all: two games in a row end it.
    """
    past = max(0, min(home, away) - _LEVEL)
    return home - past, away - past, past


def _two_in_a_row(first: Floats, second: Floats) -> Floats:
    """The chance to win both of two before losing both, over and over."""
    both, neither = first * second, (1.0 - first) * (1.0 - second)
    return both / (both + neither)

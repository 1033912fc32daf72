"""Matches that were never played, point by point, many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.belief import AWAY_SERVES, HOME_SERVES, SERVES, log_prior
from overround.domain.pricing.tennis.chain import serving
from overround.domain.pricing.tennis.model import GAMES_TO_SET, Belief, Format, Match, Point
from overround.domain.pricing.tennis.play import observe

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NONE = -1


@dataclass(frozen=True, slots=True)
class Simulated:
    """n matches that have ended.

    `sets` has the games of home and away in each set, shape (n, best of, 2), 0-0 where none was
    played. `holds` and `service_games` count both players' games without tie-breaks, shape (n,).
    `winners` has a row a match and a column a point: 0 home won it, 1 away, -1 after the end.
    `openers` served first (home 0), shape (n,).
    """

    format: Format
    sets: Integers
    holds: Integers
    service_games: Integers
    winners: NDArray[np.int8]
    openers: Integers

    @property
    def sets_won(self) -> Integers:
        """Sets won by home and away, shape (n, 2)."""
        lead = self.sets[..., 0] - self.sets[..., 1]
        return np.stack([(lead > 0).sum(axis=1), (lead < 0).sum(axis=1)], axis=1)

    def points(self, index: int) -> Iterator[Point]:
        """A match as the incidents that a feed would tell of it, sequences from 1."""
        match = Match(self.format)
        opener = _side(int(self.openers[index]))
        row = self.winners[index]
        for sequence, winner in enumerate(row[row != _NONE].tolist(), start=1):
            point = Point(sequence, match.server or opener, _side(winner))
            match = observe(match, point)
            yield point


def draw_serves(belief: Belief, count: int, rng: Generator) -> tuple[Floats, Floats]:
    """Pairs of serves as probable as a belief holds them, spread evenly within the grid's steps."""
    odds = np.exp(log_prior(belief)).ravel()
    drawn = rng.choice(len(HOME_SERVES), count, p=odds / odds.sum())
    half_step = (SERVES[1] - SERVES[0]) / 2
    within = rng.uniform(-half_step, half_step, (2, count))
    return HOME_SERVES[drawn] + within[0], AWAY_SERVES[drawn] + within[1]


def simulate(home: Floats, away: Floats, rng: Generator, form: Format) -> Simulated:
    """Play a match for each pair of serves, shape (n,) each; who serves first is tossed."""
    play = _Play(home, away, rng, form)
    columns = []
    while play.is_on.any():
        columns.append(play.point())
    winners = np.stack(columns, axis=1)
    return Simulated(form, play.sets, play.holds, play.service_games, winners, play.openers)


def _side(number: int) -> Side:
    return Side.AWAY if number else Side.HOME


class _Play:
    """The running score of every match, as columns."""

    def __init__(self, home: Floats, away: Floats, rng: Generator, form: Format) -> None:
        count = len(home)
        self._rows = np.arange(count)
        self._serves = np.stack([home, away], axis=1)
        self._rng, self._form = rng, form
        self.openers = rng.integers(0, 2, count)
        self._server = self.openers.copy()
        self._points = np.zeros((count, 2), np.int64)
        self._games = np.zeros((count, 2), np.int64)
        self._won = np.zeros((count, 2), np.int64)
        self._to = np.array([form.tie_break_to(index) for index in range(form.best_of)])
        self.sets = np.zeros((count, form.best_of, 2), np.int64)
        self.holds, self.service_games = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.is_on = np.ones(count, bool)

    def point(self) -> NDArray[np.int8]:
        """Play one point of every match that goes on; who won it, -1 in the others."""
        rows, server = self._rows, self._server
        is_held = self._rng.random(len(rows)) < self._serves[rows, server]
        winner = np.where(is_held, server, 1 - server)
        self._points[rows, winner] += self.is_on
        mine, theirs = self._points[rows, winner], self._points[rows, 1 - winner]
        tie_break = self._tie_break()
        is_game = (
            self.is_on & (mine >= np.where(tie_break > 0, tie_break, 4)) & (mine >= theirs + 2)
        )
        played = mine + theirs
        told = np.where(self.is_on, winner, _NONE).astype(np.int8)
        turns = (tie_break > 0) & (played % 2 == 1) & ~is_game
        # Who opened a tie-break is told by the server of its last point; see `serving`.
        opener = np.where(tie_break > 0, serving(server, played - 1), server)
        self._server = np.where(turns, 1 - server, np.where(is_game, 1 - opener, server))
        self.service_games += is_game & (tie_break == 0)
        self.holds += is_game & (tie_break == 0) & (winner == server)
        self._end_games(is_game, winner, is_tie_break=tie_break > 0)
        return told

    def _tie_break(self) -> Integers:
        """The points that each match's running tie-break is played to, 0 where there is none."""
        length = self._to[np.minimum(self._won.sum(axis=1), len(self._to) - 1)]
        level = (self._games == GAMES_TO_SET).all(axis=1)
        return np.where(level, length, 0)

    def _end_games(
        self, is_game: NDArray[np.bool_], winner: Integers, *, is_tie_break: NDArray[np.bool_]
    ) -> None:
        rows = self._rows
        self._points[is_game] = 0
        self._games[rows, winner] += is_game
        mine, theirs = self._games[rows, winner], self._games[rows, 1 - winner]
        is_set = is_game & (is_tie_break | ((mine >= GAMES_TO_SET) & (mine >= theirs + 2)))
        ended = rows[is_set]
        self.sets[ended, self._won[ended].sum(axis=1)] = self._games[ended]
        self._games[ended] = 0
        self._won[ended, winner[ended]] += 1
        self.is_on &= self._won.max(axis=1) < self._form.sets_to_win

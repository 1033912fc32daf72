"""How the running set may end, from its score and the points of its running game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.ahead import Tables
from overround.domain.pricing.tennis.chain import game_place, serving, set_place, tie_break_place
from overround.domain.pricing.tennis.model import GAMES_TO_SET, Match

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Running:
    """The running set for n pairs of serves.

    `game` is home's chance to win the running game, shape (n,); `set_ways` the chances of
    `ahead.ways`, shape (ways, n), each with `past` more games on either side; `opener` served the
    set's first game, `server` serves now (home 0).
    """

    game: Floats
    set_ways: Floats
    past: int
    opener: int
    server: int


def servers(match: Match) -> tuple[int, ...]:
    """Who may be serving: both, each as likely, until it is known."""
    return (0, 1) if match.server is None else (int(match.server is Side.AWAY),)


def running(match: Match, tables: Tables, server: int) -> Running:
    """The running set of a match that is not over."""
    home, away = match.games
    index, to = len(match.sets), match.tie_break_to
    if to:
        opener = serving(server, sum(match.points))
        game = tables.tie_break[to][opener][tie_break_place(*match.points, to)]
        six_all = tables.sets[home, away, opener]
        return Running(game, tables.set_ways(index, six_all, game), 0, opener, server)
    opener = server ^ (home + away) % 2
    game = _game(match, tables, server)
    h, a, past = set_place(home, away)
    wins, loses = tables.sets[h + 1, a, 1 - server], tables.sets[h, a + 1, 1 - server]
    exits = game * wins + (1.0 - game) * loses
    chances = tables.set_ways(index, exits, tables.opening(match.sets_won, opener))
    return Running(game, chances, past, opener, server)


def next_game(match: Match, tables: Tables, now: Running) -> tuple[Floats, Floats]:
    """The chances that home and that away win the next game of the running set, shape (n,) each.

    What they lack to one is the chance that it is not played.
    """
    home, away = np.zeros_like(now.game), np.zeros_like(now.game)
    if match.tie_break_to:
        return home, away
    holds = tables.home_games[0, 0], 1.0 - tables.away_games[0, 0]
    to = match.format.tie_break_to(len(match.sets))
    for h, a, chance in _after_game(match, now.game):
        if max(h, a) >= GAMES_TO_SET and abs(h - a) >= 2:
            continue
        is_tie_break = to and h == a == GAMES_TO_SET
        receiver = 1 - now.server
        wins = tables.tie_break[to][receiver, 0, 0] if is_tie_break else holds[receiver]
        home += chance * wins
        away += chance * (1.0 - wins)
    return home, away


def win_by_pair(match: Match, tables: Tables) -> Floats:
    """Home's chance to win the match for each pair of serves, shape (n,); sure when it is over."""
    if match.winner is not None:
        return np.full(tables.home.shape, 1.0 if match.winner is Side.HOME else 0.0)
    chances = []
    for server in servers(match):
        now = running(match, tables, server)
        chances.append(tables.win(match.sets_won, now.opener, now.set_ways))
    chance: Floats = np.mean(chances, axis=0)
    return chance


def _after_game(match: Match, game: Floats) -> tuple[tuple[int, int, Floats], ...]:
    home, away = match.games
    return (home + 1, away, game), (home, away + 1, 1.0 - game)


def _game(match: Match, tables: Tables, server: int) -> Floats:
    home, away = match.points
    if server == 0:
        chance: Floats = tables.home_games[game_place(home, away)]
    else:
        chance = 1.0 - tables.away_games[game_place(away, home)]
    return chance

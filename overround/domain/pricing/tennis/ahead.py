"""What the rest of a match brings, set by set, for many pairs of serves at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.tennis.chain import EXITS, games, sets, tie_breaks
from overround.domain.pricing.tennis.model import GAMES_TO_SET, Format

Floats = NDArray[np.float64]
Score = tuple[int, int]

# After six all in a set without a tie-break: the last length takes all longer ones, and lies
# beyond the highest line of total games that is offered.
_LENGTHS = 20
_GAMES_MAX = 2 * GAMES_TO_SET + 1

_TIE_BREAK_WAYS: tuple[Score, ...] = (*EXITS[:-1], (7, 6), (6, 7))
_ADVANTAGE_WAYS: tuple[Score, ...] = (
    *EXITS[:-1],
    *(way for n in range(_LENGTHS) for way in ((8 + n, 6 + n), (6 + n, 8 + n))),
)


class Layout:
    """Where each outcome of the rest of a match stands in a row of chances.

    `results` are the final scores in sets; `total_games` and `games_lead` count from the set that
    begins, the lead (home's games less away's) from `-lead_max` on; more than `games_max` games
    count as so many.
    """

    def __init__(self, form: Format) -> None:
        to_win, best_of = form.sets_to_win, form.best_of
        self.results: tuple[Score, ...] = (
            *((to_win, lost) for lost in range(to_win)),
            *((lost, to_win) for lost in range(to_win)),
        )
        self.set_home = len(self.results)
        self.set_away = self.set_home + best_of
        self.set_tie_break = self.set_away + best_of
        self.no_tie_break = self.set_tie_break + best_of
        self.lead_max = GAMES_TO_SET * to_win
        cells = _GAMES_MAX * best_of + 2 * _LENGTHS
        self.games_max = cells - 1
        self.total = slice(self.no_tie_break + 1, self.no_tie_break + 1 + cells)
        self.lead = slice(self.total.stop, self.total.stop + 2 * self.lead_max + 1)
        self.size = self.lead.stop
        self.home_results = slice(0, to_win)

    def add(self, row: Floats, rest: Floats, set_index: int, way: Score) -> None:
        """Add to `row` the chances `rest` of what follows a set that ends in this way."""
        home, away = way
        lead, has_tie_break = home - away, home + away == _GAMES_MAX
        row[: self.no_tie_break] += rest[: self.no_tie_break]
        chance = rest[self.home_results.start : len(self.results)].sum(axis=0)
        row[(self.set_home if lead > 0 else self.set_away) + set_index] += chance
        if has_tie_break:
            row[self.set_tie_break + set_index] += chance
        else:
            row[self.no_tie_break] += rest[self.no_tie_break]
        # A set without a tie-break may outlast the places; then it has outlasted every line, too.
        _shift(row[self.total], rest[self.total], min(home + away, self.games_max))
        _shift(row[self.lead], rest[self.lead], lead)

    def over(self, result: Score, chance: Floats) -> Floats:
        """The row of a match that is over, of the shape of `chance` after the first axis."""
        row = np.zeros((self.size, *chance.shape))
        row[self.results.index(result)] = chance
        row[self.no_tie_break] = chance
        row[self.total.start] = chance
        row[self.lead.start + self.lead_max] = chance
        return row


def _shift(row: Floats, rest: Floats, by: int) -> None:
    if by >= 0:
        row[by:] += rest[: len(rest) - by]
    else:
        row[:by] += rest[-by:]


layout = lru_cache(maxsize=None)(Layout)
"""The layout of a format; there are six."""


def ways(form: Format, set_index: int) -> tuple[Score, ...]:
    """How a set can end, in the order of `Tables.set_ways`."""
    return _TIE_BREAK_WAYS if form.tie_break_to(set_index) else _ADVANTAGE_WAYS


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """All that a price needs, for n pairs of serves: `home` and `away`, shape (n,).

    `home_games` and `away_games` are `chain.games` of each player's serve, `tie_break` by its
    length, `sets` `chain.sets`. `_ahead` keeps the rest of a match from the start of each set.
    """

    form: Format
    home: Floats
    away: Floats
    home_games: Floats
    away_games: Floats
    tie_break: dict[int, Floats]
    sets: Floats
    _level: Floats
    _ahead: dict[tuple[Score, int], Floats] = field(default_factory=dict)
    _wins: dict[tuple[Score, int], Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, form: Format, home: Floats, away: Floats) -> Tables:
        """Tables for these pairs: 10 ms for 841 of them, and 0.2 s more as sets are asked for."""
        home_games, away_games = games(home), games(away)
        holds = home_games[0, 0], away_games[0, 0]
        lengths = {form.tie_break_to(0), form.tie_break_to(form.best_of - 1)} - {0}
        breaks = {to: tie_breaks(home, away, to) for to in lengths}
        chains = (home_games, away_games, breaks, sets(*holds))
        return cls(form, home, away, *chains, _lengths(*holds))

    def from_set(self, won: Score, server: int) -> Floats:
        """The rest of the match from the start of a set, shape (layout size, n).

        Args:
            won: sets of home and away so far.
            server: who serves the set's first game, home 0.
        """
        known = self._ahead.get((won, server))
        if known is None:
            chances = self.set_ways(sum(won), self.sets[0, 0, server], self.opening(won, server))
            known = self._ahead[won, server] = self.after(won, server, chances, is_summed=False)
        return known

    def win(self, won: Score, server: int, chances: Floats) -> Floats:
        """Home's chance to win a match whose running set has these `set_ways`, shape (n,)."""
        total = np.zeros_like(self.home)
        to_win = self.form.sets_to_win
        scores = ways(self.form, sum(won))
        for (then, next_server), places in _by_next(won, server, scores).items():
            chance = chances[places].sum(axis=0)
            if max(then) < to_win:
                total += chance * self._win_from(then, next_server)
            elif then[0] == to_win:
                total += chance
        return total

    def _win_from(self, won: Score, server: int) -> Floats:
        known = self._wins.get((won, server))
        if known is None:
            results = self.from_set(won, server)[layout(self.form).home_results]
            known = self._wins[won, server] = results.sum(axis=0)
        return known

    def opening(self, won: Score, server: int) -> Floats:
        """Home's chance in a tie-break of the set to come, from its start; unused without one."""
        to = self.form.tie_break_to(sum(won))
        return self.tie_break[to][server, 0, 0] if to else self.home

    def set_ways(self, set_index: int, exits: Floats, tie_break: Floats) -> Floats:
        """The chances of each of `ways`: a set's exits and, from six all, home's tie-break."""
        if self.form.tie_break_to(set_index):
            level = np.stack([tie_break, 1.0 - tie_break])
        else:
            level = self._level
        return np.concatenate([exits[:-1], exits[-1] * level])

    def after(
        self, won: Score, server: int, chances: Floats, past: int = 0, *, is_summed: bool
    ) -> Floats:
        """The rest of a match in whose running set each of `ways` has these chances.

        Args:
            won: sets of home and away before the running one.
            server: who served its first game.
            chances: shape (ways, n).
            past: games of each side that the ways leave out.
            is_summed: whether to add the pairs up, shape (layout size,), or to keep them apart.
        """
        plan, index = layout(self.form), sum(won)
        scores = ways(self.form, index)
        row = np.zeros((plan.size,) if is_summed else (plan.size, *self.home.shape))
        for (then, next_server), places in _by_next(won, server, scores).items():
            mine = chances[places]
            if max(then) == self.form.sets_to_win:
                rests = [plan.over(then, each.sum() if is_summed else each) for each in mine]
            elif is_summed:
                rests = list((self.from_set(then, next_server) @ mine.T).T)
            else:
                rests = [self.from_set(then, next_server) * each for each in mine]
            for place, rest in zip(places, rests, strict=True):
                home, away = scores[place]
                plan.add(row, rest, index, (home + past, away + past))
        return row


def _by_next(
    won: Score, server: int, scores: tuple[Score, ...]
) -> dict[tuple[Score, int], list[int]]:
    """The places of the ways to end a set, by the sets and the server that follow them."""
    places: dict[tuple[Score, int], list[int]] = {}
    for place, (home, away) in enumerate(scores):
        then = (won[0] + 1, won[1]) if home > away else (won[0], won[1] + 1)
        places.setdefault((then, server ^ (home + away) % 2), []).append(place)
    return places


def _lengths(home_hold: Floats, away_hold: Floats) -> Floats:
    """How a set without a tie-break ends after six all: by two games, home or away, each length."""
    wins, loses = home_hold * (1.0 - away_hold), (1.0 - home_hold) * away_hold
    goes_on = (1.0 - wins - loses) ** np.arange(_LENGTHS)[:, np.newaxis]
    goes_on[-1] /= wins + loses
    return np.stack([goes_on * wins, goes_on * loses], axis=1).reshape(-1, *home_hold.shape)

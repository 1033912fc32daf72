"""The filter and the model of constant chances on the same matches, point by point."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray

from cli.evaluate.point_strings import Recorded, states
from overround.domain.kernel.match import Side
from overround.domain.pricing.scoring import bootstrap_interval, log_loss
from overround.domain.pricing.tennis.ahead import Tables
from overround.domain.pricing.tennis.belief import (
    AWAY_SERVES,
    HOME_SERVES,
    posterior,
)
from overround.domain.pricing.tennis.chain import hold
from overround.domain.pricing.tennis.fit import tour_belief
from overround.domain.pricing.tennis.model import MICROS, Belief, Format, Match
from overround.domain.pricing.tennis.running import win_by_pair

Floats = NDArray[np.float64]

MODELS = ("constant", "prior", "filter")
"""Chances that are constant and the same for all, beliefs without points, beliefs with them."""

ALL_POINTS = "all points"
_HOME_HOLDS, _AWAY_HOLDS = hold(HOME_SERVES), hold(AWAY_SERVES)
_SEED = 20_170_501
# Months of a tour differ by 0.01 in points won on serve; a match's mean by 0.05, which is as much
# as 3,700 points, 26 matches, say of a month.
_RECENT, _STEADY_POINTS = timedelta(days=30), 3_700
# Chances by pair of some thousand scores are kept: 7 kB each.
_SCORES_KEPT = 12_000


@dataclass(frozen=True, slots=True)
class Tour:
    """What the matches before the tested ones say: the mean of points on serve, and the belief."""

    serve_micro: int
    belief: Belief

    @classmethod
    def of(cls, matches: Sequence[Recorded]) -> Tour:
        """Fitted to these matches alone."""
        won = np.array([match.won for match in matches])
        served = np.array([match.served for match in matches])
        return cls(round(won.sum() / served.sum() * MICROS), tour_belief(won, served))


class Season:
    """How the matches of a file served, day by day."""

    def __init__(self, matches: Sequence[Recorded]) -> None:
        ordered = sorted(matches, key=lambda match: match.day)
        self._days = [match.day for match in ordered]
        self._won = [0, *accumulate(sum(match.won) for match in ordered)]
        self._served = [0, *accumulate(sum(match.served) for match in ordered)]

    def moved(self, belief: Belief, day: date) -> Belief:
        """The belief on that day: its mean drawn to that of the days before, never of its own.

        A tour plays on clay in spring and on grass in summer, and its serves go with that.
        """
        start, end = (bisect_left(self._days, each) for each in (day - _RECENT, day))
        won, served = self._won[end] - self._won[start], self._served[end] - self._served[start]
        mean = belief.home_serve_micro / MICROS
        level = (mean * _STEADY_POINTS + won) / (_STEADY_POINTS + served)
        # In steps of a thousandth, so that few beliefs have to be laid out.
        micro = round(level, 3) * MICROS
        return replace(belief, home_serve_micro=round(micro), away_serve_micro=round(micro))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Mean log loss of the match winner at one kind of moment, by model in the order of `MODELS`.

    `gain` is what the filter's loss is below the constant model's, with its 95 % interval.
    """

    name: str
    matches: int
    losses: tuple[float, float, float]
    gain: float
    gain_low: float
    gain_high: float


@dataclass(slots=True)
class Scores:
    """What was seen of the scored matches so far; `tours` is what each block is scored with."""

    every: int
    tours: Sequence[Tour]
    season: Season
    games: int = 0
    held: int = 0
    expected_holds: Floats = field(default_factory=lambda: np.zeros(len(MODELS)))
    _losses: dict[str, list[Floats]] = field(default_factory=dict)
    _known: dict[object, Floats] = field(default_factory=dict)
    _tables: dict[Format, Tables] = field(default_factory=dict)

    def add(self, recorded: Recorded, number: int) -> None:
        """Replay a match and score it at each of its moments with the tour of that number."""
        belief = self.season.moved(self.tours[number].belief, recorded.day)
        played = list(states(recorded, belief))
        pairs = posterior(
            belief,
            np.array([match.won for match in played]),
            np.array([match.served for match in played]),
        )
        known = np.stack([self._chances(match) for match in played[:-1]])
        by_pair, constant = known[:, : len(HOME_SERVES)], known[:, len(HOME_SERVES) + number]
        chances = (constant, by_pair @ pairs[0], np.einsum("ij,ij->i", by_pair, pairs[:-1]))
        outcomes = np.full(len(known), 0 if recorded.has_home_won else 1)
        both = [np.stack([p, 1.0 - p], axis=1) for p in chances]
        losses = np.stack([log_loss(p, outcomes) for p in both], axis=1)
        self._keep(ALL_POINTS, losses.mean(axis=0))
        for name, place in self._moments(played).items():
            self._keep(name, losses[place])
        self._count_holds(played, pairs, self.tours[number].serve_micro)

    def checkpoints(self) -> list[Checkpoint]:
        """Every kind of moment with its losses, in the order of a match."""
        return [_checkpoint(name, np.array(self._losses[name])) for name in self._order()]

    def _chances(self, match: Match) -> Floats:
        """Home's chance for each pair of serves of the grid, and for each tour's constant serve."""
        key = (match.format, match.sets_won, match.games, match.points, match.server)
        if key not in self._known:
            if len(self._known) >= _SCORES_KEPT:
                self._known.clear()
            self._known[key] = win_by_pair(match, self._tables_of(match.format))
        return self._known[key]

    def _tables_of(self, form: Format) -> Tables:
        if form not in self._tables:
            constant = [tour.serve_micro / MICROS for tour in self.tours]
            serves = (np.append(grid, constant) for grid in (HOME_SERVES, AWAY_SERVES))
            self._tables[form] = Tables.of(form, *serves)
        return self._tables[form]

    def _moments(self, played: Sequence[Match]) -> dict[str, int]:
        """Places in a match, of which the last is left out: there is nothing to tell."""
        last = len(played) - 1
        moments = {"start": 0}
        for place in range(self.every, last, self.every):
            moments[f"after {place} points"] = place
        for place, (before, after) in enumerate(pairwise(played[:-1]), start=1):
            if len(after.sets) > len(before.sets):
                moments[f"after set {len(after.sets)}"] = place
        return moments

    def _keep(self, name: str, losses: Floats) -> None:
        self._losses.setdefault(name, []).append(losses)

    def _order(self) -> list[str]:
        def place(name: str) -> tuple[int, int]:
            words = ("start", "after set", "after", ALL_POINTS)
            kind = next(n for n, word in enumerate(words) if name.startswith(word))
            return kind, sum(int(word) for word in name.split() if word.isdigit())

        return sorted(self._losses, key=place)

    def _count_holds(self, played: Sequence[Match], pairs: Floats, serve_micro: int) -> None:
        constant = hold(np.array([serve_micro / MICROS]))[0]
        for began, ended in service_games(played):
            is_away = played[began].server is Side.AWAY
            before = played[ended - 1]
            self.games += 1
            self.held += (before.points[0] < before.points[1]) == is_away
            by_pair = _AWAY_HOLDS if is_away else _HOME_HOLDS
            self.expected_holds += (constant, pairs[0] @ by_pair, pairs[began] @ by_pair)


def service_games(played: Sequence[Match]) -> Iterator[tuple[int, int]]:
    """Where each service game of a match begins, and where it has ended."""
    began = 0
    for place, (before, after) in enumerate(pairwise(played), start=1):
        if after.games != before.games or after.sets != before.sets:
            if not before.tie_break_to:
                yield began, place
            began = place


def blocks(matches: Sequence[Recorded], count: int) -> list[list[Recorded]]:
    """The matches in blocks of whole days, in order, of about the same size; fewer if few days."""
    ordered = sorted(matches, key=lambda match: match.day)
    cuts = sorted({ordered[len(ordered) * n // count].day for n in range(count)})
    parts: list[list[Recorded]] = [[] for _ in cuts]
    for match in ordered:
        parts[bisect_right(cuts, match.day) - 1].append(match)
    return parts


def score(
    parts: Sequence[Sequence[Recorded]], every: int, is_forward: bool, step: Callable[[], None]
) -> Scores:
    """Score the matches of each block by what the others teach, or only those before it.

    Args:
        parts: as `blocks` makes them, at least two.
        every: points between two moments that are scored by themselves.
        is_forward: only earlier blocks teach, so the first is not scored.
        step: called after each match.
    """
    scored = list(range(1 if is_forward else 0, len(parts)))
    teachers = [parts[:n] if is_forward else [*parts[:n], *parts[n + 1 :]] for n in scored]
    tours = [Tour.of(list(chain.from_iterable(each))) for each in teachers]
    scores = Scores(every, tours, Season(list(chain.from_iterable(parts))))
    for number, place in enumerate(scored):
        for recorded in parts[place]:
            scores.add(recorded, number)
            step()
    return scores


def _checkpoint(name: str, losses: Floats) -> Checkpoint:
    gains = losses[:, 0] - losses[:, 2]
    low, high = bootstrap_interval(gains, _SEED)
    constant, prior, filtered = losses.mean(axis=0).tolist()
    return Checkpoint(name, len(losses), (constant, prior, filtered), gains.mean(), low, high)

"""The filter and the model of constant chances on the same matches, point by point."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cli.evaluate.point_strings import Recorded, states
from overround.domain.kernel.match import Side
from overround.domain.pricing.scoring import bootstrap_interval, log_loss
from overround.domain.pricing.tennis.belief import (
    AWAY_SERVES,
    HOME_SERVES,
    grid_tables,
    pair_tables,
    posterior,
)
from overround.domain.pricing.tennis.chain import hold
from overround.domain.pricing.tennis.fit import tour_belief
from overround.domain.pricing.tennis.model import MICROS, Belief, Match
from overround.domain.pricing.tennis.running import win_by_pair

Floats = NDArray[np.float64]

MODELS = ("constant", "prior", "filter")
"""Chances that are constant and the same for all, beliefs without points, beliefs with them."""

ALL_POINTS = "all points"
_HOME_HOLDS, _AWAY_HOLDS = hold(HOME_SERVES), hold(AWAY_SERVES)
_SEED = 20_170_501
# Chances by pair of some thousand scores are kept: 7 kB each.
_SCORES_KEPT = 6_000


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
    """What was seen of the scored matches so far, a block after the other."""

    every: int
    tours: list[Tour] = field(default_factory=list)
    games: int = 0
    held: int = 0
    expected_holds: Floats = field(default_factory=lambda: np.zeros(len(MODELS)))
    _losses: dict[str, list[Floats]] = field(default_factory=dict)
    _constant: dict[object, float] = field(default_factory=dict)
    _by_pair: dict[object, Floats] = field(default_factory=dict)

    @property
    def tour(self) -> Tour:
        """What the running block is scored with."""
        return self.tours[-1]

    def learn(self, tour: Tour) -> None:
        """Go on to the next block."""
        self.tours.append(tour)
        self._constant.clear()

    def add(self, recorded: Recorded) -> None:
        """Replay a match and score it at each of its moments."""
        played = list(states(recorded, self.tour.belief))
        pairs = posterior(
            self.tour.belief,
            np.array([match.won for match in played]),
            np.array([match.served for match in played]),
        )
        losses = self._losses_of(played[:-1], pairs, recorded.has_home_won)
        self._keep(ALL_POINTS, losses.mean(axis=0))
        for name, place in self._moments(played).items():
            self._keep(name, losses[place])
        self._count_holds(played, pairs)

    def checkpoints(self) -> list[Checkpoint]:
        """Every kind of moment with its losses, in the order of a match."""
        return [_checkpoint(name, np.array(self._losses[name])) for name in self._order()]

    def _losses_of(self, played: Sequence[Match], pairs: Floats, has_home_won: bool) -> Floats:
        """The log loss of each model before each point, shape (points, models)."""
        known = [self._chances(match) for match in played]
        by_pair = np.stack([chances for _, chances in known])
        home = np.array([constant for constant, _ in known])
        chances = (home, by_pair @ pairs[0], np.einsum("ij,ij->i", by_pair, pairs[:-1]))
        outcomes = np.full(len(played), 0 if has_home_won else 1)
        both = [np.stack([p, 1.0 - p], axis=1) for p in chances]
        return np.stack([log_loss(p, outcomes) for p in both], axis=1)

    def _chances(self, match: Match) -> tuple[float, Floats]:
        """Home's chance with the tour's constant serve, and by pair of serves."""
        key = (match.format, match.sets_won, match.games, match.points, match.server)
        if len(self._by_pair) >= _SCORES_KEPT:
            self._by_pair.clear()
        if key not in self._by_pair:
            self._by_pair[key] = win_by_pair(match, grid_tables(match.format))
        if key not in self._constant:
            serve = self.tour.serve_micro
            constant = win_by_pair(match, pair_tables(match.format, serve, serve))
            self._constant[key] = float(constant[0])
        return self._constant[key], self._by_pair[key]

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

    def _count_holds(self, played: Sequence[Match], pairs: Floats) -> None:
        constant = hold(np.array([self.tour.serve_micro / MICROS]))[0]
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
    scores = Scores(every)
    for place, part in enumerate(parts):
        teachers = parts[:place] if is_forward else [*parts[:place], *parts[place + 1 :]]
        if teachers:
            scores.learn(Tour.of([match for teacher in teachers for match in teacher]))
            for recorded in part:
                scores.add(recorded)
                step()
    return scores


def _checkpoint(name: str, losses: Floats) -> Checkpoint:
    gains = losses[:, 0] - losses[:, 2]
    low, high = bootstrap_interval(gains, _SEED)
    constant, prior, filtered = losses.mean(axis=0).tolist()
    return Checkpoint(name, len(losses), (constant, prior, filtered), gains.mean(), low, high)

"""Matches as arrays: goals and shots by side and minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cli.evaluate.seasons import PlayedMatch, joined
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.fit import opening
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Parameters

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
LAST = 100
"""Minutes run from 0 to 99; the last also holds whatever came later."""

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """n matches; `goals`, `shots` and `xg` are (n, 2, 100), of home and away, by minute.

    `xg` is capped shot by shot as the model does, and own goals are no shots.
    """

    matches: tuple[PlayedMatch, ...]
    seasons: Places
    goals: Places
    shots: Floats
    xg: Floats

    @property
    def final(self) -> Places:
        """Goals of both sides at the end, (n, 2)."""
        return self.goals.sum(axis=2)

    @property
    def outcomes(self) -> Places:
        """0, 1, 2 for home, draw, away, (n,)."""
        return 1 - np.sign(self.final[:, 0] - self.final[:, 1])

    def score_at(self, minute: int) -> Places:
        """Goals of the minutes before this one, (n, 2)."""
        return self.goals[:, :, :minute].sum(axis=2)

    def leads(self) -> Places:
        """-1, 0, 1 of the home side after the goals of each minute, (n, 100)."""
        return np.sign(np.cumsum(self.goals[:, 0] - self.goals[:, 1], axis=1))

    def leads_before(self) -> Places:
        """The same before them."""
        after = self.leads()
        return np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)


def recorded() -> list[PlayedMatch]:
    """All matches of which the recordings have prices and shots."""
    return joined(FOLDER / "football_odds", FOLDER / "understat_shots", lambda _name: None).matches


def played_of(matches: Sequence[PlayedMatch]) -> Played:
    """The arrays of matches."""
    shape = (len(matches), 2, LAST)
    goals, shots, xg = np.zeros(shape, dtype=np.intp), np.zeros(shape), np.zeros(shape)
    for place, match in enumerate(matches):
        for shot in match.shots:
            at = (place, 0 if shot.is_home else 1, min(shot.minute, LAST - 1))
            goals[at] += shot.is_goal
            if not shot.is_own_goal:
                shots[at] += 1.0
                xg[at] += min(shot.xg_milli / 1_000, DEFAULTS.shot_xg_max)
    return Played(tuple(matches), np.array([m.season for m in matches]), goals, shots, xg)


def opened(matches: Sequence[PlayedMatch], parameters: Parameters) -> Floats:
    """What the prices before kick-off imply: home rate, away rate, dependence; (n, 3).

    NaN where the prices make no match.
    """
    return np.array([_opening(match, parameters) for match in matches]) / MICROS


def _opening(match: PlayedMatch, parameters: Parameters) -> tuple[float, float, float]:
    try:
        return opening(match.prices, parameters)
    except Refusal:
        return (np.nan, np.nan, np.nan)

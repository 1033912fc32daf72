"""What was said of every match by parameters that others were looked at for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benches.played import engine
from benches.played.matches import Floats, Places, Played, opened
from overround.domain.pricing.football.model import Parameters


@dataclass(frozen=True, slots=True)
class Said:
    """What one set of parameters a season said: grids by minute, without and with shots."""

    opening: Floats
    plain: dict[int, Floats]
    shots: dict[int, Floats]


def said_of(
    played: Played, parameters: Callable[[int], Parameters], minutes: tuple[int, ...]
) -> Said:
    """Every match by the parameters of its season."""
    count = len(played.matches)
    said = Said(
        np.empty((count, 3)),
        {at: np.empty((count, 256)) for at in minutes},
        {at: np.empty((count, 256)) for at in minutes},
    )
    for season in np.unique(played.seasons):
        places = np.flatnonzero(played.seasons == season)
        chosen, part = parameters(int(season)), part_of(played, places)
        opening = opened(part.matches, chosen)
        weighted = engine.weighted_shots(part, chosen)
        due = engine.expected_shots(part, opening[:, :2], chosen)
        said.opening[places] = opening
        for at in minutes:
            factors = engine.shot_factors(weighted, due, at, chosen.shots_prior)
            said.plain[at][places] = engine.grids_at(part, opening, at, chosen)
            said.shots[at][places] = engine.grids_at(part, opening, at, chosen, factors)
    return said


def part_of(played: Played, places: Places) -> Played:
    """Some of the matches."""
    arrays = (played.seasons, played.goals, played.shots, played.xg)
    return Played(
        tuple(played.matches[at] for at in places.tolist()), *(each[places] for each in arrays)
    )

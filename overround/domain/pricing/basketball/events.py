"""What providers tell of a basketball match, as the topics carry it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from overround.domain.kernel.match import Side
from overround.domain.kernel.play import IN_ORDER, Order
from overround.domain.pricing.basketball.model import Clock, Incident, ScoreCancelled, Scored


@dataclass(frozen=True, slots=True)
class PointsScored:
    """A basket or a free throw; `left_s` is left on the clock of its period, counted from 1."""

    event_id: str
    provider: str
    sequence: int
    period: int
    left_s: int
    side: Side
    points: int
    order: Order = IN_ORDER


@dataclass(frozen=True, slots=True)
class PointsTakenBack:
    """The score that was told with `score_sequence` does not count."""

    event_id: str
    provider: str
    sequence: int
    score_sequence: int
    order: Order = IN_ORDER


@dataclass(frozen=True, slots=True)
class ClockTold:
    """What is left of a period, counted from 1; 0 at its end."""

    event_id: str
    provider: str
    sequence: int
    period: int
    left_s: int
    order: Order = IN_ORDER


INCIDENTS: Mapping[type, Callable[[Any], Incident]] = {
    PointsScored: lambda told: Scored(
        told.sequence, told.period, told.left_s, told.side, told.points
    ),
    PointsTakenBack: lambda told: ScoreCancelled(told.score_sequence),
    ClockTold: lambda told: Clock(told.sequence, told.period, told.left_s),
}
"""What the score makes of each."""

"""What providers tell of a tennis match, as the topics carry it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from overround.domain.kernel.match import Side
from overround.domain.kernel.play import IN_ORDER, Order
from overround.domain.pricing.tennis.model import Incident, Point, PointCancelled, Retired


@dataclass(frozen=True, slots=True)
class PointPlayed:
    """A point was played."""

    event_id: str
    provider: str
    sequence: int
    server: Side
    winner: Side
    order: Order = IN_ORDER


@dataclass(frozen=True, slots=True)
class PointTakenBack:
    """The point that was told with `point_sequence` does not count."""

    event_id: str
    provider: str
    sequence: int
    point_sequence: int
    order: Order = IN_ORDER


@dataclass(frozen=True, slots=True)
class PlayerRetired:
    """A player gives up."""

    event_id: str
    provider: str
    sequence: int
    side: Side
    order: Order = IN_ORDER


INCIDENTS: Mapping[type, Callable[[Any], Incident]] = {
    PointPlayed: lambda told: Point(told.sequence, told.server, told.winner),
    PointTakenBack: lambda told: PointCancelled(told.point_sequence),
    PlayerRetired: lambda told: Retired(told.side),
}
"""What the score makes of each."""

"""What is counted in a match, side by side, besides its goals."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.match import Period
from overround.domain.kernel.refusal import Refusal

# Shots come nearest to it: no match has had a hundred of one side.
COUNT_MAX = 200


@dataclass(frozen=True, slots=True)
class SideStatistics:
    """What a side has of each so far; null where that is not told, which is not 0.

    `shots` are attempts at goal, those on target among them. `red_cards` are dismissals, by a
    second yellow card too. `first_half_goals` are those of the first half alone.
    """

    shots: int | None = None
    shots_on_target: int | None = None
    corners: int | None = None
    fouls: int | None = None
    yellow_cards: int | None = None
    red_cards: int | None = None
    first_half_goals: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The counts that are told, by name."""
        told = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: count for name, count in told if count is not None}


@dataclass(frozen=True, slots=True)
class StatisticsObserved:
    """A provider's running counts of a match, as it tells them now.

    Each is the whole truth of its provider: one with a higher `sequence` replaces it, and may
    have less. `period` and `clock_s`, the match clock as in `Incident`, say how far into the match
    they reach; null where the provider does not say it.
    """

    event_id: str
    provider: str
    sequence: int
    period: Period | None
    clock_s: int | None
    home: SideStatistics
    away: SideStatistics


def check(observed: StatisticsObserved) -> None:
    """Refuse counts that no match has, or that contradict each other.

    Raises:
        Refusal: `out_of_range`, `on_target_above_shots`.
    """
    if observed.clock_s is not None and observed.clock_s < 0:
        raise Refusal("out_of_range", f"{observed.clock_s} s")
    for name, side in (("home", observed.home), ("away", observed.away)):
        counts = side.counts
        for what, count in counts.items():
            if not 0 <= count <= COUNT_MAX:
                raise Refusal("out_of_range", f"{name} {what} {count}")
        shots, on_target = counts.get("shots", COUNT_MAX), counts.get("shots_on_target", 0)
        if on_target > shots:
            raise Refusal("on_target_above_shots", f"{name} {on_target} of {shots}")

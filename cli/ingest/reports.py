"""What each partition is yet to be told of a source, and since when it should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from overround.domain.feeds.commands import SourceReport

Place = tuple[str, int]
"""A producer of the source, and a partition: where reports replace each other."""


@dataclass(frozen=True, slots=True)
class _Report:
    """A report; what its partition knows of the source is no newer than `since_s`."""

    payload: bytes
    since_s: float


class Reports:
    """The newest report for each place, until the log has taken it. Times are one clock's seconds.

    FEEDS gives a source up when a partition has no report of it for as long as its contract
    allows, and then takes only a snapshot for an answer, so it must not happen unnoticed: not by
    a connection that tells late, nor by a log that takes late, nor by some of both. Hence the time
    without a report counts from the making of the one before, not of the one that is late.
    """

    def __init__(self) -> None:
        self._waiting: dict[Place, _Report] = {}
        self._under_way: dict[Place, float] = {}
        self._told_s: dict[Place, float] = {}
        self._untold_s_max: dict[Place, float] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    def put(self, place: Place, payload: bytes, kind: SourceReport, now_s: float) -> None:
        """A report for a place; one that only says that the source lives replaces none."""
        waits = self._waiting.get(place)
        if waits is not None:
            if kind is SourceReport.HEARD:
                return
            since_s = waits.since_s
        else:
            since_s = self._told_s.get(place, now_s) if kind is SourceReport.HEARD else now_s
        self._waiting[place] = _Report(payload, since_s)
        if kind is SourceReport.LOST:
            # Nothing is expected of a lost source.
            self._told_s.pop(place, None)
            self._untold_s_max.pop(place, None)
        else:
            self._told_s[place] = now_s

    def to_write(self) -> Iterator[tuple[Place, bytes]]:
        """Those for places with none under way; `written` may be called meanwhile."""
        for place, report in list(self._waiting.items()):
            if place not in self._under_way:
                yield place, report.payload

    def written(self, place: Place) -> None:
        """What waited for a place is under way."""
        self._under_way[place] = self._waiting.pop(place).since_s

    def taken(self, place: Place, now_s: float) -> None:
        """The log has what was under way to a place."""
        untold_s = now_s - self._under_way.pop(place)
        if place in self._told_s:
            self._untold_s_max[place] = max(self._untold_s_max.get(place, 0.0), untold_s)

    def untold_for_s(self, now_s: float) -> float:
        """The longest that any place was left without a report since its source was last lost."""
        since = [report.since_s for report in self._waiting.values()]
        oldest_s = min((*since, *self._under_way.values()), default=now_s)
        return max((now_s - oldest_s, *self._untold_s_max.values()))

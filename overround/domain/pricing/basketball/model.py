"""A basketball match as its prices see it, what is reported of it, and the model's figures."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.match import Side

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Format:
    """Periods of regular time, their length, and that of each overtime, in seconds."""

    periods: int = 4
    period_s: int = 720
    overtime_s: int = 300

    @property
    def regular_s(self) -> int:
        """Length of regular time."""
        return self.periods * self.period_s

    def length_s(self, period: int) -> int:
        """Length of a period, counted from 1; those after the last regular one are overtimes."""
        return self.period_s if period <= self.periods else self.overtime_s


NBA = Format()
FIBA = Format(period_s=600)


@dataclass(frozen=True, slots=True)
class Strength:
    """What is expected of regular time before it begins, in millionths of a point.

    `lead_micro` is home's expected lead, `total_micro` the points of both; `*_sigma_micro` are the
    standard deviations of the lead and of the total. No total or no spread: nothing is known.
    """

    lead_micro: int = 0
    total_micro: int = 0
    lead_sigma_micro: int = 0
    total_sigma_micro: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A basket or free throw; `left_s` is left on the clock of its period, counted from 1."""

    sequence: int
    period: int
    left_s: int
    side: Side
    points: int


@dataclass(frozen=True, slots=True)
class ScoreCancelled:
    """The score of that sequence does not count."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Clock:
    """What is left of a period; 0 at its end."""

    sequence: int
    period: int
    left_s: int


Incident = Scored | ScoreCancelled | Clock


@dataclass(frozen=True, slots=True)
class Match:
    """A match: its clock, the points of each period, and what was expected of it.

    `period` is counted from 1, 0 before the start; `left_s` is left of it. `scores` has the points
    of home and away in each period so far. `log` has every score that counts as sequence, period,
    and points with away's negative, in order: a correction is the same match with another log.
    """

    format: Format = NBA
    strength: Strength = Strength()
    period: int = 0
    left_s: int = 0
    scores: tuple[tuple[int, int], ...] = ()
    log: tuple[tuple[int, int, int], ...] = ()
    clock_sequence: int = 0

    @property
    def home_points(self) -> int:
        """Of all periods."""
        return sum(home for home, _ in self.scores)

    @property
    def away_points(self) -> int:
        """Of all periods."""
        return sum(away for _, away in self.scores)

    @property
    def lead(self) -> int:
        """Home's points less away's."""
        return self.home_points - self.away_points

    @property
    def is_over(self) -> bool:
        """Whether regular time or an overtime has ended with a lead."""
        return self.period >= self.format.periods and self.left_s == 0 and self.lead != 0


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The figures of the model.

    `lead_sigma` and `total_sigma` are those of a match of `total` points, for openings whose
    prices do not tell them; they grow with the root of the total, as sums of baskets do. 12.5
    points round the handicap is the order that recent NBA seasons are said to have (Stern's 493
    matches of 1991/92, round their mean and not round a line, had 15.8); not measured here.
    """

    total: float = 225.0
    lead_sigma: float = 12.5
    total_sigma: float = 17.5


DEFAULTS = Parameters()
"""The figures that are used where a match has none of its own."""

"""The course of a match as it is drawn: prices, score, suspensions and exposure by time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan, nan

from cli.plot.told import Sight, Told, sights
from overround.domain.exposure.events import ExposureChanged
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.money import EXPONENTS
from overround.domain.kernel.time import MICROS_PER_SECOND

# More lines than this in one picture are a tangle; the shortest prices are kept.
_LINES_MAX = 6
_MARK_EVERY_MIN = 15
_HALF_MIN = 45
# Clocks are told each few seconds; what comes later after a quarter hour is no mark of it.
_LATE_S_MAX = 120
# So much of the time before kick-off is shown; prices of the days before would flatten the match.
_BEFORE_US = 600 * MICROS_PER_SECOND
_OVER = (TradingStatus.CLOSED, TradingStatus.SETTLED)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds since the first quotes."""

    start_s: float
    end_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A change of the score; `side` is empty for one that was taken back."""

    at_s: float
    score: str
    side: str
    clock_s: int


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """A currency's exposure in major units: the house's result at the worst score, by time.

    Below zero it is a loss. `stake` is all that was staked in the end.
    """

    at_s: tuple[float, ...]
    worst: tuple[float, ...]
    stake: float


@dataclass(frozen=True, slots=True)
class Course:
    """A match by the time of the log, in seconds since its first quotes, until it was over.

    `clock_s` is the match clock at each time (time since the start in a sport without one),
    `scores` the score, and `prices` are decimal, by outcome, each as long as `at_s`; NaN where none
    was offered. `goals` are of football alone. `marks` are quarter hours of the match clock and
    where they lie.
    """

    title: str
    market: str
    end_s: float
    at_s: tuple[float, ...]
    clock_s: tuple[int, ...]
    prices: dict[str, tuple[float, ...]]
    scores: tuple[str, ...]
    goals: tuple[Goal, ...]
    suspended: tuple[Span, ...]
    marks: tuple[tuple[float, int], ...]
    exposures: dict[str, ExposureLine]
    has_goals: bool = True

    def score_at(self, at_s: float) -> str:
        """The score as it stood at a time."""
        return self.scores[max(0, bisect_right(self.at_s, at_s) - 1)]


def course(told: Told, market: str) -> Course:
    """The course of a market; there must be quotes."""
    seen_at = list(sights(told.quotes))
    begin_us, end_us = _bounds(seen_at)

    def seconds(at_us: int) -> float:
        return (min(max(at_us, begin_us), end_us) - begin_us) / MICROS_PER_SECOND

    seen = [(seconds(at_us), sight) for at_us, sight in seen_at if at_us <= end_us]
    # What was told before the beginning stands at it, the newest of it alone.
    before = max((n for n, (at_s, _) in enumerate(seen) if at_s == 0.0), default=0)
    seen = seen[before:]
    return Course(
        title=told.title,
        market=market,
        end_s=seconds(end_us),
        at_s=tuple(at_s for at_s, _ in seen),
        clock_s=tuple(sight.clock_s for _, sight in seen),
        prices=_prices([sight for _, sight in seen], market, told.outcomes(market)),
        scores=tuple(sight.score for _, sight in seen),
        goals=tuple(_goals(seen)),
        suspended=tuple(_suspended(seen, seconds(end_us))),
        marks=tuple(_marks(seen)),
        exposures=_exposures([(seconds(at_us), each) for at_us, each in told.exposures]),
        has_goals=not told.sport,
    )


def _bounds(quotes: Sequence[tuple[int, Sight]]) -> tuple[int, int]:
    """From shortly before kick-off to the end of betting, in microseconds of the log."""
    first, last = quotes[0][0], quotes[-1][0]
    kicked_off = next((at_us for at_us, each in quotes if each.clock_s > 0), last)
    over = next((at_us for at_us, each in quotes if each.status in _OVER), last)
    return max(first, min(kicked_off, over) - _BEFORE_US), over


def _prices(
    quotes: Sequence[Sight], market: str, outcomes: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    lines = [
        {q.outcome: q.price_milli for q in each.lines if q.market == market} for each in quotes
    ]
    prices = {
        outcome: tuple(line[outcome] / 1_000 if outcome in line else nan for line in lines)
        for outcome in outcomes
    }
    shortest = sorted(outcomes, key=lambda name: min(_known(prices[name]), default=nan))
    kept = [name for name in shortest if any(_known(prices[name]))][:_LINES_MAX]
    return {name: prices[name] for name in outcomes if name in kept}


def _known(prices: Sequence[float]) -> list[float]:
    return [price for price in prices if not isnan(price)]


def _goals(seen: Sequence[tuple[float, Sight]]) -> Iterator[Goal]:
    for (_, was), (at_s, now) in pairwise(seen):
        if was.goals is None or now.goals is None or now.goals == was.goals:
            continue
        home, away = now.goals[0] - was.goals[0], now.goals[1] - was.goals[1]
        side = "" if min(home, away) < 0 else "home" if home else "away"
        yield Goal(at_s, now.score, side, now.clock_s)


def _suspended(seen: Sequence[tuple[float, Sight]], end_s: float) -> Iterator[Span]:
    since, reason = 0.0, ""
    for at_s, quotes in seen:
        is_held = quotes.status == TradingStatus.SUSPENDED
        if reason and quotes.reason != reason:
            yield Span(since, at_s, reason)
            reason = ""
        if is_held and not reason:
            since, reason = at_s, quotes.reason
    if reason:
        yield Span(since, end_s, reason)


def _marks(seen: Sequence[tuple[float, Sight]]) -> Iterator[tuple[float, int]]:
    """Where each quarter hour of the clock lies; 45 twice, as both halves have it.

    One that the clock has leapt over lies nowhere.
    """
    due, was_s, is_second = 0, 0, False
    for (at_s, now), (_, then) in pairwise([*seen, seen[-1]]):
        if now.clock_s < was_s and not is_second:
            due, is_second = _HALF_MIN, True
        # The clock stands at 0 until kick-off, which is the last record that has it so.
        is_waiting = now.clock_s == then.clock_s == 0
        while now.clock_s >= 60 * due and not is_waiting:
            if now.clock_s < 60 * due + _LATE_S_MAX:
                yield at_s, due
            due += _MARK_EVERY_MIN
        was_s = now.clock_s


def _exposures(told: Sequence[tuple[float, ExposureChanged]]) -> dict[str, ExposureLine]:
    lines: dict[str, ExposureLine] = {}
    for currency in sorted({each.currency for _, each in told}):
        own = [(at_s, each) for at_s, each in told if each.currency == currency]
        unit = 10 ** EXPONENTS[currency]
        lines[currency] = ExposureLine(
            tuple(at_s for at_s, _ in own),
            tuple(each.worst_minor / unit for _, each in own),
            own[-1][1].stake_minor / unit,
        )
    return lines

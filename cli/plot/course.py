"""The course of a match as it is drawn: prices, score, suspensions and exposure by time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan, nan
from typing import Any

import duckdb

from overround.contracts import topics
from overround.domain.exposure.events import ExposureChanged
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.kernel.money import EXPONENTS
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.pricing.events import Quote, Quotes
from overround.runtime.records import Wire
from overround.runtime.replay import Recorded

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
class Told:
    """All that was told of a match, each with its event time in microseconds, in order."""

    title: str
    quotes: tuple[tuple[int, Quotes], ...]
    exposures: tuple[tuple[int, ExposureChanged], ...]


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

    `clock_s` is the match clock at each time, and `prices` are decimal, by outcome, each as long
    as `at_s`; NaN where none was offered. `marks` are quarter hours of the match clock and where
    they lie.
    """

    title: str
    market: str
    end_s: float
    at_s: tuple[float, ...]
    clock_s: tuple[int, ...]
    prices: dict[str, tuple[float, ...]]
    goals: tuple[Goal, ...]
    suspended: tuple[Span, ...]
    marks: tuple[tuple[float, int], ...]
    exposures: dict[str, ExposureLine]


def told_by_lake(lake: duckdb.DuckDBPyConnection, event_id: str) -> Told:
    """What the lake has of a match."""
    fixture = lake.execute(
        "SELECT home || ' v ' || away FROM fixtures WHERE event_id = ? LIMIT 1", [event_id]
    ).fetchone()
    quotes = lake.execute(
        """
        SELECT epoch_us(event_time), event_id, version, status, reason, clock_s, home_goals,
            away_goals, lines
        FROM quote_versions WHERE event_id = ? ORDER BY version
        """,
        [event_id],
    ).fetchall()
    exposures = lake.execute(
        """
        SELECT epoch_us(event_time), event_id, currency, legs, stake_minor, worst_minor
        FROM exposures WHERE event_id = ? ORDER BY _offset
        """,
        [event_id],
    ).fetchall()
    return Told(
        fixture[0] if fixture else event_id,
        tuple((at_us, Quotes(*(*head, _lines(lines)))) for at_us, *head, lines in quotes),
        tuple((at_us, ExposureChanged(*changed)) for at_us, *changed in exposures),
    )


def _lines(rows: Sequence[dict[str, Any]]) -> tuple[Quote, ...]:
    return tuple(Quote(row["market"], row["outcome"], row["price_milli"]) for row in rows)


def told_by_log(recorded: Recorded, partition: int, wire: Wire, event_id: str) -> Told:
    """What the log's public topics have of a match; its partition is that of its key."""
    quotes: dict[int, tuple[int, Quotes]] = {}
    for at_us, value in _values(recorded, partition, wire, topics.QUOTES.name, event_id):
        if isinstance(value, Quotes):
            # Published at once, so that a replay may have published it twice.
            quotes.setdefault(value.version, (at_us, value))
    exposures = [
        (at_us, value)
        for at_us, value in _values(recorded, partition, wire, topics.MARKET_EVENTS.name, event_id)
        if isinstance(value, ExposureChanged)
    ]
    fixtures = _values(recorded, partition, wire, topics.FIXTURES.name, event_id)
    title = next(
        (
            f"{each.home} v {each.away}"
            for _, each in fixtures
            if isinstance(each, FixtureScheduled)
        ),
        event_id,
    )
    return Told(title, tuple(quotes[version] for version in sorted(quotes)), tuple(exposures))


def _values(
    recorded: Recorded, partition: int, wire: Wire, topic: str, event_id: str
) -> Iterator[tuple[int, Any]]:
    for record in recorded.read(topic, partition):
        if record.key == event_id.encode() and record.value is not None:
            decoded: Any = wire.decode(record.value)
            yield decoded.at_us, decoded.value


def course(told: Told, market: str) -> Course:
    """The course of a market; there must be quotes."""
    begin_us, end_us = _bounds(told.quotes)

    def seconds(at_us: int) -> float:
        return (min(max(at_us, begin_us), end_us) - begin_us) / MICROS_PER_SECOND

    seen = [(seconds(at_us), quotes) for at_us, quotes in told.quotes if at_us <= end_us]
    # What was told before the beginning stands at it, the newest of it alone.
    before = max((n for n, (at_s, _) in enumerate(seen) if at_s == 0.0), default=0)
    seen = seen[before:]
    return Course(
        title=told.title,
        market=market,
        end_s=seconds(end_us),
        at_s=tuple(at_s for at_s, _ in seen),
        clock_s=tuple(quotes.clock_s for _, quotes in seen),
        prices=_prices([quotes for _, quotes in seen], market),
        goals=tuple(_goals(seen)),
        suspended=tuple(_suspended(seen, seconds(end_us))),
        marks=tuple(_marks(seen)),
        exposures=_exposures([(seconds(at_us), each) for at_us, each in told.exposures]),
    )


def _bounds(quotes: Sequence[tuple[int, Quotes]]) -> tuple[int, int]:
    """From shortly before kick-off to the end of betting, in microseconds of the log."""
    first, last = quotes[0][0], quotes[-1][0]
    kicked_off = next((at_us for at_us, each in quotes if each.clock_s > 0), last)
    over = next((at_us for at_us, each in quotes if each.status in _OVER), last)
    return max(first, min(kicked_off, over) - _BEFORE_US), over


def _prices(quotes: Sequence[Quotes], market: str) -> dict[str, tuple[float, ...]]:
    outcomes = [each.outcome for each in CATALOGUE if each.market.id == market]
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


def _goals(seen: Sequence[tuple[float, Quotes]]) -> Iterator[Goal]:
    for (_, was), (at_s, now) in pairwise(seen):
        home, away = now.home_goals - was.home_goals, now.away_goals - was.away_goals
        if home or away:
            side = "" if min(home, away) < 0 else "home" if home else "away"
            yield Goal(at_s, f"{now.home_goals}-{now.away_goals}", side, now.clock_s)


def _suspended(seen: Sequence[tuple[float, Quotes]], end_s: float) -> Iterator[Span]:
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


def _marks(seen: Sequence[tuple[float, Quotes]]) -> Iterator[tuple[float, int]]:
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

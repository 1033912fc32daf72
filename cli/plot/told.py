"""All that was told of a match, from the lake or the log, as it is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from overround.contracts import topics
from overround.domain.exposure.events import ExposureChanged
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.pricing.events import Quote, Quotes, SportQuotes
from overround.domain.pricing.quoting import quoter
from overround.runtime.records import Wire
from overround.runtime.replay import Recorded

_FOOTBALL = list(dict.fromkeys(each.market.id for each in CATALOGUE))


@dataclass(frozen=True, slots=True)
class Told:
    """All that was told of a match, each with its event time in microseconds, in order."""

    title: str
    quotes: tuple[tuple[int, Quotes | SportQuotes], ...]
    exposures: tuple[tuple[int, ExposureChanged], ...]

    @property
    def sport(self) -> str:
        """Of other sports than football the name, else empty."""
        first = self.quotes[0][1]
        return first.sport if isinstance(first, SportQuotes) else ""

    @property
    def markets(self) -> list[str]:
        """The markets that may be drawn, the usual one first."""
        return list(dict.fromkeys(quoter(self.sport).markets)) if self.sport else _FOOTBALL

    def outcomes(self, market: str) -> list[str]:
        """The outcomes of a market in their order."""
        if self.sport:
            return [line.outcome for line in quoter(self.sport).lines if line.market == market]
        return [each.outcome for each in CATALOGUE if each.market.id == market]


@dataclass(frozen=True, slots=True)
class Sight:
    """Quotes of any sport as they are drawn; `clock_s` is the match clock, or time since the start.

    `goals` are of football alone.
    """

    status: TradingStatus
    reason: str
    clock_s: int
    score: str
    lines: Sequence[Quote]
    goals: tuple[int, int] | None = None


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
    others = lake.execute(
        """
        SELECT epoch_us(event_time), event_id, sport, version, status, reason, score, lines
        FROM sport_quote_versions WHERE event_id = ? ORDER BY version
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
        tuple((at_us, Quotes(*(*head, _lines(lines)))) for at_us, *head, lines in quotes)
        + tuple((at_us, SportQuotes(*(*head, _lines(lines)))) for at_us, *head, lines in others),
        tuple((at_us, ExposureChanged(*changed)) for at_us, *changed in exposures),
    )


def _lines(rows: Sequence[dict[str, Any]]) -> tuple[Quote, ...]:
    return tuple(Quote(row["market"], row["outcome"], row["price_milli"]) for row in rows)


def told_by_log(recorded: Recorded, partition: int, wire: Wire, event_id: str) -> Told:
    """What the log's public topics have of a match; its partition is that of its key."""
    quotes: dict[int, tuple[int, Quotes | SportQuotes]] = {}
    for at_us, value in _values(recorded, partition, wire, topics.QUOTES.name, event_id):
        if isinstance(value, Quotes | SportQuotes):
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


def sights(told: Sequence[tuple[int, Quotes | SportQuotes]]) -> Iterator[tuple[int, Sight]]:
    """Each version as it is drawn: without a match clock, time since the score first changed."""
    begun_us: int | None = None
    first = told[0][1]
    for at_us, each in told:
        if isinstance(each, Quotes):
            goals = each.home_goals, each.away_goals
            head = (each.status, each.reason, each.clock_s, f"{goals[0]}-{goals[1]}")
            yield at_us, Sight(*head, each.lines, goals)
            continue
        assert isinstance(first, SportQuotes)
        if begun_us is None and each.score != first.score:
            begun_us = at_us
        clock_s = 0 if begun_us is None else (at_us - begun_us) // MICROS_PER_SECOND
        yield at_us, Sight(each.status, each.reason, clock_s, each.score, each.lines)

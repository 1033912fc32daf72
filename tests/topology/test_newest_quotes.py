"""Reports that came together: one version is published, and all else is as if they came alone."""

from __future__ import annotations

import pytest

from agents.markets import MARKETS
from overround.contracts import topics
from overround.domain.betting.commands import PricePolicy, ReserveLeg
from overround.domain.betting.events import LegReserved
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.runtime.in_process import InProcess, LogRecord, never
from overround.runtime.topology import Topology
from tests.kit.match import MATCH, PROVIDER, Sportsbook, wire
from tests.property.test_simulation import PARTITIONS, simulate

HOME = "1x2/home"


def clock(sequence: int, clock_s: int) -> Incident:
    kind, half = IncidentKind.CLOCK, Period.FIRST_HALF
    return Incident(MATCH, PROVIDER, sequence, kind, half, clock_s, 0, 0, None)


def leg(leg_id: str) -> ReserveLeg:
    return ReserveLeg(
        event_id=MATCH,
        leg_id=leg_id,
        customer_id="c1",
        bet_id=leg_id,
        selection=HOME,
        currency="EUR",
        stake_minor=1_000,
        price_milli=1_010,
        price_policy=PricePolicy.BETTER,
        tolerance_bp=0,
        accept_partial=False,
    )


def match_in_play(*, batches: bool) -> Sportsbook:
    book = Sportsbook(batches=batches, cuts=False)
    book.schedule()
    book.kick_off()
    return book


def tell_together(book: Sportsbook, *records: Incident | ReserveLeg) -> None:
    for record in records:
        book.engine.pipe(topics.MARKETS_INBOX, MATCH, record)
    book.engine.run()


def test_of_reports_that_came_together_the_newest_is_quoted() -> None:
    book = match_in_play(batches=True)
    tell_together(book, clock(4, 60), clock(5, 120), clock(6, 180))
    assert [(quotes.version, quotes.clock_s) for quotes in book.quotes()] == [
        (1, 0),
        (2, 0),
        (5, 180),
    ]


def test_a_bet_between_two_reports_gets_the_price_that_held_between_them() -> None:
    goal = Incident(MATCH, PROVIDER, 5, IncidentKind.GOAL, Period.FIRST_HALF, 700, 1, 0, Side.HOME)
    apart, together = match_in_play(batches=False), match_in_play(batches=True)
    for book in (apart, together):
        tell_together(book, clock(4, 600), leg("before"), goal, leg("after"))
    assert apart.told(topics.MARKET_EVENTS, LegReserved) == (
        legs := together.told(topics.MARKET_EVENTS, LegReserved)
    )
    quoted = {
        quotes.version: {f"{q.market}/{q.outcome}": q.price_milli for q in quotes.lines}[HOME]
        for quotes in apart.quotes()
    }
    assert [leg.price_milli for leg in legs] == [quoted[3], quoted[4]]
    assert quoted[3] > quoted[4]
    assert [quotes.version for quotes in together.quotes()] == [1, 2, 4]


def handled(run: InProcess, seed: int, *, batches: bool) -> InProcess:
    """The inbox of the matches in a run, handled once more in steps as the seed cuts them."""
    engine = InProcess(
        Topology("markets", (MARKETS,)), wire(), partitions=PARTITIONS, seed=seed, batches=batches
    )
    for partition in range(PARTITIONS):
        for record in run.log.read(MARKETS.inbox.name, partition):
            engine.log.append(
                record.topic,
                record.key,
                record.value,
                timestamp=record.timestamp,
                partition=partition,
            )
    engine.run()
    return engine


def written(engine: InProcess, topic: str) -> list[LogRecord]:
    return [record for p in range(PARTITIONS) for record in engine.log.read(topic, p)]


@pytest.mark.parametrize("seed", [3, 4, 27])
def test_where_batches_end_decides_nothing_but_which_versions_are_published(seed: int) -> None:
    run = simulate(seed, wire(), never)
    apart = handled(run, seed, batches=False)
    every = {(r.key, r.value) for r in written(apart, topics.QUOTES.name)}
    published = []
    for cut in range(4):
        together = handled(run, cut, batches=True)
        assert together.state_hash() == apart.state_hash()
        for topic in (*MARKETS.sends, MARKETS.inbox):
            for name in (topic.name, topic.dead_letters):
                assert by_key(together, name) == by_key(apart, name)
        found = [(r.key, r.value) for r in written(together, topics.QUOTES.name)]
        assert set(found) < every
        published.append(frozenset(found))
    assert len(set(published)) > 1, "the batches did fall differently"


def by_key(engine: InProcess, topic: str) -> dict[bytes | None, list[bytes | None]]:
    """The values of a topic by key; keys of several partitions come in the order of the turns."""
    values: dict[bytes | None, list[bytes | None]] = {}
    for record in written(engine, topic):
        values.setdefault(record.key, []).append(record.value)
    return {key: sorted(map(bytes, filter(None, values[key]))) for key in values}

"""A goal that is taken back leaves no trace in the prices, whatever came before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.markets import MARKETS
from agents.markets.prices import prices_milli
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.runtime.in_process import LogRecord
from overround.runtime.replay import Collected
from overround.runtime.shell import Task
from tests.kit.match import MATCH, OPENING, wire

START_MS = 1_671_375_600_000
PROVIDERS = ("partner", "second")
PLAY = (
    ((Period.FIRST_HALF, 0, 2_800), (Period.HALF_TIME, 2_800, 2_800)),
    ((Period.SECOND_HALF, 2_800, 5_600),),
)
KINDS = (*[IncidentKind.CLOCK] * 4, *[IncidentKind.SHOT] * 6, IncidentKind.YELLOW_CARD)
RARE = (IncidentKind.RED_CARD, IncidentKind.GOAL, IncidentKind.GOAL)


def match_played(rng: Random) -> list[Incident]:
    """A random match up to late in its second half, with shots, cards and goals."""
    told = []
    home = away = 0
    for period, start_s, end_s in (part for half in PLAY for part in half):
        moments = sorted(rng.sample(range(start_s, end_s), 25)) if end_s > start_s else []
        kinds = [rng.choice(RARE if rng.random() < 0.1 else KINDS) for _ in moments]
        for kind, clock_s in [(IncidentKind.PERIOD, start_s), *zip(kinds, moments, strict=True)]:
            side = rng.choice(tuple(Side))
            if kind is IncidentKind.GOAL:
                home, away = home + (side is Side.HOME), away + (side is Side.AWAY)
            told.append(Incident(MATCH, "", 0, kind, period, clock_s, home, away, side))
    return told


def with_cancelled_goals(
    played: list[Incident], rng: Random
) -> Iterator[tuple[Incident, int | None]]:
    """The same match with goals that did not count; the place of each report without them.

    A goal is taken back before the next one falls, as play restarts only after the check. Until
    then the reports have a place of their own, which is None.
    """
    taken: Side | None = None
    for place, incident in enumerate(played):
        before = played[max(0, place - 1)]
        is_play = incident.period is before.period and incident.period is not Period.HALF_TIME
        is_due = rng.random() < 0.3 or incident.kind is IncidentKind.GOAL or not is_play
        if taken is not None and is_due:
            yield replace(before, kind=IncidentKind.GOAL_CANCELLED, side=taken), None
            taken = None
        counted = incident if taken is None else one_more(incident, taken)
        yield counted, place if taken is None else None
        if taken is None and is_play and rng.random() < 0.15:
            taken = rng.choice(tuple(Side))
            yield replace(one_more(incident, taken), kind=IncidentKind.GOAL, side=taken), None


def one_more(incident: Incident, side: Side) -> Incident:
    if side is Side.HOME:
        return replace(incident, home_goals=incident.home_goals + 1)
    return replace(incident, away_goals=incident.away_goals + 1)


class Writer:
    """MARKETS on its partition; what a match has come to after each report of it."""

    def __init__(self, providers: tuple[str, ...]) -> None:
        self.providers = providers
        self.task = Task(MARKETS, 0, wire(), Collected())
        self.offset = 0
        for provider in providers:
            self._tell(FixtureScheduled(MATCH, provider, 1, "Cup", "A", "B", 0), 0)
        self._tell(PricesObserved(MATCH, PROVIDERS[0], 2, OPENING), 0)

    def report(self, incident: Incident) -> tuple[object, ...]:
        """Each provider reports it; trading and prices as they are then."""
        for provider in self.providers:
            numbered = replace(incident, provider=provider, sequence=self.offset + 3)
            self._tell(numbered, incident.clock_s)
        book = self.task.tables["books"][MATCH]
        match = book.match
        state = (match.period, match.clock_s, match.home_goals, match.away_goals)
        return (*state, book.status, book.reason, prices_milli(book).tolist())

    def _tell(self, value: object, at_s: int) -> None:
        payload = wire().encode(value, id="", at_us=0, caused_by=None)
        at_ms = START_MS + at_s * 1_000
        name, key = MARKETS.inbox.name, MATCH.encode()
        self.task.process(LogRecord(name, 0, self.offset, at_ms, key, payload))
        self.offset += 1


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((PROVIDERS[:1], PROVIDERS)))
def test_a_cancelled_goal_returns_prices_to_the_path_without_it(
    seed: int, providers: tuple[str, ...]
) -> None:
    rng = Random(seed)
    played = match_played(rng)
    plain, disturbed = Writer(providers), Writer(providers)
    without = [plain.report(incident) for incident in played]
    for incident, place in with_cancelled_goals(played, rng):
        state = disturbed.report(incident)
        assert place is None or state == without[place]
    assert plain.task.dead_letters == disturbed.task.dead_letters == 0

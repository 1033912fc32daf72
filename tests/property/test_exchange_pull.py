"""What an exchange's offers may do to prices, and what they never do."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.markets.prices import prices_milli
from overround.contracts import topics
from overround.domain.feeds.events import ObservedPrice, PricesObserved
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.pricing.football.decide import probabilities, quote
from overround.domain.pricing.football.exchange import Offers, pulled
from overround.domain.pricing.football.model import DEFAULTS, Match
from tests.kit.match import MATCH, Sportsbook

EXCHANGE = "exchange"
OUTCOMES = ("home", "draw", "away")
DEEP = 100_000_000


@st.composite
def matches(draw: st.DrawFn) -> Match:
    clock_s = draw(st.integers(0, 5_000))
    home, away = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    return Match(
        period=Period.FIRST_HALF if clock_s < 2_700 else Period.SECOND_HALF,
        clock_s=clock_s,
        home_goals=home,
        away_goals=away,
        regular_home_goals=home,
        regular_away_goals=away,
        home_rate_micro=draw(st.integers(600_000, 2_500_000)),
        away_rate_micro=draw(st.integers(600_000, 2_500_000)),
    )


def at(probability: float, spread: float = 0.002) -> Offers:
    low, high = max(probability - spread / 2, 0.0011), min(probability + spread / 2, 0.998)
    return Offers(round(1_000 / high), DEEP, round(1_000 / low), DEEP)


@settings(max_examples=60, deadline=None)
@given(matches())
def test_offers_of_what_we_say_ourselves_move_no_price_by_more_than_a_tick(match: Match) -> None:
    won, _ = probabilities(match)
    chances = won[:3].tolist()
    if not 0.02 < min(chances) <= max(chances) < 0.95:
        return
    said = {outcome: at(each) for outcome, each in zip(OUTCOMES, chances, strict=True)}
    pull, sigmas = pulled(match, said, 0)
    assert sigmas < 0.2
    before, after = quote(match), quote(replace(match, pull=pull))
    few = (before > 0) & (before < 20_000) & (after > 0)
    # A price that lay at the very edge of a step may fall to the one below, and no further.
    places = [np.searchsorted(DEFAULTS.ladder.steps_milli, each[few]) for each in (before, after)]
    assert np.abs(places[0] - places[1]).max(initial=0) <= 1


class Writer(Sportsbook):
    """A match in play, told of by a partner and quoted on an exchange."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule()
        self.kick_off()
        self.heard = 0

    def offer(self, chances: list[float]) -> None:
        self.heard += 1
        prices = tuple(
            ObservedPrice(f"1x2/{outcome}", o.back_milli, o.lay_milli, DEEP, DEEP)
            for outcome, o in zip(OUTCOMES, [at(each, 0.01) for each in chances], strict=True)
        )
        told = PricesObserved(MATCH, EXCHANGE, self.heard, prices, True)
        self.tell(topics.MARKETS_INBOX, MATCH, told)

    def clock(self, clock_s: int, score: tuple[int, int] = (0, 0)) -> None:
        self.engine.now_us += 40_000_000
        self.report(IncidentKind.CLOCK, Period.FIRST_HALF, clock_s, score)

    def prices(self) -> list[int]:
        return list(prices_milli(self.engine.table("books")[MATCH]))


def near(writer: Writer, rng: Random) -> list[float]:
    """Chances of 1X2 about those that are quoted."""
    won, _ = probabilities(writer.engine.table("books")[MATCH].match)
    off = np.array([rng.uniform(-0.02, 0.02), 0.0, rng.uniform(-0.02, 0.02)])
    chances: np.ndarray = won[:3] + off
    return list((chances / chances.sum()).tolist())


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(tuple(Side)))
def test_a_goal_that_is_taken_back_takes_with_it_what_an_exchange_said_of_it(
    seed: int, side: Side
) -> None:
    rng = Random(seed)
    plain, disturbed = Writer(), Writer()
    score = (1, 0) if side is Side.HOME else (0, 1)
    for clock_s in range(0, 240, 40):
        said = near(plain, rng)
        for writer in (plain, disturbed):
            writer.clock(clock_s)
            writer.offer(said)
    disturbed.report(IncidentKind.GOAL, Period.FIRST_HALF, 240, score, side)
    for clock_s in range(250, 400, 40):
        plain.clock(clock_s)
        disturbed.clock(clock_s, score)
        disturbed.offer(near(disturbed, rng))
    pull = disturbed.engine.table("books")[MATCH].match.pull
    disturbed.report(IncidentKind.GOAL_CANCELLED, Period.FIRST_HALF, 400, (0, 0), side)
    plain.report(IncidentKind.CLOCK, Period.FIRST_HALF, 400)
    assert pull != disturbed.engine.table("books")[MATCH].match.pull
    assert plain.prices() == disturbed.prices()
    # The exchange is back, and is heard again after its while.
    disturbed.offer(near(disturbed, rng))
    for clock_s in range(410, 600, 40):
        said = near(plain, rng)
        for writer in (plain, disturbed):
            writer.clock(clock_s)
            writer.offer(said)
        assert plain.prices() == disturbed.prices()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(("old", "again", "crossed", "half", "suspicion")), max_size=6))
def test_offers_that_say_nothing_leave_every_byte_of_the_quotes(kinds: list[str]) -> None:
    plain, disturbed = Writer(), Writer()
    for writer in (plain, disturbed):
        writer.offer([0.36, 0.31, 0.33])
        writer.clock(60)
        writer.offer([0.37, 0.30, 0.33])
    for kind in kinds:
        number = disturbed.heard - (kind in ("old", "again")) * (1 + (kind == "old"))
        number += kind not in ("old", "again")
        prices = [
            ObservedPrice("1x2/home", 2_000, 1_900 if kind == "crossed" else 2_010, DEEP, DEEP),
            ObservedPrice("1x2/draw", 4_000, 4_020, DEEP, DEEP),
            ObservedPrice("1x2/away", 4_000, 4_020, DEEP, DEEP),
        ]
        if kind in ("half", "suspicion"):
            prices = prices[:2]
        told = PricesObserved(MATCH, EXCHANGE, number, tuple(prices), True)
        disturbed.tell(topics.MARKETS_INBOX, MATCH, told)
    assert plain.quotes() == disturbed.quotes()

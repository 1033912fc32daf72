"""`overround explain` tells what people and breakers did to a price, and still gives it exactly."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli.explain.account import Explanation
from cli.explain.explain import explained
from cli.explain.show import show
from overround.contracts import topics
from overround.domain.control.commands import OverrideMarket, SetParameters, SuspendMarket
from overround.domain.feeds.events import ObservedPrice, PricesObserved
from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.kernel.match import IncidentKind, Period
from overround.domain.kernel.settings import Setting
from overround.runtime.in_process import RecordedRun
from tests.kit.match import MATCH, Sportsbook, wire


@pytest.fixture
def book() -> Sportsbook:
    """A match half an hour old, of which no shots are told."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    sportsbook.kick_off()
    for minute in range(1, 30):
        sportsbook.report(IncidentKind.CLOCK, Period.FIRST_HALF, 60 * minute)
    return sportsbook


def told(book: Sportsbook, market: str = "1x2") -> Explanation:
    explanation = explained(RecordedRun(book.engine), wire(), MATCH, market, None)
    assert explanation is not None
    assert explanation.is_equal
    return explanation


def say(book: Sportsbook, command: Any, key: str = MATCH) -> None:
    book.tell(topics.MARKETS_INBOX, key, command)


def test_a_price_that_was_widened_is_explained_and_equal(book: Sportsbook) -> None:
    explanation = told(book)
    assert explanation.control.widening > 1.1
    wanted = 0.05 * explanation.control.widening
    assert explanation.book - explanation.fair_book == pytest.approx(wanted, abs=3e-4)
    assert [s.rounded_milli for s in explanation.selections] == [
        s.quoted_milli for s in explanation.selections
    ]


def test_a_price_of_other_parameters_is_explained_by_them(book: Sportsbook) -> None:
    changes = (Setting("margin.1x2", "0.2"), Setting("spread.doubt_aversion", "0"))
    say(book, SetParameters("football", "ann", "", changes), "football")
    book.engine.advance(1)
    explanation = told(book)
    assert explanation.control.parameters_version == 1
    assert explanation.book - explanation.fair_book == pytest.approx(0.2, abs=0.002)


def test_who_put_a_figure_in_the_models_place_is_told(book: Sportsbook) -> None:
    adjustment = Adjustment("1x2/home", AdjustmentKind.SHIFT, 60)
    say(book, OverrideMarket(MATCH, "o1", "ann", adjustment, 10**9, "line-up"))
    explanation = told(book)
    assert explanation.control.override == "ann's o1: 1x2/home shift 60"
    assert explanation.selections[0].quoted_milli < explanation.selections[0].rounded_milli
    assert told(book, "totals:2.5").control.override == ""


def test_why_a_market_takes_no_bets_is_told(book: Sportsbook) -> None:
    say(book, SuspendMarket(MATCH, "1x2", "ann", "line-up"))
    assert told(book).control.held == "trader: line-up"
    prices = (ObservedPrice("totals:2.5/over", 1_200), ObservedPrice("totals:2.5/under", 6_000))
    say(book, PricesObserved(MATCH, "exchange", 1, prices))
    assert told(book, "totals:3").control.held.startswith("model_apart: totals:2.5 of exchange")


def test_an_exchange_is_an_observation_with_its_effect_and_a_multiplier(book: Sportsbook) -> None:
    backs = {"home": (2_500, 2_540), "draw": (3_150, 3_250), "away": (3_450, 3_550)}
    for number in (1, 2):
        prices = tuple(ObservedPrice(f"1x2/{each}", *pair, 500_000) for each, pair in backs.items())
        say(book, PricesObserved(MATCH, "exchange", number, prices, True))
        book.engine.now_us += 31_000_000
        book.report(IncidentKind.CLOCK, Period.FIRST_HALF, 1_740 + 31 * number)
    explanation = told(book)
    (seen,) = [each for each in explanation.observations if each.provider == "exchange"]
    assert seen.kind == "prices observed"
    assert seen.effect[0] > 0.01
    m = explanation.multipliers
    assert m is not None
    assert m.exchange[0] > m.exchange[1] > 1.0
    assert explanation.prior is not None
    home = explanation.prior.home_goals * m.share_left * m.shots[0] * m.exchange[0] * m.score[0]
    assert home == pytest.approx(m.goals[0], rel=1e-12)
    assert "exchange x1." in shown(explanation)
    assert "exchange x" not in shown(
        replace(explanation, multipliers=replace(m, exchange=(1.0, 1.0)))
    )


def shown(explanation: Explanation) -> str:
    console = Console(width=200, record=True, file=StringIO())
    show(console, explanation, 5)
    return console.export_text()

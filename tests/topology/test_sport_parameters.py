"""Margins of tennis and basketball are set while the house runs, and a replay follows them."""

from __future__ import annotations

from typing import Any

import pytest

from agents.markets import MARKETS
from agents.markets.controls import figures_of
from cli.explain.explain import explained
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.domain.control.commands import SetParameters
from overround.domain.control.events import ParametersChanged
from overround.domain.kernel.settings import Setting
from overround.domain.pricing import sport_settings
from overround.domain.pricing.quoting import FOLLOWED, quoter
from overround.runtime.in_process import InProcess, RecordedRun
from overround.runtime.replay import Collected, replay
from tests.kit.match import Sportsbook, wire
from tests.kit.sports import MATCH, Partner, fixture, prices, signal
from topologies.sportsbook import SPORTSBOOK

OPENING = {"match_winner/home": 1_800, "match_winner/away": 2_050}
POINT: dict[str, Any] = {"type": "tennis.point_played", "server": "home", "winner": "home"}


@pytest.fixture
def tennis() -> Partner:
    """A match in play, in a house of one partition."""
    partner = Partner(engine=InProcess(SPORTSBOOK, wire(), partitions=PARTITIONS))
    partner.tell(fixture("tennis"), prices("tennis", OPENING), POINT)
    return partner


def set_(partner: Partner, *changes: tuple[str, str], sport: str = "tennis") -> None:
    settings = tuple(Setting(*each) for each in changes)
    command = SetParameters(sport, "ann", "because", settings)
    partner.engine.pipe(topics.MARKETS_INBOX, sport, command)
    partner.engine.run()


def told(partner: Partner) -> list[ParametersChanged]:
    events = partner.engine.read(topics.MARKET_EVENTS)
    return [each for each in events if isinstance(each, ParametersChanged)]


def overround(partner: Partner, market: str) -> float:
    lines = [each for each in partner.newest().lines if each.market == market]
    return sum(1_000 / each.price_milli for each in lines) - 1.0


def test_a_match_takes_a_margin_with_its_next_record(tennis: Partner) -> None:
    before = overround(tennis, "match_winner")
    set_(tennis, ("margin.match_winner", "0.12"))
    assert overround(tennis, "match_winner") == before, "no record of the match came yet"
    tennis.tell(signal("heard"))
    assert overround(tennis, "match_winner") > 0.11 > before
    assert overround(tennis, "set_winner:1") < 0.08, "others are as they were"
    (changed,) = told(tennis)
    assert (changed.sport, changed.version, changed.author_id) == ("tennis", 1, "ann")


@pytest.mark.parametrize(("played", "quiet_s"), [((), 5), ((POINT,), 1)], ids=["ahead", "in play"])
def test_a_match_without_records_takes_them_at_a_tick(
    played: tuple[dict[str, Any], ...], quiet_s: int
) -> None:
    tennis = Partner(engine=InProcess(SPORTSBOOK, wire(), partitions=PARTITIONS))
    tennis.tell(fixture("tennis"), prices("tennis", OPENING), *played)
    set_(tennis, ("margin.usual", "0.12"))
    assert refused(tennis) == ["unknown_parameter"]
    set_(tennis, ("margin.match_winner", "0.12"))
    version = tennis.newest().version
    tennis.engine.advance(2)
    assert tennis.newest().version == version + 1
    assert overround(tennis, "match_winner") > 0.11
    tennis.engine.advance(quiet_s)  # in play it is wider from the fourth second on
    assert tennis.newest().version == version + 1


def test_sports_have_parameters_of_their_own(tennis: Partner) -> None:
    before = overround(tennis, "match_winner")
    set_(tennis, ("margin.match_winner", "0.12"), sport="basketball")
    set_(tennis, ("margin.1x2", "0.12"), sport="football")
    tennis.tell(POINT)
    assert overround(tennis, "match_winner") == pytest.approx(before, abs=0.01)
    assert [(each.sport, each.version) for each in told(tennis)] == [
        ("basketball", 1),
        ("football", 1),
    ]


@pytest.mark.parametrize(
    ("sport", "change", "reason"),
    [
        ("tennis", ("margin.match_winner", "0.5"), "parameter_out_of_range"),
        ("tennis", ("margin.match_winner", "much"), "parameter_malformed"),
        ("tennis", ("margin.1x2", "0.05"), "unknown_parameter"),
        ("tennis", ("margin.method", "shins"), "parameter_malformed"),
        ("tennis", ("model.red_own", "0.6"), "unknown_parameter"),
        ("curling", ("margin.match_winner", "0.05"), "unknown_sport"),
    ],
)
def test_what_fits_no_match_is_refused(
    tennis: Partner, sport: str, change: tuple[str, str], reason: str
) -> None:
    before = tennis.newest()
    set_(tennis, change, sport=sport)
    assert refused(tennis) == [reason]
    tennis.engine.advance(2)
    assert (tennis.newest(), told(tennis)) == (before, [])


@pytest.mark.parametrize(
    "method", ["multiplicative", "odds_ratio", "power", "shin", "additive", "-0.5"]
)
def test_every_method_carries_its_margin(tennis: Partner, method: str) -> None:
    set_(tennis, ("margin.method", method), ("margin.set_betting", "0.08"))
    tennis.tell(POINT)
    lines = [each for each in tennis.newest().lines if each.market == "set_betting"]
    assert len(lines) == 4, "best of three"
    assert overround(tennis, "set_betting") == pytest.approx(0.08, abs=0.02)


def test_a_bet_is_taken_at_what_is_quoted_until_the_match_takes_them() -> None:
    book = Sportsbook()
    book.customer()
    partner = Partner(engine=book.engine)
    partner.tell(fixture("tennis"), prices("tennis", OPENING))
    quoted = partner.price("match_winner", "home")
    set_(partner, ("margin.match_winner", "0.20"))
    answer = book.bet("b1", "match_winner/home", match=MATCH, seen_milli=quoted)
    assert answer.price_milli == quoted
    partner.engine.advance(2)
    dearer = partner.price("match_winner", "home")
    assert dearer < quoted
    late = book.bet("b2", "match_winner/home", match=MATCH, seen_milli=quoted)
    assert late.reason == "price_changed"
    book.check_books()


def test_a_replay_has_the_parameters_that_were_in_force(tennis: Partner) -> None:
    set_(tennis, ("margin.match_winner", "0.12"))
    tennis.tell(POINT)
    set_(tennis, ("margin.match_winner", "default"))
    tennis.tell(POINT)
    explanation = explained(RecordedRun(tennis.engine), wire(), MATCH, "match_winner")
    assert explanation is not None
    assert explanation.is_equal
    assert explanation.control.parameters_version == 2
    for partition in range(PARTITIONS):
        lanes = Collected()
        replay(
            MARKETS, partition, wire(), tennis.engine.log.read("markets.inbox", partition), lanes
        )
        replayed = [each.value for each in lanes.published if each.topic == topics.QUOTES.name]
        quoted = tennis.engine.log.read(topics.QUOTES.name, partition)
        assert replayed == [each.value for each in quoted]


def refused(partner: Partner) -> list[str]:
    return [reason for reason, _ in partner.engine.dead_letters(MARKETS.inbox)]


@pytest.mark.parametrize("sport", FOLLOWED)
def test_every_figure_is_shown_as_it_would_be_set(sport: str) -> None:
    shipped = figures_of(sport, ())
    assert set(shipped) == set(sport_settings.names(FOLLOWED[sport]))
    settings = tuple(Setting(name, value) for name, value in sorted(shipped.items()))
    assert figures_of(sport, settings) == shipped
    for market in quoter(sport).markets:
        assert quoter(sport, settings).margins.of(market) == quoter(sport).margins.of(market)

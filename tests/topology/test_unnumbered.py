"""Providers that number nothing, from their raw bytes to the match: FEEDS counts their records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from overround.adapters.feeds import providers
from overround.adapters.feeds.provider import Provider, whole
from overround.contracts import topics
from overround.domain.betting.events import BetAccepted
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import (
    FixtureScheduled,
    Message,
    Normalised,
    ObservedPrice,
    PricesObserved,
)
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.pricing.football.model import Match
from overround.domain.settlement.events import Certainty, LegSettled
from overround.runtime.in_process.engine import at_random, never
from tests.kit.house import House

RESULT = ("1x2/home", "1x2/draw", "1x2/away")


# -- football-data.co.uk: a row of a file that is polled

HEADER = "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,HC,AC,PSCH,PSCD,PSCA"
EVEN, SHORTER = "2.7,3.1,2.95", "2.2,3.3,3.8"
TO_COME = ",,,"


def row(played: str, prices: str) -> bytes:
    """A row by its goals and corners of both sides, and the prices of 1X2."""
    return f"{HEADER}\nE0,11/08/2017,19:45,Arsenal,Leicester,{played},{prices}".encode()


def polled() -> House:
    provider = providers.PROVIDERS["football-data"]
    [(match, _, _)] = provider.splitter()(row("4,3,5,4", EVEN))
    return House(provider, match)


def test_the_result_of_a_row_is_news_beside_the_prices_of_the_same_row() -> None:
    house = polled()
    house.comes(row("4,3,5,4", EVEN))
    assert house.results() == [(4, 3, Certainty.CONFIRMED)]
    assert house.quotes(house.match)[-1].status == "settled"
    assert house.dead_letters() == []


def test_a_result_that_is_corrected_at_the_next_poll_is_followed() -> None:
    house = polled()
    house.comes(row("4,0,5,4", EVEN), row("4,3,5,4", EVEN), row("4,3,5,4", EVEN))
    assert [score[:2] for score in house.results()] == [(4, 0), (4, 3)]


def test_a_result_that_becomes_what_it_was_before_is_followed_back() -> None:
    house = polled()
    house.comes(*(row(f"{goals},5,4", EVEN) for goals in ("4,0", "4,3", "4,0", "4,0")))
    assert [score[:2] for score in house.results()] == [(4, 0), (4, 3), (4, 0)]
    assert house.dead_letters() == []


def test_prices_that_become_what_they_were_before_are_followed_back() -> None:
    house = polled()
    quoted = []
    for prices in (EVEN, SHORTER, EVEN):
        house.comes(row(TO_COME, prices))
        quoted.append(house.home_price())
    assert quoted[1] < quoted[0] == quoted[2]


def test_prices_move_from_poll_to_poll_and_the_result_pays_the_bet() -> None:
    house = polled()
    house.customer()
    house.comes(row(TO_COME, EVEN))
    first = house.home_price()
    house.comes(row(TO_COME, SHORTER))
    assert house.home_price() < first
    assert isinstance(house.bet("b1", "1x2/home", match=house.match), BetAccepted)
    house.comes(row("4,3,5,4", SHORTER))
    assert house.told(topics.ACCOUNTS_INBOX, LegSettled)[-1].win_halves == 2
    house.check_books()
    assert house.dead_letters() == []


# -- an invented provider that tells of the play

HOME, AWAY = Side.HOME, Side.AWAY
FIXTURE: list[Any] = ["fixture"]


def decode(command: RecordFeed) -> Message:
    """All that a message says: lists of a kind and its fields."""
    head = (command.event_id, command.provider, max(command.sequence, 1))
    values: list[Normalised] = []
    for kind, *fields in json.loads(command.payload)["says"]:
        if kind == "fixture":
            values.append(FixtureScheduled(*head, "Cup", "A", "B", 0))
        elif kind == "prices":
            values.append(PricesObserved(*head, tuple(map(ObservedPrice, RESULT, fields))))
        else:
            what, period, clock_s, home, away, *side = fields
            play = (IncidentKind(what), Period(period), clock_s, home, away, *map(Side, side))
            values.append(Incident(*head, *play))
    return Message(None, tuple(values))


PLAIN = Provider("plain", "plain.json/1", decode, whole(lambda _: "m"))


def says(*values: list[Any], at: int = 0) -> bytes:
    return json.dumps({"at": at, "says": values}).encode()


def prices(*prices_milli: int) -> list[Any]:
    return ["prices", *prices_milli]


def play(kind: str, period: str, clock_s: int, score: tuple[int, int], *side: Side) -> list[Any]:
    return ["play", kind, period, clock_s, *score, *side]


# A whole match; prices come with incidents in one message, too.
SCRIPT = (
    says(FIXTURE, prices(2700, 3100, 2950)),
    says(prices(2200, 3300, 3800)),
    says(FIXTURE, prices(2300, 3200, 3600)),
    says(prices(2300, 3200, 3600), play("period", "first_half", 0, (0, 0))),
    says(play("red_card", "first_half", 900, (0, 0), AWAY)),
    says(play("red_card", "first_half", 1_200, (0, 0), AWAY)),
    says(prices(1500, 4200, 7500), play("goal", "first_half", 1_300, (1, 0), HOME)),
    says(play("goal_cancelled", "first_half", 1_360, (0, 0), HOME)),
    says(play("period", "half_time", 2_800, (0, 0))),
    says(play("period", "second_half", 2_700, (0, 0))),
    says(play("goal", "second_half", 4_000, (0, 1), AWAY)),
    says(play("period", "full_time", 5_700, (0, 1))),
    says(play("result_confirmed", "ended", 5_700, (0, 1))),
)
KICK_OFF, SECOND_RED, DISALLOWED, BREAK = 3, 5, 7, 8


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    monkeypatch.setitem(providers.FORMATS, PLAIN.format, PLAIN)
    monkeypatch.setitem(providers.PROVIDERS, PLAIN.name, PLAIN)
    return lambda **options: House(PLAIN, "m", **options)


def test_a_match_is_followed_to_its_end_in_the_order_in_which_its_records_came(
    plain: Callable[..., House],
) -> None:
    house = plain()
    prices_milli = []
    for payload in SCRIPT[:KICK_OFF]:
        house.comes(payload)
        prices_milli.append(house.home_price())
    assert prices_milli[0] > prices_milli[2] > prices_milli[1]
    house.comes(*SCRIPT[KICK_OFF : SECOND_RED + 1])
    assert house.book().match.away_reds == 2
    house.comes(*SCRIPT[SECOND_RED + 1 : BREAK])
    house.comes(*SCRIPT[BREAK:])
    scores = dict.fromkeys((q.home_goals, q.away_goals) for q in house.quotes(house.match))
    assert list(scores) == [(0, 0), (1, 0), (0, 1)]
    assert house.results() == [(0, 1, Certainty.LIVE), (0, 1, Certainty.CONFIRMED)]
    assert house.dead_letters() == []


@pytest.mark.parametrize("until", range(1, len(SCRIPT) + 1))
def test_what_feeds_publishes_again_is_dropped_wherever_the_match_stands(
    plain: Callable[..., House], until: int
) -> None:
    house = plain()
    house.comes(*SCRIPT[:until])
    before, quotes = house.book(), len(house.quotes(house.match))
    results = house.results()
    for value in house.told_to_markets():
        house.tell(topics.MARKETS_INBOX, house.match, value)
    assert house.book() == before
    assert len(house.quotes(house.match)) == quotes
    assert house.results() == results


def test_a_providers_repeated_message_takes_no_number(plain: Callable[..., House]) -> None:
    house = plain()
    house.comes(SCRIPT[0], SCRIPT[0], SCRIPT[1])
    assert [each.sequence for each in house.told_to_markets()] == [1, 1, 2]


@pytest.mark.parametrize("seed", range(4))
def test_a_run_with_crashes_has_the_same_match(plain: Callable[..., House], seed: int) -> None:
    whole_run, dying = (plain(crash=plan, cuts=False) for plan in (never, at_random(seed, 0.1)))
    for house in (whole_run, dying):
        house.comes(*SCRIPT)
    assert dying.engine.crashes > 3
    assert dying.book().match == whole_run.book().match
    assert dying.results() == whole_run.results()


# -- the Unified Odds Feed

CUP = (
    b'<fixtures_fixture><fixture id="sr:match:1" start_time="2019-05-08T19:00:00+00:00">'
    b'<tournament_round type="cup" cup_round_matches="%d"/>'
    b'<tournament name="Cup"><sport id="sr:sport:1" name="Soccer"/></tournament><competitors>'
    b'<competitor qualifier="home" name="A"/><competitor qualifier="away" name="B"/>'
    b"</competitors></fixture></fixtures_fixture>"
)
COUNTS = (
    b'<odds_change event_id="sr:match:1" timestamp="%d" product="1"><sport_event_status '
    b'match_status="%d"><statistics><corners home="%d" away="%d"/></statistics>'
    b"</sport_event_status></odds_change>"
)


def uof() -> House:
    return House(providers.PROVIDERS["uof"], "sr:match:1")


def match_of(house: House) -> Match:
    match: Match = house.book().match
    return match


def test_an_older_fixture_that_comes_again_takes_nothing_back() -> None:
    house = uof()
    house.comes(CUP % 1, CUP % 2)
    assert not match_of(house).needs_winner
    house.tell(topics.MARKETS_INBOX, house.match, house.told_to_markets()[0])
    assert not match_of(house).needs_winner


def test_every_kind_of_value_has_the_number_of_its_record() -> None:
    house = uof()
    house.comes(CUP % 1, COUNTS % (5, 6, 1, 0), COUNTS % (6, 6, 2, 0))
    house.comes(b'<bet_stop timestamp="7" product="1" event_id="sr:match:1" groups="all"/>')
    told = [*house.engine.read(topics.FIXTURES), *house.engine.read(topics.STATISTICS)]
    told += house.engine.read(topics.PRICES)
    assert [each.sequence for each in told] == [1, 2, 3, 4]

"""Parameters are set while the house runs: versions, authors, every partition, and a replay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.markets.controls import built
from agents.markets.parameters import partition_keys
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.domain.control.commands import SetParameters
from overround.domain.control.events import ParametersChanged
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.settings import Setting
from overround.runtime.in_process import at_random, partition_of
from overround.runtime.replay import Collected, replay
from tests.kit.match import MATCH, Sportsbook, wire
from topologies.sportsbook import SPORTSBOOK

HALF = Period.FIRST_HALF
# Keys in other partitions than `football` and `m1`.
OTHERS = ("m2", "m3", "m4", "m5", "m6")


@pytest.fixture
def book() -> Sportsbook:
    """A match with prices, not begun."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    return sportsbook


def set_(book: Sportsbook, *changes: tuple[str, str], author: str = "ann", **more: Any) -> None:
    command = SetParameters("football", author, "because", tuple(Setting(*c) for c in changes))
    book.tell(topics.MARKETS_INBOX, "football", replace(command, **more))


def changes(book: Sportsbook) -> list[ParametersChanged]:
    return book.told(topics.MARKET_EVENTS, ParametersChanged)


def test_a_key_leads_to_each_partition() -> None:
    keys = partition_keys(PARTITIONS)
    reached = [partition_of(key.encode(), PARTITIONS) for key in keys]
    assert reached == list(range(PARTITIONS))


def test_a_change_is_told_once_with_its_version_and_author(book: Sportsbook) -> None:
    set_(book, ("margin.1x2", "0.10"))
    set_(book, ("model.red_own", "0.6"), author="bob")
    one, two = changes(book)
    assert (one.version, one.author_id) == (1, "ann")
    assert one.settings == (Setting("margin.1x2", "0.10"),)
    assert (two.version, two.author_id) == (2, "bob")
    assert two.settings == (Setting("margin.1x2", "0.10"), Setting("model.red_own", "0.6"))


def test_matches_of_every_partition_are_priced_with_them(book: Sportsbook) -> None:
    for match in OTHERS:
        book.schedule(match)
    places = {partition_of(match.encode(), PARTITIONS) for match in (MATCH, *OTHERS)}
    assert len(places) >= 4, "the matches have to lie in several partitions"
    before = {match: book.price("1x2/home", match) for match in (MATCH, *OTHERS)}
    set_(book, ("margin.1x2", "0.15"))
    for match in (MATCH, *OTHERS):
        book.kick_off(match)
        assert book.price("1x2/home", match) < before[match]


def test_a_match_in_play_takes_them_with_its_next_record_and_a_new_version(
    book: Sportsbook,
) -> None:
    book.kick_off()
    book.report(IncidentKind.RED_CARD, HALF, 600, side=Side.HOME)
    price, count = book.price("1x2/home"), len(book.quotes())
    set_(book, ("model.red_own", "0.5"))
    assert len(book.quotes()) == count, "no record of the match came yet"
    book.report(IncidentKind.CLOCK, HALF, 600)
    assert book.price("1x2/home") > price
    assert book.quotes()[-1].version == book.quotes()[-2].version + 1


def test_a_match_without_records_takes_them_with_the_next_tick(book: Sportsbook) -> None:
    price, count = book.price("1x2/home"), len(book.quotes())
    set_(book, ("margin.1x2", "0.15"))
    book.engine.advance(1)
    assert book.price("1x2/home") < price
    book.engine.advance(3)
    assert len(book.quotes()) == count + 1, "once, not at each tick"


def test_a_bet_between_the_change_and_the_new_quotes_gets_what_is_quoted(book: Sportsbook) -> None:
    book.customer()
    seen = book.price("1x2/home")
    set_(book, ("margin.1x2", "0.15"))
    assert book.bet("b1", "1x2/home").price_milli == seen
    book.engine.advance(1)
    assert book.bet("b2", "1x2/home").price_milli == book.price("1x2/home") < seen


def test_a_match_that_is_not_priced_gets_no_quotes_for_new_parameters(book: Sportsbook) -> None:
    book.kick_off()
    book.full_time(1, 0)
    count = len(book.quotes())
    set_(book, ("margin.1x2", "0.15"))
    book.engine.advance(2)
    book.confirm(1, 0)
    assert [q.lines for q in book.quotes()[count:] if q.lines] == []


def test_a_value_of_default_takes_a_parameter_back(book: Sportsbook) -> None:
    price = book.price("1x2/home")
    set_(book, ("margin.1x2", "0.15"))
    book.engine.advance(1)
    set_(book, ("margin.1x2", "default"))
    book.engine.advance(1)
    assert book.price("1x2/home") == price
    assert changes(book)[-1].settings == ()


def test_the_method_of_the_margin_can_be_changed(book: Sportsbook) -> None:
    outsider = book.price("correct_score/4-4")
    set_(book, ("margin.method", "multiplicative"))
    book.engine.advance(1)
    assert book.price("correct_score/4-4") > outsider, "outsiders carry less of it"


@pytest.mark.parametrize("method", ["additive", "shin"])
def test_methods_that_load_outsiders_lengthen_the_favourite(book: Sportsbook, method: str) -> None:
    set_(book, ("margin.method", "multiplicative"))
    book.engine.advance(1)
    outsider, favourite = book.price("correct_score/4-1"), book.price("correct_score/1-1")
    set_(book, ("margin.method", method))
    book.engine.advance(1)
    assert book.price("correct_score/4-1") < outsider
    assert book.price("correct_score/1-1") > favourite


def test_a_repeat_changes_nothing(book: Sportsbook) -> None:
    set_(book, ("margin.1x2", "0.15"), based_on=0)
    before = book.engine.state_hash()
    set_(book, ("margin.1x2", "0.15"), based_on=0)
    assert (len(changes(book)), book.engine.state_hash()) == (1, before)
    assert book.dead_letters() == []


def test_who_has_not_seen_the_newest_version_is_refused(book: Sportsbook) -> None:
    set_(book, ("margin.1x2", "0.15"), based_on=0)
    set_(book, ("margin.1x2", "0.12"), based_on=0)
    assert book.dead_letters() == ["parameters_moved_on"]
    assert len(changes(book)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("model.red_own", "3"), "parameter_out_of_range"),
        (("model.red_own", "nan"), "parameter_out_of_range"),
        (("model.red_own", "much"), "parameter_malformed"),
        (("breaker.silent_after_us", "2.5"), "parameter_malformed"),
        (("model.red_ohne", "0.5"), "unknown_parameter"),
        (("model.red_ohne", "default"), "unknown_parameter"),
        (("margin.first_goal", "0.05"), "unknown_parameter"),
        (("margin.1x2", "-0.01"), "parameter_out_of_range"),
        (("margin.method", "shins"), "parameter_malformed"),
    ],
)
def test_figures_that_cannot_be_are_refused_whole(
    book: Sportsbook, change: tuple[str, str], reason: str
) -> None:
    before = book.engine.state_hash()
    set_(book, ("model.red_opponent", "1.7"), change)
    assert book.dead_letters() == [reason]
    assert (changes(book), book.engine.state_hash()) == ([], before)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"sport": "chess"}, "key_is_not_sport"),
        ({"author_id": ""}, "malformed_id"),
        ({"changes": ()}, "parameters_empty"),
        (
            {"changes": (Setting("margin.1x2", "0.1"), Setting("margin.1x2", "0.2"))},
            "parameter_named_twice",
        ),
    ],
)
def test_a_command_that_says_nothing_clear_is_refused(
    book: Sportsbook, more: dict[str, Any], reason: str
) -> None:
    set_(book, ("margin.1x2", "0.15"), **more)
    assert book.dead_letters() == [reason]


def test_the_time_after_which_a_feed_is_silent_can_be_changed(book: Sportsbook) -> None:
    set_(book, ("breaker.silent_after_us", "5000000"))
    book.kick_off()
    book.engine.advance(5)
    assert book.quotes()[-1].status == "open"
    book.engine.advance(1)
    assert book.quotes()[-1].reason == "feed_silent"


@pytest.mark.slow
def test_a_run_with_crashes_has_the_same_tables_and_quotes() -> None:
    def played(**options: Any) -> tuple[str, list[Any]]:
        book = Sportsbook(cuts=False, **options)
        book.schedule()
        book.kick_off()
        set_(book, ("margin.1x2", "0.10"))
        book.report(IncidentKind.GOAL, HALF, 60, (1, 0), Side.HOME)
        set_(book, ("model.score_push", "0.1"))
        book.engine.advance(2)
        newest = {quotes.version: quotes for quotes in book.quotes()}
        return book.engine.state_hash(), sorted(newest.items())

    whole = played()
    crashed = played(crash=at_random(5, 0.05))
    assert crashed[0] == whole[0]
    assert crashed[1] == whole[1]


def test_a_replay_prices_each_record_with_the_parameters_of_its_time(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.CLOCK, HALF, 60)
    set_(book, ("margin.1x2", "0.15"))
    book.report(IncidentKind.CLOCK, HALF, 120)
    set_(book, ("margin.1x2", "default"))
    book.report(IncidentKind.CLOCK, HALF, 180)
    lanes, log, markets = Collected(), book.engine.log, SPORTSBOOK.agent("markets")
    for partition in range(PARTITIONS):
        inbox = log.read(topics.MARKETS_INBOX.name, partition)
        replay(markets, partition, wire(), inbox, lanes)
    made = [output.value for output in lanes.published if output.topic == topics.QUOTES.name]
    place = partition_of(MATCH.encode(), PARTITIONS)
    assert made == [record.value for record in log.read(topics.QUOTES.name, place)]
    margins = [sum(1_000 / q.price_milli for q in quotes.lines[:3]) for quotes in book.quotes()]
    assert max(margins) > 1.14
    assert min(margins) < 1.06


def test_parameters_that_this_release_does_not_know_stop_a_worker_and_refuse_no_record() -> None:
    with pytest.raises(RuntimeError, match=r"of another release: unknown_parameter: model\.gone"):
        built((Setting("model.gone", "1"),))

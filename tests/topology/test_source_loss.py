"""A match is offered only on sources that can be relied on; only their recovery opens it again."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.domain.betting.commands import ReopenTrading
from overround.domain.betting.events import BetRejected, TradingChanged
from overround.domain.feeds.commands import BreakerState, ReportSource, SourceReport
from overround.domain.feeds.events import (
    FixtureScheduled,
    ObservedPrice,
    PricesObserved,
    SourceLost,
    SourceRestored,
)
from overround.domain.kernel.match import IncidentKind, Period
from tests.kit.match import (
    MATCH,
    OPENING,
    PROVIDER,
    Sportsbook,
    feed,
    fixture_fields,
    incident_fields,
    price_fields,
    wire,
)

HALF = Period.FIRST_HALF
SILENT_S = 20


@pytest.fixture
def book() -> Sportsbook:
    """A match of `partner` with its prices, not begun."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    return sportsbook


def state(book: Sportsbook, match: str = MATCH) -> tuple[str, str]:
    """Status and reason of the newest quotes."""
    newest = book.quotes(match)[-1]
    return newest.status, newest.reason


def lose(book: Sportsbook, provider: str = PROVIDER, change: int = 1, **more: Any) -> None:
    value = SourceLost(MATCH, provider, more.get("producer", ""), "silent", change)
    book.tell(topics.MARKETS_INBOX, MATCH, value)


def restore(book: Sportsbook, provider: str = PROVIDER, change: int = 2, **more: Any) -> None:
    value = SourceRestored(MATCH, provider, more.get("producer", ""), change)
    book.tell(topics.MARKETS_INBOX, MATCH, value)


def prices_of(provider: str, home_milli: int = 1_500) -> PricesObserved:
    rest = (ObservedPrice("1x2/draw", 4_100), ObservedPrice("1x2/away", 6_950))
    return PricesObserved(MATCH, provider, 1, (ObservedPrice("1x2/home", home_milli), *rest))


LOST = ("suspended", "source_lost: partner")


def test_a_lost_source_holds_a_match_in_play_back_until_it_is_restored(book: Sportsbook) -> None:
    book.kick_off()
    lose(book)
    assert state(book) == LOST
    book.report(IncidentKind.CLOCK, HALF, 30)
    assert state(book) == LOST, "a later record says nothing of what was missed"
    book.tell(topics.MARKETS_INBOX, MATCH, ReopenTrading(MATCH, "t1"))
    assert state(book) == LOST
    restore(book)
    assert state(book) == ("open", "")


def test_no_bet_is_taken_on_a_lost_source(book: Sportsbook) -> None:
    book.customer()
    lose(book)
    answer = book.bet("b1", "1x2/home")
    assert isinstance(answer, BetRejected)
    assert answer.reason == "trading_suspended"


def test_a_source_that_dies_before_kick_off_takes_the_prices_with_it(book: Sportsbook) -> None:
    lose(book)
    assert state(book) == LOST
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 3, OPENING))
    assert state(book) == LOST
    restore(book)
    assert state(book) == ("open", "")


def test_the_end_of_a_silence_that_lost_the_source_is_its_recovery(book: Sportsbook) -> None:
    book.kick_off()
    book.engine.advance(30)
    assert state(book) == ("suspended", "feed_silent")
    lose(book)
    book.report(IncidentKind.CLOCK, HALF, 30)
    assert state(book) == LOST
    restore(book)
    assert state(book) == ("open", "")


def test_a_source_that_feeds_nothing_of_the_match_holds_nothing_back(book: Sportsbook) -> None:
    quotes = len(book.quotes())
    lose(book, "other")
    book.kick_off()
    assert state(book) == ("open", "")
    assert len(book.quotes()) == quotes + 1
    assert book.dead_letters() == []


def test_whose_prices_opened_a_match_counts_no_more_once_it_is_played(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, prices_of("exchange"))
    book.kick_off()
    lose(book, "exchange")
    assert state(book) == ("open", "")


def test_a_match_with_prices_of_one_lost_provider_only_is_held_back() -> None:
    book = Sportsbook()
    book.schedule(is_priced=False)
    book.tell(topics.MARKETS_INBOX, MATCH, prices_of("exchange"))
    assert state(book) == ("open", "")
    lose(book, "exchange")
    assert state(book) == ("suspended", "source_lost: exchange")
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 2, OPENING))
    assert state(book) == ("open", ""), "another one's prices are as good"


def test_the_newest_prices_of_a_healthy_provider_take_a_lost_ones_place(book: Sportsbook) -> None:
    of_partner = book.price("1x2/home")
    book.tell(topics.MARKETS_INBOX, MATCH, prices_of("exchange"))
    of_exchange = book.price("1x2/home")
    assert of_exchange < of_partner
    lose(book, "exchange")
    assert (state(book), book.price("1x2/home")) == (("open", ""), of_partner)
    restore(book, "exchange")
    assert book.price("1x2/home") == of_exchange


def test_prices_alone_keep_no_match_open_that_nobody_would_tell_of(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, prices_of("exchange"))
    lose(book)
    assert state(book) == LOST, "its kick-off would not be heard of"
    other = FixtureScheduled(MATCH, "exchange", 2, "Cup", "A", "B", 0)
    book.tell(topics.MARKETS_INBOX, MATCH, other)
    assert state(book) == ("open", "")


def test_a_second_provider_of_the_play_keeps_a_match_open(book: Sportsbook) -> None:
    book.kick_off()
    book.report(IncidentKind.CLOCK, HALF, 5, provider="second")
    lose(book)
    assert state(book) == ("open", "")
    lose(book, "second")
    assert state(book) == ("suspended", "source_lost: partner, second")
    restore(book, "second")
    assert state(book) == ("open", "")


def test_a_provider_is_lost_until_each_part_that_was_lost_is_restored(book: Sportsbook) -> None:
    lose(book, producer="1")
    lose(book, producer="3")
    restore(book, producer="1")
    assert state(book) == LOST
    restore(book, producer="3")
    assert state(book) == ("open", "")


@pytest.mark.parametrize("change", [1, 2])
def test_a_loss_that_comes_again_after_the_recovery_is_dropped(
    book: Sportsbook, change: int
) -> None:
    lose(book, change=1)
    restore(book, change=2)
    before = (len(book.quotes()), book.engine.state_hash())
    lose(book, change=change)
    assert (len(book.quotes()), book.engine.state_hash()) == before
    lose(book, change=3)
    assert state(book) == LOST


def test_a_recovery_that_comes_again_after_the_next_loss_opens_nothing(book: Sportsbook) -> None:
    lose(book, change=1)
    restore(book, change=2)
    lose(book, change=3)
    restore(book, change=2)
    assert state(book) == LOST


def test_changes_without_a_number_are_taken_as_they_come(book: Sportsbook) -> None:
    lose(book, change=0)
    assert state(book) == LOST
    restore(book, change=0)
    assert state(book) == ("open", "")


def test_a_change_for_a_match_that_is_not_traded_is_no_dead_letter(book: Sportsbook) -> None:
    book.tell(topics.MARKETS_INBOX, "m-x", SourceLost("m-x", PROVIDER, "", "silent", 1))
    assert book.dead_letters() == []


class Connected:
    """The whole house, with a match of each of two providers and connections that report."""

    def __init__(self) -> None:
        self.book = Sportsbook(partitions=2)
        for provider in ("partner", "other"):
            self.report(provider, SourceReport.LIVE)
            match = f"m-{provider}"
            for number, fields in enumerate((fixture_fields(), price_fields()), start=1):
                message = feed(match, number, fields, provider)
                self.book.tell(topics.FEEDS_INBOX, match, message)

    def report(self, provider: str, says: SourceReport) -> None:
        said = ReportSource(
            provider, "", f"{provider}-1", says, "", SILENT_S * 1_000_000, BreakerState.CLOSED
        )
        payload = wire().encode(said, id="r", at_us=0, caused_by=None)
        for partition in range(2):
            inbox = topics.FEEDS_INBOX.name
            self.book.engine.append(inbox, provider.encode(), payload, partition=partition)
        self.book.engine.run()

    def second(self, *alive: str) -> None:
        for provider in alive:
            self.report(provider, SourceReport.HEARD)
        self.book.engine.advance(1)


def test_a_silent_connection_suspends_its_matches_within_one_tick_and_no_others() -> None:
    house = Connected()
    for _ in range(SILENT_S):
        house.second("other")
    assert state(house.book, "m-partner") == ("open", "")
    house.second("other")
    assert state(house.book, "m-partner") == LOST
    assert state(house.book, "m-other") == ("open", "")


def test_only_a_snapshot_opens_the_matches_of_a_silent_connection() -> None:
    house = Connected()
    for _ in range(SILENT_S + 1):
        house.second("other")
    for number in range(3, 8):
        house.second("partner", "other")
        clock = incident_fields("clock", "not_started", 0)
        message = feed("m-partner", number, clock)
        house.book.tell(topics.FEEDS_INBOX, "m-partner", message)
        assert state(house.book, "m-partner") == LOST
    house.report("partner", SourceReport.LIVE)
    assert state(house.book, "m-partner") == ("open", "")
    changes = house.book.told(topics.MARKET_EVENTS, TradingChanged)
    assert [each.reason for each in changes if each.event_id == "m-partner"] == [
        "",
        "source_lost: partner",
        "",
    ]
    assert house.book.dead_letters() == []

"""Markets are held back while the model and somebody else's book in play are too far apart."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.domain.control.commands import ReopenMarket, SetParameters, SuspendMarket
from overround.domain.control.events import MarketTradingChanged
from overround.domain.feeds.events import ObservedPrice, PricesObserved, SourceLost
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.settings import Setting
from tests.kit.match import MATCH, OPENING, PROVIDER, Sportsbook

HALF = Period.FIRST_HALF
EXCHANGE = "exchange"
# What a book without a margin would say after a goal of the home side that we have not heard of.
AFTER_A_GOAL = {"1x2/home": 1_500, "1x2/draw": 4_600, "1x2/away": 8_500}
LEVEL = {"1x2/home": 2_850, "1x2/draw": 3_150, "1x2/away": 3_050}


class Watched(Sportsbook):
    """A match in play that an exchange quotes as well."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule()
        self.customer()
        self.kick_off()
        self.heard = 0

    def exchange(self, prices: dict[str, int], provider: str = EXCHANGE, **more: Any) -> None:
        self.heard += 1
        observed = tuple(ObservedPrice(name, price, **more) for name, price in prices.items())
        number = more.pop("sequence", self.heard)
        self.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, provider, number, observed))

    def offered(self) -> set[str]:
        return {line.market for line in self.quotes()[-1].lines}

    def audit(self) -> list[tuple[str, str, str]]:
        events = self.told(topics.MARKET_EVENTS, MarketTradingChanged)
        return [(each.market, each.status, each.reason) for each in events]


@pytest.fixture
def book() -> Watched:
    return Watched()


def test_prices_that_are_near_change_nothing(book: Watched) -> None:
    count = len(book.quotes())
    book.exchange(LEVEL)
    assert (len(book.quotes()), book.audit()) == (count, [])


def test_a_book_that_is_apart_holds_back_all_that_follows_from_the_same_view(
    book: Watched,
) -> None:
    seen = book.price("1x2/home")
    book.exchange(AFTER_A_GOAL)
    assert {"1x2", "double_chance", "draw_no_bet", "correct_score"}.isdisjoint(book.offered())
    assert {"totals:2.5", "both_teams_to_score"} <= book.offered()
    market, status, reason = book.audit()[0]
    assert (market, status) == ("1x2", "suspended")
    assert reason.startswith("model_apart: 1x2 of exchange by ")
    assert book.bet("b1", "1x2/home", seen_milli=seen).reason == "trading_suspended"
    assert book.bet("b2", "totals:2.5/over").stake_minor == 1_000
    assert book.quotes()[-1].status == "open"


def test_totals_that_are_apart_leave_who_wins(book: Watched) -> None:
    book.exchange({"totals:2.5/over": 1_300, "totals:2.5/under": 4_200})
    assert {"totals:2.5", "both_teams_to_score", "correct_score"}.isdisjoint(book.offered())
    assert {"1x2", "asian_handicap:0"} <= book.offered()


def test_it_opens_again_after_updates_on_end_that_are_near(book: Watched) -> None:
    price = book.price("1x2/home")
    book.exchange(AFTER_A_GOAL)
    book.exchange(LEVEL)
    book.exchange(LEVEL)
    book.exchange(AFTER_A_GOAL)
    book.exchange(LEVEL)
    book.exchange(LEVEL)
    assert "1x2" not in book.offered(), "two are not three"
    book.exchange(LEVEL)
    assert book.price("1x2/home") == price
    assert book.audit()[-1][1:] == ("open", "")


def test_the_goal_itself_and_prices_after_it_open_it_again(book: Watched) -> None:
    book.exchange(AFTER_A_GOAL)
    book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    assert "1x2" not in book.offered()
    for _ in range(3):
        book.exchange(AFTER_A_GOAL)
    assert "1x2" in book.offered()


def test_a_goal_that_the_exchange_has_not_seen_holds_back(book: Watched) -> None:
    book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    book.exchange(LEVEL)
    assert "1x2" not in book.offered()


def test_prices_from_before_the_goal_of_their_own_provider_say_nothing(book: Watched) -> None:
    level = tuple(ObservedPrice(*each) for each in LEVEL.items())
    book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME, sequence=9)
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 8, level))
    assert "1x2" in book.offered()
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 9, level))
    assert "1x2" not in book.offered(), "of the goal's own record"


def test_an_old_or_repeated_update_says_nothing(book: Watched) -> None:
    book.exchange(LEVEL)
    book.exchange(AFTER_A_GOAL)
    before = book.engine.state_hash()
    for sequence in (1, 2, 2):
        prices = tuple(ObservedPrice(*each) for each in LEVEL.items())
        book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, EXCHANGE, sequence, prices))
    assert book.engine.state_hash() == before


def test_prices_from_before_kick_off_that_come_again_in_play_are_not_of_now() -> None:
    book = Watched()
    shorter = {"1x2/home": 1_500, "1x2/draw": 4_600, "1x2/away": 8_500}
    prices = tuple(ObservedPrice(*each) for each in shorter.items())
    count = len(book.quotes())
    book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 2, prices))
    assert (len(book.quotes()), book.audit()) == (count, [])


def test_only_the_book_that_is_apart_closes_it_again(book: Watched) -> None:
    book.exchange(AFTER_A_GOAL)
    for _ in range(4):
        book.exchange(LEVEL, "bookmaker")
    assert "1x2" not in book.offered()


def test_a_lost_book_is_not_listened_to_and_opens_nothing(book: Watched) -> None:
    book.exchange(AFTER_A_GOAL)
    book.tell(topics.MARKETS_INBOX, MATCH, SourceLost(MATCH, EXCHANGE, "", "silent", 1))
    for _ in range(4):
        book.exchange(LEVEL)
    assert "1x2" not in book.offered()


def test_a_trader_who_has_looked_opens_it_and_the_next_prices_may_close_it(book: Watched) -> None:
    book.exchange(AFTER_A_GOAL)
    book.tell(topics.MARKETS_INBOX, MATCH, ReopenMarket(MATCH, "1x2", "ann"))
    assert {"1x2", "double_chance"} <= book.offered()
    book.exchange(AFTER_A_GOAL)
    assert "1x2" not in book.offered()


def test_a_traders_hold_stays_when_the_book_is_near_again(book: Watched) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, SuspendMarket(MATCH, "1x2", "ann", "look"))
    book.exchange(AFTER_A_GOAL)
    for _ in range(3):
        book.exchange(LEVEL)
    assert "double_chance" in book.offered()
    assert "1x2" not in book.offered()


def test_how_far_and_how_often_are_parameters(book: Watched) -> None:
    changes = (Setting("breaker.apart_sigmas", "10"), Setting("breaker.near_updates", "1"))
    command = SetParameters("football", "ann", "", changes)
    book.tell(topics.MARKETS_INBOX, "football", command)
    book.exchange({"1x2/home": 1_900, "1x2/draw": 3_700, "1x2/away": 5_200})
    assert "1x2" in book.offered()


@pytest.mark.parametrize("price", [0, -5, 10**9, 1_001])
def test_a_book_that_is_none_says_nothing(book: Watched, price: int) -> None:
    book.exchange(AFTER_A_GOAL | {"1x2/home": price})
    assert "1x2" in book.offered()
    assert book.dead_letters() == []


def test_a_wide_book_says_less_than_a_narrow_one(book: Watched) -> None:
    wide = {"1x2/home": 1_750, "1x2/draw": 3_300, "1x2/away": 4_900}
    book.exchange(wide)
    narrow = {name: round(price * 1.075) for name, price in wide.items()}
    other = Watched()
    other.exchange(narrow)
    z = [each.engine.table("books")[MATCH].control.apart for each in (book, other)]
    assert z[0] == () or z[0][0].sigmas_milli < z[1][0].sigmas_milli


def test_a_thin_exchange_widens_quotes_and_a_deep_one_does_not() -> None:
    def margin(size_minor: int | None) -> float:
        book = Sportsbook()
        book.schedule(is_priced=False)
        prices = tuple(
            ObservedPrice(each.selection, each.price_milli, None, size_minor) for each in OPENING
        )
        book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, EXCHANGE, 1, prices))
        return sum(1_000 / q.price_milli for q in book.quotes()[-1].lines if q.market == "1x2")

    deep, none, thin = margin(10**9), margin(None), margin(1_000)
    assert deep == pytest.approx(none, abs=0.005)
    assert thin > none + 0.03

"""An exchange's stream, from its bytes to what the match's writer does with its prices."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from overround.adapters.feeds.betfair import FORMAT
from overround.contracts import topics
from overround.domain.control.commands import SetParameters
from overround.domain.control.events import MarketTradingChanged
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import ObservedPrice, PricesObserved
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.settings import Setting
from tests.kit.football_stream import AWAY, DRAW, EVENT, Book, Stream, book_of
from tests.kit.match import MATCH, OPENING, PROVIDER, Sportsbook, feed, fixture_fields

HALF = Period.FIRST_HALF
# About what OPENING says, half a point for the home side, and a goal's worth.
LIKE_OURS = book_of(0.361, 0.311, 0.328)
SHORTER = book_of(0.41, 0.30, 0.29)
AFTER_A_GOAL = book_of(0.66, 0.22, 0.12)
LINE: Book = {47_972: (1.80, 1.83), 47_973: (2.20, 2.24)}


class House(Sportsbook):
    """A match that a partner announces and tells, and an exchange quotes."""

    def __init__(self, *, is_announced: bool = True) -> None:
        super().__init__()
        self.stream = Stream()
        if is_announced:
            self.announce()

    def announce(self) -> None:
        self.tell(topics.FEEDS_INBOX, MATCH, feed(MATCH, 1, fixture_fields()))

    def hear(self, payload: bytes, event_id: str = MATCH) -> None:
        digest = sha256(payload).digest()
        command = RecordFeed(
            *(event_id, "betfair", 0, 0, payload, digest, FORMAT, "c"), match=EVENT
        )
        self.tell(topics.FEEDS_INBOX, event_id, command)

    def offer(self, book: Book, type_: str = "MATCH_ODDS", **changed: Any) -> None:
        self.hear(self.stream.offer(book, type_, **changed))

    def observed(self) -> list[PricesObserved]:
        return self.told(topics.MARKETS_INBOX, PricesObserved)

    def suspensions(self) -> list[MarketTradingChanged]:
        return self.told(topics.MARKET_EVENTS, MarketTradingChanged)


class InPlay(House):
    """The same, opened by the partner and kicked off; the exchange was heard of play."""

    def __init__(self) -> None:
        super().__init__()
        self.tell(
            topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, self._next(MATCH), OPENING)
        )
        self.kick_off()
        self.clock_s = 0
        self.play(LIKE_OURS)
        self.wait(31)

    def wait(self, seconds: int, score: tuple[int, int] = (0, 0)) -> None:
        """Time passes, and the partner tells the clock."""
        self.engine.now_us += seconds * 1_000_000
        self.clock_s += seconds
        self.report(IncidentKind.CLOCK, HALF, self.clock_s, score)

    def play(self, book: Book, **changed: Any) -> None:
        self.offer(book, inPlay=True, **changed)

    def home(self) -> float:
        """The probability that 1X2's quotes give the home side."""
        lines = {
            q.outcome: 1_000 / q.price_milli for q in self.quotes()[-1].lines if q.market == "1x2"
        }
        return lines["home"] / sum(lines.values())


def test_prices_of_a_football_market_open_the_match() -> None:
    house = House()
    house.offer(SHORTER)
    house.offer(LINE, "OVER_UNDER_25")
    house.hear(house.stream.trade())
    first, second = house.observed()
    assert [len(each.prices) for each in (first, second)] == [3, 5]
    assert (second.provider, second.in_play) == ("betfair", False)
    assert second.sequence > first.sequence
    prices = [house.price(f"1x2/{each}") for each in ("home", "draw", "away")]
    fair = [1 / p * sum(1_000 / q for q in prices) * 1_000 for p in (0.41, 0.30, 0.29)]
    book = sum(1_000 / each for each in prices)
    assert [round(1_000 / p / book, 2) for p in prices] == [0.41, 0.30, 0.29], fair
    assert house.dead_letters() == []


def test_nothing_is_told_of_a_match_that_nobody_has_announced() -> None:
    house = House(is_announced=False)
    house.offer(SHORTER)
    assert house.observed() == []
    house.announce()
    house.offer(LIKE_OURS)
    assert len(house.observed()) == 1
    assert house.dead_letters() == []


def test_suspended_and_one_sided_markets_tell_no_prices() -> None:
    house = House()
    house.offer(SHORTER, status="SUSPENDED")
    house.offer(SHORTER | {DRAW: (3.0, 0.0)})
    house.offer(LINE, "OVER_UNDER_25")
    assert house.observed() == []
    house.offer(SHORTER | {AWAY: (3.38, 3.46)})
    house.offer(SHORTER | {AWAY: (3.38, 3.46)}, status="SUSPENDED")
    house.offer(SHORTER | {AWAY: (3.38, 3.46)})
    assert len(house.observed()) == 2, "what stands after a suspension is told again"
    assert house.dead_letters() == []


def test_offers_in_play_pull_the_quotes_towards_them() -> None:
    house = InPlay()
    before = house.home()
    house.play(SHORTER)
    once = house.home()
    for _ in range(4):
        house.wait(30)
        house.play(SHORTER)
        house.play(SHORTER | {AWAY: (3.38, 3.47)})
    assert before + 0.01 < once <= house.home() == pytest.approx(0.41, abs=0.01)
    assert house.suspensions() == []
    assert house.dead_letters() == []


def test_offers_far_off_open_the_breaker_and_pull_nothing() -> None:
    house = InPlay()
    house.play(LIKE_OURS | {AWAY: (2.98, 3.06)})
    pull = house.engine.table("books")[MATCH].match.pull
    assert pull is not None
    house.engine.now_us += 2_000_000
    house.play(AFTER_A_GOAL)
    held = {each.market for each in house.suspensions()}
    assert {"1x2", "correct_score", "asian_handicap:0"} <= held
    assert house.suspensions()[0].reason.startswith("model_apart: 1x2 of betfair by ")
    assert house.engine.table("books")[MATCH].match.pull == pull


def test_what_was_offered_before_a_goal_pulls_nothing_after_it() -> None:
    house, quiet = InPlay(), InPlay()
    for each in (house, quiet):
        each.wait(60)
        each.report(IncidentKind.GOAL, HALF, each.clock_s, (1, 0), Side.HOME)
    house.play(SHORTER)  # on its way when the goal fell
    house.engine.now_us += 5_000_000
    house.play(book_of(0.60, 0.24, 0.16))
    assert house.engine.table("books")[MATCH].match == quiet.engine.table("books")[MATCH].match
    house.wait(40, (1, 0))
    house.play(book_of(0.63, 0.24, 0.13))
    assert house.engine.table("books")[MATCH].match.pull is not None


def test_offers_pull_nothing_while_bets_are_held_back_or_of_the_other_side_of_kick_off() -> None:
    house = InPlay()
    before = house.engine.table("books")[MATCH].match
    house.offer(SHORTER)  # the exchange has not turned in play
    house.report(IncidentKind.POSSIBLE_GOAL, HALF, house.clock_s, side=Side.HOME)
    house.play(SHORTER | {AWAY: (3.38, 3.47)})
    assert house.engine.table("books")[MATCH].match.pull == before.pull


def test_before_kick_off_an_exchange_pulls_what_a_partner_has_opened() -> None:
    house = House()
    opening = PricesObserved(MATCH, PROVIDER, house._next(MATCH), OPENING)
    house.tell(topics.MARKETS_INBOX, MATCH, opening)
    rates = house.engine.table("books")[MATCH].match.home_rate_micro
    for _ in range(3):
        house.offer(SHORTER)
        house.engine.now_us += 31_000_000
        house.offer(SHORTER | {AWAY: (3.38, 3.47)})
    match = house.engine.table("books")[MATCH].match
    assert match.home_rate_micro == rates
    assert match.pull is not None
    assert match.pull.home_micro > 0
    shorter = tuple(
        ObservedPrice(each.selection, each.price_milli - 100 * (each.selection == "1x2/home"))
        for each in OPENING
    )
    again = PricesObserved(MATCH, PROVIDER, house._next(MATCH), shorter)
    house.tell(topics.MARKETS_INBOX, MATCH, again)
    match = house.engine.table("books")[MATCH].match
    assert match.pull is None, "it was relative to the rates before"
    assert match.home_rate_micro > rates


def test_the_pull_is_set_by_name_and_off_at_no_spread() -> None:
    house = InPlay()
    before = house.home()
    house.play(SHORTER)
    pulled = house.home()
    assert pulled > before + 0.01
    off = SetParameters("football", "ann", "", (Setting("exchange.spread", "0"),))
    house.tell(topics.MARKETS_INBOX, "football", off)
    house.play(SHORTER | {AWAY: (3.38, 3.47)})
    assert house.home() == before
    assert house.suspensions() == [], "the breaker goes on by its own measure"


def test_a_replay_makes_the_same_bytes() -> None:
    def run() -> list[Any]:
        house = InPlay()
        house.play(SHORTER)
        house.wait(40)
        house.play(SHORTER | {AWAY: (3.38, 3.47)})
        return [house.engine.state_hash(), house.quotes()]

    assert run() == run()

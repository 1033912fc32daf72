"""A match of the Unified Odds Feed from its messages to bets: what a status tells is the play."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from overround.adapters.feeds.provider import Ingress
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts import topics
from overround.domain.betting.events import BetAccepted, RejectReason
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.play import PlaySignalled, Signal
from overround.domain.settlement.events import Certainty, LegSettled
from tests.kit.house import House

MATCH = "sr:match:1"
EVENT = f"uof-{MATCH}"
LIVE = 1


class Uof(House):
    """The house and what the feed sends, message by message, each a second after the last."""

    def __init__(self) -> None:
        super().__init__(PROVIDERS["uof"], MATCH)
        self._sent_ms = 0

    def fixture(self, sport: str = "sr:sport:1", name: str = "Soccer") -> None:
        self.comes(
            f'<fixtures_fixture><fixture id="{MATCH}" start_time="2019-05-08T19:00:00+00:00">'
            f'<tournament name="Cup"><sport id="{sport}" name="{name}"/></tournament><competitors>'
            '<competitor qualifier="home" name="A"/><competitor qualifier="away" name="B"/>'
            "</competitors></fixture></fixtures_fixture>".encode()
        )

    def message(self, tag: str, inside: str = "", product: int = LIVE, **more: str) -> None:
        self._sent_ms += 1_000
        words = "".join(f' {name}="{value}"' for name, value in more.items())
        self.comes(
            f'<{tag} event_id="{MATCH}" timestamp="{self._sent_ms}" product="{product}"{words}>'
            f"{inside}</{tag}>".encode()
        )

    def odds(self, *markets: str, status: str = "", product: int = LIVE) -> None:
        told = "".join(markets)
        self.message("odds_change", f"{status}<odds>{told}</odds>", product)

    def stop(self, groups: str = "all") -> None:
        self.message("bet_stop", groups=groups)


def market(number: int, *prices: tuple[int, float], status: int = 1, specifiers: str = "") -> str:
    lines = "".join(f'<outcome id="{id_}" odds="{price}" active="1"/>' for id_, price in prices)
    return f'<market id="{number}" status="{status}" specifiers="{specifiers}">{lines}</market>'


RESULT = market(1, (1, 2.7), (2, 3.1), (3, 2.95))
AHEAD = market(1, (1, 1.5), (2, 4.3), (3, 6.6))
TOTAL = market(18, (12, 2.2), (13, 1.7), specifiers="total=2.5")


def play(
    part: int,
    clock: str | None,
    score: tuple[int, int],
    *,
    code: int = 1,
    reds: tuple[int, int] = (0, 0),
    yellows: tuple[int, int] = (1, 0),
) -> str:
    told = "" if clock is None else f'<clock match_time="{clock}"/>'
    counts = "".join(
        f'<{name} home="{home}" away="{away}"/>'
        for name, (home, away) in (
            ("yellow_cards", yellows),
            ("red_cards", reds),
            ("yellow_red_cards", (0, 0)),
            ("corners", (0, 0)),
        )
    )
    return (
        f'<sport_event_status status="{code}" match_status="{part}" home_score="{score[0]}" '
        f'away_score="{score[1]}">{told}<statistics>{counts}</statistics></sport_event_status>'
    )


@pytest.fixture
def house() -> Iterator[Uof]:
    """A match that has begun, and a customer; its books are right in the end."""
    house = Uof()
    house.fixture()
    house.odds(RESULT, TOTAL, product=3)
    house.customer()
    house.odds(RESULT, status=play(6, "00:10", (0, 0)))
    yield house
    house.check_books()
    assert house.dead_letters() == []


def status(house: Uof) -> tuple[TradingStatus, str]:
    newest = house.quotes(EVENT)[-1]
    return newest.status, newest.reason


def test_its_prices_open_the_match_and_its_clock_prices_it_on(house: Uof) -> None:
    assert status(house) == (TradingStatus.OPEN, "")
    began = house.home_price()
    house.odds(status=play(6, "40:00", (0, 0)))
    assert house.quotes(EVENT)[-1].clock_s == 2_400
    assert house.home_price() > began


def test_a_part_of_the_markets_leaves_the_others_as_they_were() -> None:
    house = Uof()
    house.fixture()
    house.odds(TOTAL, product=3)
    assert not house.book().match.is_priced, "who wins is not told yet"
    house.odds(RESULT, product=3)
    over = house.price("totals:2.5/over", EVENT)
    house.odds(market(18, (12, 1.7), (13, 2.2), specifiers="total=2.5"), product=3)
    assert house.price("totals:2.5/over", EVENT) < over
    house.odds(market(1, status=-1), product=3)
    assert house.dead_letters() == []


def test_a_stop_holds_bets_back_until_it_takes_bets_again(house: Uof) -> None:
    house.stop("corners|score")
    assert status(house) == (TradingStatus.OPEN, ""), "not all of its markets"
    house.stop()
    assert status(house) == (TradingStatus.SUSPENDED, "bets_stopped")
    assert house.bet("b1", "1x2/home", match=EVENT).reason is RejectReason.TRADING_SUSPENDED
    house.odds(market(1, status=-1), status=play(6, "20:00", (1, 0)))
    assert status(house) == (TradingStatus.SUSPENDED, "bets_stopped")
    house.odds(AHEAD, status=play(6, "20:30", (1, 0)))
    assert status(house) == (TradingStatus.OPEN, "")
    assert house.quotes(EVENT)[-1].home_goals == 1
    assert isinstance(house.bet("b2", "1x2/home", match=EVENT), BetAccepted)


def test_a_sign_that_is_told_again_after_a_newer_one_changes_nothing(house: Uof) -> None:
    house.stop()
    house.odds(RESULT)
    (stop, clear) = (
        each for each in house.engine.read(topics.MARKETS_INBOX) if isinstance(each, PlaySignalled)
    )
    assert (stop.signal, clear.signal) == (Signal.UNDER_REVIEW, Signal.CLEARED)
    house.tell(topics.MARKETS_INBOX, EVENT, stop)
    assert status(house) == (TradingStatus.OPEN, "")
    house.stop()
    house.tell(topics.MARKETS_INBOX, EVENT, clear)
    assert status(house) == (TradingStatus.SUSPENDED, "bets_stopped")


def test_a_goal_and_a_card_that_are_taken_back_leave_the_prices_of_before(house: Uof) -> None:
    house.odds(status=play(6, "30:00", (0, 0)))
    before = house.quotes(EVENT)[-1].lines
    house.odds(status=play(6, "30:00", (1, 0), reds=(0, 1)))
    assert house.quotes(EVENT)[-1].lines != before
    assert house.book().match.away_reds == 1
    house.odds(status=play(6, "30:00", (0, 0)))
    assert house.quotes(EVENT)[-1].lines == before


def test_half_time_and_the_closed_result_settle(house: Uof) -> None:
    bets = {"b1": "1x2/home", "b2": "half_1x2:1/draw", "b3": "cards:1.5/over"}
    for bet_id, selection in bets.items():
        assert isinstance(house.bet(bet_id, selection, match=EVENT), BetAccepted)
    house.odds(status=play(31, None, (0, 0)))
    house.odds(status=play(7, "60:00", (1, 0), yellows=(1, 1)))
    house.odds(status=play(100, None, (1, 0), code=3, yellows=(1, 1)))
    house.odds(status=play(100, None, (1, 0), code=4, yellows=(1, 1)))
    fates = {e.selection: e.win_halves for e in house.told(topics.ACCOUNTS_INBOX, LegSettled)}
    assert fates == {"1x2/home": 2, "half_1x2:1/draw": 2, "cards:1.5/over": 2}
    assert house.results() == [(1, 0, Certainty.LIVE), (1, 0, Certainty.CONFIRMED)]


def test_extra_time_and_a_shoot_out_leave_the_result_of_regular_time(house: Uof) -> None:
    house.odds(status=play(32, None, (1, 1)))
    parts = "".join(
        f'<period_score match_status_code="{code}" home_score="{h}" away_score="{a}"/>'
        for code, h, a in ((6, 1, 0), (7, 0, 1), (40, 1, 1), (50, 4, 3))
    )
    over = play(120, None, (6, 5), code=4)
    told = over.replace("<statistics>", f"<period_scores>{parts}</period_scores><statistics>")
    house.odds(status=told)
    match = house.book().match
    assert (match.regular_home_goals, match.regular_away_goals) == (1, 1)
    assert (match.home_goals, match.away_goals, match.home_kicks_scored) == (2, 2, 4)
    assert house.results()[-1] == (1, 1, Certainty.CONFIRMED)


def test_of_another_sport_nothing_but_the_fixture_is_told_to_the_matchs_writer() -> None:
    house = Uof()
    house.fixture("sr:sport:5", "Tennis")
    house.odds(RESULT, product=3)
    house.stop()
    house.odds(RESULT, status='<sport_event_status status="1" match_status="8"/>')
    assert len(house.told_to_markets()) == 1
    assert house.dead_letters() == []


def test_a_second_provider_has_to_agree_with_a_status() -> None:
    house = Uof()
    house.fixture()
    house.odds(RESULT, TOTAL, product=3)
    house.odds(status=play(6, "00:10", (0, 0)))
    other = Ingress(replace(PROVIDERS["uof"], name="second"), "c2")
    lines = (
        f'<odds_change event_id="{MATCH}" timestamp="{n}" product="1">'
        f"{play(6, clock, score)}</odds_change>"
        for n, (clock, score) in enumerate((("00:20", (0, 0)), ("10:05", (1, 0))), start=1)
    )
    for line in lines:
        for record in other.records(line.encode(), house.engine.now_us, 0):
            house.tell(topics.FEEDS_INBOX, EVENT, replace(record, event_id=EVENT))
        if house.quotes(EVENT)[-1].clock_s == 20:
            continue
        assert status(house)[0] is TradingStatus.SUSPENDED, "one alone says that it is a goal"
    assert house.quotes(EVENT)[-1].home_goals == 0
    house.odds(status=play(6, "10:10", (1, 0)))
    assert status(house) == (TradingStatus.OPEN, "")
    assert house.quotes(EVENT)[-1].home_goals == 1

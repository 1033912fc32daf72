"""Bets on other sports than football: taken within limits, settled, corrected, refunded, paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cli.verification.exposures import check_fates
from cli.verification.model import Journal
from cli.verification.verify import verify
from overround.contracts import topics
from overround.domain.betting.commands import PricePolicy, ReopenTrading, ReserveLeg
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    RejectReason,
)
from overround.domain.control.commands import ReopenMarket, SuspendMarket
from overround.domain.control.events import MarketTradingChanged
from overround.domain.exposure.events import ExposureChanged
from overround.domain.feeds.identity.events import EventMerged
from overround.domain.pricing.basketball.model import NBA, Strength
from overround.domain.pricing.basketball.simulate import simulate as baskets
from overround.domain.pricing.quoting import quoter
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR
from overround.domain.pricing.tennis.simulate import draw_serves, simulate
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.events import BetResettled, FatesRecorded, LegSettled
from overround.runtime.in_process import RecordedRun
from overround.runtime.in_process.engine import at_random
from tests.kit.match import FUNDS_MINOR, Sportsbook, wire
from tests.kit.sports import MATCH, Partner, basketball_messages, fixture, prices, signal
from topologies.sportsbook import SPORTSBOOK

TENNIS = {"match_winner/home": 1_900, "match_winner/away": 1_900}
BASKETBALL = {
    "handicap:-2.5/home": 1_900,
    "handicap:-2.5/away": 1_900,
    "total_points:221.5/over": 1_900,
    "total_points:221.5/under": 1_900,
}
WON, LOST, BACK = (2, 0), (0, 0), (0, 2)


class House(Sportsbook):
    """A sportsbook that follows a match of a partner's, with a customer."""

    def __init__(self, sport: str, opening: dict[str, int], **options: Any) -> None:
        super().__init__(**options)
        self.partner = Partner(engine=self.engine)
        self.partner.tell(fixture(sport), prices(sport, opening))
        self.customer()

    def stakes(self, selection: str, stake_minor: int = 1_000, **terms: Any) -> Any:
        """Bet at the price that is quoted; what is answered. The bet's id is the selection."""
        seen = terms.pop("seen_milli", 0) or self.quoted(selection) or 2_000
        bet_id = terms.pop("bet_id", selection.replace("/", ".").replace(":", "."))
        return self.bet(bet_id, selection, stake_minor, match=MATCH, seen_milli=seen, **terms)

    def quoted(self, selection: str) -> int:
        """The newest price of a selection, 0 if it is not offered."""
        market, _, outcome = selection.rpartition("/")
        return self.partner.price(market, outcome)

    def serves(self, points: int, server: str = "home", winner: str = "home") -> None:
        for _ in range(points):
            point = {"type": "tennis.point_played", "server": server, "winner": winner}
            self.partner.tell(point)

    def orders(self, command: Any) -> None:
        self.tell(topics.MARKETS_INBOX, MATCH, command)

    def fates(self) -> dict[str, tuple[int, int]]:
        """The newest fate of each selection that was bet on."""
        return {
            each.selection: (each.win_halves, each.refund_halves)
            for each in self.told(topics.ACCOUNTS_INBOX, LegSettled)
        }

    def recorded(self) -> list[FatesRecorded]:
        return self.told(topics.MARKET_EVENTS, FatesRecorded)

    def is_sound(self) -> None:
        """The books balance, and a count of everything from the topics finds nothing wrong."""
        self.check_books()
        found = verify(RecordedRun(self.engine), SPORTSBOOK, wire())
        assert found.is_clean, "\n".join(found.lines())


@pytest.fixture
def tennis() -> Iterator[House]:
    house = House("tennis", TENNIS)
    yield house
    house.is_sound()
    assert house.dead_letters() == []


@pytest.fixture
def basketball() -> Iterator[House]:
    house = House("basketball", BASKETBALL)
    yield house
    house.is_sound()
    assert house.dead_letters() == []


def test_a_bet_on_a_game_is_paid_when_the_game_is_over(tennis: House) -> None:
    tennis.serves(1)
    price_milli = tennis.partner.price("game_winner:1.1", "home")
    answer = tennis.stakes("game_winner:1.1/home")
    assert answer == BetAccepted(
        "c1", "game_winner.1.1.home", "EUR", 1_000, price_milli, answer.legs
    )
    assert isinstance(tennis.stakes("game_winner:1.1/away"), BetAccepted)
    assert isinstance(tennis.stakes("match_winner/home"), BetAccepted)
    tennis.serves(2)
    assert tennis.fates() == {}
    tennis.serves(1)
    assert tennis.fates() == {"game_winner:1.1/home": WON, "game_winner:1.1/away": LOST}
    assert tennis.available() == FUNDS_MINOR - 3_000 + price_milli
    assert len(tennis.recorded()) == 1


def test_what_is_decided_is_told_once_and_by_selection(tennis: House) -> None:
    tennis.serves(4)
    (told,) = tennis.recorded()
    assert (told.event_id, told.sport, told.score, told.legs) == (MATCH, "tennis", "1-0", 0)
    found = {fate.selection: (fate.win_halves, fate.refund_halves) for fate in told.fates}
    assert found["game_winner:1.1/home"] == WON
    assert found["first_set_score/0-6"] == LOST, "it cannot end so any more"
    assert "match_winner/home" not in found
    tennis.serves(4, "away")
    assert {fate.selection for fate in tennis.recorded()[1].fates} == {
        "game_winner:1.2/home",
        "game_winner:1.2/away",
        "first_set_score/1-6",
    }


def test_a_match_to_its_end_settles_every_bet(tennis: House) -> None:
    for selection in ("match_winner/home", "set_winner:1/home", "total_games:20.5/under"):
        assert isinstance(tennis.stakes(selection), BetAccepted)
    # A third set is not played: that bet comes back, and the one on its tie-break.
    assert isinstance(tennis.stakes("set_winner:3/away"), BetAccepted)
    assert isinstance(tennis.stakes("set_tie_break:3/no"), BetAccepted)
    for game in range(12):
        tennis.serves(4, "home" if game % 2 == 0 else "away")
    assert tennis.partner.standing() == ("closed", "match_over")
    assert tennis.fates() == {
        "match_winner/home": WON,
        "set_winner:1/home": WON,
        "total_games:20.5/under": WON,
        "set_winner:3/away": BACK,
        "set_tie_break:3/no": BACK,
    }
    assert tennis.stakes("match_winner/home", bet_id="late").reason is RejectReason.TRADING_CLOSED


def test_a_point_that_is_taken_back_is_paid_back(tennis: House) -> None:
    tennis.serves(3)
    tennis.stakes("game_winner:1.1/home", seen_milli=1_001)
    tennis.stakes("game_winner:1.1/away")
    before_minor = tennis.available()
    tennis.serves(1)
    assert tennis.fates() == {"game_winner:1.1/away": LOST}, "home's game was as good as won"
    last = tennis.partner.sequence
    tennis.partner.tell({"type": "tennis.point_taken_back", "point_sequence": last})
    assert set(tennis.recorded()[-1].undecided) >= {"game_winner:1.1/away"}
    assert tennis.fates() == {"game_winner:1.1/away": LOST}, "it stays until it is another"
    tennis.serves(5, winner="away")
    assert tennis.fates() == {"game_winner:1.1/away": WON}
    assert len(tennis.told(topics.BET_EVENTS, BetResettled)) == 1
    assert tennis.available() > before_minor


def test_nothing_is_settled_on_an_account_that_is_not_whole(tennis: House) -> None:
    tennis.serves(3)
    tennis.stakes("game_winner:1.1/away")
    point = {"type": "tennis.point_played", "server": "home", "winner": "home"}
    tennis.partner.sequence += 1
    tennis.partner.tell(point)
    assert tennis.partner.standing() == ("suspended", "records_missing")
    assert tennis.stakes("match_winner/home").reason is RejectReason.TRADING_SUSPENDED
    tennis.engine.advance(25)
    assert tennis.partner.standing() == ("suspended", "records_lost")
    assert tennis.partner.newest().score == "1-0"
    assert tennis.fates() == {}
    tennis.orders(ReopenTrading(MATCH, "t1"))
    assert tennis.fates() == {"game_winner:1.1/away": LOST}


def test_a_review_at_the_last_point_is_waited_for(tennis: House) -> None:
    tennis.serves(3)
    tennis.stakes("game_winner:1.1/away")
    tennis.partner.tell(signal("under_review"))
    tennis.serves(1)
    assert tennis.fates() == {}
    tennis.partner.tell(signal("cleared"))
    assert tennis.fates() == {"game_winner:1.1/away": LOST}


def test_after_a_retirement_what_is_decided_stands_and_the_rest_comes_back(tennis: House) -> None:
    tennis.stakes("game_winner:1.1/away")
    tennis.stakes("match_winner/home")
    tennis.serves(4)
    tennis.serves(1, "away")
    tennis.partner.tell({"type": "tennis.player_retired", "side": "away"})
    assert tennis.fates() == {"game_winner:1.1/away": LOST, "match_winner/home": BACK}
    assert tennis.available() == FUNDS_MINOR - 1_000


def test_an_abandoned_match_refunds_what_it_has_not_decided(tennis: House) -> None:
    tennis.stakes("game_winner:1.1/away")
    tennis.stakes("match_winner/home")
    tennis.serves(4)
    tennis.partner.tell(signal("abandoned"))
    assert tennis.fates() == {"game_winner:1.1/away": LOST, "match_winner/home": BACK}
    tennis.partner.tell(signal("heard"))
    assert len(tennis.told(topics.ACCOUNTS_INBOX, LegSettled)) == 2


def test_a_merged_match_refunds_what_it_has_not_settled(tennis: House) -> None:
    tennis.stakes("game_winner:1.1/away")
    tennis.stakes("match_winner/home")
    tennis.serves(4)
    tennis.orders(EventMerged(MATCH, "other", "names"))
    assert tennis.fates() == {"game_winner:1.1/away": LOST, "match_winner/home": BACK}


def test_a_market_that_a_trader_voids_is_refunded_and_not_offered_any_more(tennis: House) -> None:
    tennis.stakes("set_winner:1/home")
    tennis.stakes("match_winner/home")
    tennis.orders(VoidMarket(MATCH, "set_winner:1", "t1", "roof"))
    assert tennis.fates() == {"set_winner:1/home": BACK}
    assert tennis.available() == FUNDS_MINOR - 1_000
    assert tennis.partner.price("set_winner:1", "home") == 0
    assert tennis.partner.price("match_winner", "home") > 0
    refused = tennis.stakes("set_winner:1/home", bet_id="again")
    assert refused.reason is RejectReason.SELECTION_NOT_QUOTED
    tennis.orders(VoidMarket(MATCH, "", "t1", "roof"))
    assert tennis.fates()["match_winner/home"] == BACK
    assert tennis.partner.newest().lines == ()
    exposed = tennis.told(topics.MARKET_EVENTS, ExposureChanged)[-1]
    assert (exposed.legs, exposed.stake_minor, exposed.worst_minor) == (0, 0, 0)


def test_a_market_that_a_trader_holds_back_takes_no_bets_until_it_is_reopened(
    tennis: House,
) -> None:
    tennis.stakes("set_winner:1/home")
    tennis.orders(SuspendMarket(MATCH, "set_winner:1", "t1", "injury"))
    assert tennis.quoted("set_winner:1/home") == 0
    assert tennis.stakes("set_winner:1/home", bet_id="held").reason is (
        RejectReason.TRADING_SUSPENDED
    )
    assert isinstance(tennis.stakes("match_winner/home"), BetAccepted)
    tennis.serves(4)
    assert tennis.quoted("set_winner:1/home") == 0, "play does not reopen it"
    tennis.orders(ReopenMarket(MATCH, "set_winner:1", "t2"))
    assert isinstance(tennis.stakes("set_winner:1/home", bet_id="again"), BetAccepted)
    told = tennis.told(topics.MARKET_EVENTS, MarketTradingChanged)
    assert [(each.status, each.trader_id) for each in told] == [("suspended", "t1"), ("open", "t2")]


def test_a_market_that_is_held_back_for_a_time_opens_by_itself(tennis: House) -> None:
    tennis.orders(SuspendMarket(MATCH, "set_winner:1", "t1", "roof", for_us=5_000_000))
    tennis.engine.advance(3)
    assert tennis.quoted("set_winner:1/home") == 0
    tennis.engine.advance(3)
    assert tennis.quoted("set_winner:1/home") > 0
    assert isinstance(tennis.stakes("set_winner:1/home"), BetAccepted)


@pytest.mark.parametrize(
    ("selection", "terms", "reason"),
    [
        ("1x2/home", {}, RejectReason.UNKNOWN_SELECTION),
        ("set_winner:5/home", {}, RejectReason.SELECTION_NOT_QUOTED),
        ("match_winner/home", {"seen_milli": 9_000}, RejectReason.PRICE_CHANGED),
        ("match_winner/home", {"stake_minor": 0}, RejectReason.STAKE_NOT_POSITIVE),
    ],
)
def test_a_bet_that_is_not_offered_is_rejected_with_its_reason(
    tennis: House, selection: str, terms: dict[str, Any], reason: RejectReason
) -> None:
    answer = tennis.stakes(selection, **terms)
    assert isinstance(answer, BetRejected)
    assert answer.reason is reason


def test_a_stake_over_a_limit_is_taken_in_part_and_the_limits_add_up(tennis: House) -> None:
    names = [f"rich{number}" for number in range(6)]
    for name in names:
        tennis.customer(name, 1_000_000)
    price = tennis.partner.price("match_winner", "home")
    answers = [
        tennis.stakes("match_winner/home", 1_000_000, customer=name, bet_id=name) for name in names
    ]
    assert all(isinstance(answer, BetPartlyAccepted) for answer in answers[:5])
    wins = [answer.stake_minor * price // 1_000 - answer.stake_minor for answer in answers[:5]]
    assert wins == [500_000] * 5, "what one customer may win"
    assert answers[5].reason is RejectReason.SELECTION_LIMIT
    worst = tennis.told(topics.MARKET_EVENTS, ExposureChanged)[-1].worst_minor
    assert worst == -sum(wins)


def test_a_leg_that_comes_twice_is_taken_once() -> None:
    house = House("tennis", TENNIS)
    terms = (1_000, 1_500, PricePolicy.BETTER, 0, True)
    leg = ReserveLeg(MATCH, "c1/b1/0", "c1", "b1", "match_winner/home", "EUR", *terms)
    for _ in range(2):
        house.orders(leg)
    assert "leg_already_reserved" in house.dead_letters()
    assert house.told(topics.MARKET_EVENTS, ExposureChanged)[-1].legs == 1


def test_a_period_is_settled_at_its_end_and_a_line_that_is_met_comes_back(
    basketball: House,
) -> None:
    for selection in (
        *("period_winner:1/home", "period_handicap:1:-5/home", "period_total:1:50.5/under"),
        *("total_points:221.5/over", "match_winner/away"),
    ):
        assert isinstance(basketball.stakes(selection), BetAccepted), selection
    own = {"side": "home", "points": 3, "period": 1}
    scored = {"type": "basketball.points_scored", **own}
    clock = {"type": "basketball.clock_told", "period": 1, "left_s": 0}
    basketball.partner.tell(scored | {"left_s": 600}, scored | {"left_s": 500, "points": 2})
    assert basketball.fates() == {}
    basketball.partner.tell(clock)
    first = {
        "period_winner:1/home": WON,
        "period_handicap:1:-5/home": BACK,
        "period_total:1:50.5/under": WON,
    }
    assert basketball.fates() == first
    # A free throw after the clock has run down, and a basket that is taken away in a review.
    basketball.partner.tell(scored | {"left_s": 0, "points": 1})
    assert basketball.fates() == first | {"period_handicap:1:-5/home": WON}
    back = {"type": "basketball.points_taken_back", "score_sequence": basketball.partner.sequence}
    basketball.partner.tell(back)
    assert basketball.fates() == first


def played(sport: str, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    if sport == "basketball":
        strength = Strength(2_500_000, 221_500_000, 12_500_000, 17_500_000)
        return list(basketball_messages(baskets(strength, 1, rng, NBA).incidents(0, rng)))
    points = simulate(*draw_serves(TOUR, 1, rng), rng, BEST_OF_THREE).points(0)
    own = [(str(point.server), str(point.winner)) for point in points]
    return [{"type": "tennis.point_played", "server": s, "winner": w} for s, w in own]


def whole_match(sport: str, seed: int, **options: Any) -> House:
    """A match with a bet after about every fourth record, on anything that is offered."""
    opening = {"tennis": TENNIS, "basketball": BASKETBALL}[sport]
    house, rng, of = House(sport, opening, **options), np.random.default_rng(seed), quoter(sport)
    for number, message in enumerate(played(sport, seed)):
        house.partner.tell(message)
        if rng.random() < 0.25:
            prices_milli = of.prices_milli(house.engine.table("sport_matches")[MATCH])
            offered = np.flatnonzero(prices_milli)
            if len(offered):
                place = int(rng.choice(offered))
                terms = {"bet_id": f"b{number}", "seen_milli": int(prices_milli[place])}
                house.stakes(of.sport.catalogue[place].id, int(rng.integers(100, 2_000)), **terms)
    return house


@pytest.mark.slow
@pytest.mark.parametrize("sport", ["tennis", "basketball"])
def test_whole_matches_with_many_bets_are_settled_to_the_last_and_add_up(sport: str) -> None:
    house = whole_match(sport, 3)
    legs = house.engine.table("legs").values()
    assert len(legs) > 20
    assert all(leg.settled for leg in legs)
    assert {(leg.win_halves, leg.refund_halves) for leg in legs} >= {WON, LOST}
    house.is_sound()


def test_a_leg_with_another_fate_than_its_match_told_is_found() -> None:
    house = whole_match("tennis", 3)
    legs, other_sports = house.engine.table("legs"), house.engine.table("sport_books")
    journal = Journal(RecordedRun(house.engine), wire())
    assert check_fates(journal, legs, other_sports).differences == []
    key = next(key for key, leg in legs.items() if leg.win_halves == 2)
    wrong = {**legs, key: replace(legs[key], win_halves=0)}
    (found,) = check_fates(journal, wrong, other_sports).differences
    assert key in found.what


@pytest.mark.slow
@pytest.mark.parametrize("sport", ["tennis", "basketball"])
def test_workers_that_die_on_the_way_pay_the_same(sport: str) -> None:
    calm, shaken = whole_match(sport, 5), whole_match(sport, 5, crash=at_random(1, 0.01))
    assert shaken.engine.crashes > 5
    for table in ("legs", "exposures", "bets", "balances"):
        assert shaken.engine.table(table) == calm.engine.table(table), table
    shaken.is_sound()

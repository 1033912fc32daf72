"""Other sports than football, from a partner's bytes to quotes, and what holds their bets back."""

from __future__ import annotations

from typing import Any

import pytest

from agents.feeds import FEEDS
from agents.markets import MARKETS
from overround.contracts import topics
from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.betting.events import TradingChanged
from overround.domain.control.commands import LiftOverride, SuspendMarket
from overround.domain.feeds.events import (
    FixtureScheduled,
    ObservedPrice,
    PricesObserved,
    SourceLost,
    SourceRestored,
)
from overround.domain.feeds.identity.events import EventMerged, EventParted
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.kernel.play import IN_ORDER
from overround.domain.pricing.tennis.events import PointPlayed
from overround.domain.settlement.commands import VoidMarket
from tests.kit.sports import MATCH, Partner, fixture, prices, signal

OPENING = {"match_winner/home": 1_800, "match_winner/away": 2_050}
LINES = {
    "handicap:-4.5/home": 1_900,
    "handicap:-4.5/away": 1_900,
    "total_points:220.5/over": 1_900,
    "total_points:220.5/under": 1_900,
}
POINT: dict[str, Any] = {"type": "tennis.point_played", "server": "home", "winner": "home"}


def tennis(*played: dict[str, Any]) -> Partner:
    """A tennis match with prices, and what was played of it."""
    partner = Partner()
    partner.tell(fixture("tennis"), prices("tennis", OPENING), *played)
    return partner


def basket(period: int, left_s: int, side: str = "home", points: int = 2) -> dict[str, Any]:
    own = {"period": period, "left_s": left_s, "side": side, "points": points}
    return {"type": "basketball.points_scored", **own}


def refused(partner: Partner) -> list[str]:
    inboxes = (FEEDS.inbox, MARKETS.inbox)
    return [reason for inbox in inboxes for reason, _ in partner.engine.dead_letters(inbox)]


def tell(partner: Partner, value: Any, key: str = MATCH) -> None:
    partner.engine.pipe(topics.MARKETS_INBOX, key, value)
    partner.engine.run()


def test_prices_before_the_start_open_a_match_and_no_others_do() -> None:
    partner = Partner()
    partner.tell(fixture("tennis"))
    assert partner.quotes() == []
    partner.tell(prices("tennis", OPENING))
    assert partner.standing() == ("open", "")
    assert partner.newest().sport == "tennis"
    assert abs(partner.price("match_winner", "home") - 1_800) < 40
    partner.tell(POINT, prices("tennis", OPENING | {"match_winner/home": 1_200}))
    assert partner.price("match_winner", "home") > 1_600, "in play no prices move the belief"
    assert refused(partner) == []


def test_a_fixture_says_how_it_is_played_and_a_correction_waits_for_new_prices() -> None:
    partner = Partner()
    partner.tell(fixture("tennis", "best_of_5/advantage"), prices("tennis", OPENING))
    assert partner.price("set_winner:5", "home") > 0
    partner.tell(fixture("tennis", "best_of_3/tie_break"))
    assert partner.standing() == ("suspended", "no_prices")
    older = partner.inbox()[1]
    partner.engine.append(older.topic, older.key, older.value)
    partner.engine.run()
    assert partner.standing() == ("suspended", "no_prices"), "those were of other rules"
    partner.tell(prices("tennis", OPENING))
    assert partner.standing() == ("open", "")
    assert partner.price("set_winner:5", "home") == 0
    partner.tell(POINT, fixture("tennis", "best_of_5/tie_break"))
    assert partner.standing() == ("suspended", "play_refused: rules_changed")


def test_an_older_fixture_and_another_providers_change_nothing_of_how_it_is_played() -> None:
    partner = Partner()
    partner.tell(fixture("tennis"))
    older = partner.inbox()[-1]
    partner.tell(fixture("tennis", "best_of_5/tie_break"), prices("tennis", OPENING))
    before = partner.newest()
    partner.engine.append(older.topic, older.key, older.value)
    partner.send(fixture("tennis", "best_of_3/tie_break"), 1, provider="second")
    assert partner.newest() == before
    assert partner.price("set_winner:5", "home") > 0


def test_points_move_prices_and_a_repeat_does_not() -> None:
    partner = tennis()
    before = partner.price("match_winner", "home")
    number = partner.tell(POINT, POINT, POINT, POINT)
    ahead = partner.newest()
    assert ahead.score == "1-0"
    assert 0 < partner.price("match_winner", "home") < before
    partner.send(POINT, number)
    assert partner.newest() == ahead


def test_what_a_crash_tells_twice_is_taken_once() -> None:
    partner = tennis(POINT)
    back = {"type": "tennis.point_taken_back", "point_sequence": partner.sequence}
    partner.tell(back, POINT)
    before = partner.newest()
    for record in partner.inbox()[1:]:
        partner.engine.append(record.topic, record.key, record.value)
    partner.engine.run()
    assert partner.newest() == before
    assert partner.standing() == ("open", "")


def test_prices_that_are_said_to_be_of_the_play_open_nothing() -> None:
    partner = Partner()
    partner.tell(fixture("tennis"))
    lines = tuple(ObservedPrice(*each) for each in OPENING.items())
    tell(partner, PricesObserved(MATCH, "partner", 2, lines, in_play=True))
    assert partner.quotes() == []
    tell(partner, PricesObserved(MATCH, "partner", 3, lines, in_play=False))
    assert partner.standing() == ("open", "")


def test_older_prices_do_not_come_back() -> None:
    partner = tennis()
    older = partner.inbox()[-1]
    partner.tell(prices("tennis", OPENING | {"match_winner/home": 1_700}))
    before = partner.newest()
    partner.engine.append(older.topic, older.key, older.value)
    partner.engine.run()
    assert partner.newest() == before


def test_versions_rise_by_one_and_trading_changes_are_told() -> None:
    partner = tennis(*[POINT] * 4)
    assert [each.version for each in partner.quotes()] == list(range(1, 6))
    told = [
        (each.status.value, each.quotes_version)
        for each in partner.engine.read(topics.MARKET_EVENTS)
        if isinstance(each, TradingChanged)
    ]
    assert told == [("open", 1)]


def test_a_missing_record_holds_bets_back_until_it_comes_and_all_are_taken_in_order() -> None:
    partner = tennis(POINT, POINT)
    partner.send(POINT, 6)
    assert partner.standing() == ("suspended", "records_missing")
    # The fourth point ends the game, so the later ones are served by nobody who may serve.
    partner.send(POINT | {"server": "away"}, 8)
    partner.send(POINT, 5)
    assert partner.standing() == ("suspended", "records_missing"), "the seventh is still missing"
    partner.send(POINT | {"server": "away"}, 7)
    assert partner.standing() == ("open", "")
    told = [each for each in partner.engine.read(topics.INCIDENTS) if type(each) is PointPlayed]
    assert [each.sequence for each in told] == [3, 4, 5, 6, 7, 8]
    assert {each.order for each in told} == {IN_ORDER}
    assert refused(partner) == []
    assert partner.newest().score == "1-0 30-0"


def test_lost_records_hold_bets_back_until_they_come_late() -> None:
    partner = tennis(POINT)
    partner.send(POINT, 5)
    partner.engine.advance(25)
    assert partner.standing() == ("suspended", "records_lost")
    assert partner.newest().score == "0-0 30-0"
    partner.send(POINT, 4)
    assert partner.standing() == ("open", "")
    assert partner.newest().score == "0-0 40-0"


def test_a_lost_record_that_no_play_followed_is_not_forgotten() -> None:
    partner = tennis(POINT)
    partner.send(prices("tennis", OPENING), 5)
    partner.engine.advance(25)
    partner.send(POINT, 6)
    assert partner.standing() == ("suspended", "records_lost")


def test_a_record_that_nobody_waits_for_any_more_is_lost_all_the_same() -> None:
    partner = tennis(POINT)
    partner.send(POINT, 5)
    partner.engine.advance(700)
    partner.send(POINT, 6)
    assert partner.standing() == ("suspended", "records_lost")


def test_a_trader_who_has_looked_at_the_score_opens_a_match_with_a_lost_record() -> None:
    partner = tennis(POINT)
    partner.send(POINT, 5)
    partner.engine.advance(25)
    tell(partner, ReopenTrading(MATCH, "t1"))
    assert partner.standing()[1] == ""
    partner.send(signal("heard"), 6)
    assert partner.standing() == ("open", "")


def test_play_that_cannot_be_holds_bets_back_until_a_trader_has_looked() -> None:
    partner = tennis(POINT)
    partner.tell(POINT | {"server": "away"})
    assert partner.standing() == ("suspended", "play_refused: server_out_of_turn")
    assert partner.newest().score == "0-0 15-0"
    partner.tell(POINT)
    assert partner.standing() == ("suspended", "play_refused: server_out_of_turn")
    tell(partner, ReopenTrading(MATCH, "t1"))
    assert partner.standing() == ("open", "")


def test_another_sports_play_is_refused_play() -> None:
    partner = tennis(POINT)
    partner.tell(basket(1, 700))
    assert partner.standing() == ("suspended", "play_refused: other_sport")


def test_a_match_whose_beginning_was_told_elsewhere_is_not_priced_as_if_it_began() -> None:
    partner = tennis()
    other = POINT | {"server": "home"}
    partner.send(other, 1, provider="second")
    assert partner.standing() == ("suspended", "play_refused: beginning_unknown")


def test_a_second_providers_account_moves_nothing() -> None:
    partner = tennis(POINT)
    before = partner.newest()
    partner.send(fixture("tennis"), 1, provider="second")
    for sequence in range(2, 9):
        partner.send(POINT, sequence, provider="second")
    assert partner.newest() == before
    assert refused(partner) == []


def test_who_tells_of_the_play_is_followed_and_not_who_only_gives_signs_of_life() -> None:
    partner = tennis()
    partner.send(fixture("tennis"), 1, provider="second")
    partner.send(signal("heard"), 2, provider="second")
    partner.tell(signal("heard"), POINT)
    assert partner.standing() == ("open", "")
    assert partner.newest().score == "0-0 15-0"
    partner.send(signal("under_review"), 3, provider="second")
    assert partner.standing() == ("open", "")


def test_a_review_holds_bets_back_until_it_is_cleared() -> None:
    partner = tennis(POINT, signal("under_review"))
    assert partner.standing() == ("suspended", "under_review")
    partner.tell(POINT)
    assert partner.standing() == ("suspended", "under_review")
    partner.tell(signal("cleared"))
    assert partner.standing() == ("open", "")


def test_a_silent_feed_holds_bets_back_and_a_sign_of_life_lets_them_through() -> None:
    partner = tennis(POINT)
    partner.engine.advance(19)
    assert partner.standing() == ("open", "")
    partner.engine.advance(2)
    assert partner.standing() == ("suspended", "feed_silent")
    partner.tell(signal("heard"))
    assert partner.standing() == ("open", "")


@pytest.mark.parametrize(
    ("sport", "play", "market"),
    [("tennis", POINT, "set_winner:1"), ("basketball", basket(3, 300), "match_winner")],
)
def test_prices_are_wider_while_nothing_is_heard(
    sport: str, play: dict[str, Any], market: str
) -> None:
    partner = Partner()
    opening = OPENING if sport == "tennis" else LINES
    partner.tell(fixture(sport), prices(sport, opening), play)
    fresh, books = partner.newest(), []
    for _ in range(5):
        partner.engine.advance(4)
        books.append(sum(1_000 / partner.price(market, side) for side in ("home", "away")))
    assert partner.standing() == ("open", "")
    assert books == sorted(books)
    assert books[0] < books[2] < books[4]
    partner.tell(signal("heard"))
    assert partner.newest().lines == fresh.lines, "nothing had happened"


def test_a_price_that_has_not_moved_is_not_told_again() -> None:
    partner = tennis(POINT)
    version = partner.newest().version
    partner.engine.advance(3)
    assert partner.newest().version == version, "not wider before the fourth second"
    partner.engine.advance(1)
    assert partner.newest().version == version + 1
    partner.engine.advance(1)
    assert partner.newest().version == version + 1


def test_before_its_start_a_match_is_not_silent() -> None:
    partner = tennis()
    partner.engine.advance(60)
    assert partner.standing() == ("open", "")


def test_a_lost_source_holds_bets_back_before_the_start_and_in_play() -> None:
    partner = tennis()
    for change, played in enumerate((0, 1)):
        partner.tell(*[POINT] * played)
        tell(partner, SourceLost(MATCH, "partner", "", "silent", 2 * change + 1))
        assert partner.standing() == ("suspended", "source_lost: partner")
        tell(partner, SourceRestored(MATCH, "partner", "", 2 * change + 2))
        assert partner.standing() == ("open", "")


def test_the_prices_of_a_lost_source_give_way_to_another_ones() -> None:
    partner = tennis()
    partner.send(fixture("tennis"), 1, provider="second")
    partner.send(prices("tennis", OPENING | {"match_winner/home": 2_050}), 2, provider="second")
    level = partner.price("match_winner", "home")
    tell(partner, SourceLost(MATCH, "second", "", "silent", 1))
    assert partner.standing() == ("open", "")
    assert partner.price("match_winner", "home") < level


def test_the_last_point_closes_a_match_and_taking_it_back_opens_it() -> None:
    served = [POINT | {"server": "home" if game % 2 == 0 else "away"} for game in range(12)]
    partner = tennis(*[point for point in served for _ in range(4)])
    assert partner.newest().score == "6-0 6-0"
    assert partner.standing() == ("closed", "match_over")
    assert partner.newest().lines == ()
    last = partner.sequence
    partner.tell({"type": "tennis.point_taken_back", "point_sequence": last})
    assert partner.standing() == ("open", "")
    assert partner.newest().score == "6-0 5-0 40-0"


def test_an_abandoned_match_is_closed() -> None:
    partner = tennis(POINT, signal("abandoned"))
    assert partner.standing() == ("closed", "abandoned")


def test_a_retirement_closes_a_match() -> None:
    partner = tennis(POINT, {"type": "tennis.player_retired", "side": "away"})
    assert partner.standing() == ("closed", "match_over")
    assert partner.newest().score == "0-0 15-0 away retired"


def test_a_trader_suspends_and_reopens() -> None:
    partner = tennis(POINT)
    tell(partner, SuspendTrading(MATCH, "t1", "weather"))
    assert partner.standing() == ("suspended", "trader: weather")
    tell(partner, ReopenTrading(MATCH, "t2"))
    assert partner.standing() == ("open", "")


def test_a_merged_match_is_closed_and_a_parted_one_waits_for_a_trader() -> None:
    partner = tennis(POINT)
    tell(partner, EventMerged(MATCH, "other", "names"))
    assert partner.standing() == ("closed", "merged into other")
    tell(partner, EventParted(MATCH, "partner", MATCH, "other", has_left=False, why="names"))
    assert partner.standing() == ("suspended", "trader: parted from other")


def test_what_a_provider_gave_leaves_with_its_fixture() -> None:
    before = tennis()
    tell(before, EventParted(MATCH, "partner", MATCH, "other", has_left=True, why="names"))
    tell(before, ReopenTrading(MATCH, "t1"))
    assert before.standing() == ("suspended", "no_prices")
    played = tennis(POINT)
    tell(played, EventParted(MATCH, "partner", MATCH, "other", has_left=True, why="names"))
    assert played.standing() == ("suspended", "play_refused: parted")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            Incident(MATCH, "p", 9, IncidentKind.CLOCK, Period.FIRST_HALF, 9, 0, 0),
            "football_only",
        ),
        (LiftOverride(MATCH, "o1", "t1"), "football_only"),
        (SuspendMarket(MATCH, "1x2", "t1", "why"), "unknown_market"),
        (VoidMarket(MATCH, "1x2", "t1", "why"), "unknown_market"),
        (FixtureScheduled(MATCH, "p", 9, "Cup", "A", "B", 0), "unknown_sport"),
        (FixtureScheduled(MATCH, "p", 9, "Cup", "A", "B", 0, "curling"), "unknown_sport"),
        (FixtureScheduled(MATCH, "p", 9, "Cup", "A", "B", 0, "basketball"), "sport_changed"),
        (FixtureScheduled(MATCH, "p", 9, "Cup", "A", "B", 0, "tennis", rules="?"), "unknown_rules"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_only_football_knows_is_refused(value: Any, reason: str) -> None:
    partner = tennis(POINT)
    before = partner.newest()
    tell(partner, value)
    assert refused(partner) == [reason]
    assert partner.newest() == before


def test_a_football_match_takes_no_other_sports_fixture_or_play() -> None:
    partner = Partner()
    partner.tell(fixture("football"), fixture("tennis"), POINT)
    assert refused(partner) == ["sport_changed", "unknown_event"]


def test_prices_that_do_not_fit_are_refused_and_leave_the_match() -> None:
    partner = tennis()
    before = partner.newest()
    partner.tell(prices("tennis", {"match_winner/home": 1_800}))
    assert refused(partner) == ["match_prices_missing"]
    assert partner.newest() == before


def test_a_basketball_match_follows_its_clock_and_its_baskets() -> None:
    partner = Partner()
    partner.tell(fixture("basketball", "fiba"), prices("basketball", LINES))
    assert partner.standing() == ("open", "")
    before = partner.price("match_winner", "home")
    partner.tell(basket(1, 580), basket(1, 560, points=3))
    assert partner.newest().score == "Q1 09:20 5-0"
    assert partner.price("match_winner", "home") < before
    partner.tell({"type": "basketball.points_taken_back", "score_sequence": partner.sequence})
    assert partner.newest().score == "Q1 09:20 2-0"
    partner.tell({"type": "basketball.clock_told", "period": 1, "left_s": 700})
    assert partner.standing() == ("suspended", "play_refused: clock_out_of_range")

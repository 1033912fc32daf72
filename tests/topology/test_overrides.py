"""Traders put their own figures on a match: with an end, a second person, an audit."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.domain.betting.commands import SuspendTrading
from overround.domain.betting.events import BetRejected, LegReserved
from overround.domain.control.commands import (
    ConfirmOverride,
    LiftOverride,
    OverrideMarket,
    ReopenMarket,
    SetParameters,
    SuspendMarket,
)
from overround.domain.control.events import MarketTradingChanged, OverrideChanged
from overround.domain.feeds.events import SourceLost
from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.settings import Setting
from tests.kit.match import MATCH, PROVIDER, Sportsbook

HALF = Period.FIRST_HALF
MINUTE_US = 60_000_000
PRICE, PROBABILITY, SHIFT = AdjustmentKind
HOME = "1x2/home"


@pytest.fixture
def book() -> Sportsbook:
    """A match with prices in play, and a customer."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    sportsbook.customer()
    sportsbook.kick_off()
    return sportsbook


def override(
    book: Sportsbook,
    kind: AdjustmentKind,
    value: int,
    selection: str = HOME,
    *,
    name: str = "o1",
    by: str = "ann",
    for_us: int = MINUTE_US,
) -> None:
    adjustment = Adjustment(selection, kind, value)
    tell(book, OverrideMarket(MATCH, name, by, adjustment, for_us, "team news"))


def tell(book: Sportsbook, command: Any) -> None:
    book.tell(topics.MARKETS_INBOX, MATCH, command)


def audit(book: Sportsbook) -> list[tuple[str, str, str]]:
    events = book.told(topics.MARKET_EVENTS, OverrideChanged)
    return [(each.override_id, each.status, each.trader_id) for each in events]


def implied(book: Sportsbook, *outcomes: str, market: str = "1x2") -> list[float]:
    return [1_000 / book.price(f"{market}/{each}") for each in outcomes]


def test_a_set_price_is_quoted_and_bet_at_as_it_was_set(book: Sportsbook) -> None:
    override(book, PRICE, 2_610)
    assert book.price(HOME) == 2_610
    assert book.bet("b1", HOME).price_milli == 2_610
    assert audit(book) == [("o1", "in_force", "ann")]
    assert book.quotes()[-1].version == book.quotes()[-2].version + 1


def test_a_set_probability_moves_its_whole_market_and_carries_the_margin(book: Sportsbook) -> None:
    before = implied(book, "home", "draw", "away")
    override(book, PROBABILITY, 400_000)
    after = implied(book, "home", "draw", "away")
    assert sum(after) == pytest.approx(sum(before), abs=0.01)
    assert after[1] / after[2] == pytest.approx(before[1] / before[2], abs=0.02)
    pairs = implied(book, "home_or_draw", "draw_or_away", market="double_chance")
    assert pairs == pytest.approx([after[0] + after[1], after[1] + after[2]], abs=0.01)


def test_a_shift_goes_on_with_the_match(book: Sportsbook) -> None:
    override(book, SHIFT, 150)
    before = book.price(HOME)
    book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    with_shift = book.price(HOME)
    assert with_shift < before
    tell(book, LiftOverride(MATCH, "o1", "ann"))
    assert book.price(HOME) > with_shift


@pytest.mark.parametrize(("kind", "value"), [(PRICE, 2_610), (PROBABILITY, 380_000)])
def test_a_figure_set_for_one_state_ends_with_it(
    book: Sportsbook, kind: AdjustmentKind, value: int
) -> None:
    plain = Sportsbook()
    plain.schedule()
    plain.kick_off()
    override(book, kind, value)
    book.report(IncidentKind.CLOCK, HALF, 60)
    assert audit(book)[-1][1] == "in_force"
    for each in (book, plain):
        each.report(IncidentKind.GOAL, HALF, 600, (0, 1), Side.AWAY, sequence=9)
    assert audit(book)[-1] == ("o1", "moved_on", "")
    assert book.price(HOME) == plain.price(HOME)


def test_an_override_ends_by_the_logs_time(book: Sportsbook) -> None:
    before = book.price(HOME)
    override(book, PRICE, 2_610, for_us=5_000_000)
    book.engine.advance(4)
    assert book.price(HOME) == 2_610
    book.engine.advance(1)
    assert audit(book)[-1] == ("o1", "expired", "")
    assert book.price(HOME) == pytest.approx(before, rel=0.01)


def test_no_bet_is_taken_at_an_override_whose_time_is_over_before_the_tick(
    book: Sportsbook,
) -> None:
    override(book, PRICE, 2_700, for_us=5_000_000)
    book.engine.now_us += 6_000_000
    answer = book.bet("b1", HOME, seen_milli=2_700)
    assert isinstance(answer, BetRejected)
    assert answer.reason == "price_changed"


def test_a_large_move_waits_for_a_second_trader(book: Sportsbook) -> None:
    before = book.price(HOME)
    override(book, PRICE, 2_100)
    assert (audit(book), book.price(HOME)) == ([("o1", "waiting", "ann")], before)
    tell(book, ConfirmOverride(MATCH, "o1", "ann"))
    assert (book.dead_letters(), book.price(HOME)) == (["same_trader"], before)
    tell(book, ConfirmOverride(MATCH, "o1", "bob"))
    assert (audit(book)[-1], book.price(HOME)) == (("o1", "in_force", "bob"), 2_100)
    tell(book, ConfirmOverride(MATCH, "o1", "cid"))
    assert len(audit(book)) == 2, "once is enough"


def test_small_steps_do_not_add_up_to_a_large_move_of_one_trader(book: Sportsbook) -> None:
    for number, value in enumerate((2_610, 2_450, 2_300, 2_150, 2_000)):
        override(book, PRICE, value, name=f"o{number}")
    assert [status for _, status, _ in audit(book)][-1] == "waiting"
    assert book.price(HOME) > 2_300


def test_what_waits_ends_unconfirmed(book: Sportsbook) -> None:
    override(book, PRICE, 2_100, for_us=3_000_000)
    book.engine.advance(3)
    tell(book, ConfirmOverride(MATCH, "o1", "bob"))
    assert audit(book)[-1] == ("o1", "expired", "")
    assert book.dead_letters() == ["unknown_override"]


def test_how_much_a_trader_may_do_alone_is_a_parameter(book: Sportsbook) -> None:
    changes = (Setting("override.alone_move_micro", "5000"),)
    book.tell(topics.MARKETS_INBOX, "football", SetParameters("football", "ann", "", changes))
    override(book, PRICE, 2_610)
    assert audit(book) == [("o1", "waiting", "ann")]


def test_a_market_has_one_override_at_a_time(book: Sportsbook) -> None:
    override(book, PRICE, 2_610)
    override(book, PRICE, 3_000, "1x2/draw", name="o2", by="bob")
    assert audit(book)[1:] == [("o1", "replaced", "bob"), ("o2", "in_force", "bob")]


def test_an_override_that_waits_leaves_the_one_in_force(book: Sportsbook) -> None:
    override(book, PRICE, 2_610)
    override(book, PRICE, 2_000, name="o2")
    assert book.price(HOME) == 2_610
    tell(book, ConfirmOverride(MATCH, "o2", "bob"))
    assert book.price(HOME) == 2_000
    assert [each[:2] for each in audit(book)][-2:] == [("o1", "replaced"), ("o2", "in_force")]


def test_a_repeat_changes_nothing_and_another_body_is_refused(book: Sportsbook) -> None:
    override(book, PRICE, 2_610)
    before = (len(book.quotes()), book.engine.state_hash())
    override(book, PRICE, 2_610)
    assert (len(book.quotes()), book.engine.state_hash()) == before
    override(book, PRICE, 2_620)
    tell(book, LiftOverride(MATCH, "o1", "ann"))
    override(book, PRICE, 2_610)
    assert book.dead_letters() == ["override_id_used", "override_ended"]


@pytest.mark.parametrize(
    ("kind", "value", "more", "reason"),
    [
        (PRICE, 1_000, {}, "override_out_of_range"),
        (PRICE, 2_000_000, {}, "override_out_of_range"),
        (PROBABILITY, 1_000_000, {}, "override_out_of_range"),
        (SHIFT, 5_000, {}, "override_out_of_range"),
        (PRICE, 2_610, {"selection": "1x2/nobody"}, "unknown_selection"),
        (PRICE, 1_500, {"selection": "double_chance/home_or_draw"}, "market_follows_another"),
        (PRICE, 2_610, {"for_us": 0}, "override_time_out_of_range"),
        (PRICE, 2_610, {"for_us": 10**12}, "override_time_out_of_range"),
        (PRICE, 2_610, {"by": ""}, "malformed_id"),
        (PRICE, 2_610, {"name": "a/b"}, "malformed_id"),
        (PRICE, 40_000, {}, "override_below_certainty"),
    ],
)
def test_figures_that_cannot_be_are_refused(
    book: Sportsbook, kind: AdjustmentKind, value: int, more: dict[str, Any], reason: str
) -> None:
    count = len(book.quotes())
    override(book, kind, value, **more)
    assert (book.dead_letters(), len(book.quotes()), audit(book)) == ([reason], count, [])


def test_a_match_that_is_not_priced_takes_no_override(book: Sportsbook) -> None:
    book.full_time(1, 0)
    override(book, PRICE, 2_610)
    assert book.dead_letters() == ["match_not_priced"]


def test_what_the_model_does_not_offer_no_override_offers(book: Sportsbook) -> None:
    book.report(IncidentKind.GOAL, HALF, 600, (3, 0), Side.HOME)
    override(book, PRICE, 2_000, "totals:2.5/under")
    assert book.dead_letters() == ["selection_not_offered"]
    lines = {f"{q.market}/{q.outcome}" for q in book.quotes()[-1].lines}
    assert "totals:2.5/under" not in lines


def test_an_override_lets_no_bet_in_on_a_lost_source(book: Sportsbook) -> None:
    tell(book, SourceLost(MATCH, PROVIDER, "", "silent", 1))
    override(book, PRICE, 2_610)
    answer = book.bet("b1", HOME, seen_milli=2_610)
    assert answer.reason == "trading_suspended"
    assert book.told(topics.MARKET_EVENTS, LegReserved) == []


@pytest.mark.parametrize("what", ["trader", "doubt", "silence"])
def test_an_override_lets_no_bet_in_on_a_suspended_match(book: Sportsbook, what: str) -> None:
    override(book, PRICE, 2_100, for_us=30 * MINUTE_US)
    if what == "trader":
        tell(book, SuspendTrading(MATCH, "ann", "look"))
    elif what == "doubt":
        book.report(IncidentKind.POSSIBLE_GOAL, HALF, 60)
    else:
        book.engine.advance(30)
    tell(book, ConfirmOverride(MATCH, "o1", "bob"))
    assert book.bet("b1", HOME, seen_milli=2_100).reason == "trading_suspended"


def test_a_suspended_market_takes_no_bets_and_the_others_do(book: Sportsbook) -> None:
    seen = book.price(HOME)
    tell(book, SuspendMarket(MATCH, "1x2", "ann", "line-up"))
    assert book.bet("b1", HOME, seen_milli=seen).reason == "trading_suspended"
    assert isinstance(book.bet("b2", "totals:2.5/over").price_milli, int)
    assert book.quotes()[-1].status == "open"
    tell(book, ReopenMarket(MATCH, "1x2", "bob"))
    assert book.bet("b3", HOME).price_milli == seen
    told = book.told(topics.MARKET_EVENTS, MarketTradingChanged)
    assert [(each.status, each.reason, each.trader_id) for each in told] == [
        ("suspended", "trader: line-up", "ann"),
        ("open", "", "bob"),
    ]


def test_a_market_suspended_for_a_time_opens_by_the_logs_time(book: Sportsbook) -> None:
    tell(book, SuspendMarket(MATCH, "1x2", "ann", "line-up", 5_000_000))
    book.engine.advance(4)
    assert book.bet("b1", HOME, seen_milli=2_000).reason == "trading_suspended"
    book.engine.advance(1)
    assert book.price(HOME)


def test_an_override_does_not_open_a_suspended_market(book: Sportsbook) -> None:
    tell(book, SuspendMarket(MATCH, "1x2", "ann", "line-up"))
    override(book, SHIFT, 50)
    assert book.bet("b1", HOME, seen_milli=2_000).reason == "trading_suspended"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (SuspendMarket(MATCH, "first_goal", "ann", ""), "unknown_market"),
        (SuspendMarket(MATCH, "1x2", "", ""), "malformed_id"),
        (SuspendMarket(MATCH, "1x2", "ann", "", -5), "override_time_out_of_range"),
        (ReopenMarket(MATCH, "first_goal", "ann"), "unknown_market"),
        (LiftOverride(MATCH, "nothing", "ann"), "unknown_override"),
        (ConfirmOverride(MATCH, "nothing", "ann"), "unknown_override"),
    ],
)
def test_an_order_that_cannot_be_followed_is_refused(
    book: Sportsbook, command: Any, reason: str
) -> None:
    tell(book, command)
    assert book.dead_letters() == [reason]


def test_bets_taken_under_an_override_settle_as_any_other(book: Sportsbook) -> None:
    override(book, PRICE, 2_610)
    book.bet("b1", HOME)
    book.full_time(1, 0)
    book.confirm(1, 0)
    assert book.available() == 100_000 - 1_000 + 2_610
    book.check_books()

"""What holds bets on a match back, each reason for itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.betting.trading import (
    SILENT_AFTER_US,
    Doubt,
    Trading,
    heard,
    reopened,
    suspended,
    ticked,
)
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import (
    BEFORE_FULL_TIME,
    SUSPICIONS,
    Incident,
    IncidentKind,
    Period,
)
from overround.domain.kernel.refusal import Refusal

OPEN, SUSPENDED = TradingStatus.OPEN, TradingStatus.SUSPENDED
HALF = Period.FIRST_HALF
STOP = SuspendTrading("m1", "t1", "injury")
AT_US = 1_000_000_000
DOUBT = Doubt("a", IncidentKind.POSSIBLE_GOAL)


def told(kind: IncidentKind, provider: str = "a") -> Incident:
    return Incident("m1", provider, 1, kind, HALF, 60, 0, 0)


@pytest.mark.parametrize("period", BEFORE_FULL_TIME)
def test_trading_is_open_before_full_time_when_nothing_holds_it_back(period: Period) -> None:
    assert Trading().status(period, is_priced=True) == (OPEN, "")


@pytest.mark.parametrize("period", [p for p in Period if p not in BEFORE_FULL_TIME])
def test_trading_is_closed_from_full_time_on(period: Period) -> None:
    held = Trading(doubts=(DOUBT,), is_silent=True, halted_by="t1")
    assert held.status(period, is_priced=True) == (TradingStatus.CLOSED, "regular_time_over")


def test_a_settled_match_says_so_whatever_else_holds() -> None:
    settled = Trading(is_settled=True, doubts=(DOUBT,), halted_by="t1")
    assert settled.status(HALF, is_priced=True) == (TradingStatus.SETTLED, "result")


def test_of_several_reasons_the_first_is_told_and_the_next_when_it_is_gone() -> None:
    trading = Trading(doubts=(DOUBT,), is_silent=True, halted_by="t1", halt_reason="injury")
    told = [trading.status(HALF, is_priced=False)]
    for gone in ({"halted_by": ""}, {"doubts": ()}, {"is_silent": False}):
        trading = replace(trading, **gone)
        told.append(trading.status(HALF, is_priced=False))
    assert told == [
        (SUSPENDED, "trader: injury"),
        (SUSPENDED, "possible_goal"),
        (SUSPENDED, "feed_silent"),
        (SUSPENDED, "no_prices"),
    ]


@pytest.mark.parametrize("kind", IncidentKind)
def test_only_suspicions_begin_a_doubt(kind: IncidentKind) -> None:
    doubts = heard(Trading(), told(kind), AT_US).doubts
    assert doubts == ((Doubt("a", kind),) if kind in SUSPICIONS else ())


@pytest.mark.parametrize("kind", IncidentKind)
def test_a_possible_goal_ends_only_with_what_decides_it(kind: IncidentKind) -> None:
    ends = {"cleared", "goal", "goal_cancelled", "period"}
    assert (DOUBT in heard(Trading(doubts=(DOUBT,)), told(kind), AT_US).doubts) == (
        kind not in ends
    )


@pytest.mark.parametrize("suspicion", ["possible_red_card", "possible_penalty", "var_review"])
@pytest.mark.parametrize("kind", IncidentKind)
def test_every_other_suspicion_waits_until_it_is_cleared(
    kind: IncidentKind, suspicion: str
) -> None:
    trading = heard(Trading(), told(IncidentKind(suspicion)), AT_US)
    assert trading.status(HALF, is_priced=True) == (SUSPENDED, suspicion)
    after = heard(trading, told(kind), AT_US)
    assert (trading.doubts[0] in after.doubts) == (kind is not IncidentKind.CLEARED)


def test_what_one_provider_clears_another_may_still_suspect() -> None:
    trading = Trading()
    for kind, provider in (("var_review", "a"), ("var_review", "b"), ("cleared", "a")):
        trading = heard(trading, told(IncidentKind(kind), provider), AT_US)
    assert trading.doubts == (Doubt("b", IncidentKind.VAR_REVIEW),)


def test_what_a_lost_provider_suspects_another_one_clears() -> None:
    doubtful = heard(Trading(), told(IncidentKind.VAR_REVIEW), AT_US)
    cleared = told(IncidentKind.CLEARED, "b")
    assert heard(doubtful, cleared, AT_US).doubts
    assert not heard(doubtful, cleared, AT_US, lost={"a"}).doubts


def test_hearing_of_the_match_ends_the_silence_and_no_other_reason() -> None:
    held = Trading(is_silent=True, halted_by="t1", doubts=(DOUBT,))
    after = heard(held, told(IncidentKind.CLOCK), AT_US)
    assert after == replace(held, is_silent=False, heard_at_us=AT_US)


def test_a_log_whose_time_goes_back_does_not_make_a_feed_look_older() -> None:
    trading = heard(Trading(), told(IncidentKind.CLOCK), AT_US)
    trading = heard(trading, told(IncidentKind.CLOCK), AT_US - 60_000_000)
    assert trading.heard_at_us == AT_US
    assert ticked(trading, HALF, AT_US - 60_000_000) is trading


@pytest.mark.parametrize("period", Period)
def test_silence_counts_from_kick_off_to_full_time_and_in_the_break(period: Period) -> None:
    trading = Trading(heard_at_us=AT_US)
    late = ticked(trading, period, AT_US + SILENT_AFTER_US + 1)
    is_live = period in (Period.FIRST_HALF, Period.HALF_TIME, Period.SECOND_HALF)
    assert late.is_silent == is_live


def test_silence_begins_after_twenty_seconds_and_not_at_them() -> None:
    trading = Trading(heard_at_us=AT_US)
    assert SILENT_AFTER_US == 20_000_000
    assert ticked(trading, HALF, AT_US + SILENT_AFTER_US) is trading
    assert ticked(trading, HALF, AT_US + SILENT_AFTER_US + 1).is_silent


def test_a_second_trader_takes_the_first_ones_place() -> None:
    twice = suspended(suspended(Trading(), STOP), SuspendTrading("m1", "t2", "fixed?"))
    assert twice.status(HALF, is_priced=True) == (SUSPENDED, "trader: fixed?")
    assert twice.halted_by == "t2"


def test_any_trader_reopens_and_leaves_other_reasons() -> None:
    held = replace(suspended(Trading(), STOP), is_silent=True)
    assert reopened(held, ReopenTrading("m1", "t2")) == Trading(is_silent=True)


def test_reopening_what_no_trader_held_changes_nothing() -> None:
    assert reopened(Trading(doubts=(DOUBT,)), ReopenTrading("m1", "t1")) == Trading(doubts=(DOUBT,))


@pytest.mark.parametrize("trader_id", ["", "a/b", "t" * 65])
def test_a_suspension_by_nobody_is_refused(trader_id: str) -> None:
    with pytest.raises(Refusal, match="malformed_id"):
        suspended(Trading(), SuspendTrading("m1", trader_id, "injury"))

from dataclasses import replace

import pytest

from overround.domain.betting.model import Bet, BetStatus
from overround.domain.kernel.facts import BySide, Facts
from overround.domain.kernel.market import HALF_LOSE, HALF_WIN, LOSE, PUSH, WIN, Factor
from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.decide import (
    abandon,
    correction,
    is_voided_by,
    payout,
    settle,
    settle_bet,
    settle_leg,
    void,
)
from overround.domain.settlement.events import BetResettled, BetSettled, Certainty, LegSettled
from overround.domain.settlement.model import Correction, Leg, TakenBet, leg_key

LIVE, CONFIRMED = Certainty.LIVE, Certainty.CONFIRMED
LEG = Leg("c1", "b1", "c1/b1/0", "m1", "totals:2.25/over", "EUR", 1_000, 1_900)
BET = Bet(
    "c1", "b1", b"", BetStatus.ACCEPTED, "EUR", (), 1_000, stake_minor=1_000, price_milli=1_900
)


def final(home: int, away: int) -> Facts:
    return Facts(regular=BySide(home, away))


def fate(revision: int, factor: Factor) -> LegSettled:
    halves = (factor.win_halves, factor.refund_halves)
    return LegSettled("c1", "b1", "c1/b1/0", "m1", LEG.selection, *halves, LIVE, revision, "r")


@pytest.mark.parametrize(
    ("selection", "score", "factor"),
    [
        ("1x2/home", (2, 1), WIN),
        ("1x2/draw", (2, 1), LOSE),
        ("1x2/away", (0, 1), WIN),
        ("double_chance/home_or_draw", (1, 1), WIN),
        ("double_chance/home_or_away", (1, 1), LOSE),
        ("draw_no_bet/home", (1, 1), PUSH),
        ("draw_no_bet/away", (0, 3), WIN),
        ("totals:2.5/over", (2, 1), WIN),
        ("totals:2.5/under", (2, 1), LOSE),
        ("totals:2/over", (1, 1), PUSH),
        ("totals:2.25/over", (1, 1), HALF_LOSE),
        ("totals:2.25/under", (1, 1), HALF_WIN),
        ("totals:2.75/over", (2, 1), HALF_WIN),
        ("asian_handicap:-0.75/home", (1, 0), HALF_WIN),
        ("asian_handicap:-0.75/away", (1, 0), HALF_LOSE),
        ("asian_handicap:0.25/home", (1, 1), HALF_WIN),
        ("asian_handicap:-1/home", (1, 0), PUSH),
        ("asian_handicap:-1/away", (0, 0), WIN),
        ("both_teams_to_score/yes", (1, 1), WIN),
        ("both_teams_to_score/no", (4, 0), WIN),
        ("correct_score/2-1", (2, 1), WIN),
        ("correct_score/1-2", (2, 1), LOSE),
        ("correct_score/other", (5, 0), WIN),
        ("correct_score/other", (4, 4), LOSE),
    ],
)
def test_every_market_settles_by_its_rule(selection, score, factor):
    assert settle_leg(selection, final(*score)) == factor


def test_unknown_selections_and_impossible_scores_are_refused():
    with pytest.raises(Refusal, match="unknown_selection"):
        settle_leg("1x2/nobody", final(1, 0))
    with pytest.raises(Refusal, match="impossible_score"):
        settle_leg("1x2/home", final(-1, 0))


def test_the_first_result_settles_the_leg_as_revision_one():
    decision = settle(LEG, final(2, 1), LIVE, "full_time")
    (told,) = decision.events
    assert (told.revision, told.win_halves, told.refund_halves) == (1, 2, 0)
    assert (told.certainty, told.reason, told.leg_id) == (LIVE, "full_time", "c1/b1/0")
    assert (decision.state.settled, decision.state.confirmed) == (True, False)
    assert leg_key("m1", "c1/b1/0") == "m1/c1/b1/0"


def test_a_confirmation_of_the_same_fate_tells_nothing_and_is_remembered():
    leg = settle(LEG, final(2, 1), LIVE, "").state
    decision = settle(leg, final(3, 0), CONFIRMED, "")
    assert decision.events == ()
    assert decision.state == replace(leg, confirmed=True)


def test_a_changed_result_is_the_next_revision():
    leg = settle(LEG, final(2, 1), LIVE, "").state
    (told,) = settle(leg, final(1, 1), CONFIRMED, "goal annulled").events
    assert (told.revision, told.win_halves, told.refund_halves) == (2, 0, 1)
    assert told.certainty is CONFIRMED


def test_a_live_result_never_overturns_a_confirmed_one():
    leg = settle(LEG, final(2, 1), CONFIRMED, "").state
    assert settle(leg, final(0, 0), LIVE, "late").events == ()
    assert settle(leg, final(0, 0), CONFIRMED, "corrected").state.revision == 2


def test_a_void_refunds_and_no_later_result_changes_it():
    leg = settle(LEG, final(2, 1), LIVE, "").state
    decision = void(leg, "abandoned")
    (told,) = decision.events
    assert (told.revision, told.win_halves, told.refund_halves) == (2, 0, 2)
    assert decision.state.voided
    assert settle(decision.state, final(5, 0), CONFIRMED, "").events == ()
    assert void(decision.state, "again").events == ()


def test_a_void_of_an_open_leg_is_its_first_revision():
    assert void(LEG, "abandoned").state.revision == 1


def test_a_void_after_a_refund_moves_nothing_but_holds_later_results_off():
    pushed = settle(replace(LEG, selection="totals:2/over"), final(1, 1), LIVE, "").state
    decision = void(pushed, "abandoned")
    assert decision.events == ()
    assert settle(decision.state, final(3, 0), CONFIRMED, "").events == ()


@pytest.mark.parametrize(
    ("event_id", "market", "covered"),
    [
        ("m1", "totals:2.25", True),
        ("m1", "", True),
        ("m1", "totals:2.2", False),
        ("m1", "1x2", False),
        ("m2", "", False),
    ],
)
def test_a_void_covers_its_market_or_the_whole_match(event_id, market, covered):
    assert is_voided_by(LEG, VoidMarket(event_id, market, "t1", "")) is covered


@pytest.mark.parametrize(
    ("stake", "price", "factor", "paid"),
    [
        # Each of these differs by one from rounding half up or to even: 665.667 -> 665,
        # 1.5 -> 1, 166.5 -> 166, and 499.3335 -> 499; a ceiling fails all of them.
        (333, 1_999, WIN, 665),
        (1, 1_500, WIN, 1),
        (333, 1_999, HALF_LOSE, 166),
        (333, 1_999, HALF_WIN, 499),
        (333, 1_999, PUSH, 333),
        (333, 1_999, LOSE, 0),
        (10**10, 1_000_000, WIN, 10**13),
        (0, 2_000, WIN, 0),
    ],
)
def test_payouts_are_floored_in_the_houses_favour(stake, price, factor, paid):
    assert payout(stake, price, factor) == paid


def test_payouts_refuse_floats_negatives_and_fates_of_more_than_a_stake():
    with pytest.raises(TypeError):
        payout(10.0, 2_000, WIN)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        payout(10, 2.0, WIN)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no payout"):
        payout(-1, 2_000, WIN)
    with pytest.raises(ValueError, match="no fate"):
        payout(10, 2_000, Factor(2, 1))


def test_our_record_of_a_bet_is_what_settlement_needs():
    bet: TakenBet = BET
    settlement = settle_bet(bet, fate(1, WIN), 0)
    assert settlement.money == Correction(pay_minor=1_900)
    assert settlement.events == (BetSettled("c1", "b1", "EUR", 1_000, 1_900, LIVE),)


def test_a_lost_bet_is_settled_with_nothing_to_move():
    settlement = settle_bet(BET, fate(1, LOSE), 0)
    assert (settlement.payout_minor, settlement.money) == (0, Correction())
    assert len(settlement.events) == 1


def test_a_second_arrival_of_a_revision_pays_nothing():
    paid = replace(BET, revision=2, payout_minor=1_900, shortfall_minor=7)
    for revision in (1, 2):
        settlement = settle_bet(paid, fate(revision, LOSE), 10_000)
        assert (settlement.events, settlement.revision) == ((), 2)
        assert settlement.money == Correction(shortfall_minor=7)
        assert settlement.payout_minor == 1_900


def test_a_lowered_payout_takes_back_what_is_there_and_writes_off_the_rest():
    paid = replace(BET, revision=1, payout_minor=1_900)
    settlement = settle_bet(paid, fate(2, HALF_LOSE), 600)
    assert settlement.money == Correction(
        take_back_minor=600, write_off_minor=800, shortfall_minor=800
    )
    assert settlement.events == (BetResettled("c1", "b1", "EUR", 1_000, 500, 1_900, 800, 2, "r"),)


def test_a_result_that_goes_back_and_forth_never_pays_twice():
    # Paid 100; taken back 30 of it, 70 still owed; the 100 comes again: only 30 are due.
    down = correction(100, 0, available_minor=30)
    up = correction(0, 100, available_minor=0, shortfall_minor=down.shortfall_minor)
    assert (down.take_back_minor, down.write_off_minor) == (30, 70)
    assert up == Correction(pay_minor=30, write_back_minor=70)


def test_a_small_rise_only_lessens_what_is_owed():
    up = correction(0, 10, available_minor=1_000, shortfall_minor=70)
    assert up == Correction(write_back_minor=10, shortfall_minor=60)


def test_corrections_refuse_floats_and_negative_payouts():
    with pytest.raises(TypeError):
        correction(1, 0.5, available_minor=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no sign"):
        correction(-1, 0, available_minor=0)


def test_fates_of_other_bets_or_of_bets_never_taken_are_refused():
    with pytest.raises(Refusal, match="other_bet"):
        settle_bet(replace(BET, bet_id="b2"), fate(1, WIN), 0)
    with pytest.raises(Refusal, match="bet_not_taken"):
        settle_bet(replace(BET, stake_minor=0), fate(1, WIN), 0)


HALF_TIME = Facts(first_half=BySide(1, 0), scorers=(Side.HOME,))
FIRST = replace(LEG, selection="half_1x2:1/home")
SECOND = replace(LEG, selection="half_1x2:2/home")


def test_half_time_settles_what_it_decides_and_leaves_the_rest():
    (told,) = settle(FIRST, HALF_TIME, LIVE, "half_time").events
    assert (told.win_halves, told.revision, told.reason) == (2, 1, "half_time")
    for open_ in (SECOND, LEG):
        assert settle(open_, HALF_TIME, LIVE, "half_time").state is open_


def test_a_first_half_that_is_corrected_is_settled_again():
    leg = settle(FIRST, HALF_TIME, LIVE, "half_time").state
    (told,) = settle(leg, Facts(first_half=BySide(0, 0)), LIVE, "half_time").events
    assert (told.win_halves, told.revision) == (0, 2)


def test_a_leg_on_what_nobody_told_is_void_once_the_facts_are_final():
    unknown = Facts(regular=BySide(2, 1))
    assert settle(FIRST, unknown, CONFIRMED, "result").state is FIRST
    decision = settle(FIRST, unknown, CONFIRMED, "result", is_final=True)
    assert decision.state.voided
    assert [each.reason for each in decision.events] == ["facts_unknown"]
    paid = settle(FIRST, HALF_TIME, LIVE, "half_time").state
    assert settle(paid, unknown, CONFIRMED, "result", is_final=True).state is paid, "it was decided"


def test_an_abandoned_match_decides_what_was_played_and_voids_the_rest():
    assert abandon(FIRST, HALF_TIME).state.factor == WIN
    for undecided in (SECOND, LEG):
        assert abandon(undecided, HALF_TIME).state.voided

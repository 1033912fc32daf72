from dataclasses import replace

import pytest

from overround.domain.betting.commands import BetLeg, PlaceBet, PricePolicy
from overround.domain.betting.decide import leg_rejected, leg_reserved, leg_settled, place
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    LegRejected,
    LegReserved,
    RejectReason,
)
from overround.domain.betting.model import Bet, BetDecision, BetStatus, bet_key, fingerprint
from overround.domain.kernel.money import STAKE_MINOR_MAX
from overround.domain.kernel.refusal import Refusal

LEG = BetLeg("m1", "1x2/home", 2_000)
PLACE = PlaceBet("c1", "b1", "EUR", 1_000, (LEG,))


def placed(command: PlaceBet = PLACE) -> Bet:
    return place(None, command, "EUR", 5_000).bet


def reserved(stake_minor: int = 1_000, price_milli: int = 2_050) -> LegReserved:
    return LegReserved("c1", "b1", "c1/b1/0", "m1", "1x2/home", stake_minor, price_milli, 3)


REJECTED = LegRejected(
    "c1", "b1", "c1/b1/0", "m1", "1x2/home", RejectReason.MATCH_LIMIT, 250, 2_050
)


def test_placing_holds_the_stake_and_asks_the_match():
    decision = place(None, PLACE, "EUR", 1_000)
    (ask,) = decision.reserve
    assert (decision.hold_minor, decision.events) == (1_000, ())
    assert decision.bet.status is BetStatus.HELD
    assert (ask.leg_id, ask.event_id, ask.selection) == ("c1/b1/0", "m1", "1x2/home")
    assert (ask.stake_minor, ask.price_milli, ask.currency) == (1_000, 2_000, "EUR")
    assert (ask.price_policy, ask.accept_partial) == (PricePolicy.BETTER, True)
    assert bet_key("c1", "b1") == "c1/b1"


def test_a_whole_reservation_accepts_the_bet_and_posts_its_stake():
    decision = leg_reserved(placed(), reserved())
    assert decision.events == (BetAccepted("c1", "b1", "EUR", 1_000, 2_050, (LEG,)),)
    assert (decision.post_minor, decision.void, decision.hold_minor) == (1_000, False, 0)
    assert decision.bet.status is BetStatus.ACCEPTED


def test_a_part_is_posted_alone_and_told_with_what_was_asked():
    decision = leg_reserved(placed(), reserved(stake_minor=400))
    assert decision.events == (BetPartlyAccepted("c1", "b1", "EUR", 1_000, 400, 2_050, (LEG,)),)
    assert decision.post_minor == 400
    assert decision.bet.status is BetStatus.PARTLY_ACCEPTED


def test_a_rejected_leg_voids_the_hold_and_tells_what_would_have_fitted():
    decision = leg_rejected(placed(), REJECTED)
    expected = BetRejected("c1", "b1", "EUR", 1_000, 250, RejectReason.MATCH_LIMIT)
    assert decision.events == (expected,)
    assert (decision.void, decision.post_minor) == (True, 0)


@pytest.mark.parametrize("second", [reserved(), reserved(400), REJECTED])
@pytest.mark.parametrize("first", [reserved(), reserved(400), REJECTED])
def test_a_second_answer_of_the_match_changes_nothing(first, second):
    def hear(bet: Bet, leg: LegReserved | LegRejected) -> BetDecision:
        return leg_reserved(bet, leg) if isinstance(leg, LegReserved) else leg_rejected(bet, leg)

    decided = hear(placed(), first).bet
    assert hear(decided, second) == BetDecision(decided)


def test_a_repeat_while_the_bet_waits_moves_nothing_and_says_nothing():
    bet = placed()
    assert place(bet, PLACE, "EUR", 5_000) == BetDecision(bet)


@pytest.mark.parametrize("heard", [reserved(), reserved(400)])
def test_a_repeat_after_the_decision_gets_the_same_answer_and_moves_nothing(heard):
    decision = leg_reserved(placed(), heard)
    again = place(decision.bet, PLACE, "EUR", 0)
    assert again == BetDecision(decision.bet, events=decision.events)


def test_a_repeat_after_settlement_still_gets_the_first_answer():
    decision = leg_reserved(placed(), reserved())
    settled = leg_settled(decision.bet, revision=1, payout_minor=2_050, shortfall_minor=0)
    assert place(settled, PLACE, "EUR", 0).events == decision.events


def test_a_bet_rejected_for_lack_of_funds_stays_rejected_after_a_deposit():
    first = place(None, PLACE, "EUR", 999)
    assert first.events == (
        BetRejected("c1", "b1", "EUR", 1_000, 0, RejectReason.INSUFFICIENT_FUNDS),
    )
    assert place(first.bet, PLACE, "EUR", 10_000) == BetDecision(first.bet, events=first.events)


OTHER_BODIES = [
    {"stake_minor": 1_001},
    {"currency": "GBP"},
    {"legs": (replace(LEG, price_milli=2_001),)},
    {"legs": (replace(LEG, selection="1x2/away"),)},
    {"legs": (replace(LEG, event_id="m2"),)},
    {"legs": (LEG, LEG)},
    {"price_policy": PricePolicy.ANY},
    {"tolerance_bp": 1},
    {"accept_partial": False},
]


@pytest.mark.parametrize("changes", OTHER_BODIES)
def test_the_same_id_with_another_body_is_rejected_and_the_bet_untouched(changes):
    bet = leg_reserved(placed(), reserved()).bet
    other = replace(PLACE, **changes)
    decision = place(bet, other, "EUR", 5_000)
    (told,) = decision.events
    assert isinstance(told, BetRejected)
    assert told.reason is RejectReason.DUPLICATE_WITH_OTHER_BODY
    assert decision == BetDecision(bet, events=(told,))
    assert fingerprint(other) != fingerprint(PLACE)


def test_the_fingerprint_is_fixed_across_releases():
    # Bets outlive a deployment: another canonical form would turn every retry into a duplicate
    # with another body. SHA-256 of the JSON array of the fields in their order.
    assert fingerprint(PLACE).hex() == (
        "5c9a1f3f46a50886007df76620a32e0f14af8af307c9ca30802af6ca6cf64ff6"
    )


TWO = (LEG, LEG)


@pytest.mark.parametrize(
    ("changes", "account", "available", "reason", "largest"),
    [
        ({"stake_minor": 0}, None, 0, RejectReason.UNKNOWN_CUSTOMER, 0),
        ({"stake_minor": 0, "legs": ()}, "EUR", 0, RejectReason.STAKE_NOT_POSITIVE, 0),
        ({"stake_minor": -1}, "EUR", 0, RejectReason.STAKE_NOT_POSITIVE, 0),
        (
            {"stake_minor": STAKE_MINOR_MAX + 1},
            "EUR",
            0,
            RejectReason.STAKE_TOO_LARGE,
            STAKE_MINOR_MAX,
        ),
        ({"legs": ()}, "GBP", 0, RejectReason.LEGS_NOT_OFFERED, 0),
        ({"legs": TWO}, "GBP", 0, RejectReason.LEGS_NOT_OFFERED, 0),
        (
            {"legs": (replace(LEG, price_milli=1_000),)},
            "GBP",
            0,
            RejectReason.PRICE_OUT_OF_RANGE,
            0,
        ),
        ({}, "GBP", 0, RejectReason.CURRENCY_MISMATCH, 0),
        ({}, "EUR", 999, RejectReason.INSUFFICIENT_FUNDS, 0),
    ],
)
def test_a_bet_is_rejected_by_the_first_check_that_fails(
    changes, account, available, reason, largest
):
    decision = place(None, replace(PLACE, **changes), account, available)
    (told,) = decision.events
    assert isinstance(told, BetRejected)
    assert (told.reason, told.stake_minor_max) == (reason, largest)
    assert (decision.hold_minor, decision.reserve, decision.void) == (0, (), False)
    assert decision.bet.status is BetStatus.REJECTED


@pytest.mark.parametrize(
    "changes",
    [{"customer_id": "a/b"}, {"customer_id": ""}, {"bet_id": "x/0"}, {"bet_id": "x" * 65}],
)
def test_ids_that_could_collide_in_keys_are_refused(changes):
    with pytest.raises(Refusal, match="malformed_id"):
        place(None, replace(PLACE, **changes), "EUR", 5_000)


def test_a_stake_in_floats_is_refused_even_when_it_is_whole():
    with pytest.raises(Refusal, match="stake_not_integer"):
        place(None, replace(PLACE, stake_minor=1_000.0), "EUR", 5_000)  # type: ignore[arg-type]


@pytest.mark.parametrize("stake_minor", [0, -1, 1_001])
def test_more_than_was_held_is_never_posted(stake_minor):
    with pytest.raises(Refusal, match="stake_not_asked_for"):
        leg_reserved(placed(), reserved(stake_minor))


def test_answers_for_bets_nobody_placed_are_refused():
    with pytest.raises(Refusal, match="unknown_bet"):
        leg_reserved(None, reserved())
    with pytest.raises(Refusal, match="unknown_bet"):
        leg_rejected(replace(placed(), bet_id="b2"), REJECTED)
    with pytest.raises(Refusal, match="unknown_leg"):
        leg_reserved(placed(), replace(reserved(), leg_id="c1/b1/1"))


def test_settlement_is_recorded_once_per_revision():
    bet = leg_reserved(placed(), reserved()).bet
    first = leg_settled(bet, revision=1, payout_minor=2_050, shortfall_minor=0)
    assert (first.status, first.payout_minor, first.revision) == (BetStatus.SETTLED, 2_050, 1)
    assert leg_settled(first, revision=1, payout_minor=0, shortfall_minor=9) == first
    second = leg_settled(first, revision=2, payout_minor=0, shortfall_minor=50)
    assert (second.payout_minor, second.shortfall_minor, second.revision) == (0, 50, 2)


def test_a_bet_that_was_not_taken_cannot_be_settled():
    for bet in (placed(), leg_rejected(placed(), REJECTED).bet):
        with pytest.raises(Refusal, match="bet_not_taken"):
            leg_settled(bet, revision=1, payout_minor=0, shortfall_minor=0)

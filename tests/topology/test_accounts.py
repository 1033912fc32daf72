"""A bet from its command to its answer: prices, limits, duplicates, and where the money is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from agents.markets import legs
from overround.contracts import topics
from overround.domain.betting.commands import BetLeg, PlaceBet, PricePolicy
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    RejectReason,
)
from overround.domain.exposure.model import LIMITS, Limits
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.events import AccountOpened, FundsDeposited, MoneyRefused
from tests.kit.match import FUNDS_MINOR, MATCH, Sportsbook

HALF = Period.FIRST_HALF
RICH_MINOR = 10**9


@pytest.fixture
def house() -> Sportsbook:
    """A priced match and a customer with 1,000 euros."""
    sportsbook = Sportsbook()
    sportsbook.schedule()
    sportsbook.customer()
    return sportsbook


def rejected(answer: Any) -> str:
    assert isinstance(answer, BetRejected), answer
    return answer.reason


def test_a_bet_at_the_seen_price_is_accepted_and_its_stake_taken(house: Sportsbook) -> None:
    price_milli = house.price("1x2/home")
    answer = house.bet("b1", "1x2/home", 1_000)
    assert isinstance(answer, BetAccepted)
    assert (answer.stake_minor, answer.price_milli) == (1_000, price_milli)
    assert house.available() == FUNDS_MINOR - 1_000
    assert house.engine.table("holds") == {}
    house.check_books()


def test_a_rejected_bet_leaves_no_hold_and_the_whole_balance(house: Sportsbook) -> None:
    assert rejected(house.bet("b1", "1x2/home", seen_milli=9_000)) == RejectReason.PRICE_CHANGED
    assert house.available() == FUNDS_MINOR
    assert house.engine.table("holds") == {}
    house.check_books()


# After a goal of the home side its price has fallen and the other's has risen.
@pytest.mark.parametrize(
    ("policy", "tolerance_bp", "selection", "is_taken"),
    [
        (PricePolicy.EXACT, 0, "1x2/home", False),
        (PricePolicy.EXACT, 0, "1x2/away", False),
        (PricePolicy.BETTER, 0, "1x2/home", False),
        (PricePolicy.BETTER, 0, "1x2/away", True),
        (PricePolicy.WITHIN, 100, "1x2/home", False),
        (PricePolicy.WITHIN, 9_000, "1x2/home", True),
        (PricePolicy.WITHIN, 0, "1x2/away", True),
        (PricePolicy.ANY, 0, "1x2/home", True),
    ],
)
def test_a_moved_price_is_taken_as_the_policy_says(
    house: Sportsbook, policy: PricePolicy, tolerance_bp: int, selection: str, is_taken: bool
) -> None:
    seen_milli = house.price(selection)
    house.kick_off()
    house.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    now_milli = house.price(selection)
    assert (now_milli < seen_milli) == (selection == "1x2/home")
    answer = house.bet(
        "b1", selection, seen_milli=seen_milli, price_policy=policy, tolerance_bp=tolerance_bp
    )
    if is_taken:
        assert isinstance(answer, BetAccepted)
        assert answer.price_milli == now_milli, "always at the price that stands"
    else:
        assert rejected(answer) == RejectReason.PRICE_CHANGED
    house.check_books()


def fits_minor(room_minor: int, price_milli: int) -> int:
    """The greatest stake whose winnings, floored, stay within the room; counted down to it."""
    stake_minor = (room_minor + 1) * 1000 // (price_milli - 1000) + 1
    while stake_minor * price_milli // 1000 - stake_minor > room_minor:
        stake_minor -= 1
    return stake_minor


def test_too_large_a_stake_is_taken_as_far_as_it_fits(house: Sportsbook) -> None:
    house.customer("rich", RICH_MINOR)
    price_milli = house.price("1x2/draw")
    answer = house.bet("b1", "1x2/draw", 1_000_000, customer="rich")
    greatest_minor = fits_minor(LIMITS["EUR"].customer_minor, price_milli)
    assert isinstance(answer, BetPartlyAccepted)
    assert (answer.requested_minor, answer.stake_minor) == (1_000_000, greatest_minor)
    assert house.available("rich") == RICH_MINOR - greatest_minor, "the rest is free again"
    house.check_books()


def test_too_large_a_stake_without_parts_is_rejected_with_what_would_fit(house: Sportsbook) -> None:
    house.customer("rich", RICH_MINOR)
    greatest_minor = fits_minor(LIMITS["EUR"].customer_minor, house.price("1x2/draw"))
    answer = house.bet("b1", "1x2/draw", 1_000_000, customer="rich", accept_partial=False)
    assert rejected(answer) == RejectReason.CUSTOMER_LIMIT
    assert answer.stake_minor_max == greatest_minor
    whole: dict[str, Any] = {"customer": "rich", "accept_partial": False}
    assert rejected(house.bet("b2", "1x2/draw", greatest_minor + 1, **whole))
    assert isinstance(house.bet("b3", "1x2/draw", greatest_minor, **whole), BetAccepted)
    house.check_books()


def test_a_customers_bets_on_a_match_share_one_limit(house: Sportsbook) -> None:
    house.customer("rich", RICH_MINOR)
    house.bet("b1", "1x2/draw", 1_000_000, customer="rich")
    answer = house.bet("b2", "totals:2.5/over", 1_000_000, customer="rich")
    assert rejected(answer) == RejectReason.CUSTOMER_LIMIT
    other = house.bet("b1", "totals:2.5/over", 100_000)
    assert isinstance(other, BetAccepted), "another customer has a limit of his own"


def test_five_customers_fill_a_selection(house: Sportsbook) -> None:
    for number in range(5):
        house.customer(f"rich{number}", RICH_MINOR)
        answer = house.bet("b1", "1x2/home", 1_000_000, customer=f"rich{number}")
        assert isinstance(answer, BetPartlyAccepted)
    answer = house.bet("b1", "1x2/home", 100)
    assert rejected(answer) == RejectReason.SELECTION_LIMIT
    assert answer.stake_minor_max < 5, "cents, by what rounding down has left of the room"
    assert isinstance(house.bet("b2", "1x2/away", 100), BetAccepted), "the other side has room"
    house.check_books()


# Each bet wins 1,000.00 or a little less; `home` and `home_or_draw` both pay at a home win.
@pytest.mark.parametrize(
    ("limits", "first", "second", "reason"),
    [
        (Limits(100_000, 150_000, 900_000, 900_000), *("1x2/home",) * 2, "selection_limit"),
        (
            Limits(900_000, 150_000, 900_000, 900_000),
            "double_chance/home_or_draw",
            "double_chance/home_or_away",
            "market_limit",
        ),
        (
            Limits(900_000, 900_000, 150_000, 900_000),
            "1x2/home",
            "double_chance/home_or_draw",
            "match_limit",
        ),
        (Limits(900_000, 900_000, 900_000, 150_000), "1x2/home", "1x2/away", "customer_limit"),
    ],
)
def test_each_limit_binds_and_is_named(
    monkeypatch: pytest.MonkeyPatch, limits: Limits, first: str, second: str, reason: str
) -> None:
    monkeypatch.setattr(legs, "LIMITS", {"EUR": limits})
    house = Sportsbook()
    house.schedule()
    house.customer("rich", RICH_MINOR)
    answers = [
        house.bet(
            bet_id,
            selection,
            _winning_1000(house, selection),
            customer="rich",
            accept_partial=False,
        )
        for bet_id, selection in (("b1", first), ("b2", second))
    ]
    assert isinstance(answers[0], BetAccepted)
    assert rejected(answers[1]) == reason
    assert 0 <= answers[1].stake_minor_max < _winning_1000(house, second)
    house.check_books()


def _winning_1000(house: Sportsbook, selection: str) -> int:
    """The stake, in cents, that wins 1,000 euros."""
    return 100_000 * 1000 // (house.price(selection) - 1000)


def test_the_same_command_again_gets_the_same_answer_and_moves_nothing(house: Sportsbook) -> None:
    seen = house.price("1x2/home")
    first = house.bet("b1", "1x2/home", seen_milli=seen)
    before = house.engine.state_hash()
    entries = len(house.engine.read(topics.LEDGER_ENTRIES))
    assert house.bet("b1", "1x2/home", seen_milli=seen) == first
    assert len(house.answers("b1")) == 2
    assert house.engine.state_hash() == before
    assert len(house.engine.read(topics.LEDGER_ENTRIES)) == entries


def test_a_rejected_bet_stays_rejected_however_often_it_is_sent(house: Sportsbook) -> None:
    answer = house.bet("b1", "1x2/home", FUNDS_MINOR + 1, seen_milli=2_000)
    assert rejected(answer) == RejectReason.INSUFFICIENT_FUNDS
    house.tell(topics.ACCOUNTS_INBOX, "c1", Deposit("c1", "second", "EUR", FUNDS_MINOR))
    assert house.bet("b1", "1x2/home", FUNDS_MINOR + 1, seen_milli=2_000) == answer
    assert house.available() == 2 * FUNDS_MINOR


def test_the_same_id_with_another_body_has_a_reason_of_its_own(house: Sportsbook) -> None:
    first = house.bet("b1", "1x2/home", 1_000)
    before = house.engine.state_hash()
    answer = house.bet("b1", "1x2/home", 2_000)
    assert rejected(answer) == RejectReason.DUPLICATE_WITH_OTHER_BODY
    assert house.engine.state_hash() == before
    assert house.bet("b1", "1x2/home", 1_000) == first
    house.check_books()


def test_two_customers_may_use_the_same_bet_id(house: Sportsbook) -> None:
    house.customer("c2")
    assert isinstance(house.bet("b1", "1x2/home", 1_000), BetAccepted)
    assert isinstance(house.bet("b1", "1x2/away", 2_000, customer="c2"), BetAccepted)
    house.check_books()


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"match": "nowhere"}, RejectReason.UNKNOWN_EVENT),
        ({"selection": "1x2/both"}, RejectReason.UNKNOWN_SELECTION),
        ({"selection": "nonsense/home"}, RejectReason.UNKNOWN_SELECTION),
        ({"selection": "half_1x2:3/home"}, RejectReason.UNKNOWN_SELECTION),
        # Priced, and not traded.
        ({"selection": "corners:99.5/over"}, RejectReason.UNKNOWN_SELECTION),
        ({"currency": "GBP"}, RejectReason.CURRENCY_MISMATCH),
        ({"currency": "XXX"}, RejectReason.CURRENCY_MISMATCH),
        ({"stake_minor": 0}, RejectReason.STAKE_NOT_POSITIVE),
        ({"stake_minor": -5}, RejectReason.STAKE_NOT_POSITIVE),
        ({"stake_minor": 10**10 + 1}, RejectReason.STAKE_TOO_LARGE),
        ({"stake_minor": FUNDS_MINOR + 1}, RejectReason.INSUFFICIENT_FUNDS),
        ({"seen_milli": 1_000}, RejectReason.PRICE_OUT_OF_RANGE),
        ({"customer": "stranger"}, RejectReason.UNKNOWN_CUSTOMER),
    ],
)
def test_what_cannot_be_bet_is_rejected_with_its_reason(
    house: Sportsbook, terms: dict[str, Any], reason: RejectReason
) -> None:
    bet: dict[str, Any] = {"selection": "1x2/home", "stake_minor": 1_000, "seen_milli": 2_000}
    assert rejected(house.bet("b1", **bet | terms)) == reason
    assert house.available() == FUNDS_MINOR
    assert house.dead_letters() == []
    house.check_books()


def test_no_bet_is_taken_in_doubt_and_the_next_one_after_it_is(house: Sportsbook) -> None:
    house.kick_off()
    house.report(IncidentKind.POSSIBLE_GOAL, HALF, 600)
    assert rejected(house.bet("b1", "1x2/home")) == RejectReason.TRADING_SUSPENDED
    house.report(IncidentKind.CLEARED, HALF, 620)
    assert isinstance(house.bet("b2", "1x2/home"), BetAccepted)


def test_no_bet_is_taken_on_a_feed_that_went_silent(house: Sportsbook) -> None:
    house.kick_off()
    house.engine.advance(21)
    assert rejected(house.bet("b1", "1x2/home")) == RejectReason.TRADING_SUSPENDED


def test_a_late_bet_after_full_time_is_rejected(house: Sportsbook) -> None:
    seen = house.price("1x2/home")
    house.kick_off()
    house.full_time(1, 0)
    answer = house.bet("b1", "1x2/home", seen_milli=seen, price_policy=PricePolicy.ANY)
    assert rejected(answer) == RejectReason.TRADING_CLOSED
    assert house.available() == FUNDS_MINOR


def test_a_selection_that_is_decided_is_no_longer_offered(house: Sportsbook) -> None:
    seen = house.price("totals:0.5/over")
    house.kick_off()
    house.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME)
    answer = house.bet("b1", "totals:0.5/over", seen_milli=seen, price_policy=PricePolicy.ANY)
    assert rejected(answer) == RejectReason.SELECTION_NOT_QUOTED


def test_six_stakes_that_do_not_fit_the_balance_are_not_all_held() -> None:
    # All six are in the inbox before the match answers the first: 5 * 1,000 hold 5,000.
    house = Sportsbook()
    house.schedule()
    house.customer(funds_minor=5_000)
    leg = BetLeg(MATCH, "1x2/home", house.price("1x2/home"))
    for number in range(6):
        command = PlaceBet("c1", f"b{number}", "EUR", 1_000, (leg,))
        house.engine.pipe(topics.ACCOUNTS_INBOX, "c1", command)
    house.engine.run()
    told = Counter(type(answer) for answer in house.engine.read(topics.BET_EVENTS))
    assert told == {BetAccepted: 5, BetRejected: 1}
    (last,) = house.answers("b5")
    assert rejected(last) == RejectReason.INSUFFICIENT_FUNDS
    assert house.available() == 0
    house.check_books()


def test_an_account_opens_once_in_one_currency(house: Sportsbook) -> None:
    house.tell(topics.ACCOUNTS_INBOX, "c1", OpenAccount("c1", "EUR"))
    house.tell(topics.ACCOUNTS_INBOX, "c1", OpenAccount("c1", "GBP"))
    opened = house.told(topics.ACCOUNT_EVENTS, AccountOpened)
    assert opened == [AccountOpened("c1", "EUR")] * 2
    (refused,) = house.told(topics.ACCOUNT_EVENTS, MoneyRefused)
    assert refused.reason == "currency_mismatch"
    assert house.available() == FUNDS_MINOR, "opening again does not empty the account"


def test_a_deposit_is_credited_once(house: Sportsbook) -> None:
    for amount_minor in (500, 500, 700):
        house.tell(topics.ACCOUNTS_INBOX, "c1", Deposit("c1", "d2", "EUR", amount_minor))
    assert house.available() == FUNDS_MINOR + 500
    told = house.told(topics.ACCOUNT_EVENTS, FundsDeposited)
    assert [deposit.balance_minor for deposit in told] == [100_000, 100_500, 100_500]
    (refused,) = house.told(topics.ACCOUNT_EVENTS, MoneyRefused)
    assert refused.reason == "duplicate_with_other_body"
    house.check_books()


def test_every_bet_taken_is_in_the_exposure_once(house: Sportsbook) -> None:
    house.bet("b1", "1x2/home", 1_000)
    house.bet("b2", "asian_handicap:-0.75/home", 333)
    house.bet("b1", "1x2/home", 2_000)
    exposure = house.engine.table("exposures")[f"{MATCH}/EUR"]
    assert (exposure.legs, exposure.total_stake_minor) == (2, 1_333)
    house.check_books()

from dataclasses import replace

import pytest

from overround.domain.betting.commands import PricePolicy, ReserveLeg
from overround.domain.betting.events import LegRejected, LegReserved, RejectReason
from overround.domain.betting.model import Offer, RoomAt
from overround.domain.betting.offer import decide_leg, part_minor_min, price_agreed
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.money import STAKE_MINOR_MAX
from overround.domain.kernel.refusal import Refusal

OPEN = Offer(TradingStatus.OPEN, 2_000, 7)
REQUEST = ReserveLeg(
    event_id="m1",
    leg_id="c1/b1/0",
    customer_id="c1",
    bet_id="b1",
    selection="1x2/home",
    currency="EUR",
    stake_minor=1_000,
    price_milli=2_000,
    price_policy=PricePolicy.BETTER,
    tolerance_bp=0,
    accept_partial=True,
)


def room(fits: int, limit: RejectReason | None = RejectReason.MATCH_LIMIT) -> RoomAt:
    return lambda price_milli: (fits, limit)


def whole(price_milli: int) -> tuple[int, RejectReason | None]:
    return REQUEST.stake_minor, None


def never(price_milli: int) -> tuple[int, RejectReason | None]:
    raise AssertionError("limits are asked last")


def test_a_leg_within_all_rules_is_reserved_whole_at_the_current_price():
    taken = decide_leg(REQUEST, OPEN, whole)
    assert taken == LegReserved("c1", "b1", "c1/b1/0", "m1", "1x2/home", 1_000, 2_000, 7)


def test_a_better_price_is_given_to_the_customer_and_asked_of_the_limits():
    asked: list[int] = []

    def watch(price_milli: int) -> tuple[int, None]:
        asked.append(price_milli)
        return 1_000, None

    taken = decide_leg(REQUEST, replace(OPEN, price_milli=2_100), watch)
    assert isinstance(taken, LegReserved)
    assert taken.price_milli == 2_100
    assert asked == [2_100]


@pytest.mark.parametrize(
    ("policy", "tolerance_bp", "now_milli", "agreed"),
    [
        (PricePolicy.EXACT, 0, 2_000, True),
        (PricePolicy.EXACT, 0, 2_001, False),
        (PricePolicy.EXACT, 500, 1_999, False),
        (PricePolicy.BETTER, 0, 2_001, True),
        (PricePolicy.BETTER, 500, 1_999, False),
        (PricePolicy.WITHIN, 500, 1_900, True),
        (PricePolicy.WITHIN, 500, 1_899, False),
        (PricePolicy.WITHIN, 0, 1_999, False),
        (PricePolicy.WITHIN, 0, 3_000, True),
        (PricePolicy.WITHIN, 1, 1_999, False),
        (PricePolicy.ANY, 0, 1_001, True),
    ],
)
def test_each_policy_takes_the_prices_it_names(policy, tolerance_bp, now_milli, agreed):
    # 500 basis points of 2.000 are 0.100; 1 is 0.0002, which no whole thousandth below reaches.
    assert price_agreed(policy, tolerance_bp, 2_000, now_milli) is agreed
    request = replace(REQUEST, price_policy=policy, tolerance_bp=tolerance_bp)
    result = decide_leg(request, replace(OPEN, price_milli=now_milli), whole)
    assert isinstance(result, LegReserved) is agreed
    if isinstance(result, LegRejected):
        assert (result.reason, result.price_milli) == (RejectReason.PRICE_CHANGED, now_milli)


SUSPENDED = replace(OPEN, status=TradingStatus.SUSPENDED)
UNQUOTED = replace(OPEN, price_milli=0)


@pytest.mark.parametrize(
    ("changes", "offer", "reason"),
    [
        ({"stake_minor": 0}, None, RejectReason.STAKE_NOT_POSITIVE),
        ({"stake_minor": -5}, OPEN, RejectReason.STAKE_NOT_POSITIVE),
        ({"stake_minor": STAKE_MINOR_MAX + 1}, OPEN, RejectReason.STAKE_TOO_LARGE),
        ({"selection": "1x2/nobody"}, None, RejectReason.UNKNOWN_EVENT),
        ({}, replace(SUSPENDED, is_known=False), RejectReason.UNKNOWN_SELECTION),
        ({}, replace(SUSPENDED, price_milli=0), RejectReason.TRADING_SUSPENDED),
        ({}, replace(OPEN, status=TradingStatus.CLOSED), RejectReason.TRADING_CLOSED),
        ({}, replace(OPEN, status=TradingStatus.SETTLED), RejectReason.TRADING_CLOSED),
        ({"price_policy": PricePolicy.EXACT}, UNQUOTED, RejectReason.SELECTION_NOT_QUOTED),
        ({}, replace(OPEN, price_milli=1_000), RejectReason.SELECTION_NOT_QUOTED),
        ({"price_milli": 2_500}, OPEN, RejectReason.PRICE_CHANGED),
    ],
)
def test_the_first_reason_in_the_stated_order_rejects(changes, offer, reason):
    rejected = decide_leg(replace(REQUEST, **changes), offer, never)
    assert isinstance(rejected, LegRejected)
    assert (rejected.reason, rejected.stake_minor_max) == (reason, 0)


def test_the_part_that_fits_is_taken_when_the_customer_allows_it():
    taken = decide_leg(REQUEST, OPEN, room(400))
    assert isinstance(taken, LegReserved)
    assert taken.stake_minor == 400


def test_without_leave_for_a_part_the_rejection_says_what_would_have_fitted():
    rejected = decide_leg(replace(REQUEST, accept_partial=False), OPEN, room(400))
    assert isinstance(rejected, LegRejected)
    assert (rejected.reason, rejected.stake_minor_max) == (RejectReason.MATCH_LIMIT, 400)


@pytest.mark.parametrize(
    ("asked", "fits", "taken"),
    [(1_000, 100, True), (1_000, 99, False), (50_000, 500, True), (50_000, 499, False)],
)
def test_a_part_below_its_minimum_is_rejected(asked, fits, taken):
    result = decide_leg(replace(REQUEST, stake_minor=asked), OPEN, room(fits))
    assert isinstance(result, LegReserved) is taken
    if isinstance(result, LegRejected):
        assert result.stake_minor_max == fits


def test_a_small_stake_is_taken_whole_or_not_at_all():
    request = replace(REQUEST, stake_minor=60)
    assert isinstance(decide_leg(request, OPEN, room(60, None)), LegReserved)
    assert isinstance(decide_leg(request, OPEN, room(59)), LegRejected)


def test_the_minimum_part_rounds_up():
    assert part_minor_min(10_001) == 101


def test_a_stake_that_is_no_whole_number_is_refused():
    with pytest.raises(Refusal, match="stake_not_integer"):
        decide_leg(replace(REQUEST, stake_minor=10.0), OPEN, never)  # type: ignore[arg-type]

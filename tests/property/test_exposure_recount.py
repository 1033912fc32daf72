"""The fast exposure against a recount from scratch, and the limits against brute force."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.exposure.decide import release, stake_that_fits, take, worst_minor
from overround.domain.exposure.model import EMPTY, Exposure, Level, Limits
from overround.domain.exposure.recount import ReservedLeg, recount
from overround.domain.kernel.facts import BySide, Facts
from overround.domain.kernel.market import LOSE, WIN, Factor
from overround.domain.kernel.match import Side
from overround.domain.kernel.side_market import SideSelection
from overround.domain.kernel.traded import TRADED, TRADED_INDEX, factor_of

STEADY = settings(derandomize=True, deadline=None, max_examples=60)

stakes = st.one_of(st.integers(1, 50), st.integers(1, 10**10))
prices = st.one_of(st.integers(1_001, 4_000), st.integers(1_001, 1_000_000))
# Selections that meet at 1-0 and 1-1, where quarter lines win and lose half, before all others.
MEETING = (
    "1x2/home",
    "draw_no_bet/away",
    "totals:2/under",
    "totals:2.25/under",
    "totals:2.25/over",
    "asian_handicap:-0.75/home",
    "asian_handicap:-0.75/away",
    "correct_score/1-0",
    "correct_score/1-1",
)
# Three side markets, with quarter lines, that meet more than once in a few bets.
BESIDE = (
    "half_1x2:1/home",
    "half_1x2:1/draw",
    "half_totals:2:0.75/over",
    "half_totals:2:0.75/under",
    "next_goal:1/home",
    "next_goal:1/none",
)
indices = st.one_of(
    st.sampled_from([TRADED_INDEX[selection] for selection in (*MEETING, *BESIDE)]),
    st.integers(0, len(TRADED) - 1),
)
legs = st.builds(ReservedLeg, indices, stakes, prices)
limit = st.one_of(st.just(0), st.integers(0, 200), st.integers(0, 10**12))
limits = st.builds(Limits, limit, limit, limit, limit)
GRID = [(h, a) for h in range(16) for a in range(16)]


def taken(reserved: list[ReservedLeg]) -> Exposure:
    exposure = EMPTY
    for leg in reserved:
        exposure = take(exposure, leg.selection_index, leg.stake_minor, leg.price_milli)
    return exposure


@STEADY
@given(st.lists(legs, max_size=6))
def test_legs_taken_one_by_one_equal_a_recount_from_scratch(reserved: list[ReservedLeg]):
    assert taken(reserved) == recount(reserved)


@STEADY
@given(st.lists(legs, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_releases_in_any_order_are_exact_inverses(reserved, rng):
    exposure = taken(reserved)
    keep = reserved[: len(reserved) // 2]
    drop = reserved[len(reserved) // 2 :]
    rng.shuffle(drop)
    for leg in drop:
        exposure = release(exposure, leg.selection_index, leg.stake_minor, leg.price_milli)
    assert exposure == recount(keep)


def profit(leg: ReservedLeg, factor: Factor) -> int:
    return leg.stake_minor - factor.payout_minor(*at(leg))


def pnl_of(market: object, legs: list[ReservedLeg]) -> int:
    """The house's at the market's worst, with settlement's payouts."""
    own = [(leg, TRADED[leg.selection_index]) for leg in legs]
    own = [(leg, selection) for leg, selection in own if selection.market == market]
    likes = [s.like if isinstance(s, SideSelection) else s for _, s in own]
    if None not in likes:
        return min(
            sum(profit(leg, like.factor(h, a)) for (leg, _), like in zip(own, likes, strict=True))
            for h, a in GRID
        )
    outcomes = [s.outcome for s in TRADED if s.market == market]
    return min(
        sum(profit(leg, WIN if s.outcome == outcome else LOSE) for leg, s in own)
        for outcome in outcomes
    )


def match_loss(legs: list[ReservedLeg]) -> int:
    """At the worst final score, and with what each side market loses at its own worst."""
    on_score = [leg for leg in legs if not isinstance(TRADED[leg.selection_index], SideSelection)]
    sides = {TRADED[leg.selection_index].market for leg in legs if leg not in on_score}
    at_scores = (
        sum(profit(leg, TRADED[leg.selection_index].factor(h, a)) for leg in on_score)
        for h, a in GRID
    )
    return -min(at_scores) - sum(min(0, pnl_of(market, legs)) for market in sides)


def at(leg: ReservedLeg) -> tuple[int, int]:
    return leg.stake_minor, leg.price_milli


def losses(reserved: list[ReservedLeg], new: ReservedLeg, customer: int) -> dict[Level, int]:
    """The loss at each level that `new` belongs to."""
    selection = TRADED[new.selection_index]
    same = [leg for leg in reserved if leg.selection_index == new.selection_index]
    return {
        Level.SELECTION: sum(WIN.payout_minor(*at(leg)) - leg.stake_minor for leg in same),
        Level.MARKET: -pnl_of(selection.market, reserved),
        Level.MATCH: match_loss(reserved),
        Level.CUSTOMER: customer,
    }


def broken(reserved: list[ReservedLeg], new: ReservedLeg, bounds: Limits, customer: int):
    """The levels whose limit `new` breaks: above the limit and above what was lost before."""
    caps = {
        Level.SELECTION: bounds.selection_minor,
        Level.MARKET: bounds.market_minor,
        Level.MATCH: bounds.match_minor,
        Level.CUSTOMER: bounds.customer_minor,
    }
    added = WIN.payout_minor(*at(new)) - new.stake_minor
    before = losses(reserved, new, customer)
    after = losses([*reserved, new], new, customer + added)
    return {level for level in Level if after[level] > max(caps[level], before[level])}


@pytest.mark.slow
@settings(STEADY, max_examples=250)
@given(st.lists(legs, max_size=3), legs, limits, st.one_of(st.just(0), limit))
def test_the_room_is_the_greatest_stake_that_breaks_no_limit(reserved, asked, bounds, customer):
    # One unit more must break the named limit: a floor taken as a ceiling, or a strict
    # comparison in place of `<=`, is off by one stake unit here and fails.
    room = stake_that_fits(
        taken(reserved),
        bounds,
        asked.selection_index,
        price_milli=asked.price_milli,
        stake_minor=asked.stake_minor,
        customer_loss_minor=customer,
    )
    index, price = asked.selection_index, asked.price_milli
    assert 0 <= room.stake_minor <= asked.stake_minor
    assert (room.binding is None) == (room.stake_minor == asked.stake_minor)
    if room.stake_minor > 0:
        assert not broken(reserved, ReservedLeg(index, room.stake_minor, price), bounds, customer)
    if room.binding is not None:
        more = ReservedLeg(index, room.stake_minor + 1, price)
        assert room.binding in broken(reserved, more, bounds, customer)


@STEADY
@given(st.lists(legs, min_size=1, max_size=4), legs)
def test_a_stake_that_does_not_deepen_the_worst_case_always_fits_the_match(reserved, asked):
    exposure = taken(reserved)
    after = take(exposure, asked.selection_index, asked.stake_minor, asked.price_milli)
    wide = 10**18
    room = stake_that_fits(
        exposure,
        Limits(wide, wide, 0, wide),
        asked.selection_index,
        price_milli=asked.price_milli,
        stake_minor=asked.stake_minor,
        customer_loss_minor=0,
    )
    lessens = worst_minor(after) >= min(0, worst_minor(exposure))
    assert (room.stake_minor == asked.stake_minor) == lessens


def _worlds() -> list[Facts]:
    """All matches of up to three goals and one card a side, with every order and half time."""
    orders = [order for goals in range(4) for order in product(Side, repeat=goals)]
    cards = [BySide(home, away) for home in range(2) for away in range(2)]
    return [
        Facts(_score(order[:until]), _score(order), order, through, shown, True, _corners(shown))
        for order in orders
        for until in range(len(order) + 1)
        for through in Side
        for shown in cards
    ]


def _corners(shown: BySide) -> BySide:
    """More than any line, or none, of each side."""
    return BySide(20 * shown.home, 20 * shown.away)


def _score(order: tuple[Side, ...]) -> BySide:
    return BySide(order.count(Side.HOME), order.count(Side.AWAY))


WORLDS = _worlds()


@STEADY
@given(st.lists(legs, min_size=1, max_size=5))
def test_no_match_costs_the_house_more_than_its_worst_case(reserved: list[ReservedLeg]):
    # The score, the halves, the order of goals, the cards: whatever they do together.
    def result(world: Facts) -> int:
        factors = [factor_of(TRADED[leg.selection_index], world) for leg in reserved]
        assert None not in factors
        return sum(profit(leg, f) for leg, f in zip(reserved, factors, strict=True) if f)

    assert worst_minor(taken(reserved)) <= min(map(result, WORLDS))

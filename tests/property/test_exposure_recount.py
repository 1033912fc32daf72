"""The fast exposure against a recount from scratch, and the limits against brute force."""

from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.exposure.decide import release, stake_that_fits, take, worst_minor
from overround.domain.exposure.model import EMPTY, Exposure, Level, Limits
from overround.domain.exposure.recount import ReservedLeg, recount
from overround.domain.kernel.market import CATALOGUE, INDEX, WIN

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
indices = st.one_of(
    st.sampled_from([INDEX[selection] for selection in MEETING]),
    st.integers(0, len(CATALOGUE) - 1),
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


def loss(reserved: list[ReservedLeg]) -> int:
    """The worst loss over all final scores, leg by leg, with settlement's payouts."""

    def result(h: int, a: int) -> int:
        return sum(
            CATALOGUE[leg.selection_index].factor(h, a).payout_minor(*at(leg)) - leg.stake_minor
            for leg in reserved
        )

    return max((result(h, a) for h, a in GRID), default=0)


def at(leg: ReservedLeg) -> tuple[int, int]:
    return leg.stake_minor, leg.price_milli


def losses(reserved: list[ReservedLeg], new: ReservedLeg, customer: int) -> dict[Level, int]:
    """The loss at each level that `new` belongs to."""
    selection = CATALOGUE[new.selection_index]
    same = [leg for leg in reserved if leg.selection_index == new.selection_index]
    market = [leg for leg in reserved if CATALOGUE[leg.selection_index].market == selection.market]
    return {
        Level.SELECTION: sum(WIN.payout_minor(*at(leg)) - leg.stake_minor for leg in same),
        Level.MARKET: loss(market),
        Level.MATCH: loss(reserved),
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

"""The exposure by markets against every outcome that there is, and its limits against one more."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.exposure.by_market import (
    EMPTY_BY_MARKET,
    ExposureByMarket,
    release,
    stake_that_fits,
    take,
    worst_minor,
)
from overround.domain.exposure.model import TOTAL_STAKE_MINOR_MAX, Level, Limits
from overround.domain.exposure.recount import recount_by_market
from overround.domain.kernel.market import LOSE, VOID, WIN, Factor

STEADY = settings(derandomize=True, deadline=None, max_examples=150)
# Two markets of two outcomes and one of three: a few bets meet in each.
OUTCOMES = {
    "match_winner": ("home", "away"),
    "total_points:200.5": ("over", "under"),
    "period_winner:1": ("home", "draw", "away"),
}
SELECTIONS = [f"{market}/{outcome}" for market, own in OUTCOMES.items() for outcome in own]


@dataclass(frozen=True)
class Weight:
    selection: str
    stake_minor: int
    price_milli: int

    @property
    def market(self) -> str:
        return self.selection.rpartition("/")[0]

    def profit(self, factor: Factor) -> int:
        return self.stake_minor - factor.payout_minor(self.stake_minor, self.price_milli)


stakes = st.one_of(st.integers(1, 50), st.integers(1, 10**10))
prices = st.one_of(st.integers(1_001, 4_000), st.integers(1_001, 1_000_000))
legs = st.builds(Weight, st.sampled_from(SELECTIONS), stakes, prices)
limit = st.one_of(st.just(0), st.integers(0, 200), st.integers(0, 10**12))
limits = st.builds(Limits, limit, limit, limit, limit)


def taken(reserved: list[Weight]) -> ExposureByMarket:
    exposure = EMPTY_BY_MARKET
    for leg in reserved:
        exposure = take(exposure, leg.selection, leg.stake_minor, leg.price_milli)
    return exposure


def worst_of(market: str, reserved: list[Weight]) -> int:
    """The house's at the worst that may become of a market: one wins, all come back, or none."""
    own = [leg for leg in reserved if leg.market == market]
    won = [
        sum(leg.profit(WIN if leg.selection == f"{market}/{outcome}" else LOSE) for leg in own)
        for outcome in OUTCOMES[market]
    ]
    none = [sum(leg.profit(factor) for leg in own) for factor in (VOID, LOSE)]
    return min(won + none)


def worst(reserved: list[Weight]) -> int:
    return sum(worst_of(market, reserved) for market in OUTCOMES)


@STEADY
@given(st.lists(legs, max_size=6))
def test_legs_taken_one_by_one_equal_a_recount_and_their_worst_is_the_worst_outcome(
    reserved: list[Weight],
) -> None:
    assert taken(reserved) == recount_by_market(reserved)
    assert worst_minor(taken(reserved)) == worst(reserved)


@STEADY
@given(st.lists(legs, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_releases_in_any_order_are_exact_inverses(reserved: list[Weight], rng) -> None:
    exposure, keep = taken(reserved), reserved[: len(reserved) // 2]
    drop = reserved[len(reserved) // 2 :]
    rng.shuffle(drop)
    for leg in drop:
        exposure = release(exposure, leg.selection, leg.stake_minor, leg.price_milli)
    assert exposure == recount_by_market(keep)


@STEADY
@given(st.permutations([Weight(name, 100, 2_000) for name in SELECTIONS]))
def test_the_order_of_bets_leaves_no_trace(reserved: list[Weight]) -> None:
    assert list(taken(reserved).stake_minor) == sorted(SELECTIONS)


def losses(reserved: list[Weight], new: Weight, customer: int) -> dict[Level, int]:
    same = [leg for leg in reserved if leg.selection == new.selection]
    return {
        Level.SELECTION: -sum(leg.profit(WIN) for leg in same),
        Level.MARKET: -worst_of(new.market, reserved),
        Level.MATCH: -worst(reserved),
        Level.CUSTOMER: customer,
    }


def broken(reserved: list[Weight], new: Weight, bounds: Limits, customer: int) -> set[Level]:
    """The levels whose limit a leg breaks: above the limit and above what was lost before."""
    caps = {
        Level.SELECTION: bounds.selection_minor,
        Level.MARKET: bounds.market_minor,
        Level.MATCH: bounds.match_minor,
        Level.CUSTOMER: bounds.customer_minor,
    }
    before = losses(reserved, new, customer)
    after = losses([*reserved, new], new, customer - new.profit(WIN))
    return {level for level in Level if after[level] > max(caps[level], before[level])}


@pytest.mark.slow
@settings(STEADY, max_examples=400)
@given(st.lists(legs, max_size=4), legs, limits, st.one_of(st.just(0), limit))
def test_the_room_is_the_greatest_stake_that_breaks_no_limit(
    reserved: list[Weight], asked: Weight, bounds: Limits, customer: int
) -> None:
    terms = {"price_milli": asked.price_milli, "stake_minor": asked.stake_minor}
    room = stake_that_fits(
        taken(reserved), bounds, asked.selection, **terms, customer_loss_minor=customer
    )
    assert 0 <= room.stake_minor <= asked.stake_minor
    assert (room.binding is None) == (room.stake_minor == asked.stake_minor)
    if room.stake_minor > 0:
        fits = replace(asked, stake_minor=room.stake_minor)
        assert not broken(reserved, fits, bounds, customer)
    if room.binding is not None:
        more = replace(asked, stake_minor=room.stake_minor + 1)
        assert room.binding in broken(reserved, more, bounds, customer)


def test_what_cannot_be_taken_or_released_is_refused() -> None:
    held = taken([Weight("match_winner/home", 100, 2_000)])
    for stake_minor, price_milli, error in (
        (100.0, 2_000, TypeError),
        (100, 1_000, ValueError),
        (0, 2_000, ValueError),
    ):
        for step in (take, release):
            with pytest.raises(error):
                step(held, "match_winner/home", stake_minor, price_milli)
    for selection, stake_minor in (("match_winner/away", 100), ("match_winner/home", 101)):
        with pytest.raises(ValueError, match="holds no leg"):
            release(held, selection, stake_minor, 2_000)
    full = replace(held, total_stake_minor=TOTAL_STAKE_MINOR_MAX)
    with pytest.raises(OverflowError):
        take(full, "match_winner/home", 1, 2_000)
    wide = Limits(1, 1, 1, 1)
    with pytest.raises(ValueError, match="not negative"):
        stake_that_fits(
            held,
            wide,
            "match_winner/home",
            price_milli=2_000,
            stake_minor=1,
            customer_loss_minor=-1,
        )

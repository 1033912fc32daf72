from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.kernel.facts import BySide, Facts
from overround.domain.kernel.market import HALF_LOSE, HALF_WIN, LOSE, PUSH, WIN
from overround.domain.kernel.match import Side
from overround.domain.kernel.traded import TRADED
from overround.domain.settlement.decide import correction, payout, settle, void
from overround.domain.settlement.events import Certainty
from overround.domain.settlement.model import Leg

STEADY = settings(derandomize=True, deadline=None, max_examples=300)
amounts = st.integers(0, 10**13)


@STEADY
@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=8))
def test_what_a_customer_has_is_always_the_payout_and_what_is_owed(steps):
    """An auditor counts what was really moved over any sequence of corrections."""
    has, owed, previous = 0, 0, 0
    for payout_minor, available_minor in steps:
        moved = correction(
            previous, payout_minor, available_minor=available_minor, shortfall_minor=owed
        )
        assert moved.take_back_minor <= available_minor
        assert min(moved.pay_minor, moved.take_back_minor) == 0
        has += moved.pay_minor - moved.take_back_minor
        owed += moved.write_off_minor - moved.write_back_minor
        previous = payout_minor
        assert moved.shortfall_minor == owed >= 0
        assert has == payout_minor + owed


@pytest.mark.slow
@STEADY
@given(st.integers(0, 10**10), st.integers(1_001, 10**6))
def test_better_fates_never_pay_less_and_a_win_pays_at_most_the_price(stake, price):
    paid = [payout(stake, price, fate) for fate in (LOSE, HALF_LOSE, PUSH, HALF_WIN, WIN)]
    assert paid == sorted(paid)
    assert (paid[0], paid[2]) == (0, stake)
    assert 0 <= stake * price - paid[4] * 1000 < 1000


scores = st.none() | st.builds(BySide, st.integers(0, 6), st.integers(0, 6))
sides = st.none() | st.sampled_from(Side)
facts = st.builds(Facts, scores, scores, st.lists(sides, max_size=4).map(tuple), sides, scores)
results = st.tuples(facts, st.sampled_from(Certainty))
selections = st.sampled_from([selection.id for selection in TRADED])


@pytest.mark.slow
@STEADY
@given(selections, st.lists(st.one_of(st.none(), results), min_size=1, max_size=8))
def test_revisions_rise_by_one_and_every_told_fate_differs_from_the_last(selection, orders):
    leg = Leg("c1", "b1", "c1/b1/0", "m1", selection, "EUR", 100, 2_000)
    told = []
    for order in orders:
        decision = void(leg, "void") if order is None else settle(leg, *order, "result")
        leg = decision.state
        told.extend(decision.events)
    assert [event.revision for event in told] == list(range(1, len(told) + 1))
    fates = [(event.win_halves, event.refund_halves) for event in told]
    assert all(now != before for before, now in pairwise(fates))
    assert leg.revision == len(told)
    assert leg.voided == (None in orders)

import numpy as np
import pytest

from overround.domain.betting.events import RejectReason
from overround.domain.exposure.decide import (
    leg_liability_minor,
    market_worst_minor,
    release,
    stake_that_fits,
    take,
    worst_minor,
)
from overround.domain.exposure.model import (
    EMPTY,
    LIMITS,
    MARKET_OF,
    TOTAL_STAKE_MINOR_MAX,
    Exposure,
    Level,
    Limits,
    Room,
    cell,
    sealed,
)
from overround.domain.exposure.reckoning import BY_SCORE
from overround.domain.kernel.market import CATALOGUE, INDEX
from overround.domain.kernel.money import EXPONENTS, STAKE_MINOR_MAX
from overround.domain.kernel.traded import TRADED, TRADED_INDEX

HOME, DRAW, AWAY = INDEX["1x2/home"], INDEX["1x2/draw"], INDEX["1x2/away"]
WIDE = 10**15
NO_LIMITS = Limits(WIDE, WIDE, WIDE, WIDE)


def room(exposure: Exposure, limits: Limits, index: int, price: int, stake: int) -> Room:
    return stake_that_fits(
        exposure, limits, index, price_milli=price, stake_minor=stake, customer_loss_minor=0
    )


def test_a_home_bet_costs_its_winnings_at_home_wins_and_earns_its_stake_elsewhere():
    exposure = take(EMPTY, HOME, 1_000, 2_500)
    assert exposure.pnl_minor[cell(1, 0)] == -1_500
    assert exposure.pnl_minor[cell(0, 0)] == 1_000
    assert exposure.pnl_minor[cell(31, 0)] == -1_500, "goals over 15 count as 15"
    assert worst_minor(exposure) == -1_500
    assert (exposure.legs, exposure.total_stake_minor) == (1, 1_000)


def test_stake_and_liability_are_kept_by_selection():
    exposure = take(take(EMPTY, HOME, 1_000, 2_500), HOME, 200, 3_000)
    assert (exposure.stake_minor[HOME], exposure.liability_minor[HOME]) == (1_200, 1_900)
    assert exposure.stake_minor.sum() == 1_200
    assert exposure.liability_minor.sum() == 1_900


def test_fractions_of_a_payout_stay_with_the_house():
    # 333 x 1.999 = 665.667 and settlement pays 665, so the loss is 332. Rounding half up would
    # book 333, and an odd half lost stake of 333 would come back as 167 instead of 166.
    assert worst_minor(take(EMPTY, HOME, 333, 1_999)) == -332
    over = take(EMPTY, INDEX["totals:2.25/over"], 333, 1_999)
    assert over.pnl_minor[cell(1, 1)] == 333 - 166


def test_a_quarter_line_costs_half_its_winnings_at_the_neighbouring_score():
    exposure = take(EMPTY, INDEX["asian_handicap:-0.75/home"], 1_000, 1_900)
    assert exposure.pnl_minor[cell(1, 0)] == -450
    assert exposure.pnl_minor[cell(2, 0)] == -900
    assert exposure.pnl_minor[cell(0, 0)] == 1_000


def test_release_restores_the_exposure_before_the_leg():
    before = take(EMPTY, DRAW, 777, 3_333)
    after = release(take(before, AWAY, 999, 4_001), AWAY, 999, 4_001)
    assert after == before
    assert release(before, DRAW, 777, 3_333) == EMPTY


def test_a_leg_that_was_never_taken_cannot_be_released():
    with pytest.raises(ValueError, match="holds no leg"):
        release(EMPTY, HOME, 100, 2_000)
    with pytest.raises(ValueError, match="holds no leg"):
        release(take(EMPTY, HOME, 100, 2_000), HOME, 100, 2_010)


def test_exposures_are_write_protected_so_no_handler_changes_the_past():
    exposure = take(EMPTY, HOME, 100, 2_000)
    with pytest.raises(ValueError, match="read-only"):
        exposure.pnl_minor[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        EMPTY.profit_minor[0] = 1


@pytest.mark.parametrize(
    ("level", "limits"),
    [
        (Level.SELECTION, Limits(150, WIDE, WIDE, WIDE)),
        (Level.MARKET, Limits(WIDE, 150, WIDE, WIDE)),
        (Level.MATCH, Limits(WIDE, WIDE, 150, WIDE)),
        (Level.CUSTOMER, Limits(WIDE, WIDE, WIDE, 150)),
    ],
)
def test_each_limit_alone_cuts_the_stake_and_is_named(level: Level, limits: Limits):
    # At 2.5 a stake of 100 loses 150; 101 loses floor(151.5) = 151.
    assert room(EMPTY, limits, HOME, 2_500, 1_000) == Room(100, level)
    assert room(EMPTY, limits, HOME, 2_500, 100) == Room(100, None)


def test_what_a_customer_already_stands_to_win_counts_against_the_customers_limit():
    limits = Limits(WIDE, WIDE, WIDE, 1_000)
    loss_minor = leg_liability_minor(300, 4_000)
    assert loss_minor == 900
    fits = stake_that_fits(
        EMPTY, limits, HOME, price_milli=2_000, stake_minor=500, customer_loss_minor=loss_minor
    )
    assert fits == Room(100, Level.CUSTOMER)


def test_the_market_level_sees_only_its_own_bets():
    exposure = take(EMPTY, INDEX["draw_no_bet/home"], 10_000, 2_000)
    limits = Limits(WIDE, 100, WIDE, WIDE)
    assert room(exposure, limits, HOME, 2_000, 1_000) == Room(100, Level.MARKET)
    assert market_worst_minor(exposure, MARKET_OF[HOME]) == 0
    assert market_worst_minor(exposure, MARKET_OF[INDEX["draw_no_bet/home"]]) == -10_000


def test_income_on_other_outcomes_makes_room_at_market_and_match_level():
    exposure = take(EMPTY, AWAY, 1_000, 2_000)
    limits = Limits(WIDE, 500, 500, WIDE)
    # The away bet's 1,000 pays for a home loss of 1,500: floor -500 or the -1,000 already there.
    assert room(exposure, limits, HOME, 2_000, 10_000) == Room(2_000, Level.MARKET)


def test_a_bet_that_lessens_the_worst_case_fits_although_the_limit_is_exceeded():
    exposure = take(EMPTY, HOME, 1_000, 3_000)
    tight = Limits(WIDE, WIDE, 100, WIDE)
    assert room(exposure, tight, HOME, 3_000, 10) == Room(0, Level.MATCH)
    fits = room(exposure, tight, AWAY, 2_000, 500)
    assert fits == Room(500, None)
    assert worst_minor(take(exposure, AWAY, 500, 2_000)) == -1_500 > worst_minor(exposure)


def test_a_half_win_binds_where_that_score_is_already_the_worst():
    # A 1-0 bet loses the house 900 at 1-0 and leaves 100; home -0.75 at 2.0 costs half its
    # stake there, floored: 201 costs 100 and 202 would cost 101.
    exposure = take(EMPTY, INDEX["correct_score/1-0"], 100, 10_000)
    limits = Limits(WIDE, WIDE, 1_000, WIDE)
    handicap = INDEX["asian_handicap:-0.75/home"]
    assert room(exposure, limits, handicap, 2_000, 1_000) == Room(201, Level.MATCH)


def test_the_narrowest_level_is_named_when_several_bind_alike():
    assert room(EMPTY, Limits(99, 99, 99, 99), HOME, 2_000, 1_000).binding is Level.SELECTION


def test_the_largest_stake_at_the_longest_price_stays_exact():
    exposure = take(EMPTY, HOME, STAKE_MINOR_MAX, 1_000_000)
    assert worst_minor(exposure) == -999 * STAKE_MINOR_MAX
    assert room(exposure, Limits(2 * WIDE, 2 * WIDE, 2 * WIDE, 2 * WIDE), HOME, 1_000_000, 10**10)


def test_a_match_refuses_more_stake_than_its_sums_can_hold():
    full = Exposure(EMPTY.pnl_minor, EMPTY.profit_minor, 1, TOTAL_STAKE_MINOR_MAX)
    with pytest.raises(OverflowError):
        take(full, HOME, 1, 2_000)


@pytest.mark.parametrize(
    ("index", "stake", "price", "error"),
    [
        (HOME, 10.0, 2_000, TypeError),
        (HOME, True, 2_000, TypeError),
        (HOME, 10, 2.0, TypeError),
        (HOME, 0, 2_000, ValueError),
        (HOME, -1, 2_000, ValueError),
        (HOME, STAKE_MINOR_MAX + 1, 2_000, ValueError),
        (HOME, 10, 1_000, ValueError),
        (HOME, 10, 1_000_001, ValueError),
        (-1, 10, 2_000, ValueError),
        (len(TRADED), 10, 2_000, ValueError),
    ],
)
def test_legs_that_cannot_be_are_refused(index, stake, price, error):
    for act in (take, release):
        with pytest.raises(error):
            act(EMPTY, index, stake, price)
    with pytest.raises(error):
        room(EMPTY, NO_LIMITS, index, price, stake)


def test_limits_are_integers_and_not_negative():
    with pytest.raises(TypeError):
        Limits(1.5, 1, 1, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        Limits(1, -1, 1, 1)


FIRST_HOME, FIRST_DRAW = TRADED_INDEX["half_1x2:1/home"], TRADED_INDEX["half_1x2:1/draw"]
NEXT_HOME = TRADED_INDEX["next_goal:1/home"]


def test_a_side_market_has_a_worst_outcome_of_its_own_beside_the_worst_score():
    exposure = take(take(EMPTY, HOME, 1_000, 2_500), FIRST_HOME, 1_000, 3_000)
    assert exposure.pnl_minor[cell(1, 0)] == -1_500, "no final score has it"
    assert market_worst_minor(exposure, MARKET_OF[FIRST_HOME]) == -2_000
    assert worst_minor(exposure) == -3_500
    hedged = take(exposure, FIRST_DRAW, 1_000, 3_000)
    assert worst_minor(hedged) == -2_500, "home and draw at half time exclude each other"
    assert worst_minor(take(hedged, NEXT_HOME, 100, 2_000)) == -2_600


def test_what_a_side_market_wins_at_its_worst_makes_the_match_no_better():
    exposure = EMPTY
    for outcome in ("home", "draw", "away"):
        exposure = take(exposure, TRADED_INDEX[f"half_1x2:1/{outcome}"], 1_000, 2_000)
    assert market_worst_minor(exposure, MARKET_OF[FIRST_HOME]) == 1_000
    assert worst_minor(exposure) == 0


def test_a_match_limit_counts_the_side_markets_and_binds_on_either():
    exposure = take(take(EMPTY, HOME, 1_000, 2_000), FIRST_HOME, 1_000, 2_000)
    limits = Limits(WIDE, WIDE, 2_500, WIDE)
    assert room(exposure, limits, HOME, 2_000, 9_999) == Room(500, Level.MATCH)
    assert room(exposure, limits, NEXT_HOME, 2_000, 9_999) == Room(500, Level.MATCH)
    assert room(exposure, limits, FIRST_DRAW, 2_000, 9_999) == Room(2_500, Level.MATCH)


def test_every_currency_of_the_book_has_limits_that_widen_from_customer_to_match():
    assert set(LIMITS) == set(EXPONENTS)
    for limits in LIMITS.values():
        assert (
            limits.customer_minor
            < limits.selection_minor
            < limits.market_minor
            < limits.match_minor
        )


def test_a_level_is_a_reason_that_a_bet_can_be_rejected_with():
    assert {RejectReason(level).value for level in Level} == {level.value for level in Level}


def test_scores_beyond_the_grid_have_the_fates_of_its_edge():
    for away in range(11):
        for beyond, edge in ((31, 15), (16, 14)):  # an odd number of goals, and an even one
            for selection in CATALOGUE:
                assert selection.factor(beyond, away) == selection.factor(edge, away)
                assert selection.factor(away, beyond) == selection.factor(away, edge)


def test_an_exposure_that_was_kept_under_a_shorter_catalogue_has_nothing_on_what_is_new():
    before = take(EMPTY, HOME, 1_000, 2_500)
    kept = Exposure(before.pnl_minor, sealed(before.profit_minor[: 112 * 5].copy()), 1, 1_000)
    assert kept == before
    assert take(kept, len(TRADED) - 1, 100, 2_000).legs == 2


def test_the_change_that_is_told_carries_legs_stake_and_worst_case():
    told = BY_SCORE.changed("m1", "EUR", take(EMPTY, HOME, 1_000, 2_500))
    assert (told.event_id, told.currency) == ("m1", "EUR")
    assert (told.legs, told.stake_minor, told.worst_minor) == (1, 1_000, -1_500)
    assert type(told.worst_minor) is int


def test_arrays_are_flat_int64_as_the_tables_store_them():
    exposure = take(EMPTY, HOME, 1_000, 2_500)
    for values in (exposure.pnl_minor, exposure.profit_minor):
        assert (values.dtype, values.ndim) == (np.dtype(np.int64), 1)

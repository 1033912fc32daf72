"""What must hold of all prices of any match: they are one opinion, whatever is asked of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import Period
from overround.domain.kernel.side_market import (
    CARDS_LINES,
    CORNERS_LINES,
    GOALS_MAX,
    RACES,
    RESULTS,
    SIDE_CARDS_LINES,
    SIDE_CORNERS_LINES,
)
from overround.domain.pricing.football.board import shares
from overround.domain.pricing.football.boards import many_shares
from overround.domain.pricing.football.catalogue import OFFERS, PLACE
from overround.domain.pricing.football.decide import probabilities, quote
from overround.domain.pricing.football.grid import score_grid
from overround.domain.pricing.football.layout import ON_SIDES
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match
from overround.domain.pricing.football.witness import Witness
from tests.kit.mirror import mirrored
from tests.property.test_pricing_grid import matches

QUICK = settings(max_examples=40, deadline=None, derandomize=True)

# Tables and polynomials are good to this where ten goals are expected or twelve are to be made
# good; at usual matches to 1e-6.
TABLED = 1e-4
TRADED = len(CATALOGUE)

MARKET_NAMES = tuple(dict.fromkeys(offer.market for offer in OFFERS))
MARKET_OF = np.array([MARKET_NAMES.index(offer.market) for offer in OFFERS])


@st.composite
def known_matches(draw: st.DrawFn) -> Match:
    """Matches of which everything is known that a feed tells: half time's score, cards."""
    match = draw(matches())
    home, away = match.home_goals, match.away_goals
    if match.period is Period.SECOND_HALF:
        home, away = draw(st.integers(0, home)), draw(st.integers(0, away))
    cards = st.integers(0, 0 if match.period is Period.NOT_STARTED else 6)
    corners = st.integers(0, 9)
    left_micro = draw(st.integers(0, MICROS))
    counts = Witness("w", 1, (), (), home_corners=draw(corners), away_corners=draw(corners))
    return replace(
        match,
        half_home_goals=home,
        half_away_goals=away,
        home_yellows=draw(cards),
        away_yellows=draw(cards),
        needs_winner=draw(st.booleans()),
        witnesses=(replace(counts, corners_left_micro=left_micro),) if draw(st.booleans()) else (),
        rho_micro=max(match.rho_micro, -100_000),
    )


def at(won: NDArray[np.float64], *selections: str) -> NDArray[np.float64]:
    return won[[PLACE[selection] for selection in selections]]


def test_there_are_more_than_300_selections_and_the_traded_come_first() -> None:
    assert len(OFFERS) == len(PLACE) == 410
    match = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000, needs_winner=True)
    won, refunded = shares(match)
    # All but the goals that are too far off to be asked for.
    assert (won > 0.0).sum() == 410 - 3 * 4
    traded = probabilities(match)
    assert won[:TRADED] == pytest.approx(traded[0], abs=1e-12)
    assert refunded[:TRADED] == pytest.approx(traded[1], abs=1e-12)


@QUICK
@given(known_matches())
def test_what_is_won_and_refunded_of_a_market_is_the_whole_or_nothing_is_known(
    match: Match,
) -> None:
    won, refunded = shares(match)
    assert won.min() >= -1e-9
    assert max(won.max(), refunded.max()) <= 1.0 + 1e-9
    sums, counts = np.bincount(MARKET_OF, won), np.bincount(MARKET_OF)
    refunds = np.bincount(MARKET_OF, refunded) / counts
    for market, total, refund in zip(MARKET_NAMES, sums, refunds, strict=True):
        whole = 2.0 if "double_chance" in market else 1.0
        assert total + refund == pytest.approx(whole, abs=TABLED) or total == refund == 0.0, market


@QUICK
@given(known_matches())
def test_half_time_and_full_time_add_up_to_the_half_and_to_the_match(match: Match) -> None:
    won = shares(match)[0]
    both = at(won, *(f"half_time_full_time/{half}_{full}" for half in RESULTS for full in RESULTS))
    both = both.reshape(3, 3)
    half = at(won, *(f"half_1x2:1/{result}" for result in RESULTS))
    full = at(won, *(f"1x2/{result}" for result in RESULTS))
    assert both.sum(axis=1) == pytest.approx(half, abs=TABLED)
    assert both.sum(axis=0) == pytest.approx(full, abs=TABLED)


@QUICK
@given(st.floats(0.4, 3.0), st.floats(0.4, 3.0), st.integers(0, 2_700), st.integers(-1, 2))
def test_at_usual_matches_the_halves_add_up_to_the_last_digits(
    home: float, away: float, clock_s: int, goals: int
) -> None:
    match = Match(
        *(Period.FIRST_HALF, clock_s, max(goals, 0), max(-goals, 0)),
        home_rate_micro=round(home * 1e6),
        away_rate_micro=round(away * 1e6),
        rho_micro=-40_000,
    )
    won = shares(match)[0]
    both = at(won, *(f"half_time_full_time/{half}_{full}" for half in RESULTS for full in RESULTS))
    both = both.reshape(3, 3)
    half = at(won, *(f"half_1x2:1/{result}" for result in RESULTS))
    full = at(won, *(f"1x2/{result}" for result in RESULTS))
    assert both.sum(axis=1) == pytest.approx(half, abs=1e-12)
    assert both.sum(axis=0) == pytest.approx(full, abs=1e-12)
    assert both.min() >= 0.0


@QUICK
@given(known_matches())
def test_no_further_goal_is_what_the_totals_say(match: Match) -> None:
    won = shares(match)[0]
    grid = score_grid(match, DEFAULTS)
    goals = np.add.outer(np.arange(16), np.arange(16))
    scored = match.home_goals + match.away_goals
    for number in range(1, GOALS_MAX + 1):
        home, away, none = at(won, *(f"next_goal:{number}/{x}" for x in ("home", "away", "none")))
        if scored < number <= scored + 5 and max(match.home_goals, match.away_goals) < 8:
            assert home + away + none == pytest.approx(1.0, abs=1e-12)
            assert none == pytest.approx(grid[goals < number].sum(), abs=TABLED)
        elif number <= scored:
            assert home == away == none == 0.0


@QUICK
@given(known_matches())
def test_a_race_is_won_by_who_reaches_its_goals_or_by_nobody(match: Match) -> None:
    # The dependence weighs scores and says nothing of their order.
    match = replace(match, rho_micro=0)
    won = shares(match)[0]
    grid = score_grid(match, DEFAULTS)
    for goals in RACES:
        home, away, neither = at(won, *(f"race:{goals}/{x}" for x in ("home", "away", "neither")))
        if max(match.home_goals, match.away_goals) < goals:
            assert neither == pytest.approx(grid[:goals, :goals].sum(), abs=TABLED)
            assert home <= grid[goals:].sum() + TABLED
            assert away <= grid[:, goals:].sum() + TABLED
        elif min(match.home_goals, match.away_goals) >= goals:
            assert home == away == neither == 0.0, "the state does not say who was first"
        elif max(match.home_goals, match.away_goals) < 10:
            assert (home if match.home_goals >= goals else away) == pytest.approx(1.0)


@QUICK
@given(known_matches())
def test_a_line_further_out_is_seldomer_passed(match: Match) -> None:
    won = shares(match)[0]
    lines = {
        "home_totals:": (0.5, 1.5, 2.5, 3.5),
        "away_totals:": (0.5, 1.5, 2.5, 3.5),
        "half_totals:1:": (0.5, 1.5, 2.5, 3.5),
        "half_totals:2:": (0.5, 1.5, 2.5, 3.5),
        "corners:": CORNERS_LINES,
        "home_corners:": SIDE_CORNERS_LINES,
        "away_corners:": SIDE_CORNERS_LINES,
        "cards:": CARDS_LINES,
        "home_cards:": SIDE_CARDS_LINES,
        "away_cards:": SIDE_CARDS_LINES,
    }
    for market, its_lines in lines.items():
        overs = at(won, *(f"{market}{line:g}/over" for line in its_lines))
        assert all(nearer >= further - 1e-9 for nearer, further in pairwise(overs)), market


@QUICK
@given(known_matches())
def test_a_part_never_holds_more_than_the_whole(match: Match) -> None:
    won = shares(match)[0]
    for line in (0.5, 1.5, 2.5, 3.5):
        whole = at(won, f"totals:{line}/over")[0]
        for part in ("half_totals:1:", "half_totals:2:", "home_totals:", "away_totals:"):
            assert at(won, f"{part}{line}/over")[0] <= whole + TABLED, part
    for side in ("home", "away"):
        nil, sheet, win = at(
            won, f"{side}_win_to_nil/yes", f"{side}_clean_sheet/yes", f"1x2/{side}"
        )
        assert nil <= min(sheet, win) + 1e-12
        for line in CARDS_LINES[:3]:
            assert (
                at(won, f"{side}_cards:{line:g}/over") <= at(won, f"cards:{line:g}/over") + TABLED
            )


@QUICK
@given(known_matches())
def test_who_wins_goes_on_and_a_level_match_is_played_on(match: Match) -> None:
    match = replace(match, needs_winner=True)
    won = shares(match)[0]
    home, away = at(won, "to_qualify/home", "to_qualify/away")
    win, level = at(won, "1x2/home", "1x2/draw")
    assert home + away == pytest.approx(1.0, abs=1e-12)
    assert win - 1e-12 <= home <= win + level + 1e-12
    assert not at(shares(replace(match, needs_winner=False))[0], "to_qualify/home").any()


ON_GOALS = [place for place, offer in enumerate(OFFERS) if "cor" not in offer.market[:9]]
ON_GOALS = [place for place in ON_GOALS if "cards" not in OFFERS[place].market]
MIRRORED = [PLACE[mirrored(OFFERS[place].id)] for place in ON_GOALS]


@QUICK
@given(known_matches())
def test_swapping_the_sides_swaps_all_that_follows_from_goals(match: Match) -> None:
    swapped = replace(
        match,
        home_goals=match.away_goals,
        away_goals=match.home_goals,
        half_home_goals=match.half_away_goals,
        half_away_goals=match.half_home_goals,
        home_reds=match.away_reds,
        away_reds=match.home_reds,
        home_rate_micro=match.away_rate_micro,
        away_rate_micro=match.home_rate_micro,
    )
    ours, theirs = np.stack(shares(match)), np.stack(shares(swapped))
    assert theirs[:, MIRRORED] == pytest.approx(ours[:, ON_GOALS], abs=1e-9)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(known_matches(), min_size=1, max_size=12))
def test_many_matches_at_once_are_priced_as_one_by_one(some: list[Match]) -> None:
    some += [Match(), replace(some[0], abandoned=True), replace(some[0], half_home_goals=None)]
    won, refunded = many_shares(some)
    for place, match in enumerate(some):
        one = shares(match)
        assert won[place] == pytest.approx(one[0], abs=1e-9)
        assert refunded[place] == pytest.approx(one[1], abs=1e-9)


HOUR = Match(
    *(Period.SECOND_HALF, 3_600, 2, 1, 2, 1),
    half_home_goals=1,
    half_away_goals=1,
    home_rate_micro=1_500_000,
    away_rate_micro=1_200_000,
)


def test_a_half_that_is_over_is_decided() -> None:
    won, refunded = shares(HOUR)
    for selection in ("half_1x2:1/draw", "half_correct_score:1/1-1", "half_totals:1:1.5/over"):
        assert at(won, selection) == pytest.approx(1.0)
    for selection in ("half_1x2:1/home", "half_totals:1:2.5/over", "half_time_full_time/home_home"):
        assert at(won, selection) == 0.0
    assert at(refunded, "half_draw_no_bet:1/home") == 1.0
    assert at(won, "half_totals:2:0.5/over") == pytest.approx(1.0)
    assert 0.0 < at(won, "half_totals:2:1.5/over") < 1.0


@pytest.mark.parametrize(
    "match",
    [replace(HOUR, half_home_goals=None), replace(HOUR, half_home_goals=3)],
    ids=["nobody told", "a goal of it was taken back"],
)
def test_a_half_that_is_not_known_has_no_price_and_the_match_has(match: Match) -> None:
    won, refunded = shares(match)
    for offer, chance, back in zip(OFFERS, won, refunded, strict=True):
        if offer.market.startswith("half_"):
            assert chance == back == 0.0, offer.id
    assert won[:TRADED] == pytest.approx(shares(HOUR)[0][:TRADED])


def test_corners_are_priced_while_somebody_counts_them_and_cards_until_the_end() -> None:
    before = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000)
    assert at(shares(before)[0], "corners:10.5/over") > 0.0
    assert at(shares(HOUR)[0], "corners:10.5/over") == at(shares(HOUR)[0], "corners_1x2/home") == 0
    counted = replace(HOUR, witnesses=(Witness("w", 1, home_corners=2, away_corners=1),))
    assert 0.0 < at(shares(counted)[0], "corners:10.5/over") < 1.0
    assert 0.0 < at(shares(HOUR)[0], "cards:3.5/over") < at(shares(before)[0], "cards:3.5/over")
    assert at(shares(replace(HOUR, home_yellows=4))[0], "cards:3.5/over") == pytest.approx(1.0)


@QUICK
@given(known_matches())
def test_a_side_market_is_quoted_only_where_something_is_undecided(match: Match) -> None:
    with np.errstate(invalid="raise", divide="raise"):
        prices = quote(match, layout=ON_SIDES)
    won, refunded = (each[ON_SIDES.places] for each in shares(match))
    chances = won / (1.0 + 1e-15 - refunded)
    assert not prices[chances <= DEFAULTS.probability_min].any()
    assert not prices[chances >= DEFAULTS.probability_max].any()

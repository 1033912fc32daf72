"""What must hold of the prices of any tennis match."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.ahead import Tables
from overround.domain.pricing.tennis.belief import (
    AWAY_SERVES,
    HOME_SERVES,
    grid_tables,
    weights,
)
from overround.domain.pricing.tennis.catalogue import CATALOGUE, INDEX
from overround.domain.pricing.tennis.chain import games, hold, tie_breaks
from overround.domain.pricing.tennis.model import (
    TOUR,
    FinalSet,
    Format,
    Match,
    Parameters,
    Point,
    Retired,
)
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.price import probabilities, shares
from overround.domain.pricing.tennis.running import win_by_pair

# The same examples at every run: a failure here must be a change of ours, not of the dice.
QUICK = settings(max_examples=60, deadline=None, derandomize=True)

HOME, AWAY = Side.HOME, Side.AWAY
FORMATS = st.builds(Format, st.sampled_from([2, 3]), st.sampled_from(list(FinalSet)))
SERVES_MICRO = st.integers(450_000, 800_000)
GAMES = [offer.market.startswith("game_winner") for offer in CATALOGUE]
NOT_GAMES = ~np.array(GAMES)
ONE = np.ones(1)


def pair_tables(form: Format, home_micro: int, away_micro: int) -> Tables:
    """The chains of one pair of serves that are known."""
    return Tables.of(form, np.array([home_micro / 1e6]), np.array([away_micro / 1e6]))


@st.composite
def matches(draw: st.DrawFn) -> Match:
    """A match somewhere between its first point and its last, by a fair coin of some seed."""
    match = Match(draw(FORMATS))
    match = replace(match, server=draw(st.sampled_from([HOME, AWAY])))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    on_serve = draw(st.sampled_from([0.5, 0.7, 0.95]))
    for sequence in range(draw(st.integers(0, 320))):
        after = observe(match, point(match, sequence, is_held=rng.random() < on_serve))
        if after.is_over:
            break
        match = after
    return match


def point(match: Match, sequence: int, *, is_held: bool) -> Point:
    server = match.server or HOME
    return Point(sequence, server, server if is_held else AWAY if server is HOME else HOME)


def after(match: Match) -> tuple[Match, Match]:
    sequence = (match.log[-1] >> 2) + 1 if match.log else 0
    held, lost = (observe(match, point(match, sequence, is_held=held)) for held in (True, False))
    return held, lost


@cache
def plain_game(serve: float, mine: int, theirs: int) -> float:
    if mine >= 4 and mine - theirs >= 2:
        return 1.0
    if theirs >= 4 and theirs - mine >= 2:
        return 0.0
    if mine + theirs > 60:
        return 0.5
    further = serve * plain_game(serve, mine + 1, theirs)
    return further + (1.0 - serve) * plain_game(serve, mine, theirs + 1)


@cache
def plain_tie_break(chances: tuple[float, float], to: int, h: int, a: int, opener: int) -> float:
    """`chances` are home's to win a point on its own serve and on the other's."""
    if max(h, a) >= to and abs(h - a) >= 2:
        return float(h > a)
    if h + a > 120:
        return 0.5
    # One point, then two each: home serves the 1st, 4th, 5th, 8th, ... when it opens.
    is_home = (h + a) % 4 in {0, 3} if opener == 0 else (h + a) % 4 in {1, 2}
    chance = chances[0] if is_home else chances[1]
    return chance * plain_tie_break(chances, to, h + 1, a, opener) + (
        1.0 - chance
    ) * plain_tie_break(chances, to, h, a + 1, opener)


@pytest.mark.parametrize("serve", [0.3, 0.5, 0.62, 0.75, 0.9])
def test_games_are_what_plain_recursion_gives(serve: float) -> None:
    table = games(np.array([serve]))[..., 0]
    for mine in range(4):
        for theirs in range(4):
            assert table[mine, theirs] == pytest.approx(plain_game(serve, mine, theirs), abs=1e-6)


def test_two_points_of_three_hold_208_games_of_243() -> None:
    assert hold(np.array([2 / 3]))[0] == pytest.approx(208 / 243, abs=1e-12)


@pytest.mark.parametrize("to", [7, 10])
@pytest.mark.parametrize(("home", "away"), [(0.6, 0.65), (0.5, 0.8), (0.75, 0.7)])
def test_tie_breaks_are_what_plain_recursion_gives(to: int, home: float, away: float) -> None:
    table = tie_breaks(np.array([home]), np.array([away]), to)[..., 0]
    for opener in range(2):
        for h in range(to):
            for a in range(to):
                expected = plain_tie_break((home, 1.0 - away), to, h, a, opener)
                assert table[opener, h, a] == pytest.approx(expected, abs=1e-9)


@QUICK
@given(matches(), SERVES_MICRO, SERVES_MICRO)
def test_a_price_is_the_mean_of_the_prices_after_the_next_point(
    match: Match, home_micro: int, away_micro: int
) -> None:
    # With known ends this makes every share exact, by induction from the last point backward.
    tables = pair_tables(match.format, home_micro, away_micro)
    serve = (home_micro if match.server is HOME else away_micro) / 1e6
    held, lost = (shares(each, tables, ONE) for each in after(match))
    for now, won, not_won in zip(shares(match, tables, ONE), held, lost, strict=True):
        mean = serve * won + (1.0 - serve) * not_won
        assert now[NOT_GAMES] == pytest.approx(mean[NOT_GAMES], abs=1e-9)


@pytest.mark.slow
@QUICK
@given(matches())
def test_what_is_learnt_from_a_point_was_expected_before_it(match: Match) -> None:
    serves = HOME_SERVES if match.server is HOME else AWAY_SERVES
    serve = float(weights(match) @ serves)
    held, lost = (probabilities(each) for each in after(match))
    for now, won, not_won in zip(probabilities(match), held, lost, strict=True):
        mean = serve * won + (1.0 - serve) * not_won
        assert now[NOT_GAMES] == pytest.approx(mean[NOT_GAMES], abs=1e-9)


@pytest.mark.slow
@QUICK
@given(matches())
def test_every_market_sums_to_one_with_what_comes_back(match: Match) -> None:
    won, refunded = probabilities(match)
    assert won.min() >= -1e-12
    assert refunded.min() >= -1e-9
    markets = sorted({offer.market for offer in CATALOGUE})
    for market in markets:
        places = [place for place, offer in enumerate(CATALOGUE) if offer.market == market]
        total = won[places].sum() + refunded[places[0]]
        is_unpriced = market.startswith("game_winner") and total == 0.0
        assert is_unpriced or total == pytest.approx(1.0, abs=1e-9), market
        assert np.ptp(refunded[places]) < 1e-12


@QUICK
@given(matches())
def test_lines_are_monotone_and_sets_agree_with_the_match(match: Match) -> None:
    won, _ = probabilities(match)
    for market, outcome in (("total_games", "under"), ("games_handicap", "home")):
        line = [
            chance
            for offer, chance in zip(CATALOGUE, won, strict=True)
            if offer.market.startswith(market) and offer.outcome == outcome
        ]
        assert np.diff(line).min() >= -1e-12
    to_win = match.format.sets_to_win
    home_results = [won[INDEX[f"set_betting/{to_win}-{lost}"]] for lost in range(to_win)]
    assert sum(home_results) == pytest.approx(won[INDEX["match_winner/home"]], abs=1e-9)
    by_pair = weights(match) @ win_by_pair(match, grid_tables(match.format))
    assert by_pair == pytest.approx(won[INDEX["match_winner/home"]], abs=1e-9)


@QUICK
@given(matches())
def test_sides_swapped_swap_the_chances(match: Match) -> None:
    log = tuple(entry ^ 0b11 for entry in match.log)
    mirrored = Match(
        match.format,
        match.belief,
        tuple((away, home) for home, away in match.sets),
        match.games[::-1],
        match.points[::-1],
        AWAY if match.server is HOME else HOME,
        match.won[::-1],
        match.served[::-1],
        log=log,
    )
    mine, theirs = probabilities(match)[0], probabilities(mirrored)[0]
    assert mine[:12:2] == pytest.approx(theirs[1:12:2], abs=1e-9)


def _parity(home: float, away: float) -> NDArray[np.float64]:
    tables = pair_tables(Format(), round(home * 1e6), round(away * 1e6))
    return np.array([win_by_pair(replace(Match(), server=s), tables)[0] for s in (HOME, AWAY)])


@pytest.mark.parametrize(("home", "away"), [(0.6, 0.65), (0.7, 0.55), (0.5, 0.5)])
def test_who_serves_first_does_not_change_who_wins(home: float, away: float) -> None:
    first, second = _parity(home, away)
    assert first == pytest.approx(second, abs=1e-12)


@pytest.mark.parametrize("sets", [((6, 7), (7, 6)), ((6, 7), (7, 6)) * 2])
def test_a_last_set_without_a_tie_break_may_go_on_for_ever(
    sets: tuple[tuple[int, int], ...],
) -> None:
    # One of 2010 ended with 70 games to 68.
    form = Format(len(sets) // 2 + 1, FinalSet.ADVANTAGE)
    tables = pair_tables(form, 700_000, 650_000)
    begun = replace(Match(form), sets=sets, server=HOME)
    early, *late = (
        shares(replace(begun, games=(games, games)), tables, ONE)[0] for games in (8, 19, 40, 70)
    )
    for won in late:
        assert won[:2] == pytest.approx(early[:2], abs=1e-12)
        assert won[INDEX["total_games:60.5/over"]] == pytest.approx(1.0, abs=1e-12)


def test_without_learning_only_the_score_counts() -> None:
    one = replace(Match(), server=HOME, games=(2, 1), won=(30, 5), served=(30, 30))
    other = replace(one, won=(10, 25))
    fixed = Parameters(learns=False)
    assert (probabilities(one, fixed)[0] == probabilities(other, fixed)[0]).all()
    assert not (probabilities(one)[0] == probabilities(other)[0]).all()


def test_a_sharp_belief_prices_as_known_serves_do() -> None:
    sharp = replace(TOUR, home_serve_micro=650_000, strength_micro=2_000_000_000, rho_micro=0)
    match = replace(Match(), belief=sharp, games=(3, 2), server=AWAY)
    known = shares(match, pair_tables(match.format, 650_000, 617_000), ONE)[0]
    assert probabilities(match)[0] == pytest.approx(known, abs=0.01)


def test_the_running_and_the_next_game_are_priced() -> None:
    match = replace(Match(), server=HOME, games=(5, 3), points=(3, 0))
    tables = pair_tables(match.format, 600_000, 650_000)
    won, refunded = shares(match, tables, ONE)
    hold_home, hold_away = hold(np.array([0.6]))[0], hold(np.array([0.65]))[0]
    lost = 0.4**3 * (1 - plain_game(0.6, 3, 3))
    assert won[INDEX["game_winner:1.9/home"]] == pytest.approx(1 - lost, abs=1e-6)
    assert won[INDEX["game_winner:1.10/away"]] == pytest.approx(lost * hold_away, abs=1e-6)
    assert refunded[INDEX["game_winner:1.10/home"]] == pytest.approx(1 - lost, abs=1e-6)
    assert won[INDEX["game_winner:1.11/home"]] == 0.0
    assert hold_home < hold_away


def test_after_a_retirement_what_is_decided_stands_and_the_rest_comes_back() -> None:
    match = replace(Match(), sets=((7, 6),), games=(5, 5), server=HOME)
    won, refunded = probabilities(observe(match, Retired(HOME)))
    stands = ("set_winner:1/home", "tie_break/yes", "first_set_score/7-6", "total_games:24.5/over")
    for selection in stands:
        assert (won[INDEX[selection]], refunded[INDEX[selection]]) == (1.0, 0.0), selection
    lost = ("set_winner:1/away", "total_games:24.5/under", "set_betting/0-2")
    for selection in lost:
        assert (won[INDEX[selection]], refunded[INDEX[selection]]) == (0.0, 0.0), selection
    for selection in ("match_winner/home", "set_winner:2/away", "total_games:25.5/over"):
        assert (won[INDEX[selection]], refunded[INDEX[selection]]) == (0.0, 1.0), selection

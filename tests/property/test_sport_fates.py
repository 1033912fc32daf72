"""Fates of bets on other sports: what the price becomes when nothing can change it any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from overround.domain.kernel.market import LOSE, PUSH, WIN, Factor
from overround.domain.kernel.match import Side
from overround.domain.pricing.basketball.model import NBA, Strength
from overround.domain.pricing.basketball.model import Match as Game
from overround.domain.pricing.basketball.play import observe as scored
from overround.domain.pricing.basketball.simulate import simulate as baskets
from overround.domain.pricing.quoting import FOLLOWED, quoter
from overround.domain.pricing.tennis.model import (
    TOUR,
    FinalSet,
    Format,
    Match,
    PointCancelled,
    Retired,
)
from overround.domain.pricing.tennis.play import games_won, observe
from overround.domain.pricing.tennis.simulate import draw_serves, simulate

STRENGTH = Strength(1_000_000, 220_000_000, 6_500_000, 17_500_000)
FORMATS = [Format(to_win, final) for to_win in (2, 3) for final in FinalSet]
# Shares are sums of many chances, and this near to whole numbers when they are sure.
SURE = 1e-9


def tennis_states(seed: int) -> list[Any]:
    rng, form = np.random.default_rng(seed), FORMATS[seed % len(FORMATS)]
    states = [Match(form)]
    for point in simulate(*draw_serves(TOUR, 1, rng), rng, form).points(0):
        states.append(observe(states[-1], point))
    return states


def basketball_states(seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    states = [Game(strength=STRENGTH)]
    for incident in baskets(STRENGTH, 1, rng, NBA).incidents(0, rng):
        states.append(scored(states[-1], incident))
    return states


PLAYED = {"tennis": tennis_states, "basketball": basketball_states}
SEEDS = range(12)


def shares_of(factor: Factor) -> tuple[float, float]:
    return factor.win_halves / 2, factor.refund_halves / 2


def fates(sport: str, state: Any) -> dict[str, Factor | None]:
    live = quoter(sport).live
    return {each.id: live.fate(state, each) for each in FOLLOWED[sport].catalogue}


def priced(sport: str, state: Any) -> Iterator[tuple[str, float, float]]:
    """The shares of each selection of a market that the sport prices in this state."""
    of = FOLLOWED[sport]
    rows = zip(of.catalogue, *of.price(state, of.parameters), strict=True)
    for _, market in groupby(rows, key=lambda row: row[0].market):
        own = [(offer.id, float(won), float(refunded)) for offer, won, refunded in market]
        if sum(won + refunded for _, won, refunded in own) > SURE:
            yield from own


@pytest.mark.slow
@pytest.mark.parametrize("sport", PLAYED)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fate_is_what_the_price_has_become(sport: str, seed: int) -> None:
    states = PLAYED[sport](seed)
    for state in [*states[:: max(1, len(states) // 25)], states[-1]]:
        found = fates(sport, state)
        for selection, won, refunded in priced(sport, state):
            factor = found[selection]
            if factor is not None:
                assert np.allclose((won, refunded), shares_of(factor), atol=SURE), selection


@pytest.mark.parametrize("sport", PLAYED)
@pytest.mark.parametrize("seed", SEEDS)
def test_at_the_end_every_bet_has_its_fate_and_each_market_one_winner_or_none(
    sport: str, seed: int
) -> None:
    found = fates(sport, PLAYED[sport](seed)[-1])
    for market, outcomes in groupby(found, key=lambda each: each.rpartition("/")[0]):
        own = [found[outcome] for outcome in outcomes]
        assert (own.count(WIN) == 1 and own.count(LOSE) == len(own) - 1) or set(own) == {PUSH}, (
            market
        )


@pytest.mark.slow
@pytest.mark.parametrize("sport", PLAYED)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_decided_stays_so_and_no_milestone_is_missed(sport: str, seed: int) -> None:
    live, states = quoter(sport).live, PLAYED[sport](seed)
    known: dict[str, Factor] = {}
    milestone = live.milestone(states[0])
    for state in states[1:]:
        if live.milestone(state) == milestone:
            continue
        milestone = live.milestone(state)
        found = {name: factor for name, factor in fates(sport, state).items() if factor is not None}
        assert known.items() <= found.items()
        known = found
    assert live.milestone(states[-1]) == milestone
    assert len(known) == len(FOLLOWED[sport].catalogue)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_between_milestones_a_tennis_match_decides_nothing(seed: int) -> None:
    live, states = quoter("tennis").live, tennis_states(seed)
    for before, after in zip(states[::7], states[1::7], strict=False):
        if live.milestone(before) == live.milestone(after):
            assert fates("tennis", before) == fates("tennis", after)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_retirement_what_is_decided_stands_and_the_rest_comes_back(seed: int) -> None:
    for state in tennis_states(seed)[5:-1:40]:
        before, retired = fates("tennis", state), observe(state, Retired(Side.AWAY))
        after = fates("tennis", retired)
        assert all(after[name] == (before[name] or PUSH) for name in before)
        for selection, won, refunded in priced("tennis", retired):
            assert (won, refunded) == shares_of(after[selection] or PUSH), selection


@pytest.mark.parametrize("seed", SEEDS)
def test_a_point_that_is_taken_back_passes_a_milestone_if_it_changes_a_fate(seed: int) -> None:
    live, states = quoter("tennis").live, tennis_states(seed)
    rng = np.random.default_rng(seed)
    for place in rng.integers(20, len(states) - 1, 30).tolist():
        state = states[place]
        if state.is_over:
            continue
        sequence = int(rng.choice([entry >> 2 for entry in state.log]))
        without = observe(state, PointCancelled(sequence))
        if live.milestone(without) == live.milestone(state):
            assert fates("tennis", without) == fates("tennis", state)


def test_who_won_each_game_adds_up_to_the_score() -> None:
    for seed in SEEDS:
        for match in tennis_states(seed)[::9]:
            won = games_won(match)
            scores = [(each.count(Side.HOME), each.count(Side.AWAY)) for each in won]
            assert scores == [*match.sets, match.games][: len(scores)]


def test_a_whole_line_that_is_met_comes_back_and_overtime_counts() -> None:
    level = replace(
        Game(NBA, STRENGTH, 4, 0), scores=((25, 25),) * 4, log=((1, 1, 1),), clock_sequence=9
    )
    found = fates("basketball", level)
    assert found["match_winner/home"] is None, "level: there is overtime"
    assert found["total_points:199.5/over"] == WIN
    assert found["total_points:200.5/under"] is None
    assert found["period_winner:4/draw"] == WIN
    assert found["period_handicap:4:0/home"] == found["period_handicap:4:0/away"] == PUSH
    ended = replace(level, period=5, scores=(*level.scores, (8, 5)))
    found = fates("basketball", ended)
    assert found["match_winner/home"] == found["handicap:-2.5/home"] == WIN
    assert found["handicap:-3/home"] == found["handicap:-3/away"] == PUSH
    assert found["handicap:-3.5/home"] == LOSE
    assert found["total_points:212.5/over"] == WIN
    assert found["total_points:213.5/under"] == WIN

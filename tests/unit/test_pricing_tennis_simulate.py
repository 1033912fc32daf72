"""Simulated tennis against the model's exact chances, and against matches that were played."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cli.evaluate.point_strings import Recorded, read, states
from cli.evaluate.tennis_scores import service_games
from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.ahead import Tables
from overround.domain.pricing.tennis.catalogue import CATALOGUE, RESULTS
from overround.domain.pricing.tennis.chain import hold
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR, FinalSet, Format, Match
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.price import shares
from overround.domain.pricing.tennis.simulate import Simulated, draw_serves, simulate

MATCHES = 4_000
# Four standard errors of a share of so many matches.
WITHIN = 4 * 0.5 / MATCHES**0.5


def played(form: Format, home: float = 0.64, away: float = 0.61) -> Simulated:
    rng = np.random.default_rng(11)
    return simulate(np.full(MATCHES, home), np.full(MATCHES, away), rng, form)


@pytest.mark.slow
@pytest.mark.parametrize("form", [Format(2), Format(3, FinalSet.ADVANTAGE)])
def test_simulated_matches_end_as_the_model_says(form: Format) -> None:
    simulated = played(form)
    tables = Tables.of(form, np.array([0.64]), np.array([0.61]))
    won = shares(Match(form), tables, np.ones(1))[0]
    results = [f"{home}-{away}" for home, away in simulated.sets_won.tolist()]
    total, lead = simulated.sets.sum(axis=(1, 2)), np.diff(-simulated.sets).sum(axis=(1, 2))
    scores = [f"{home}-{away}" for home, away in simulated.sets[:, 0].tolist()]
    for offer, chance in zip(CATALOGUE, won.tolist(), strict=True):
        market, _, line = offer.market.partition(":")
        if offer.market == "set_betting":
            seen = np.mean([result == offer.outcome for result in results])
        elif offer.market == "first_set_score":
            seen = np.mean([score == offer.outcome for score in scores])
        elif market == "total_games" and offer.outcome == "over":
            seen = (total > float(line)).mean()
        elif market == "games_handicap" and offer.outcome == "home":
            seen = (lead + float(line) > 0).mean()
        else:
            continue
        assert seen == pytest.approx(chance, abs=WITHIN), offer.id
    assert set(results) <= set(RESULTS)


def test_simulated_service_games_are_held_as_often_as_the_model_says() -> None:
    simulated = played(BEST_OF_THREE, 0.62, 0.62)
    held = simulated.holds.sum() / simulated.service_games.sum()
    assert held == pytest.approx(float(hold(np.array([0.62]))[0]), abs=0.006)


def test_the_same_seed_plays_the_same_matches() -> None:
    one, other = played(BEST_OF_THREE), played(BEST_OF_THREE)
    assert (one.winners == other.winners).all()


def test_a_simulated_match_as_incidents_comes_to_its_own_score() -> None:
    simulated = played(Format(3, FinalSet.TIE_BREAK_10))
    for index in range(20):
        match = Match(simulated.format)
        for point in simulated.points(index):
            match = observe(match, point)
        sets = [tuple(games) for games in simulated.sets[index].tolist() if sum(games)]
        assert list(match.sets) == sets
        assert (match.winner is Side.HOME) == (sets[-1][0] > sets[-1][1])


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.timeout(120)
def test_simulated_matches_are_like_those_that_were_played(recordings: Path) -> None:
    rows = read(recordings / "tennis_pbp" / "pbp_matches_ch_main_current.csv")
    matches = [row for row in rows if isinstance(row, Recorded)][::3]
    holds = games = 0
    sets = []
    for recorded in matches:
        told = list(states(recorded, TOUR))
        sets.append(told[-1].sets)
        for began, ended in service_games(told):
            games += 1
            ahead = told[ended - 1].points[0] > told[ended - 1].points[1]
            holds += ahead == (told[began].server is not Side.AWAY)
    rng = np.random.default_rng(5)
    simulated = simulate(*draw_serves(TOUR, 10_000, rng), rng, BEST_OF_THREE)
    totals = simulated.sets.sum(axis=(1, 2))
    recorded_totals = np.array([sum(map(sum, each)) for each in sets])
    straight = np.mean([len(each) == 2 for each in sets])
    # Standard errors of 964 matches: hold 0.004, straight sets 0.015, mean 0.19, spread 0.13.
    held = simulated.holds.sum() / simulated.service_games.sum()
    assert held == pytest.approx(holds / games, abs=0.008)
    assert (simulated.sets_won.min(axis=1) == 0).mean() == pytest.approx(straight, abs=0.04)
    assert totals.mean() == pytest.approx(recorded_totals.mean(), abs=0.6)
    assert totals.std() == pytest.approx(recorded_totals.std(), abs=0.5)

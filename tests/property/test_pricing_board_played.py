"""The prices of halves and of the order of goals against matches that are played out."""

from __future__ import annotations

from dataclasses import replace
from math import comb, exp, lgamma, log

import numpy as np
import pytest
from numpy.typing import NDArray

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.board import rates_of, shares
from overround.domain.pricing.football.catalogue import OFFERS, PLACE
from overround.domain.pricing.football.grid import grid_of, low_score_taus
from overround.domain.pricing.football.intensity import cards_left, corners_left
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.football.qualify import home_after_level, home_in_shoot_out
from overround.domain.pricing.football.tally import CARDS, CORNERS, MOST, Tally, to_come
from overround.domain.pricing.football.witness import Witness

DRAWS = 300_000

STATES = [
    Match(home_rate_micro=1_600_000, away_rate_micro=1_100_000, rho_micro=-60_000),
    Match(Period.FIRST_HALF, 1_500, 1, 0, 1, 0, home_rate_micro=2_600_000, away_rate_micro=600_000),
    Match(
        *(Period.FIRST_HALF, 900, 1, 1, 1, 1),
        home_rate_micro=1_300_000,
        away_rate_micro=1_500_000,
        rho_micro=40_000,
        home_reds=1,
    ),
    Match(
        *(Period.SECOND_HALF, 3_900, 1, 2, 1, 2),
        half_home_goals=1,
        half_away_goals=0,
        home_rate_micro=1_900_000,
        away_rate_micro=1_000_000,
    ),
]


class Played:
    """Goals of the two sides in many ways that a match may go on: by half, and in their order."""

    def __init__(self, match: Match) -> None:
        rates = rates_of(match, DEFAULTS)
        rng = np.random.default_rng(20_260_102)
        self.first = np.zeros((2, DRAWS), dtype=np.int64)
        self.second = np.zeros((2, DRAWS), dtype=np.int64)
        self.scorers = np.full((12, DRAWS), -1)
        elapsed, on = np.zeros(DRAWS), np.ones(DRAWS, dtype=bool)
        lead, number = match.home_goals - match.away_goals, 0
        while on.any() and number < 12:
            goals = self.first + self.second
            push = np.exp(-DEFAULTS.score_push * np.sign(goals[0] - goals[1] + lead))
            home, away = rates.home * push, rates.away / push
            elapsed += rng.exponential(1.0, DRAWS) / (home + away)
            on &= elapsed < 1.0
            side = (rng.random(DRAWS) * (home + away) >= home).astype(np.int64)
            early = elapsed < rates.until_half
            np.add.at(self.first, (side[on & early], np.flatnonzero(on & early)), 1)
            np.add.at(self.second, (side[on & ~early], np.flatnonzero(on & ~early)), 1)
            self.scorers[number][on] = side[on]
            number += 1
        self.weights = np.ones(DRAWS)
        if rates.rho:
            taus = np.array(low_score_taus(rates.home, rates.away, rates.rho)).reshape(2, 2)
            goals = self.first + self.second
            low = goals.max(axis=0) <= 1
            self.weights[low] = taus[tuple(goals[:, low])]
        self.weights /= self.weights.sum()

    def chance(self, happened: NDArray[np.bool_]) -> float:
        return float(self.weights @ happened)


def check(match: Match, played: Played, selection: str, happened: NDArray[np.bool_]) -> None:
    ours = float(shares(match)[0][PLACE[selection]])
    error = (max(ours * (1.0 - ours), 1e-5) / DRAWS) ** 0.5
    assert ours == pytest.approx(played.chance(happened), abs=4.5 * error + 1e-5), selection


SIDES = ("home", "draw", "away")


def result(home: NDArray[np.int64], away: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the winner in `SIDES`."""
    return 1 - np.sign(home - away)


@pytest.mark.slow
@pytest.mark.parametrize("match", STATES, ids=lambda match: f"{match.period}-{match.home_goals}")
def test_the_halves_are_what_play_makes_them(match: Match) -> None:
    played = Played(match)
    half = match.half_goals if match.period is Period.SECOND_HALF else None
    first = played.first + np.array([half or (match.home_goals, match.away_goals)]).T
    so_far = np.array([(match.home_goals, match.away_goals)]).T - first * (half is not None)
    second = played.second + (so_far if half is not None else 0)
    at_half, at_full = result(*first), result(*(first + second))
    for place, side in enumerate(SIDES):
        check(match, played, f"half_1x2:1/{side}", at_half == place)
        check(match, played, f"half_1x2:2/{side}", result(*second) == place)
        for other, full in enumerate(SIDES):
            both = (at_half == place) & (at_full == other)
            check(match, played, f"half_time_full_time/{side}_{full}", both)
    for line in (0.5, 1.5, 2.5):
        check(match, played, f"half_totals:1:{line}/over", first.sum(axis=0) > line)
        check(match, played, f"half_totals:2:{line}/over", second.sum(axis=0) > line)
    for home, away in ((0, 0), (1, 0), (1, 1), (2, 1)):
        exact = (first[0] == home) & (first[1] == away)
        check(match, played, f"half_correct_score:1/{home}-{away}", exact)
    check(match, played, "half_both_teams_to_score:2/yes", second.min(axis=0) > 0)


@pytest.mark.slow
@pytest.mark.parametrize("match", STATES, ids=lambda match: f"{match.period}-{match.home_goals}")
def test_the_order_of_goals_is_what_play_makes_it(match: Match) -> None:
    if match.rho_micro:
        # The dependence weighs final scores and leaves the order open: we keep each score's odds.
        match = replace(match, rho_micro=0)
    played = Played(match)
    scored = match.home_goals + match.away_goals
    for more in range(4):
        for place, side in enumerate(("home", "away", "none")):
            wanted = place if place < 2 else -1
            happened = played.scorers[more] == wanted
            check(match, played, f"next_goal:{scored + more + 1}/{side}", happened)
    home = match.home_goals + np.cumsum(played.scorers == 0, axis=0)
    away = match.away_goals + np.cumsum(played.scorers == 1, axis=0)
    for goals in (2, 3):
        if max(match.home_goals, match.away_goals) < goals:
            first_home = np.where((home >= goals).any(0), (home >= goals).argmax(0), 99)
            first_away = np.where((away >= goals).any(0), (away >= goals).argmax(0), 99)
            check(match, played, f"race:{goals}/home", first_home < first_away)
            check(match, played, f"race:{goals}/away", first_away < first_home)


@pytest.mark.parametrize(
    ("kicks", "chance"),
    [
        ((0, 0, 0, 0), 0.5),
        ((5, 3, 5, 3), 0.5),
        ((3, 3, 3, 0), 1.0),
        ((3, 0, 3, 3), 0.0),
        ((4, 4, 4, 3), 0.75 + 0.25 * 0.25 + 0.25 * 0.75 * 0.5),
        ((6, 5, 5, 4), 0.25 + 0.75 * 0.5),
        ((7, 6, 7, 5), 1.0),
    ],
)
def test_a_shoot_out_is_won_by_the_kicks(kicks: tuple[int, int, int, int], chance: float) -> None:
    assert home_in_shoot_out(*kicks, 0.75) == pytest.approx(chance)


def test_extra_time_is_a_third_of_a_match_from_level_scores() -> None:
    match = Match(needs_winner=True, home_rate_micro=1_800_000, away_rate_micro=900_000)
    ours = home_after_level(1.8, 0.9, match, DEFAULTS)
    grid = grid_of(0.6, 0.3, 0.0, 0, 0, DEFAULTS)
    home, away = np.indices(grid.shape)
    assert ours == pytest.approx(grid[home > away].sum() + grid[home == away].sum() / 2, abs=1e-6)


def test_who_leads_in_extra_time_goes_on_the_likelier_the_later_it_is() -> None:
    late = [
        Match(
            *(Period.EXTRA_TIME, clock_s, 2, 1, 1, 1, True),
            home_rate_micro=1_200_000,
            away_rate_micro=1_200_000,
            needs_winner=True,
        )
        for clock_s in (5_400, 6_300, 7_100)
    ]
    chances = [float(shares(match)[0][PLACE["to_qualify/home"]]) for match in late]
    assert 0.7 < chances[0] < chances[1] < chances[2] < 1.0
    level = replace(late[0], period=Period.PENALTIES, home_goals=1)
    assert shares(level)[0][PLACE["to_qualify/home"]] == pytest.approx(0.5)


def slowly(tally: Tally, gap: float, left: float, home: int, away: int) -> NDArray[np.float64]:
    """The joint distribution of both sides' counts to come, by its definition."""
    mean = exp(tally.log_mean + tally.log_mean_by_gap * gap * gap)
    size, share = tally.size + home + away, mean * left / (tally.size + mean)
    joint = np.zeros((MOST, MOST))
    for total in range(2 * MOST - 1):
        of_total = exp(
            lgamma(size + total) - lgamma(size) - lgamma(total + 1)
            + total * log(share) + size * log(1.0 - share)
        )  # fmt: skip
        ways = {
            h: comb(total, h)
            * exp((tally.odds + tally.odds_by_gap * gap) * h)
            * exp(tally.log_evenness * ((home + h) * (away + total - h) - home * away))
            for h in range(total + 1)
            if h < MOST and total - h < MOST
        }
        for h, weight in ways.items():
            joint[h, total - h] = of_total * weight / sum(ways.values())
    return joint / joint.sum()


@pytest.mark.parametrize("tally", [CORNERS, CARDS], ids=["corners", "cards"])
@pytest.mark.parametrize("so_far", [(0, 0), (3, 1)])
def test_counts_to_come_are_one_distribution(tally: Tally, so_far: tuple[int, int]) -> None:
    joint = slowly(tally, 0.4, 0.6, *so_far)
    ours = to_come(tally, np.array([0.4]), np.array([0.6]), *so_far)
    lead = [np.trace(joint, -difference) for difference in range(1 - MOST, MOST)]
    total = [np.trace(joint[::-1], n - MOST + 1) for n in range(2 * MOST - 1)]
    assert ours.home[0] == pytest.approx(joint.sum(axis=1), abs=1e-12)
    assert ours.away[0] == pytest.approx(joint.sum(axis=0), abs=1e-12)
    assert ours.total[0] == pytest.approx(total, abs=1e-12)
    assert ours.lead[0] == pytest.approx(lead, abs=1e-12)


@pytest.mark.parametrize(
    ("tally", "so_far", "names"),
    [
        (CORNERS, (0, 0), ("corners:10.5/over", "home_corners:5.5/over", "corners_1x2/draw")),
        (CORNERS, (2, 1), ("corners:8.5/over", "away_corners:4.5/under", "corners_1x2/draw")),
        (CORNERS, (6, 5), ("corners:14.5/over", "home_corners:8.5/over", "corners_1x2/draw")),
        (CARDS, (0, 0), ("cards:3.5/over", "home_cards:1.5/over", "away_cards:1.5/under")),
        (CARDS, (2, 1), ("cards:4.5/over", "home_cards:2.5/under", "away_cards:1.5/over")),
    ],
)
def test_what_is_read_off_polynomials_is_what_they_were_fitted_to(
    tally: Tally, so_far: tuple[int, int], names: tuple[str, ...]
) -> None:
    for home_micro, clock_s in ((400_000, 700), (1_000_000, 2_000), (2_900_000, 2_600)):
        match = Match(
            *(Period.FIRST_HALF, clock_s),
            home_rate_micro=home_micro,
            away_rate_micro=1_000_000,
            home_yellows=so_far[0],
            away_yellows=so_far[1],
            witnesses=(
                Witness(
                    *("w", 1),
                    home_corners=so_far[0],
                    away_corners=so_far[1],
                    corners_left_micro=0,
                ),
            ),
        )
        won = shares(match)[0]
        share_left = cards_left if tally is CARDS else corners_left
        left = share_left(match.period, match.clock_s, DEFAULTS)
        joint = slowly(tally, log(home_micro / 1e6), left, *so_far)
        home, away = np.indices(joint.shape)
        of = {"home": home + so_far[0], "away": away + so_far[1]}
        for name in names:
            offer = OFFERS[PLACE[name]]
            count = of.get(offer.market.partition("_")[0], home + away + sum(so_far))
            if offer.outcome == "draw":
                expected = joint[home + so_far[0] == away + so_far[1]].sum()
            else:
                over = joint[count > float(offer.market.partition(":")[2])].sum()
                expected = over if offer.outcome == "over" else 1.0 - over
            assert won[PLACE[name]] == pytest.approx(expected, abs=2e-5), name


def test_corners_of_the_sides_are_taken_from_each_other_and_cards_answered() -> None:
    for tally, sign in ((CORNERS, -1.0), (CARDS, 1.0)):
        joint = slowly(tally, 0.25, 1.0, 0, 0)
        home, away = np.indices(joint.shape)
        means = (joint * home).sum(), (joint * away).sum()
        covariance = (joint * home * away).sum() - means[0] * means[1]
        assert covariance * sign > 0.0
    # At the average match of the seasons that they were measured on.
    corners = to_come(CORNERS, np.array([0.25]), np.array([1.0]))
    assert float(corners.home[0] @ np.arange(MOST)) == pytest.approx(5.69, abs=0.1)
    assert float(corners.away[0] @ np.arange(MOST)) == pytest.approx(4.59, abs=0.1)

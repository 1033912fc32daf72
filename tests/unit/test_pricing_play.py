"""A match follows its incidents, whatever order and however often they come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.decide import observe
from overround.domain.pricing.football.model import Match

GOAL = Incident("m1", "alpha", 7, IncidentKind.GOAL, Period.FIRST_HALF, 1_200, 1, 0, Side.HOME)
RED = replace(GOAL, sequence=9, kind=IncidentKind.RED_CARD, clock_s=1_500, side=Side.AWAY)


def clock(sequence: int, period: Period, clock_s: int, home: int, away: int) -> Incident:
    return Incident("m1", "alpha", sequence, IncidentKind.CLOCK, period, clock_s, home, away)


def played(*incidents: Incident) -> Match:
    match = Match()
    for incident in incidents:
        match = observe(match, incident)
    return match


def test_a_goal_moves_score_clock_and_period() -> None:
    match = played(GOAL)
    assert (match.period, match.clock_s) == (Period.FIRST_HALF, 1_200)
    assert (match.home_goals, match.away_goals) == (1, 0)
    assert (match.regular_home_goals, match.regular_away_goals) == (1, 0)


@pytest.mark.parametrize("incident", [GOAL, RED, clock(8, Period.HALF_TIME, 2_760, 1, 0)])
def test_the_same_incident_again_changes_nothing(incident: Incident) -> None:
    once = played(incident)
    assert observe(once, incident) == once


def test_a_late_incident_moves_neither_clock_nor_score_back() -> None:
    match = played(GOAL, clock(8, Period.FIRST_HALF, 1_260, 1, 0))
    assert observe(match, clock(6, Period.FIRST_HALF, 1_140, 0, 0)) == match


def test_a_goal_that_comes_after_its_own_cancellation_does_not_stand() -> None:
    back = replace(GOAL, sequence=9, kind=IncidentKind.GOAL_CANCELLED, home_goals=0)
    assert played(back, GOAL).home_goals == 0


def test_a_slower_provider_moves_neither_clock_nor_score_back() -> None:
    slow = replace(clock(1, Period.FIRST_HALF, 1_190, 0, 0), provider="beta")
    match = played(GOAL, slow)
    assert (match.clock_s, match.home_goals) == (1_200, 1)


def test_the_second_half_starts_at_2700_though_the_first_ran_over() -> None:
    match = played(
        clock(1, Period.FIRST_HALF, 2_790, 0, 0), clock(2, Period.SECOND_HALF, 2_700, 0, 0)
    )
    assert (match.period, match.clock_s) == (Period.SECOND_HALF, 2_700)


def test_a_cancelled_goal_is_taken_back_even_if_its_clock_is_behind() -> None:
    ahead = clock(8, Period.FIRST_HALF, 1_290, 1, 0)
    back = replace(GOAL, sequence=9, kind=IncidentKind.GOAL_CANCELLED, home_goals=0)
    match = played(GOAL, ahead, back)
    assert (match.home_goals, match.regular_home_goals, match.clock_s) == (0, 0, 1_290)


def test_a_late_red_card_counts_once() -> None:
    match = played(GOAL, clock(12, Period.FIRST_HALF, 1_600, 1, 0), RED, RED)
    assert (match.home_reds, match.away_reds, match.clock_s) == (0, 1, 1_600)


def test_two_providers_of_one_red_card_do_not_make_two() -> None:
    assert played(RED, replace(RED, provider="beta", sequence=4)).away_reds == 1


def test_a_second_red_card_of_one_provider_counts() -> None:
    assert played(RED, replace(RED, sequence=10)).away_reds == 2


def test_more_red_cards_than_the_game_allows_are_not_counted() -> None:
    assert played(*(replace(RED, sequence=n) for n in range(1, 9))).away_reds == 5


def test_goals_of_extra_time_leave_the_score_of_regular_time() -> None:
    match = played(
        GOAL,
        clock(20, Period.FULL_TIME, 5_600, 1, 1),
        clock(21, Period.EXTRA_TIME, 5_700, 2, 1),
        clock(22, Period.ENDED, 7_300, 2, 1),
    )
    assert (match.home_goals, match.away_goals) == (2, 1)
    assert (match.regular_home_goals, match.regular_away_goals) == (1, 1)


def test_a_confirmed_result_corrects_the_score_after_the_end() -> None:
    confirmed = replace(clock(30, Period.ENDED, 5_600, 1, 1), kind=IncidentKind.RESULT_CONFIRMED)
    match = played(GOAL, clock(20, Period.ENDED, 5_600, 1, 0), confirmed)
    assert (match.regular_home_goals, match.regular_away_goals) == (1, 1)


@pytest.mark.parametrize(
    ("incident", "reason"),
    [
        (replace(GOAL, away_goals=-1), "score_out_of_range"),
        (replace(GOAL, home_goals=100), "score_out_of_range"),
        (replace(GOAL, clock_s=-1), "clock_out_of_range"),
        (replace(RED, side=None), "red_card_without_side"),
    ],
)
def test_a_report_that_cannot_be_is_refused(incident: Incident, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        observe(Match(), incident)
    assert refused.value.reason == reason


def test_the_first_halfs_score_is_kept_when_the_second_goes_on() -> None:
    goal = replace(GOAL, sequence=9, period=Period.SECOND_HALF, clock_s=3_000, home_goals=2)
    match = played(GOAL, clock(8, Period.HALF_TIME, 2_760, 1, 0), goal)
    assert (match.home_goals, match.half_goals) == (2, (1, 0))


def test_a_goal_that_is_taken_back_at_half_time_was_none_of_the_first_half() -> None:
    back = replace(
        GOAL,
        sequence=8,
        kind=IncidentKind.GOAL_CANCELLED,
        period=Period.HALF_TIME,
        clock_s=2_760,
        home_goals=0,
    )
    assert played(GOAL, back).half_goals == (0, 0)


def test_who_joins_in_the_second_half_does_not_know_the_firsts_score() -> None:
    assert played(clock(1, Period.SECOND_HALF, 3_000, 1, 0)).half_goals is None


def test_a_yellow_card_counts_once_however_often_and_late_it_comes() -> None:
    yellow = replace(RED, sequence=5, kind=IncidentKind.YELLOW_CARD)
    match = played(yellow, GOAL, yellow, replace(yellow, sequence=6))
    assert (match.home_yellows, match.away_yellows) == (0, 2)


def test_kicks_of_a_shoot_out_are_counted_in_their_order() -> None:
    kick = replace(
        GOAL,
        kind=IncidentKind.SHOOT_OUT_GOAL,
        period=Period.PENALTIES,
        clock_s=7_200,
        home_goals=1,
        away_goals=1,
    )
    miss = replace(kick, sequence=8, kind=IncidentKind.SHOOT_OUT_MISS, side=Side.AWAY)
    match = played(kick, kick, miss)
    assert (match.home_kicks, match.home_kicks_scored) == (1, 1)
    assert (match.away_kicks, match.away_kicks_scored) == (1, 0)


@pytest.mark.parametrize(
    "kind",
    [IncidentKind.YELLOW_CARD, IncidentKind.SHOOT_OUT_GOAL, IncidentKind.SHOOT_OUT_MISS],
)
def test_a_card_or_kick_of_nobody_is_refused(kind: IncidentKind) -> None:
    with pytest.raises(Refusal, match=f"{kind}_without_side"):
        played(replace(GOAL, kind=kind, side=None))

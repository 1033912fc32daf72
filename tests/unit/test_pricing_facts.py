"""What a match decides as it is played: the order of its goals, its halves, its cards."""

from dataclasses import replace

import pytest

from overround.domain.kernel.facts import NOTHING, BySide
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.pricing.football.facts import facts_of
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.play import observe

H, A = Side.HOME, Side.AWAY
FIRST, HALF, SECOND = Period.FIRST_HALF, Period.HALF_TIME, Period.SECOND_HALF
CLOCKS = {FIRST: 1_000, HALF: 2_700, SECOND: 3_600, Period.FULL_TIME: 5_400}


def played(*steps: tuple[Period, int, int], start: Match | None = None) -> Match:
    match = start or Match()
    sequence = match.heard_of("a")
    for period, home, away in steps:
        sequence += 1
        clock_s = CLOCKS.get(period, 5_500)
        kind = IncidentKind.GOAL
        match = observe(match, Incident("m", "a", sequence, kind, period, clock_s, home, away))
    return match


def scores(*scores: tuple[int, int]) -> tuple[Side | None, ...]:
    return played(*((FIRST, *score) for score in scores)).scorers


def test_goals_that_come_one_by_one_have_an_order():
    assert scores((0, 1), (1, 1), (1, 2)) == (A, H, A)


def test_the_newest_goal_that_is_taken_back_leaves_the_others():
    assert scores((0, 1), (1, 1), (1, 2), (1, 1)) == (A, H)
    assert scores((1, 0), (1, 1), (0, 1)) == (A,), "whatever was taken, only one is left"


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (((3, 0),), (H, H, H)),
        (((0, 1), (2, 1)), (A, H, H)),
        (((1, 1), (1, 2)), (None, None, A)),
        (((1, 0), (2, 2), (3, 2)), (H, None, None, None, H)),
        (((1, 0), (1, 1), (2, 1), (2, 0)), (H, H)),
        (((1, 0), (2, 0), (2, 1), (1, 1)), (None, None)),
        (((1, 0), (1, 1), (2, 1), (1, 2)), (None, None, None)),
    ],
)
def test_a_score_that_jumps_says_no_more_than_it_does(told, known):
    assert scores(*told) == known


def test_a_match_kept_before_orders_were_has_goals_of_which_none_is_known():
    kept = replace(played((FIRST, 1, 0), (FIRST, 1, 1)), scorers=())
    assert played((FIRST, 2, 1), start=kept).scorers == (None, None, H)
    assert facts_of(replace(kept, period=HALF)).scorers == (None, None)


def test_facts_change_at_half_time_and_at_full_time_only():
    first = ((FIRST, 1, 0), (FIRST, 1, 1))
    assert facts_of(played(*first)) == NOTHING
    half = facts_of(played(*first, (HALF, 1, 1)))
    assert (half.first_half, half.scorers, half.regular) == (BySide(1, 1), (H, A), None)
    assert facts_of(played(*first, (HALF, 1, 1), (SECOND, 2, 1))) == half
    full = facts_of(played(*first, (SECOND, 2, 1), (Period.FULL_TIME, 2, 1)))
    assert (full.first_half, full.regular, full.scorers) == (BySide(1, 1), BySide(2, 1), (H, A, H))
    assert full.is_over


def test_a_half_that_nobody_told_of_or_that_cannot_be_is_not_known():
    assert facts_of(played((SECOND, 1, 0))) == NOTHING
    taken_back = played((FIRST, 1, 0), (HALF, 1, 0), (SECOND, 0, 0))
    assert facts_of(taken_back).first_half is None


def test_an_abandoned_match_keeps_the_goals_that_were_scored():
    match = replace(played((FIRST, 1, 0), (HALF, 1, 0), (SECOND, 1, 1)), abandoned=True)
    facts = facts_of(match)
    assert (facts.first_half, facts.scorers, facts.regular) == (BySide(1, 0), (H, A), None)


def test_who_goes_on_is_known_when_it_is_decided():
    cup = Match(needs_winner=True)
    assert facts_of(played((Period.FULL_TIME, 2, 1), start=cup)).through is H
    level = played((Period.FULL_TIME, 1, 1), start=cup)
    assert (facts_of(level).through, facts_of(level).is_over) == (None, False)
    extra = played((Period.EXTRA_TIME, 1, 2), start=level)
    assert facts_of(extra).through is None
    ended = facts_of(played((Period.ENDED, 1, 2), start=extra))
    assert (ended.through, ended.is_over, ended.regular) == (A, True, BySide(1, 1))
    shoot_out = played((Period.ENDED, 1, 1), start=replace(level, home_kicks_scored=3))
    assert facts_of(shoot_out).through is H
    assert facts_of(played((Period.ENDED, 1, 1), start=level)).through is None


def test_cards_are_those_of_regular_time_and_not_known_without_a_caution():
    assert facts_of(played((Period.FULL_TIME, 0, 0))).cards is None
    match = Match()
    shown = (
        (IncidentKind.YELLOW_CARD, FIRST, H),
        (IncidentKind.RED_CARD, SECOND, A),
        (IncidentKind.YELLOW_CARD, SECOND, A),
        (IncidentKind.YELLOW_CARD, Period.EXTRA_TIME, H),
    )
    for sequence, (kind, period, side) in enumerate(shown, start=1):
        incident = Incident("m", "a", sequence, kind, period, CLOCKS.get(period, 5_500), 0, 0, side)
        match = observe(match, incident)
    assert facts_of(match).cards == BySide(1, 2)

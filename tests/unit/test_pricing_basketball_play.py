"""The state of a basketball match as its scores and its clock come in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.basketball.model import (
    Clock,
    Incident,
    Match,
    ScoreCancelled,
    Scored,
)
from overround.domain.pricing.basketball.play import observe

HOME, AWAY = Side.HOME, Side.AWAY


def after(*incidents: Incident) -> Match:
    match = Match()
    for incident in incidents:
        match = observe(match, incident)
    return match


OPENING = (
    Clock(1, 1, 720),
    Scored(2, 1, 700, HOME, 3),
    Scored(3, 1, 650, AWAY, 2),
    Clock(4, 1, 0),
    Scored(5, 2, 710, AWAY, 2),
)


def test_scores_are_counted_by_period() -> None:
    match = after(*OPENING)
    assert match.scores == ((3, 2), (0, 2))
    assert (match.period, match.left_s, match.lead) == (2, 710, -1)


def test_the_same_incident_again_changes_nothing() -> None:
    match = after(*OPENING)
    for incident in OPENING:
        assert observe(match, incident) == match


def test_a_late_score_counts_in_its_own_period_and_leaves_the_clock() -> None:
    late = Scored(3, 1, 650, AWAY, 2)
    assert after(*(i for i in OPENING if i != late), late) == after(*OPENING)


def test_a_cancelled_score_never_was() -> None:
    match = observe(after(*OPENING), ScoreCancelled(2))
    assert match.scores == ((0, 2), (0, 2))
    with pytest.raises(Refusal, match="unknown_score"):
        observe(match, ScoreCancelled(2))


def test_time_put_back_is_believed() -> None:
    assert observe(after(*OPENING), Clock(6, 2, 715)).left_s == 715


def test_a_match_ends_with_a_lead_and_goes_on_without() -> None:
    level = after(Scored(1, 1, 700, HOME, 2), Scored(2, 4, 1, AWAY, 2), Clock(3, 4, 0))
    assert not level.is_over
    over = observe(observe(level, Scored(4, 5, 100, HOME, 1)), Clock(5, 5, 0))
    assert over.is_over
    assert observe(over, ScoreCancelled(4)).is_over is False
    with pytest.raises(Refusal, match="match_is_over"):
        observe(over, Scored(6, 6, 100, HOME, 1))


@pytest.mark.parametrize(
    ("incident", "reason"),
    [
        (Scored(9, 1, 700, HOME, 0), "points_out_of_range"),
        (Scored(9, 1, 700, HOME, 5), "points_out_of_range"),
        (Scored(2, 1, 700, HOME, 2), "sequence_reused"),
        (Scored(9, 0, 700, HOME, 2), "period_out_of_range"),
        (Scored(9, 99, 10, HOME, 2), "period_out_of_range"),
        (Clock(9, 1, 721), "clock_out_of_range"),
        (Clock(9, 5, 301), "clock_out_of_range"),
        (Clock(9, 1, -1), "clock_out_of_range"),
    ],
)
def test_what_cannot_be_is_refused(incident: Incident, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        observe(after(*OPENING), incident)


def test_a_cancelled_score_can_be_told_anew() -> None:
    corrected = observe(observe(after(*OPENING), ScoreCancelled(2)), Scored(2, 1, 700, HOME, 2))
    told_well = after(*(replace(i, points=2) if isinstance(i, Scored) else i for i in OPENING))
    assert corrected == told_well

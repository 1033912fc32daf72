"""Corners as several providers count them: whatever the order, repeats and corrections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import COUNT_MAX, SideStatistics, StatisticsObserved
from overround.domain.pricing.football.board import shares
from overround.domain.pricing.football.catalogue import PLACE
from overround.domain.pricing.football.corners import corners_of, with_corners
from overround.domain.pricing.football.intensity import corners_left
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match
from overround.domain.pricing.football.play import forgotten, observe

QUICK = settings(max_examples=60, deadline=None)
MATCH = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000)
HALF, SECOND = Period.FIRST_HALF, Period.SECOND_HALF


def told(
    sequence: int,
    home: int | None,
    away: int | None,
    *,
    provider: str = "a",
    period: Period | None = SECOND,
    clock_s: int | None = 3_600,
) -> StatisticsObserved:
    sides = SideStatistics(corners=home), SideStatistics(corners=away)
    return StatisticsObserved("m1", provider, sequence, period, clock_s, *sides)


def clock(sequence: int, clock_s: int, provider: str = "a", period: Period = SECOND) -> Incident:
    return Incident("m1", provider, sequence, IncidentKind.CLOCK, period, clock_s, 0, 0)


def after(*records: StatisticsObserved | Incident, match: Match = MATCH) -> Match:
    for each in records:
        follow = observe if isinstance(each, Incident) else with_corners
        match = follow(match, each)  # type: ignore[arg-type]
    return match


def so_far(match: Match) -> tuple[int, int] | None:
    known = corners_of(match, DEFAULTS)
    return None if known is None else known.so_far


def chance(match: Match, selection: str) -> float:
    return float(shares(match)[0][PLACE[selection]])


COUNTS = st.lists(
    st.builds(
        told,
        st.integers(1, 8),
        st.integers(0, 12),
        st.integers(0, 12),
        provider=st.sampled_from("abc"),
        clock_s=st.integers(2_700, 5_400),
    ),
    max_size=10,
    unique_by=lambda each: (each.provider, each.sequence),
)


@QUICK
@given(COUNTS.flatmap(lambda counts: st.tuples(st.just(counts), st.permutations(counts * 2))))
def test_the_newest_of_each_provider_counts_however_late_or_often_it_came(
    drawn: tuple[list[StatisticsObserved], list[StatisticsObserved]],
) -> None:
    in_order, as_they_came = drawn
    newest = {each.provider: each for each in sorted(in_order, key=lambda each: each.sequence)}
    match = after(clock(1, 2_700, "x"), *as_they_came)
    assert match == after(clock(1, 2_700, "x"), *newest.values())
    home = [each.home.corners or 0 for each in newest.values()]
    away = [each.away.corners or 0 for each in newest.values()]
    assert so_far(match) == ((max(home), max(away)) if newest else None)


@QUICK
@given(COUNTS, st.lists(st.integers(2_700, 5_400), max_size=8))
def test_neither_counts_nor_incidents_make_the_other_late(
    counts: list[StatisticsObserved], clocks: list[int]
) -> None:
    incidents = [clock(n, clock_s) for n, clock_s in enumerate(clocks, start=1)]
    counts_first, incidents_first = after(*counts, *incidents), after(*incidents, *counts)
    assert counts_first == incidents_first
    assert counts_first.clock_s == max(clocks, default=0)


def test_a_provider_may_take_a_corner_back_and_an_older_record_may_not() -> None:
    match = after(clock(1, 3_600), told(2, 5, 3), told(4, 4, 3))
    assert so_far(match) == (4, 3)
    assert after(told(3, 6, 3), match=match) == after(told(4, 9, 9), match=match) == match


def test_of_two_providers_each_sides_most_is_believed_until_it_is_taken_back() -> None:
    match = after(clock(1, 3_600), told(2, 5, 3), told(7, 4, 4, provider="b"))
    assert so_far(match) == (5, 4)
    assert so_far(after(told(3, 4, 3), match=match)) == (4, 4)
    assert so_far(forgotten(match, "a")) == (4, 4)


def test_a_provider_that_counts_no_corners_tells_nothing_of_them() -> None:
    match = after(clock(1, 3_600), told(2, None, 3))
    assert match == after(clock(1, 3_600))
    assert so_far(match) is None
    assert chance(match, "corners:10.5/over") == 0.0


def test_counts_that_cannot_be_are_refused() -> None:
    for wrong in (told(1, -1, 0), told(1, 0, COUNT_MAX + 1), told(1, 0, 0, clock_s=-1)):
        with pytest.raises(Refusal, match="out_of_range"):
            after(wrong)


@pytest.mark.parametrize("counts", [(COUNT_MAX, COUNT_MAX), (COUNT_MAX, 0), (0, COUNT_MAX)])
def test_whatever_is_counted_has_chances(counts: tuple[int, int]) -> None:
    won = shares(after(clock(1, 3_600), told(2, *counts, clock_s=2**62)))[0]
    assert np.isfinite(won).all()


def test_a_count_is_gone_on_from_at_the_moment_at_which_it_was_told() -> None:
    stale = after(clock(1, 3_000), told(2, 5, 3, clock_s=3_000), clock(3, 5_000))
    fresh = after(told(4, 5, 3, clock_s=5_000), match=stale)
    early, late = corners_of(stale, DEFAULTS), corners_of(fresh, DEFAULTS)
    assert early is not None
    assert late is not None
    assert early.left == round(corners_left(SECOND, 3_000, DEFAULTS) * MICROS) / MICROS
    assert early.left > late.left
    assert chance(stale, "corners:10.5/over") > chance(fresh, "corners:10.5/over")


def test_without_its_own_clock_a_count_is_of_where_the_match_is() -> None:
    unclocked = told(2, 5, 3, period=None, clock_s=None)
    assert after(clock(1, 3_600), unclocked) == after(clock(1, 3_600), told(2, 5, 3))


def test_a_count_from_later_than_the_match_has_reached_decides_nothing_yet() -> None:
    over = told(2, 5, 3, period=Period.FULL_TIME, clock_s=5_700)
    known = corners_of(after(clock(1, 3_600), over), DEFAULTS)
    assert known is not None
    assert known.left == corners_left(SECOND, 3_600, DEFAULTS)


def test_what_is_counted_decides_lines_and_moves_the_others() -> None:
    before = after(clock(1, 2_000, period=HALF), told(2, 3, 1, period=HALF, clock_s=2_000))
    more = after(told(3, 6, 1, period=HALF, clock_s=2_000), match=before)
    assert chance(more, "corners:6.5/over") == pytest.approx(1.0, abs=1e-4)
    assert chance(more, "home_corners:5.5/over") == pytest.approx(1.0, abs=1e-4)
    assert chance(more, "corners_1x2/home") > chance(before, "corners_1x2/home")
    assert chance(more, "corners:10.5/over") > chance(before, "corners:10.5/over")
    done = after(clock(4, 5_700), told(5, 6, 1, clock_s=5_700), match=replace(more, clock_s=5_700))
    assert chance(done, "corners:10.5/over") < 0.01

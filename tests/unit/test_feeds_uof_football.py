"""What the Unified Odds Feed's statuses and markets are of football."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from overround.adapters.feeds import uof
from overround.domain.feeds.commands import RecordFeed
from overround.domain.kernel.match import Incident, IncidentKind, Period

BEGIN = '<odds_change event_id="sr:match:1" timestamp="5" product="1">'


def read(message: str) -> Any:
    payload = message.encode()
    digest = sha256(payload).digest()
    return uof.decode(RecordFeed("e-1", "uof", 0, 0, payload, digest, uof.FORMAT)).values


def status(part: str, *inside: str, code: str = "1", score: tuple[int, int] | None = (2, 1)) -> Any:
    """The incident of a status of this part of a match; None if it tells none."""
    goals = "" if score is None else f'home_score="{score[0]}" away_score="{score[1]}"'
    found = read(
        f'{BEGIN}<sport_event_status status="{code}" match_status="{part}" {goals}>'
        f"{''.join(inside)}</sport_event_status></odds_change>"
    )
    return next((each for each in found if isinstance(each, Incident)), None)


COUNTED = "<statistics/>"


def clock(at: str, more: str = "") -> str:
    return f'<clock match_time="{at}" {more}/>'


def parts(*scores: tuple[int, int, int]) -> str:
    told = (
        f'<period_score match_status_code="{code}" home_score="{home}" away_score="{away}"/>'
        for code, home, away in scores
    )
    return f"<period_scores>{''.join(told)}</period_scores>"


def test_stoppage_time_is_of_the_clock() -> None:
    told = status("7", COUNTED, clock("90:00", 'stoppage_time="03:20"'))
    assert (told.period, told.clock_s) == (Period.SECOND_HALF, 5_600)


@pytest.mark.parametrize(
    ("part", "period", "clock_s"),
    [
        ("0", Period.NOT_STARTED, 0),
        ("31", Period.HALF_TIME, 2_700),
        ("32", Period.FULL_TIME, 5_400),
        ("100", Period.ENDED, 5_400),
    ],
)
def test_while_nothing_is_played_no_clock_is_needed(
    part: str, period: Period, clock_s: int
) -> None:
    told = status(part, COUNTED)
    assert (told.kind, told.period, told.clock_s) == (IncidentKind.STATUS, period, clock_s)


@pytest.mark.parametrize(
    ("part", "inside", "score"),
    [
        ("6", [COUNTED], (0, 0)),  # played, and no clock
        ("6", [clock("10:00")], (0, 0)),  # no football's counts
        ("80", [COUNTED, clock("10:00")], (0, 0)),  # interrupted
        ("7", [COUNTED, clock("60:00")], None),  # no score
        ("120", [COUNTED], (5, 4)),  # a score that may count kicks
    ],
)
def test_a_status_that_is_not_sure_tells_nothing(
    part: str, inside: list[str], score: tuple[int, int] | None
) -> None:
    assert status(part, *inside, score=score) is None


def test_after_a_shoot_out_the_goals_of_play_of_regular_time_and_the_kicks_are_apart() -> None:
    scores = parts((6, 2, 0), (7, 0, 2), (40, 1, 1), (50, 4, 2))
    told = status("120", COUNTED, scores, code="3", score=(7, 5))
    assert (told.kind, told.home_goals, told.away_goals) == (IncidentKind.STATUS, 3, 3)
    whole = told.whole
    assert (whole.home_regular_goals, whole.away_regular_goals) == (2, 2)
    assert (whole.home_kicks_scored, whole.away_kicks_scored) == (4, 2)


def test_a_closed_event_confirms_its_result_and_an_abandoned_one_is_over() -> None:
    closed = status("100", COUNTED, code="4")
    assert closed.kind is IncidentKind.RESULT_CONFIRMED
    assert status("7", COUNTED, clock("80:00"), code="4").kind is IncidentKind.STATUS
    abandoned = status("90", COUNTED, clock("55:00"), code="9")
    assert (abandoned.kind, abandoned.period) == (IncidentKind.ABANDONED, Period.ENDED)


@pytest.mark.parametrize(
    ("market", "outcomes", "expected"),
    [
        ('id="1"', ("1", "2", "3"), ("1x2/home", "1x2/draw", "1x2/away")),
        ('id="18" specifiers="total=2.5"', ("12", "13"), ("totals:2.5/over", "totals:2.5/under")),
        ('id="18" specifiers="total=2.25"', ("12",), ("totals:2.25/over",)),
        ('id="18" specifiers="total=99.5"', ("12",), ("",)),
        ('id="18" specifiers="total=2.5|half=1"', ("12",), ("",)),
        ('id="1" specifiers="half=1"', ("1",), ("",)),
        ('id="29"', ("74", "76", "1"), ("both_teams_to_score/yes", "both_teams_to_score/no", "")),
        ('id="899"', ("1",), ("",)),
    ],
)
def test_which_of_the_houses_selections_an_outcome_is(
    market: str, outcomes: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    lines = "".join(f'<outcome id="{each}" odds="2.0"/>' for each in outcomes)
    (changed,) = read(f"{BEGIN}<odds><market {market}>{lines}</market></odds></odds_change>")
    assert tuple(each.selection for each in changed.outcomes) == expected

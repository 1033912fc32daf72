"""Running counts from a provider's message to the match that corners are priced from."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.domain.kernel.statistics import StatisticsObserved
from overround.domain.pricing.football.corners import corners_of
from overround.domain.pricing.football.model import DEFAULTS
from tests.kit.match import (
    MATCH,
    PROVIDER,
    Sportsbook,
    feed,
    fixture_fields,
    incident_fields,
    price_fields,
)

SECOND = "second"


@pytest.fixture
def book() -> Sportsbook:
    """A match in its first half that two providers tell of, each up to its record 3."""
    sportsbook = Sportsbook()
    for provider in (PROVIDER, SECOND):
        kick_off = incident_fields("period", "first_half", 0)
        for sequence, fields in enumerate((fixture_fields(), price_fields(), kick_off), start=1):
            say(sportsbook, sequence, fields, provider)
    return sportsbook


def say(book: Sportsbook, sequence: int, fields: dict[str, Any], provider: str = PROVIDER) -> None:
    book.tell(topics.FEEDS_INBOX, MATCH, feed(MATCH, sequence, fields, provider))


def counts(home: dict[str, int], away: dict[str, int], clock_s: int = 600) -> dict[str, Any]:
    at = {"period": "first_half", "clock_s": clock_s}
    return {"type": "statistics", **at, "home": home, "away": away}


def corners(home: int, away: int) -> dict[str, Any]:
    return counts({"corners": home}, {"corners": away})


def so_far(book: Sportsbook) -> tuple[int, int] | None:
    known = corners_of(book.engine.table("books")[MATCH].match, DEFAULTS)
    return None if known is None else known.so_far


def test_corners_of_two_providers_reach_the_match_and_a_correction_does_too(
    book: Sportsbook,
) -> None:
    assert so_far(book) is None
    say(book, 4, corners(2, 0))
    say(book, 4, corners(1, 1), SECOND)
    assert so_far(book) == (2, 1)
    say(book, 5, corners(1, 0))
    assert so_far(book) == (1, 1)
    assert book.dead_letters() == []


def test_a_repeat_and_a_late_record_leave_the_count_as_the_newest_told_it(
    book: Sportsbook,
) -> None:
    say(book, 6, corners(3, 0))
    say(book, 6, corners(3, 0))
    say(book, 4, corners(5, 5))
    say(book, 5, incident_fields("goal", "first_half", 500, 1, 0, side="home"))
    assert so_far(book) == (3, 0)
    told = book.told(topics.STATISTICS, StatisticsObserved)
    assert [each.sequence for each in told] == [4, 6]


def test_counts_do_not_make_the_goal_before_them_late() -> None:
    book = Sportsbook()
    kick_off = incident_fields("period", "first_half", 0)
    for sequence, fields in enumerate((fixture_fields(), price_fields(), kick_off), start=1):
        say(book, sequence, fields)
    say(book, 5, corners(1, 0))
    say(book, 4, incident_fields("goal", "first_half", 500, 1, 0, side="home"))
    newest = book.quotes()[-1]
    assert (newest.home_goals, newest.away_goals) == (1, 0)


def test_what_contradicts_itself_is_kept_with_its_reason_and_changes_nothing(
    book: Sportsbook,
) -> None:
    say(book, 4, corners(2, 0))
    say(book, 5, counts({"corners": 9, "shots": 1, "shots_on_target": 2}, {}))
    say(book, 5, corners(-1, 0))
    assert book.dead_letters() == ["on_target_above_shots", "out_of_range"]
    assert so_far(book) == (2, 0)


def test_counts_of_a_match_that_was_never_announced_are_public_and_nothing_else() -> None:
    book = Sportsbook()
    say(book, 1, corners(2, 0))
    assert len(book.told(topics.STATISTICS, StatisticsObserved)) == 1
    assert MATCH not in book.engine.table("books")
    assert book.dead_letters() == []

"""What a trusted provider's word is worth, and how a match follows an account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.pricing.football.claim import Claim, difference, differences, followed
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.play import observe
from overround.domain.pricing.football.quorum import (
    Count,
    Hearing,
    QuorumRules,
    count,
    founded,
    hear,
)

HALF = Period.FIRST_HALF
SECOND_US = 1_000_000
RULES = QuorumRules(trusted=("a",))
CLAIM = Claim(HALF, 0, 0, 0, 0, abandoned=False)


def told(provider: str, sequence: int, home_goals: int = 0, **more: object) -> Incident:
    kind = IncidentKind.GOAL if home_goals else IncidentKind.CLOCK
    incident = Incident("m1", provider, sequence, kind, HALF, 600, home_goals, 0, Side.HOME)
    return replace(incident, **more)  # type: ignore[arg-type]


def at(second: int, *, is_settled: bool = False, lost: tuple[str, ...] = ()) -> Hearing:
    return Hearing(lost, 100 * SECOND_US + second * SECOND_US, is_settled, RULES)


@pytest.fixture
def waiting() -> Count:
    """Two providers in the first half, of whom `a` has a goal at second 0."""
    match = observe(Match(), told("a", 1))
    quorum, match = hear(founded(match, ["a"]), match, told("b", 1), at(-10))
    assert quorum.holds_back(match) == ""
    return hear(quorum, match, told("a", 2, 1), at(0))


def test_a_trusted_providers_goal_is_believed_after_a_while(waiting: Count) -> None:
    quorum, match = count(*waiting, at(14))
    assert (match.home_goals, quorum.holds_back(match)) == (0, "awaiting_quorum: goal")
    quorum, match = count(quorum, match, at(15))
    assert (match.home_goals, quorum.holds_back(match)) == (1, "")


def test_the_other_provider_must_confirm_a_trusted_goal_within_the_bound(waiting: Count) -> None:
    quorum, match = hear(*count(*waiting, at(15)), told("b", 2), at(30))
    assert quorum.holds_back(match) == ""
    quorum, match = count(quorum, match, at(31))
    assert quorum.holds_back(match) == "providers_disagree: score 1-0 (a) / 0-0 (b)"
    quorum, match = hear(quorum, match, told("b", 3, 1), at(40))
    assert quorum.holds_back(match) == ""


def test_a_trusted_provider_is_not_believed_against_other_news(waiting: Count) -> None:
    red = told("b", 2, kind=IncidentKind.RED_CARD)
    quorum, match = hear(*waiting, red, at(5))
    quorum, match = count(quorum, match, at(20))
    assert (match.home_goals, match.home_reds) == (0, 0)
    assert quorum.holds_back(match) == "awaiting_quorum: goal"


def test_a_trusted_provider_that_is_lost_is_not_believed(waiting: Count) -> None:
    _, match = count(*waiting, at(15, lost=("a",)))
    assert match.home_goals == 0


def test_a_trusted_provider_moves_no_settled_result(waiting: Count) -> None:
    _, match = count(*waiting, at(20, is_settled=True))
    assert match.home_goals == 0


def test_nobody_else_is_believed_alone() -> None:
    match = observe(Match(), told("a", 1))
    quorum, match = hear(founded(match, ["a"]), match, told("b", 1), at(-10))
    quorum, match = hear(quorum, match, told("b", 2, 1), at(0))
    quorum, match = count(quorum, match, at(31))
    assert quorum.holds_back(match) == "providers_disagree: score 0-0 (a) / 1-0 (b)"


def test_the_clock_does_not_go_back_within_a_claim() -> None:
    match = Match(period=HALF, clock_s=600)
    assert followed(match, Match(period=HALF, clock_s=590)) is match
    ended = Match(period=Period.ENDED, clock_s=7_300, home_goals=1, extra_time=True)
    assert followed(ended, Match(period=Period.FULL_TIME, clock_s=5_700)) is ended


def test_a_goal_of_a_slower_clock_is_followed_and_its_clock_is_not() -> None:
    match = Match(period=HALF, clock_s=600, home_rate_micro=1_500_000)
    account = Match(period=HALF, clock_s=590, home_goals=1, regular_home_goals=1, home_reds=1)
    expected = replace(match, home_goals=1, regular_home_goals=1, home_reds=1, scorers=(Side.HOME,))
    assert followed(match, account) == expected


@pytest.mark.parametrize(
    ("other", "word", "text"),
    [
        ({"abandoned": True}, "abandoned", "abandoned no (a) / yes (b)"),
        ({"phase": Period.FULL_TIME}, "result", "period first_half (a) / full_time (b)"),
        ({"home_goals": 1}, "goal", "score 0-0 (a) / 1-0 (b)"),
        ({"phase": Period.HALF_TIME}, "period", "period first_half (a) / half_time (b)"),
        ({"away_reds": 1}, "red_card", "reds 0-0 (a) / 0-1 (b)"),
        (
            {"home_goals": 1, "away_reds": 1},
            "goal",
            "score 0-0 (a) / 1-0 (b), reds 0-0 (a) / 0-1 (b)",
        ),
    ],
)
def test_a_difference_is_named_by_its_gravest_part_and_told_whole(
    other: dict[str, object], word: str, text: str
) -> None:
    claim = CLAIM._replace(**other)  # type: ignore[arg-type]
    assert difference([CLAIM, claim]) == word
    assert differences([("a", CLAIM), ("b", claim)]) == text

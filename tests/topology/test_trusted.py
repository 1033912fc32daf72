"""A provider that is trusted is believed alone, after a while, by parameters of the desk."""

from __future__ import annotations

from typing import Any

import pytest

from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.domain.control.commands import SetParameters
from overround.domain.feeds.events import SourceLost
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.settings import Setting
from overround.runtime.in_process import at_random, partition_of
from overround.runtime.replay import Collected, replay
from tests.kit.match import MATCH, Sportsbook, wire
from topologies.sportsbook import SPORTSBOOK

HALF = Period.FIRST_HALF
OPEN = ("open", "")
AWAITED = ("suspended", "awaiting_quorum: goal")
A, B = "partner", "second"


def in_play(**options: Any) -> Sportsbook:
    """A match in play that two providers tell of."""
    book = Sportsbook(**options)
    book.schedule()
    for provider in (A, B):
        book.report(IncidentKind.PERIOD, HALF, 0, provider=provider)
    return book


@pytest.fixture
def book() -> Sportsbook:
    return in_play()


def set_(book: Sportsbook, name: str, value: str) -> None:
    command = SetParameters("football", "ann", "because", (Setting(name, value),))
    book.tell(topics.MARKETS_INBOX, "football", command)


def goal(book: Sportsbook, provider: str) -> None:
    book.report(IncidentKind.GOAL, HALF, 600, (1, 0), Side.HOME, provider=provider)


def state(book: Sportsbook) -> tuple[str, str]:
    newest = book.quotes()[-1]
    return newest.status, newest.reason


def test_a_trusted_provider_is_believed_after_a_while_without_a_second(book: Sportsbook) -> None:
    set_(book, "quorum.trusted", f"other, {A}")
    goal(book, A)
    assert state(book) == AWAITED
    book.engine.advance(14)
    assert state(book) == AWAITED
    book.engine.advance(2)
    assert state(book) == OPEN
    assert book.quotes()[-1].home_goals == 1


def test_a_provider_that_is_not_trusted_is_not(book: Sportsbook) -> None:
    set_(book, "quorum.trusted", B)
    goal(book, A)
    book.engine.advance(29)
    assert state(book) == AWAITED
    book.engine.advance(3)
    assert state(book)[1].startswith("providers_disagree")


def test_a_trusted_provider_whose_source_is_lost_is_not_believed_alone(book: Sportsbook) -> None:
    set_(book, "quorum.trusted", A)
    goal(book, A)
    book.tell(topics.MARKETS_INBOX, MATCH, SourceLost(MATCH, A, "", "silent", 0))
    book.engine.advance(20)
    assert state(book) == AWAITED


def test_trust_that_is_given_while_a_goal_waits_counts_at_the_next_tick(book: Sportsbook) -> None:
    goal(book, A)
    book.engine.advance(16)
    assert state(book) == AWAITED
    set_(book, "quorum.trusted", A)
    assert state(book) == AWAITED
    book.engine.advance(1)
    assert state(book) == OPEN


def test_trust_that_is_taken_back_counts_no_more(book: Sportsbook) -> None:
    set_(book, "quorum.trusted", A)
    set_(book, "quorum.trusted", "default")
    goal(book, A)
    book.engine.advance(20)
    assert state(book) == AWAITED


@pytest.mark.parametrize(
    ("name", "seconds"), [("quorum.trusted_after_us", 5), ("quorum.confirm_within_us", 9)]
)
def test_the_times_can_be_changed(book: Sportsbook, name: str, seconds: int) -> None:
    set_(book, "quorum.trusted", A if "trusted" in name else "nobody")
    set_(book, name, str(seconds * 1_000_000))
    goal(book, A)
    book.engine.advance(seconds - 1)
    assert state(book) == AWAITED
    book.engine.advance(2)
    status, reason = state(book)
    ended = ("open", "") if "trusted" in name else ("suspended", "providers_disagree")
    assert (status, reason.partition(":")[0]) == ended


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("quorum.trusted", "", "parameter_malformed"),
        ("quorum.trusted", "a,,b", "parameter_malformed"),
        ("quorum.trusted", "a/b", "parameter_malformed"),
        ("quorum.trusted_after_us", "0", "parameter_out_of_range"),
        ("quorum.confirm_within_us", "1.5", "parameter_malformed"),
    ],
)
def test_what_trusts_nobody_in_particular_is_refused(
    book: Sportsbook, name: str, value: str, reason: str
) -> None:
    set_(book, name, value)
    assert book.dead_letters() == [reason]


def test_a_replay_and_a_run_with_crashes_trust_whom_the_log_trusted() -> None:
    def played(**options: Any) -> Sportsbook:
        book = in_play(cuts=False, **options)
        set_(book, "quorum.trusted", A)
        goal(book, A)
        book.engine.advance(20)
        goal(book, B)
        set_(book, "quorum.trusted", "default")
        book.report(IncidentKind.RED_CARD, HALF, 700, (1, 0), Side.AWAY, provider=A)
        book.engine.advance(20)
        return book

    whole, crashed = played(), played(crash=at_random(3, 0.05))
    assert crashed.engine.crashes
    assert crashed.engine.state_hash() == whole.engine.state_hash()
    place = partition_of(MATCH.encode(), PARTITIONS)
    log, lanes = whole.engine.log, Collected()
    replay(
        SPORTSBOOK.agent("markets"),
        place,
        wire(),
        log.read(topics.MARKETS_INBOX.name, place),
        lanes,
    )
    made = [output.value for output in lanes.published if output.topic == topics.QUOTES.name]
    assert made == [record.value for record in log.read(topics.QUOTES.name, place)]
    assert state(whole) == ("suspended", "awaiting_quorum: red_card")

"""A match that needs a winner, from its fixture to the chances of who goes on."""

from __future__ import annotations

import pytest

from cli.demo.match import timeline
from overround.contracts import topics
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.feeds.identity.events import EventParted
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.pricing.football.board import shares
from overround.domain.pricing.football.catalogue import PLACE
from overround.domain.pricing.football.model import Match
from tests.kit.match import MATCH, OPENING, PROVIDER, Sportsbook
from tests.kit.recorded_match import FINAL

SECOND = "second"


def announce(book: Sportsbook, sequence: int, *, needs: bool, provider: str = PROVIDER) -> None:
    """A fixture, as FEEDS tells it."""
    fixture = FixtureScheduled(*(MATCH, provider, sequence, "Cup", "A", "B", 0), needs_winner=needs)
    book.tell(topics.MARKETS_INBOX, MATCH, fixture)


def match_of(book: Sportsbook) -> Match:
    match: Match = book.engine.table("books")[MATCH].match
    return match


def chances(match: Match) -> tuple[float, float]:
    home, away = (float(shares(match)[0][PLACE[f"to_qualify/{side}"]]) for side in ("home", "away"))
    return home, away


@pytest.mark.slow
def test_who_wins_the_final_is_priced_through_extra_time_and_the_shoot_out() -> None:
    book, seen = Sportsbook(), []
    for timed in timeline(FINAL, MATCH):
        book.tell(topics.FEEDS_INBOX, MATCH, timed.record)
        match = match_of(book)
        if match.home_rate_micro and match.period is not Period.ENDED:
            seen.append((match.period, match.home_goals, match.away_goals, *chances(match)))
    assert all(home + away == pytest.approx(1.0) for *_, home, away in seen)
    assert {period for period, *_ in seen} == set(Period) - {Period.ENDED}
    by_score = {(*key,): home for *key, home, _ in seen if key[0] is Period.EXTRA_TIME}
    level, ahead, caught = (
        by_score[Period.EXTRA_TIME, *goals] for goals in ((2, 2), (3, 2), (3, 3))
    )
    assert ahead > 0.8
    assert abs(level - 0.5) < 0.1
    assert abs(caught - 0.5) < 0.1
    assert chances(match_of(book)) == (0.0, 0.0)


def test_a_match_of_which_nobody_says_so_may_end_level() -> None:
    book = Sportsbook()
    book.schedule()
    assert chances(match_of(book)) == (0.0, 0.0)


def test_a_fixture_that_says_so_first_makes_no_other_version_of_quotes() -> None:
    versions = []
    for needs in (False, True):
        book = Sportsbook()
        announce(book, 1, needs=needs)
        book.tell(topics.MARKETS_INBOX, MATCH, PricesObserved(MATCH, PROVIDER, 2, OPENING))
        versions.append([quotes.version for quotes in book.quotes()])
    assert versions[0] == versions[1]


def test_a_provider_may_take_it_back_and_an_older_fixture_of_it_may_not() -> None:
    book = Sportsbook()
    for sequence, needs, expected in ((1, False, False), (5, True, True), (3, False, True)):
        announce(book, sequence, needs=needs)
        assert match_of(book).needs_winner is expected
    announce(book, 7, needs=False)
    announce(book, 5, needs=True)
    assert not match_of(book).needs_winner


def test_a_provider_that_does_not_say_so_denies_nothing() -> None:
    book = Sportsbook()
    announce(book, 1, needs=True)
    announce(book, 1, needs=False, provider=SECOND)
    assert match_of(book).needs_winner


def test_what_several_providers_agree_on_in_play_leaves_it_as_the_fixtures_say() -> None:
    book = Sportsbook()
    book.schedule()
    for provider in (PROVIDER, SECOND):
        book.report(IncidentKind.PERIOD, Period.FIRST_HALF, 0, provider=provider)
    announce(book, 9, needs=True)
    for provider in (PROVIDER, SECOND):
        goal = (IncidentKind.GOAL, Period.FIRST_HALF, 600, (1, 0), Side.HOME)
        book.report(*goal, provider=provider)
    assert match_of(book).home_goals == 1
    assert match_of(book).needs_winner


def test_a_provider_whose_fixture_was_another_match_has_said_nothing_of_this_one() -> None:
    book = Sportsbook()
    announce(book, 1, needs=False)
    announce(book, 1, needs=True, provider=SECOND)
    parted = EventParted(MATCH, SECOND, "s-1", "m2", has_left=True, why="trader")
    book.tell(topics.MARKETS_INBOX, MATCH, parted)
    assert not match_of(book).needs_winner

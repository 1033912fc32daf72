"""A match has one id, whoever tells of it, and keeps it."""

from __future__ import annotations

import pytest

from overround.contracts import topics
from overround.domain.betting.commands import ReopenTrading
from overround.domain.feeds.events import GapFound, RecordsLost
from overround.domain.feeds.identity.commands import (
    ConfirmLink,
    MergeEvents,
    MergeParticipants,
    RejectLink,
    SplitEvent,
)
from overround.domain.feeds.identity.events import EventMerged, ParticipantLinked
from overround.domain.kernel.market import TradingStatus
from overround.domain.settlement.events import BetSettled
from overround.runtime.in_process import at_random, never
from tests.kit.fixtures import SPORT, Fixtures
from tests.kit.match import feed, fixture_fields

PSG = "Paris Saint-Germain"


@pytest.fixture
def house() -> Fixtures:
    return Fixtures()


def in_doubt(house: Fixtures) -> None:
    """Two providers list one match; nothing says that PSG is who the other one means."""
    house.list("a", "1", PSG, "Lyon")
    house.list("b", "7", "PSG", "Lyon")


def test_a_second_providers_fixture_becomes_the_event_of_the_first(house: Fixtures) -> None:
    assert house.list("a", "1", "Arsenal", "Man United") == "a-1"
    assert house.list("b", "7", "Arsenal FC", "Manchester United") == "a-1"
    assert house.list("c", "x", "arsenal", "Manchester Utd", "2018-01-02") == "a-1"
    assert not house.waiting()
    link = house.link_of("c", "x")
    assert (link.home_id, link.away_id) == ("football-arsenal", "football-man-united")
    assert link.why == "home 100% and away 90% alike, 1 day apart"


@pytest.mark.parametrize(
    ("home", "away", "day"),
    [
        ("Arsenal U21", "Chelsea U21", "2018-01-01"),
        ("Arsenal Women", "Chelsea Women", "2018-01-01"),
        ("Arsenal II", "Chelsea II", "2018-01-01"),
        ("Chelsea", "Arsenal", "2018-01-01"),
        ("Arsenal", "Chelsea", "2018-01-03"),
        ("Aston Villa", "Everton", "2018-01-01"),
    ],
)
def test_another_match_is_another_event(house: Fixtures, home: str, away: str, day: str) -> None:
    assert house.list("a", "1", "Arsenal", "Chelsea") == "a-1"
    assert house.list("b", "7", home, away, day) == "b-7"
    assert not house.waiting()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Manchester City", "Manchester United"),
        ("Manchester City", "Stoke City"),
        ("Inter", "Milan"),
    ],
)
def test_a_name_that_is_only_half_alike_is_never_linked_by_the_rule(
    house: Fixtures, ours: str, theirs: str
) -> None:
    house.list("a", "1", ours, "Chelsea")
    assert house.list("b", "7", theirs, "Chelsea") == "b-7"


def test_an_id_that_a_connection_names_is_the_events_own(house: Fixtures) -> None:
    for provider in ("partner", "other"):
        house.tell(topics.FEEDS_INBOX, "m1", feed("m1", 1, fixture_fields(), provider))
    links = [house.link_of(provider, f"{provider}-m1") for provider in ("partner", "other")]
    assert [link.event_id for link in links] == ["m1", "m1"]
    assert links[0].why == "named by its connection"
    assert not house.told(topics.IDENTITIES, EventMerged)
    assert not house.dead_letters()


def test_a_womens_league_makes_women_of_teams_that_do_not_say_it(house: Fixtures) -> None:
    house.list("a", "1")
    women = house.list("b", "7", competition="Premier League Women")
    assert women == "b-7"
    teams = {p.participant_id for p in house.told(topics.IDENTITIES, ParticipantLinked)}
    assert {"football-arsenal", "football-arsenal-women"} <= teams


def test_two_fixtures_of_one_provider_are_never_one_event(house: Fixtures) -> None:
    assert house.list("a", "1") == "a-1"
    assert house.list("a", "2") == "a-2"


def test_an_id_is_stable_under_a_moved_kick_off_and_a_renamed_team(house: Fixtures) -> None:
    house.list("a", "1")
    house.list("b", "7")
    for provider, match in (("a", "1"), ("b", "7")):
        assert house.list(provider, match, "Arsenal", "Chelsea", "2018-05-09") == "a-1"
        assert house.list(provider, match, "Arsenal London", "Chelsea", "2018-05-09") == "a-1"
    assert house.list("c", "x", "Arsenal London", "Chelsea", "2018-05-09") == "a-1"
    assert house.list("d", "y", "Arsenal", "Chelsea") == "d-y", "nothing is left on the old day"
    assert not house.told(topics.IDENTITIES, EventMerged)[2:], "b-7 and c-x, and nothing after"


def test_what_comes_of_a_linked_match_is_told_under_its_event_on_any_connection(
    house: Fixtures,
) -> None:
    house.list("a", "1")
    house.list("b", "7")
    assert house.kick_off_of("b", "7", deaf=True).event_id == "b-7"
    assert house.goal("b", "7").event_id == "a-1"
    told = [(i.provider, i.sequence, i.home_goals) for i in house.incidents("a-1")]
    assert told == [("b", 2, 0), ("b", 3, 1)]
    assert not house.incidents("b-7")
    assert house.engine.table("books")["a-1"].match.home_goals == 1
    assert not house.told(topics.GAPS, GapFound), "the fixture, number 1, is known to have come"
    assert not house.dead_letters()


def test_what_was_told_before_a_link_stays_and_is_not_missed_after_it(house: Fixtures) -> None:
    in_doubt(house)
    record = house.kick_off_of("b", "7")
    house.decide(ConfirmLink(SPORT, "b", "7", "a-1", "ann"))
    again = house.goal("b", "7")
    assert (record.event_id, again.event_id) == ("b-7", "a-1")
    house.engine.advance(60)
    assert [i.sequence for i in house.incidents("a-1")] == [3]
    assert not house.told(topics.GAPS, RecordsLost)


def test_a_doubt_waits_for_a_person_with_its_candidates(house: Fixtures) -> None:
    in_doubt(house)
    assert house.event_of("b", "7") == "b-7", "an event of its own until then"
    (asked,) = house.waiting().values()
    (candidate,) = asked.candidates
    assert (candidate.event_id, candidate.home) == ("a-1", PSG)
    house.decide(ConfirmLink(SPORT, "b", "7", "a-1", "ann"))
    assert house.event_of("b", "7") == "a-1"
    assert not house.waiting()
    link = house.link_of("b", "7")
    assert (link.decided_by, link.why) == ("ann", "confirmed by ann")
    assert house.list("b", "8", "Lyon", "PSG", "2018-05-09") == "b-8"
    assert house.list("a", "2", "Lyon", PSG, "2018-05-09") == "b-8", "the name is known now"


def test_what_is_rejected_stays_apart_and_is_not_proposed_again(house: Fixtures) -> None:
    in_doubt(house)
    house.decide(RejectLink(SPORT, "b", "7", "ann"))
    assert not house.waiting()
    house.list("b", "7", "PSG", "Lyon", "2018-01-02")
    assert not house.waiting()
    assert house.event_of("b", "7") == "b-7"


def test_the_days_of_three_matches_decide_a_name_that_says_nothing(house: Fixtures) -> None:
    days = [("Lyon", "2018-01-01"), ("Nantes", "2018-01-08"), ("Lille", "2018-01-15")]
    for number, (away, day) in enumerate(days):
        house.list("a", str(number), PSG, away, day)
        house.list("b", str(number), "PSG", away, day)
    assert [house.event_of("b", str(number)) for number in range(3)] == ["a-0", "a-1", "a-2"]
    assert not house.waiting()


def test_a_merged_event_is_closed_and_its_bets_are_refunded(house: Fixtures) -> None:
    in_doubt(house)
    house.price_of("b", "7")
    house.customer()
    house.bet("bet", "1x2/home", 1_000, match="b-7")
    house.decide(MergeEvents(SPORT, "b-7", "a-1", "ann"))
    book = house.engine.table("books")["b-7"]
    assert (book.status, book.reason) == (TradingStatus.CLOSED, "merged into a-1")
    settled = house.answers("bet")[-1]
    assert isinstance(settled, BetSettled)
    assert settled.payout_minor == 1_000
    house.kick_off_of("b", "7", deaf=True)
    assert [i.sequence for i in house.incidents("a-1")] == [3]
    assert house.told(topics.IDENTITIES, EventMerged)[-1].into_event_id == "a-1"
    house.check_books()


def test_a_split_fixture_is_its_own_event_with_all_that_comes_later(house: Fixtures) -> None:
    house.list("a", "1")
    house.list("b", "7")
    house.kick_off_of("b", "7")
    house.decide(SplitEvent(SPORT, "b", "7", False, "ann"))
    assert house.event_of("b", "7") == "b-7"
    assert house.goal("b", "7").event_id == "b-7"
    assert [i.sequence for i in house.incidents("b-7")] == [3]
    books = house.engine.table("books")
    assert [books[event].reason for event in ("a-1", "b-7")] == [
        "trader: parted from b-7",
        "trader: parted from a-1",
    ]
    assert books["a-1"].match.home_goals == 0
    house.list("b", "7", "Arsenal", "Chelsea", "2018-01-02")
    assert house.event_of("b", "7") == "b-7", "what a person parted stays so"
    assert not house.told(topics.GAPS, GapFound)


def test_what_a_parted_provider_gave_counts_no_more(house: Fixtures) -> None:
    house.list("a", "1")
    house.list("b", "7")
    house.price_of("b", "7")
    for provider, match in (("a", "1"), ("b", "7")):
        house.kick_off_of(provider, match)
    house.goal("b", "7")
    assert house.engine.table("books")["a-1"].reason.startswith("awaiting_quorum")
    house.decide(SplitEvent(SPORT, "b", "7", False, "ann"))
    house.tell(topics.MARKETS_INBOX, "a-1", ReopenTrading("a-1", "tom"))
    book = house.engine.table("books")["a-1"]
    assert (book.status, book.match.home_goals) == (TradingStatus.OPEN, 0)
    assert house.engine.table("reliances")["a-1"].told_by == ("a",)


def test_prices_of_another_match_are_taken_back(house: Fixtures) -> None:
    house.list("a", "1")
    house.list("b", "7")
    house.price_of("b", "7")
    house.decide(SplitEvent(SPORT, "b", "7", False, "ann"))
    house.tell(topics.MARKETS_INBOX, "a-1", ReopenTrading("a-1", "tom"))
    assert house.engine.table("books")["a-1"].reason == "no_prices"


def test_a_split_event_can_be_merged_again(house: Fixtures) -> None:
    house.list("a", "1")
    house.list("b", "7")
    house.decide(SplitEvent(SPORT, "b", "7", False, "ann"))
    house.kick_off_of("b", "7")
    house.decide(MergeEvents(SPORT, "b-7", "a-1", "bob"))
    assert house.goal("b", "7", deaf=True).event_id == "b-7"
    assert [i.sequence for i in house.incidents("a-1")] == [3]
    assert not house.told(topics.GAPS, GapFound)
    assert not house.dead_letters()


def test_teams_are_merged_and_every_later_fixture_follows(house: Fixtures) -> None:
    house.list("a", "1", PSG, "Lyon")
    house.list("b", "7", "PSG", "Nantes", "2018-03-03")
    parts = ("", "football-psg", "football-paris-saint-germain", "ann")
    house.decide(MergeParticipants(SPORT, *parts))
    assert house.list("a", "2", PSG, "Nantes", "2018-03-03") == "b-7"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (ConfirmLink(SPORT, "b", "9", "a-1", "ann"), "unknown_fixture"),
        (ConfirmLink(SPORT, "b", "7", "a-9", "ann"), "unknown_event"),
        (ConfirmLink(SPORT, "b", "7", "b-7", "ann"), "already_linked"),
        (ConfirmLink(SPORT, "b", "7", "a-1", ""), "malformed_id"),
        (ConfirmLink("tennis", "b", "7", "a-1", "ann"), "key_is_not_sport"),
        (RejectLink(SPORT, "a", "1", "ann"), "nothing_proposed"),
        (MergeEvents(SPORT, "a-1", "a-1", "ann"), "same_event"),
        (MergeEvents(SPORT, "a-2", "a-1", "ann"), "provider_lists_both"),
        (SplitEvent(SPORT, "a", "1", False, "ann"), "first_of_its_event"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_changes_nothing(
    house: Fixtures, command: object, reason: str
) -> None:
    in_doubt(house)
    house.list("a", "2", "Lille", "Nice")
    before = house.engine.state_hash()
    house.decide(command)
    assert house.dead_letters() == [reason]
    assert house.engine.state_hash() == before


def scripted(house: Fixtures) -> Fixtures:
    in_doubt(house)
    house.list("a", "2", "Lille", "Nice")
    house.list("b", "8", "Lille OSC", "OGC Nice")
    house.kick_off_of("b", "8", deaf=True)
    house.decide(ConfirmLink(SPORT, "b", "7", "a-1", "ann"))
    house.decide(SplitEvent(SPORT, "b", "8", True, "ann"))
    house.goal("b", "8")
    house.decide(MergeEvents(SPORT, "b-8", "a-2", "ann"))
    return house


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_that_dies_time_and_again_tells_the_same_bytes(seed: int) -> None:
    sound, dying = (
        scripted(Fixtures(crash=crash, cuts=False)) for crash in (never, at_random(seed, 0.1))
    )
    assert dying.engine.crashes > 10
    for topic in (topics.IDENTITIES, topics.UNRESOLVED, topics.IDENTITY_INBOX):
        found = [
            [(r.key, r.value) for p in range(12) for r in run.engine.log.read(topic.name, p)]
            for run in (sound, dying)
        ]
        assert found[0] == found[1], topic.name
    assert sound.engine.state_hash() == dying.engine.state_hash()

"""A competition, a team and a player have one id, whoever names them, and keep it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.contracts import topics
from overround.domain.feeds.identity.commands import (
    ConfirmLink,
    IdentifyPlayer,
    MergeParticipants,
    RejectParticipant,
    SplitParticipant,
)
from overround.domain.feeds.identity.events import ParticipantAdded, ParticipantLinked
from overround.domain.feeds.identity.model import Kind
from overround.domain.kernel.match import Side
from overround.runtime.in_process import at_random, never
from tests.kit.fixtures import SPORT, Fixtures

TEAM, LYON = "football-arsenal", "football-lyon"
OZIL = f"{TEAM}-mesut-ozil"
PSG = "Paris Saint-Germain"


@pytest.fixture
def house() -> Fixtures:
    """A match that two providers list."""
    fixtures = Fixtures()
    fixtures.list("a", "1")
    fixtures.list("b", "7", "Arsenal FC", "Chelsea FC")
    return fixtures


def added(house: Fixtures, kind: Kind) -> list[str]:
    told = house.told(topics.PARTICIPANTS, ParticipantAdded)
    return sorted(each.participant_id for each in told if each.kind is kind)


def test_what_is_new_is_told_once_with_its_kind(house: Fixtures) -> None:
    assert added(house, Kind.TEAM) == [TEAM, "football-chelsea"]
    assert added(house, Kind.COMPETITION) == ["football-premier-league"]
    house.player("a", "1", "Mesut Özil")
    house.player("b", "7", "M. Ozil")
    assert added(house, Kind.PLAYER) == [OZIL]


def test_a_player_is_one_under_all_forms_of_his_name(house: Fixtures) -> None:
    house.list("c", "x", "Arsenal", "Chelsea")
    for provider, match, name in (
        ("a", "1", "Mesut Özil"),
        ("b", "7", "Ozil"),
        ("c", "x", "Özil, Mesut"),
    ):
        assert house.player(provider, match, name) == OZIL
    links = house.told(topics.IDENTITIES, ParticipantLinked)
    (linked,) = (each for each in links if each.name == "Özil, Mesut")
    assert (linked.kind, linked.team_id, linked.why) == (Kind.PLAYER, TEAM, "100% alike")
    assert house.player("a", "1", "Mesut Özil", "away") == "football-chelsea-mesut-ozil"


def test_an_incident_carries_the_name_as_it_came(house: Fixtures) -> None:
    house.player("b", "7", "M. Ozil")
    assert [i.player for i in house.incidents("a-1")] == ["M. Ozil"]


def test_a_name_of_the_alias_table_is_linked_as_it_came_until_a_person_parts_it() -> None:
    house = Fixtures()
    house.list("understat", "1", PSG, "Lyon", competition="Ligue 1")
    team, name = "football-france-paris-saint-germain", "Kylian Mbappe-Lottin"
    assert house.player("understat", "1", name) == f"{team}-kylian-mbappe"
    parts = ("France", f"{team}-kylian-mbappe", "understat", name, "ann", Kind.PLAYER, team)
    house.decide(SplitParticipant(SPORT, *parts))
    own = house.named("understat", name, team)
    assert own != f"{team}-kylian-mbappe"
    assert house.player("understat", "1", name) == own


def test_a_name_that_two_players_may_have_waits_for_a_person(house: Fixtures) -> None:
    for name in ("Jacob Murphy", "Josh Murphy"):
        house.player("a", "1", name)
    own = house.player("b", "7", "J. Murphy")
    assert own == f"{TEAM}-j-murphy"
    (asked,) = house.names_waiting().values()
    assert [each.name for each in asked.candidates] == ["Jacob Murphy", "Josh Murphy"]
    parts = ("", own, f"{TEAM}-josh-murphy", "ann", Kind.PLAYER, TEAM)
    house.decide(MergeParticipants(SPORT, *parts))
    assert not house.names_waiting()
    assert house.named("b", "J. Murphy", TEAM) == f"{TEAM}-josh-murphy"
    assert house.player("b", "7", "J. Murphy") == f"{TEAM}-josh-murphy", "and later ones follow"


def test_what_is_rejected_stays_apart(house: Fixtures) -> None:
    for provider, match, name in (("a", "1", "Fernando"), ("b", "7", "Fernandinho")):
        own = house.player(provider, match, name)
    house.decide(RejectParticipant(SPORT, "", own, "ann", Kind.PLAYER, TEAM))
    assert not house.names_waiting()
    assert house.player("b", "7", "Fernandinho") == own
    house.decide(RejectParticipant(SPORT, "", own, "ann", Kind.PLAYER, TEAM))
    assert house.dead_letters() == ["nothing_proposed"]


def test_a_split_name_is_another_player_from_there_on(house: Fixtures) -> None:
    house.player("a", "1", "Jacob Murphy")
    assert house.player("b", "7", "J. Murphy") == f"{TEAM}-jacob-murphy"
    parts = ("", f"{TEAM}-jacob-murphy", "b", "J. Murphy", "ann", Kind.PLAYER, TEAM)
    house.decide(SplitParticipant(SPORT, *parts))
    assert house.player("b", "7", "J. Murphy") == f"{TEAM}-j-murphy-b"
    assert house.player("a", "1", "Jacob Murphy") == f"{TEAM}-jacob-murphy"


def test_a_player_who_changes_his_team_is_merged_with_who_he_was(house: Fixtures) -> None:
    house.player("a", "1", "Olivier Giroud")
    later = house.player("a", "1", "Olivier Giroud", "away")
    parts = ("", later, f"{TEAM}-olivier-giroud", "ann", Kind.PLAYER, "football-chelsea", TEAM)
    house.decide(MergeParticipants(SPORT, *parts))
    assert house.named("a", "Olivier Giroud", TEAM) == f"{TEAM}-olivier-giroud"
    assert house.player("b", "7", "Olivier Giroud", "away") == f"{TEAM}-olivier-giroud"


def test_the_players_of_a_team_that_is_another_keep_their_ids() -> None:
    house = Fixtures()
    house.list("a", "1", PSG, "Lyon")
    house.list("b", "7", "PSG", "Lyon")
    house.player("a", "1", "Edinson Cavani")
    alone = house.player("b", "7", "Marco Verratti")
    house.player("b", "7", "E. Cavani")
    assert house.named("b", "E. Cavani", "football-psg") == "football-psg-e-cavani", (
        "nobody knows of PSG yet"
    )
    house.decide(ConfirmLink(SPORT, "b", "7", "a-1", "ann"))
    team = "football-paris-saint-germain"
    assert house.named("b", "E. Cavani", team) == f"{team}-edinson-cavani"
    assert house.player("b", "7", "E. Cavani") == f"{team}-edinson-cavani"
    assert house.player("b", "7", "Marco Verratti") == alone
    assert house.player("a", "1", "M. Verratti") == alone, "under the id that was there first"
    assert not house.dead_letters()


def test_birth_dates_tell_two_of_one_name_apart(house: Fixtures) -> None:
    told = IdentifyPlayer(SPORT, "a", "1", Side.HOME, "Danny Ward", "1990-12-09")
    house.decide(told)
    house.decide(replace(told, birth_date="1993-06-22"))
    assert added(house, Kind.PLAYER) == [f"{TEAM}-danny-ward", f"{TEAM}-danny-ward-1993-06-22"]
    house.decide(replace(told, provider="b", match="7", birth_date="1993-06-22"))
    assert house.named("b", "Danny Ward", TEAM) == f"{TEAM}-danny-ward-1993-06-22"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": " "}, "name_missing"),
        ({"birth_date": "1990"}, "birth_date_malformed"),
        ({"birth_date": "19901209"}, "birth_date_malformed"),
        ({"sport": "tennis"}, "key_is_not_sport"),
    ],
)
def test_a_player_that_cannot_be_is_refused(
    house: Fixtures, changes: dict[str, str], reason: str
) -> None:
    told = IdentifyPlayer(SPORT, "a", "1", Side.HOME, "Danny Ward")
    house.decide(replace(told, **changes))  # type: ignore[arg-type]
    assert house.dead_letters() == [reason]


def test_a_player_of_a_fixture_that_nobody_lists_is_nobody_yet(house: Fixtures) -> None:
    before = house.engine.state_hash()
    house.decide(IdentifyPlayer(SPORT, "a", "9", Side.HOME, "Danny Ward"))
    assert (house.dead_letters(), house.engine.state_hash()) == ([], before)


def competition(house: Fixtures, provider: str, match: str) -> str:
    return house.link_of(provider, match).competition_id


def test_a_competition_is_known_by_another_spelling_of_its_name(house: Fixtures) -> None:
    house.list("c", "x", "Lyon", "Nantes", competition="Premier Leauge")
    assert competition(house, "c", "x") == "football-premier-league"
    house.list("c", "y", "Lyon", "Nantes", "2018-03-01", competition="Premier League 2")
    assert competition(house, "c", "y") == "football-premier-league-2"


def test_a_competition_with_a_word_more_waits_until_three_matches_are_the_same() -> None:
    house = Fixtures()
    for number, away in enumerate(("Lyon", "Nantes", "Lille")):
        day = f"2018-01-0{number + 1}"
        house.list("a", str(number), "Nice", away, day, competition="Ligue 1")
        house.list("b", str(number), "Nice", away, day, competition="Ligue 1 Conforama")
        waiting = [each.name for each in house.names_waiting().values()]
        assert waiting == ["Ligue 1 Conforama"], "and so do the matches, as no country is told"
        house.decide(ConfirmLink(SPORT, "b", str(number), f"a-{number}", "ann"))
    assert not house.names_waiting()
    assert house.named("b", "Ligue 1 Conforama") == "football-ligue-1"
    house.list("b", "9", "Nice", "Metz", "2018-02-02", competition="Ligue 1 Conforama")
    assert competition(house, "b", "9") == "football-ligue-1"


def test_competitions_are_merged_and_split_by_a_person(house: Fixtures) -> None:
    house.list("c", "x", "Lyon", "Nantes", competition="EPL")
    kind = Kind.COMPETITION
    house.decide(
        MergeParticipants(SPORT, "", "football-epl", "football-premier-league", "ann", kind)
    )
    house.list("c", "y", "Lyon", "Lille", "2018-03-01", competition="EPL")
    assert competition(house, "c", "y") == "football-premier-league"
    parts = ("", "football-premier-league", "c", "EPL", "ann", kind)
    house.decide(SplitParticipant(SPORT, *parts))
    house.list("c", "z", "Lyon", "Metz", "2018-04-01", competition="EPL")
    assert competition(house, "c", "z") == "football-epl-c"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_that_dies_time_and_again_tells_the_same_of_players(seed: int) -> None:
    def played(house: Fixtures) -> Fixtures:
        house.list("a", "1", PSG, "Lyon")
        house.list("b", "7", "PSG", "Lyon")
        house.player("a", "1", "Edinson Cavani")
        for name in ("E. Cavani", "Marco Verratti"):
            house.player("b", "7", name)
        house.decide(ConfirmLink(SPORT, "b", "7", "a-1", "ann"))
        house.player("b", "7", "Thiago Silva", "away")
        return house

    sound, dying = (
        played(Fixtures(crash=crash, cuts=False)) for crash in (never, at_random(seed, 0.1))
    )
    assert dying.engine.crashes > 5
    for topic in (topics.IDENTITIES, topics.PARTICIPANTS, topics.UNRESOLVED):
        found = [
            [(r.key, r.value) for p in range(12) for r in run.engine.log.read(topic.name, p)]
            for run in (sound, dying)
        ]
        assert found[0] == found[1], topic.name
    assert sound.engine.state_hash() == dying.engine.state_hash()

"""Names of competitions and players: which forms are one, and which only look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overround.adapters.feeds.names import similarity
from overround.domain.feeds.identity import competitions, players
from overround.domain.feeds.identity.decide import DOUBT_MIN, SAFE_MIN
from overround.domain.feeds.identity.model import (
    Kind,
    Participant,
    Place,
    ProviderName,
    Sought,
    Verdict,
)
from overround.domain.feeds.identity.participants import Judged, judge

TEAM = Place("football", "Spain", Kind.PLAYER, "football-spain-barcelona")
LEAGUES = Place("football", "England", Kind.COMPETITION)
NAMES = st.text("abcdefghé '-.,", min_size=1, max_size=20)


@pytest.mark.parametrize("form", ["L. Messi", "Messi L.", "Messi", "Messi, Lionel", "lionel MESSI"])
@pytest.mark.parametrize("whole", ["Lionel Messi", "Lionel Andrés Messi"])
def test_forms_of_one_name_are_safe_where_nobody_else_is_near(form: str, whole: str) -> None:
    assert players.alike(form, whole, similarity) >= SAFE_MIN


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Son Heung-Min", "Heung Min Son"),
        ("N'Golo Kanté", "N. Kante"),
        ("Mesut Özil", "M. Oezil"),
        ("Neymar", "Neymar Jr."),
        ("Alex Oxlade-Chamberlain", "Alexander Oxlade-Chamberlain"),
        ("Sergio Ramos", "Sergio Ramos García"),
    ],
)
def test_other_spellings_of_a_name_are_safe(left: str, right: str) -> None:
    assert players.alike(left, right, similarity) >= SAFE_MIN


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Kyle Walker", "Kyle Walker-Peters"),
        ("Fernando", "Fernandinho"),
        ("Neymar", "Neymar da Silva Santos"),
        ("Oezil", "Mesut Özil"),
    ],
)
def test_a_name_that_is_a_part_of_another_is_for_a_person(left: str, right: str) -> None:
    assert DOUBT_MIN <= players.alike(left, right, similarity) < SAFE_MIN


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("R. Messi", "Lionel Messi"),
        ("Jacob Murphy", "Josh Murphy"),
        ("Thiago Silva", "Bernardo Silva"),
        ("L. M.", "Lionel Messi"),
        ("Benjamin Mendy", "Bernardo Mendes"),
    ],
)
def test_names_that_contradict_each_other_are_never_one(left: str, right: str) -> None:
    assert players.alike(left, right, similarity) < DOUBT_MIN


@given(left=NAMES, right=NAMES)
def test_likeness_is_the_same_from_both_sides(left: str, right: str) -> None:
    for rule in (players.alike, competitions.alike):
        score = rule(left, right, similarity)
        assert 0.0 <= score <= 1.0
        assert score == rule(right, left, similarity)
        assert rule(left, left, similarity) == 1.0


@pytest.mark.parametrize(
    ("left", "right", "is_safe"),
    [
        ("Bundesliga", "1. Bundesliga", True),
        ("La Liga", "LaLiga", True),
        ("Süper Lig", "Super Lig", True),
        ("Premier League", "Premier Leauge", True),
        ("Bundesliga", "2. Bundesliga", False),
        ("Serie A", "Serie B", False),
        ("League One", "League Two", False),
        ("Premier League", "Premier League Cup", False),
        ("National League", "National League North", False),
        ("Premier League", "National League", False),
    ],
)
def test_a_competition_is_of_one_level_and_has_no_word_more(
    left: str, right: str, is_safe: bool
) -> None:
    assert (competitions.alike(left, right, similarity) >= SAFE_MIN) is is_safe


def player(name: str, birth_date: str = "", shirt_number: int = 0) -> Participant:
    head = (name, "football", "Spain", "", name, (ProviderName("a", name),))
    more = {"birth_date": birth_date, "shirt_number": shirt_number}
    return Participant(*head, kind=Kind.PLAYER, team_id=TEAM.team_id, **more)  # type: ignore[arg-type]


def sought(name: str, provider: str = "b", **more: object) -> Sought:
    return Sought(TEAM, "", provider, name, **more)  # type: ignore[arg-type]


def outcome(judged: Judged) -> tuple[Verdict, list[str]]:
    return judged.verdict, [each.participant.name for each in judged.ranked]


def test_a_surname_of_one_player_is_his_and_of_two_is_for_a_person() -> None:
    one, two = player("Jacob Murphy"), player("Josh Murphy")
    assert outcome(judge(sought("Murphy"), [one], similarity)) == (Verdict.LINK, [one.name])
    both = judge(sought("J. Murphy"), [two, one], similarity)
    assert outcome(both) == (Verdict.REVIEW, [one.name, two.name])
    assert both.why == "90% alike; 0% ahead of the next"


def test_a_birth_date_tells_namesakes_apart_and_makes_a_doubt_sure() -> None:
    walker = player("Kyle Walker-Peters", "1997-04-13")
    same = judge(sought("Kyle Walker", birth_date="1997-04-13"), [walker], similarity)
    assert outcome(same) == (Verdict.LINK, [walker.name])
    other = judge(sought("Kyle Walker-Peters", birth_date="1990-05-28"), [walker], similarity)
    assert outcome(other) == (Verdict.NEW, [])


def test_another_shirt_or_another_name_at_the_same_provider_is_for_a_person() -> None:
    messi = player("Lionel Messi", shirt_number=10)
    shirt = judge(sought("L. Messi", shirt_number=9), [messi], similarity)
    assert shirt.verdict is Verdict.REVIEW
    assert shirt.why == "90% alike; but that one wears 10, not 9"
    other = judge(sought("L. Messi", provider="a"), [messi], similarity)
    assert other.why == "90% alike; but a calls that one Lionel Messi"
    assert judge(sought("L. Messi"), [messi], similarity, {messi.name}).verdict is Verdict.NEW


def test_a_providers_two_competitions_and_those_of_another_side_are_never_one() -> None:
    head = ("pl", "football", "England", "", "Premier League")
    known = Participant(*head, (ProviderName("a", "Premier League"),), kind=Kind.COMPETITION)
    same = Sought(LEAGUES, "", "a", "Premier Leauge")
    women = Sought(LEAGUES, "women", "b", "Premier League")
    assert judge(same, [known], similarity).verdict is Verdict.NEW
    assert judge(women, [known], similarity).verdict is Verdict.NEW
    assert judge(Sought(LEAGUES, "", "b", "Premier Leauge"), [known], similarity).score_percent > 80

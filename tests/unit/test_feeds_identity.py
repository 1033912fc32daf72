from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benches.identity import PRECISION_MIN, RECALL_MIN, footballdata, judged, understat, wyscout
from cli.identity.identity import identity
from overround.adapters.feeds.names import similarity
from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.names import plain, side_of
from overround.domain.feeds.identity.season import Listed, link, propose

ROUND = {"A": "Arsenal", "M": "Man United", "N": "Newcastle", "S": "Stoke"}
THEIRS = {
    "Arsenal": "Arsenal FC",
    "Man United": "Manchester United",
    "Newcastle": "Newcastle Utd",
    "Stoke": "Stoke City",
}


def season(names: dict[str, str], prefix: str = "") -> list[Listed]:
    """Everybody at everybody's, two matches a week, no two on the same days all through."""
    pairs = [(home, away) for home in ROUND.values() for away in ROUND.values() if home != away]
    return [
        Listed(
            f"{prefix}{number}", "England", 3 * number, names.get(home, home), names.get(away, away)
        )
        for number, (home, away) in enumerate(pairs)
    ]


def verdicts(left: list[Listed], right: list[Listed]) -> dict[str, tuple[str, Verdict]]:
    return {p.left: (p.right, p.verdict) for p in propose(left, right, similarity)}


def test_teams_are_linked_under_other_names_and_their_matches_with_them() -> None:
    left, right = season({}), season(THEIRS, "r")
    assert verdicts(left, right) == {
        mine: (theirs, Verdict.LINK) for mine, theirs in THEIRS.items()
    }
    teams = {("England", mine): theirs for mine, theirs in THEIRS.items()}
    assert link(left, right, teams) == {match.key: f"r{match.key}" for match in left}


def test_a_match_a_day_off_is_the_same_and_two_days_off_is_not() -> None:
    teams = {("x", "a"): "a", ("x", "b"): "b"}
    left = [Listed("l", "x", 10, "a", "b")]
    assert link(left, [Listed("r", "x", 11, "a", "b")], teams) == {"l": "r"}
    assert link(left, [Listed("r", "x", 12, "a", "b")], teams) == {}
    both = [Listed("r1", "x", 11, "a", "b"), Listed("r0", "x", 10, "a", "b")]
    assert link(left, both, teams) == {"l": "r0"}


@pytest.mark.parametrize("other", ["Arsenal U21", "Arsenal II", "Arsenal Women"])
def test_a_youth_reserve_or_women_s_team_is_never_linked_with_the_first(other: str) -> None:
    assert side_of("Arsenal") != side_of(other)
    proposals = verdicts([Listed("1", "x", 1, "Arsenal", "b")], [Listed("2", "x", 1, other, "b")])
    assert proposals["Arsenal"][1] is not Verdict.LINK


def test_another_country_is_no_candidate() -> None:
    got = verdicts([Listed("1", "x", 1, "Arsenal", "b")], [Listed("2", "y", 1, "Arsenal", "b")])
    assert got["Arsenal"] == ("", Verdict.NEW)


def test_two_teams_that_claim_the_same_one_go_to_a_person() -> None:
    left = [Listed("1", "x", 1, "Roma", "c"), Listed("2", "x", 1, "AS Roma", "c")]
    got = verdicts(left, [Listed("3", "x", 1, "Roma", "c")])
    assert {got["Roma"][1], got["AS Roma"][1]} == {Verdict.REVIEW}


def test_a_plain_name_has_no_accents_case_or_club_words() -> None:
    assert plain("1. FC Köln") == "koln"
    assert plain("Atlético Madrid") == plain("ATLETICO MADRID CF") == "atletico madrid"
    assert plain("FC") == "fc", "something is left of every name"


@pytest.mark.slow
@pytest.mark.recordings
def test_three_providers_of_one_season_are_linked_safely(recordings: Path) -> None:
    providers = [footballdata(recordings), understat(recordings), wyscout(recordings)]
    for left in providers:
        for right in providers:
            if left is right:
                continue
            got = judged(left, right)
            assert got["precision"] >= PRECISION_MIN, got["wrong"]
            assert got["recall"] >= RECALL_MIN, got["missed"]


def test_the_command_links_two_files_and_says_what_is_wrong_with_a_third(tmp_path: Path) -> None:
    def written(name: str, matches: list[Listed]) -> str:
        rows = [
            f"{m.key},{m.country},2018-01-{m.day % 28 + 1:02},{m.home},{m.away}" for m in matches
        ]
        path = tmp_path / name
        path.write_text("\n".join(["key,country,day,home,away", *rows]))
        return str(path)

    left, right = written("l.csv", season({})), written("r.csv", season(THEIRS, "r"))
    done = CliRunner().invoke(identity, ["link", left, right])
    assert done.exit_code == 0, done.output
    got = json.loads(done.stdout)
    assert got["linked"]["0"] == "r0"
    assert {team["verdict"] for team in got["teams"]} == {"link"}
    bad = tmp_path / "bad.csv"
    bad.write_text("key,home\n1,a\n")
    refused = CliRunner().invoke(identity, ["link", left, str(bad)])
    assert refused.exit_code == 1
    assert "no column country, day, away" in refused.output
    bad.write_text("key,country,day,home,away\n1,x,31.1.2018,a,b\n")
    assert "line 2" in CliRunner().invoke(identity, ["link", left, str(bad)]).output

"""Who is who among the players of three providers, told by matches and goals and by no name.

Wyscout gives ids alone: who was on the pitch, and who scored. That says which of its ids an
Understat player of a team is, and which one a scorer of the World Cup is.
"""

from __future__ import annotations

import csv
import gzip
import html
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from benches.identity import COUNTRIES, FOLDER, understat, wyscout
from overround.adapters.feeds.names import similarity
from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.season import Listed, link, propose

# So many matches have to speak against whoever is next.
_LEAD_MIN = 3


class Named(NamedTuple):
    """A player's name in a team, and the id by which he is judged."""

    team: str
    name: str
    player_id: str


@dataclass(frozen=True, slots=True)
class World:
    """Players of national teams as two providers name them; the ids are Wyscout's.

    `left_out` counts the scorers of whom matches and goals do not say who they are.
    """

    understat: list[Named]
    openfootball: list[Named]
    left_out: int


class Side(NamedTuple):
    """A side in a match."""

    match: str
    side: str


class Played(NamedTuple):
    """Who was on the pitch, and each one's goals, by Wyscout's ids."""

    on_pitch: frozenset[str]
    goals: Counter[str]


@dataclass(slots=True)
class Shooter:
    """A player of a team as Understat has him, with his goals wherever he shot."""

    team: str
    name: str
    player_id: str
    goals: Counter[Side] = field(default_factory=Counter)
    shot_in: set[Side] = field(default_factory=set)


def named_players(folder: Path = FOLDER) -> list[Named]:
    """Every player of a team of five leagues in 2017-18 who shot, under Understat's id."""
    return [Named(each.team, each.name, each.player_id) for each in _shooters(folder)]


def world_cup(folder: Path = FOLDER) -> World:
    """The players of 2018 of whom both other providers give a name, or one of them."""
    teams, played = _cup(folder)
    names = _league_names(folder)
    squads: defaultdict[str, set[str]] = defaultdict(set)
    for side, each in played.items():
        squads[teams[side]] |= each.on_pitch
    mine = [
        Named(team, name, player_id)
        for team, squad in sorted(squads.items())
        for player_id in sorted(squad)
        for name in sorted(names.get(player_id, ()))
    ]
    scored = _scored(folder, teams)
    known = _told_by_goals(scored, played)
    theirs = [
        Named(team, name, known[team, name]) for team, name in scored if (team, name) in known
    ]
    return World(mine, theirs, len(scored) - len(known))


def _league_names(folder: Path) -> Mapping[str, set[str]]:
    """Understat's names of Wyscout's ids, in the leagues of 2017-18."""
    mine, theirs = understat(folder)[0], wyscout(folder)[0]
    safe = {
        (p.country, p.left): p.right
        for p in propose(mine, theirs, similarity)
        if p.verdict is Verdict.LINK
    }
    matches = link(mine, theirs, safe)
    played: dict[Side, Played] = {}
    for country in COUNTRIES:
        played |= _played(folder, country)
    of_team: defaultdict[str, list[Shooter]] = defaultdict(list)
    for each in _shooters(folder):
        of_team[each.team].append(each)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for shooters in of_team.values():
        sides = {
            side: played[Side(matches[side.match], side.side)]
            for each in shooters
            for side in each.shot_in
            if side.match in matches
        }
        ids = {each.player_id: _one(each, sides) for each in shooters}
        times = Counter(ids.values())
        for each in shooters:
            found = ids[each.player_id]
            if found and times[found] == 1:
                names[found].add(each.name)
    return names


def _one(shooter: Shooter, sides: Mapping[Side, Played]) -> str:
    """The id that was there whenever he shot, and scored as often; empty if that is not clear.

    Providers may differ about one goal: an own goal to one is a goal to the other.
    """
    against: Counter[str] = Counter()
    for player_id in {each for played in sides.values() for each in played.on_pitch}:
        against[player_id] = sum(
            played.goals[player_id] != shooter.goals[side]
            or (side in shooter.shot_in and player_id not in played.on_pitch)
            for side, played in sides.items()
        )
    ranked = sorted(against, key=lambda each: (against[each], each))
    best, following = (against[each] for each in ranked[:2])
    return ranked[0] if best <= 1 and following - best >= _LEAD_MIN else ""


def _shooters(folder: Path) -> list[Shooter]:
    found: dict[tuple[str, str], Shooter] = {}
    for _, league in COUNTRIES.values():
        path = folder / "understat_shots" / f"shots_{league}_17-18.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["result"] == "OwnGoal":
                    continue
                side = "home" if row["h_a"] == "h" else "away"
                team, player_id = row[f"{row['h_a']}_team"], row["player_id"]
                name = html.unescape(row["player"])
                each = found.setdefault((team, player_id), Shooter(team, name, player_id))
                each.shot_in.add(Side(row["match_id"], side))
                each.goals[Side(row["match_id"], side)] += row["result"] == "Goal"
    return list(found.values())


def _played(folder: Path, competition: str) -> dict[Side, Played]:
    found = {}
    for match in _wyscout(folder, competition):
        for team in match["teamsData"].values():
            told = team["formation"]
            everybody = [*told["lineup"], *told["bench"]]
            changes = told["substitutions"] if told["substitutions"] != "null" else ()
            came_on = {str(each["playerIn"]) for each in changes}
            on_pitch = {str(each["playerId"]) for each in told["lineup"]} | came_on
            goals = Counter(
                {str(e["playerId"]): int(e["goals"]) for e in everybody if e["goals"] != "null"}
            )
            side = Side(str(match["wyId"]), team["side"])
            found[side] = Played(frozenset(on_pitch), goals)
    return found


def _wyscout(folder: Path, competition: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(folder / "wyscout_events" / "matches.zip") as archive:
        matches: list[dict[str, Any]] = json.loads(archive.read(f"matches_{competition}.json"))
    return [m for m in matches if all(t["hasFormation"] for t in m["teamsData"].values())]


def _cup(folder: Path) -> tuple[dict[Side, str], dict[Side, Played]]:
    """Every side of the World Cup of 2018: which team, and who played."""
    told = json.loads((folder / "wyscout_events" / "teams.json").read_text("utf-8"))
    names = {each["wyId"]: each["name"].encode().decode("unicode_escape") for each in told}
    teams = {
        Side(str(match["wyId"]), team["side"]): names[team["teamId"]]
        for match in _wyscout(folder, "World_Cup")
        for team in match["teamsData"].values()
    }
    return teams, _played(folder, "World_Cup")


def _scored(folder: Path, teams: Mapping[Side, str]) -> dict[tuple[str, str], Counter[Side]]:
    """openfootball's scorers of 2018 with their goals, own goals left out; teams are Wyscout's."""
    told = json.loads((folder / "goal_json" / "worldcup_2018.json").read_text("utf-8"))["matches"]
    days = {str(m["wyId"]): m["dateutc"][:10] for m in _wyscout(folder, "World_Cup")}
    theirs = [
        Listed(match, "", _day(day), teams[Side(match, "home")], teams[Side(match, "away")])
        for match, day in days.items()
    ]
    mine = [
        Listed(str(number), "", _day(each["date"]), each["team1"], each["team2"])
        for number, each in enumerate(told)
    ]
    safe = {
        ("", p.left): p.right
        for p in propose(mine, theirs, similarity)
        if p.verdict is Verdict.LINK
    }
    found: defaultdict[tuple[str, str], Counter[Side]] = defaultdict(Counter)
    for number, match in link(mine, theirs, safe).items():
        for key, name in (("goals1", "home"), ("goals2", "away")):
            side = Side(match, name)
            for goal in told[int(number)].get(key, ()):
                if not goal.get("owngoal"):
                    found[teams[side], goal["name"]][side] += 1
    return found


def _told_by_goals(
    scored: Mapping[tuple[str, str], Counter[Side]], played: Mapping[Side, Played]
) -> dict[tuple[str, str], str]:
    """The id of each scorer that matches and goals leave one for, those of others being known."""
    known: dict[tuple[str, str], str] = {}
    before = -1
    while len(known) > before:
        before = len(known)
        for who, goals in scored.items():
            if who in known:
                continue
            left = [_left(side, n, scored, played, known) for side, n in goals.items()]
            ids = set.intersection(*left)
            if len(ids) == 1:
                known[who] = ids.pop()
    return known


def _left(
    side: Side,
    goals: int,
    scored: Mapping[tuple[str, str], Counter[Side]],
    played: Mapping[Side, Played],
    known: Mapping[tuple[str, str], str],
) -> set[str]:
    """The ids that scored so often on a side, and are nobody else there."""
    taken = {known[who] for who, told in scored.items() if side in told and who in known}
    return {each for each, n in played[side].goals.items() if n == goals} - taken


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()

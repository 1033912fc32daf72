"""Matches that were played, with their closing prices, their goals and their shots, joined.

Odds files have football-data.co.uk's layout and are read by the provider's own adapter; shot files
have Understat's. Matches are joined by country, day and the teams' names.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from overround.adapters.feeds import footballdata
from overround.adapters.feeds.names import similarity
from overround.adapters.feeds.provider import Ingress
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.season import Listed, link, propose
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.time import to_datetime

# What Understat calls a league, by the division that football-data.co.uk calls it.
LEAGUES = {"E0": "epl", "SP1": "la_liga", "D1": "bundesliga", "I1": "serie_a", "F1": "ligue_1"}

_SHOT_COLUMNS = frozenset({"match_id", "minute", "result", "xG", "h_a", "h_team", "a_team", "date"})
_GOAL, _OWN_GOAL = "Goal", "OwnGoal"
_SUMMER = 7  # a season is the year in which its autumn is


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot or an own goal: the minute that the source gives it, and which side gains by it."""

    minute: int
    is_home: bool
    is_goal: bool
    is_own_goal: bool
    xg_milli: int


@dataclass(frozen=True, slots=True)
class PlayedMatch:
    """A match with prices before kick-off, its result, and what happened in it."""

    division: str
    season: int
    home: str
    away: str
    home_goals: int
    away_goals: int
    prices: dict[str, int]
    shots: tuple[Shot, ...]


@dataclass(slots=True)
class Joined:
    """The matches of both kinds of files, and what could not be joined, by reason."""

    matches: list[PlayedMatch] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Priced:
    listed: Listed
    division: str
    score: tuple[int, int]
    prices: dict[str, int]


@dataclass(slots=True)
class _Shots:
    listed: Listed
    shots: list[Shot] = field(default_factory=list)


def joined(odds: Path, shots: Path, told: Callable[[str], None]) -> Joined:
    """The matches that a folder of odds files and a folder of shot files both have.

    Raises:
        OSError, EOFError: a file cannot be read.
        ValueError: a shot file has another layout.
    """
    found = Joined()
    priced = _priced(odds, found.left_out, told)
    shot = _shot(shots, found.left_out, told)
    told("joining")
    left, right = ([each.listed for each in side.values()] for side in (priced, shot))
    teams = {
        (each.country, each.left): each.right
        for each in propose(left, right, similarity)
        if each.verdict is Verdict.LINK
    }
    links = link(left, right, teams)
    with_shots = {listed.country for listed in right}
    for key, match in priced.items():
        other = shot.get(links.get(key, ""))
        if other is None:
            is_covered = match.listed.country in with_shots
            found.left_out["no shots" if is_covered else "no shots of its season"] += 1
        else:
            _take(found, match, tuple(other.shots))
    found.left_out["shots without odds"] += len(shot) - len(links)
    return found


def _take(found: Joined, match: _Priced, shots: tuple[Shot, ...]) -> None:
    goals = [shot for shot in shots if shot.is_goal]
    home = sum(goal.is_home for goal in goals)
    if (home, len(goals) - home) != match.score:
        found.left_out["scores differ"] += 1
        return
    season = int(match.listed.country.rpartition(" ")[2])
    teams = (match.listed.home, match.listed.away)
    found.matches.append(
        PlayedMatch(match.division, season, *teams, *match.score, match.prices, shots)
    )


def _country(league: str, day: date) -> str:
    """League and season: who plays whom is asked within one."""
    return f"{league} {day.year if day.month >= _SUMMER else day.year - 1}"


def _priced(
    folder: Path, left_out: Counter[str], told: Callable[[str], None]
) -> dict[str, _Priced]:
    matches: dict[str, _Priced] = {}
    for path in sorted(each for each in folder.iterdir() if ".csv" in each.name):
        told(path.name)
        ingress = Ingress(footballdata.PROVIDER, "file")
        for message in footballdata.messages(path):
            for command in ingress.records(message, 0, 0):
                try:
                    values = footballdata.decode(command).values
                except Refusal as refusal:
                    left_out[f"odds: {refusal.reason}"] += 1
                    continue
                _add_priced(matches, f"{path.name}-{len(matches)}", values, left_out)
    return matches


def _add_priced(
    matches: dict[str, _Priced], key: str, values: tuple[object, ...], left_out: Counter[str]
) -> None:
    fixture = next(each for each in values if isinstance(each, FixtureScheduled))
    result = next((each for each in values if isinstance(each, Incident)), None)
    prices = next((each for each in values if isinstance(each, PricesObserved)), None)
    league = LEAGUES.get(fixture.competition)
    if league is None:
        left_out["odds: a division without shots"] += 1
        return
    if result is None:
        left_out["odds: still to be played"] += 1
        return
    if prices is None:
        left_out["odds: no prices of 1X2"] += 1
        return
    day = to_datetime(fixture.kickoff_at_us).date()
    country = _country(league, day)
    listed = Listed(key, country, day.toordinal(), fixture.home, fixture.away)
    quoted = {price.selection: price.price_milli for price in prices.prices}
    score = (result.home_goals, result.away_goals)
    matches[key] = _Priced(listed, fixture.competition, score, quoted)


def _shot(folder: Path, left_out: Counter[str], told: Callable[[str], None]) -> dict[str, _Shots]:
    matches: dict[str, _Shots] = {}
    for path in sorted(each for each in folder.iterdir() if ".csv" in each.name):
        league = next((name for name in LEAGUES.values() if name in path.name.lower()), None)
        if league is None:
            left_out[f"shots: {path.name} names none of {', '.join(LEAGUES.values())}"] += 1
            continue
        told(path.name)
        for row in _shot_rows(path):
            key = f"{league}-{row['match_id']}"
            if key not in matches:
                day = date.fromisoformat(row["date"][:10])
                teams = (row["h_team"], row["a_team"])
                matches[key] = _Shots(Listed(key, _country(league, day), day.toordinal(), *teams))
            matches[key].shots.append(_shot_of(row))
    for match in matches.values():
        match.shots.sort(key=lambda shot: shot.minute)
    return matches


def _shot_rows(path: Path) -> Iterator[dict[str, str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text))
    missing = _SHOT_COLUMNS - set(reader.fieldnames or ())
    if missing:
        raise ValueError(f"{path} is no shot file: it has no {', '.join(sorted(missing))}")
    yield from reader


def _shot_of(row: dict[str, str]) -> Shot:
    is_own_goal = row["result"] == _OWN_GOAL
    is_goal = is_own_goal or row["result"] == _GOAL
    by_home = row["h_a"] == "h"
    xg_milli = min(1_000, round(1_000 * float(row["xG"] or 0)))
    return Shot(
        int(float(row["minute"])), by_home is not is_own_goal, is_goal, is_own_goal, xg_milli
    )


def by_season(matches: list[PlayedMatch]) -> dict[int, list[int]]:
    """The places of each season's matches."""
    seasons: defaultdict[int, list[int]] = defaultdict(list)
    for place, match in enumerate(matches):
        seasons[match.season].append(place)
    return dict(sorted(seasons.items()))

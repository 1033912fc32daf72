"""Red cards by the minute: 2017-18 of five leagues, from events timed to the second."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benches import identity
from benches.played import engine
from benches.played.matches import FOLDER, LAST, Floats, Places, Played
from overround.adapters.feeds.names import similarity
from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.season import link, propose
from overround.domain.pricing.football.model import Parameters

_REDS = frozenset({1701, 1703})  # a straight red card, and a second yellow one
_STARTS_MINUTE = {"1H": 0, "2H": 45}
_SEASON = 2017


def reds(played: Played) -> tuple[Floats, Places]:
    """Dismissals by side and minute, (n, 2, 100), and the places of matches that have events."""
    by_key = {
        (match.division, match.home, match.away): place
        for place, match in enumerate(played.matches)
        if match.season == _SEASON
    }
    cards = np.zeros((len(played.matches), 2, LAST))
    ours = {key: by_key[named] for key, named in _listed() if named in by_key}
    homes, places = _homes(), []
    for key, match in _events():
        place = ours.get(key)
        if place is None:
            continue
        places.append(place)
        for event in match["events"]:
            if _REDS.isdisjoint(event["tags"]) or event["p"] not in _STARTS_MINUTE:
                continue
            cards[place, int(event["team"] != homes[key]), _minute(event)] += 1
    return cards, np.array(sorted(places))


def red_figures(
    played: Played, cards: Floats, places: Places, rates: Floats, parameters: Parameters
) -> Parameters:
    """Parameters with what one card does to its side's goals and to the other's: a ratio each.

    Goals of the minutes after the card's, while it is the only one, to those that prices and score
    led to expect.
    """
    leads, left = played.leads_before()[places], engine.shares(parameters)
    push = np.exp(-parameters.score_push * np.stack([leads, -leads], axis=1))
    due = rates[places][:, :, np.newaxis] * push * (left[:-1] - left[1:])
    seen = np.cumsum(cards[places], axis=2) - cards[places]
    alone = (seen == 1) & (seen[:, ::-1] == 0)
    goals = played.goals[places]
    ratios = [goals[at].sum() / due[at].sum() for at in (alone, alone[:, ::-1])]
    own, opponent = (round(float(ratio), 3) for ratio in ratios)
    return replace(parameters, red_own=own, red_opponent=opponent)


def red_factors(cards: Floats, parameters: Parameters) -> Floats:
    """What dismissals of both sides, the second axis, do to their rates."""
    factors: Floats = parameters.red_own**cards * parameters.red_opponent ** cards[:, ::-1]
    return factors


def _minute(event: dict[str, object]) -> int:
    start = _STARTS_MINUTE[str(event["p"])]
    minute = start + int(float(str(event["t"])) // 60)
    # Stoppage of the first half comes before the second begins.
    return min(minute, LAST - 1 if start else 45)


def _listed() -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Wyscout's key of each match, and what football-data.co.uk calls it."""
    left, right = identity.footballdata(FOLDER)[0], identity.wyscout(FOLDER)[0]
    teams = {
        (each.country, each.left): each.right
        for each in propose(left, right, similarity)
        if each.verdict is Verdict.LINK
    }
    links = link(left, right, teams)
    for listed in left:
        if listed.key in links:
            division = identity.COUNTRIES[listed.country][0]
            yield links[listed.key], (division, listed.home, listed.away)


def _homes() -> dict[str, int]:
    """Wyscout's number of each match's home team."""
    with zipfile.ZipFile(FOLDER / "wyscout_events" / "matches.zip") as archive:
        return {
            str(match["wyId"]): side["teamId"]
            for country in identity.COUNTRIES
            for match in json.loads(archive.read(f"matches_{country}.json"))
            for side in match["teamsData"].values()
            if side["side"] == "home"
        }


def _events() -> Iterator[tuple[str, dict[str, object]]]:
    path = FOLDER / "wyscout_events" / "events_compact.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            match = json.loads(line)
            yield str(match["matchId"]), match

"""Three providers that list the same season, linked by name and day alone.

    python -m benches.identity          about 10 s; reads ../shared/data

Claim: of the matches of five leagues in 2017-18 that two providers both list, at least 99.5 % are
linked, and at least 99.9 % of the links are right.

Method: Wyscout, Understat and football-data.co.uk, pair by pair. `propose` sees countries, days
and team names; only teams that are safe are used. The final score, which no rule sees, judges: a
link is right if both providers have the same score on the same day or the next; what could be
linked is the smaller of the two lists.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

from benches.report import Report, table
from overround.adapters.feeds.names import similarity
from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.season import Listed, link, propose

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
PRECISION_MIN, RECALL_MIN = 0.999, 0.995
COUNTRIES = {
    "England": ("E0", "epl"),
    "France": ("F1", "ligue_1"),
    "Germany": ("D1", "bundesliga"),
    "Italy": ("I1", "serie_a"),
    "Spain": ("SP1", "la_liga"),
}

Score = tuple[int, int]
Provider = tuple[list[Listed], dict[str, Score]]


def footballdata(folder: Path) -> Provider:
    def rows() -> Iterator[tuple[Listed, Score]]:
        for country, (division, _) in COUNTRIES.items():
            text = (folder / "football_odds" / f"{division}_2017-18.csv").read_text("latin-1")
            for number, row in enumerate(csv.DictReader(io.StringIO(text.lstrip("ï»¿")))):
                if not row["HomeTeam"]:
                    continue
                day, month, year = map(int, row["Date"].split("/"))
                day = date(year % 100 + 2000, month, day).toordinal()
                key = f"{division}-{number}"
                listed = Listed(key, country, day, row["HomeTeam"], row["AwayTeam"])
                yield listed, (int(row["FTHG"]), int(row["FTAG"]))

    return _provider(rows())


def understat(folder: Path) -> Provider:
    def rows() -> Iterator[tuple[Listed, Score]]:
        for country, (_, league) in COUNTRIES.items():
            path = folder / "understat_shots" / f"shots_{league}_17-18.csv.gz"
            seen: set[str] = set()
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    if row["match_id"] in seen:
                        continue
                    seen.add(row["match_id"])
                    day = date.fromisoformat(row["date"][:10]).toordinal()
                    listed = Listed(row["match_id"], country, day, row["h_team"], row["a_team"])
                    yield listed, (int(float(row["h_goals"])), int(float(row["a_goals"])))

    return _provider(rows())


def wyscout(folder: Path) -> Provider:
    teams = {
        each["wyId"]: each["name"]
        for each in json.loads((folder / "wyscout_events" / "teams.json").read_text("utf-8"))
    }

    def rows() -> Iterator[tuple[Listed, Score]]:
        with zipfile.ZipFile(folder / "wyscout_events" / "matches.zip") as archive:
            for country in COUNTRIES:
                for match in json.loads(archive.read(f"matches_{country}.json")):
                    sides = {each["side"]: each for each in match["teamsData"].values()}
                    # Names are JSON within JSON: their escapes are still in them.
                    home, away = (
                        teams[sides[side]["teamId"]].encode().decode("unicode_escape")
                        for side in ("home", "away")
                    )
                    day = date.fromisoformat(match["dateutc"][:10]).toordinal()
                    score = (int(sides["home"]["score"]), int(sides["away"]["score"]))
                    yield Listed(str(match["wyId"]), country, day, home, away), score

    return _provider(rows())


def _provider(rows: Iterator[tuple[Listed, Score]]) -> Provider:
    matches = list(rows)
    return [listed for listed, _ in matches], {listed.key: score for listed, score in matches}


def seasons(folder: Path = FOLDER) -> dict[str, Provider]:
    """Every provider's matches and scores, by its name."""
    readers = {"football-data": footballdata, "understat": understat, "wyscout": wyscout}
    return {name: read(folder) for name, read in readers.items()}


def scored(left: Provider, right: Provider, linked: dict[str, str]) -> dict[str, Any]:
    """Links of two providers against their scores."""
    good = sum(left[1][key] == right[1][other] for key, other in linked.items())
    wrong = [f"{key} - {other}" for key, other in linked.items() if left[1][key] != right[1][other]]
    possible = min(len(left[0]), len(right[0]))
    mine = len(left[0]) <= len(right[0])
    listed, found = (left[0], set(linked)) if mine else (right[0], set(linked.values()))
    missed = [f"{m.home} - {m.away}" for m in listed if m.key not in found]
    return {
        "possible": possible,
        "linked": len(linked),
        "precision": good / len(linked) if linked else 0.0,
        "recall": good / possible,
        "wrong": wrong,
        "missed": missed,
    }


def judged(left: Provider, right: Provider) -> dict[str, Any]:
    """Two whole seasons, linked side by side."""
    proposals = propose(left[0], right[0], similarity)
    safe = {(p.country, p.left): p.right for p in proposals if p.verdict is Verdict.LINK}
    doubts = [f"{p.left} / {p.right}: {p.why}" for p in proposals if p.verdict is not Verdict.LINK]
    return scored(left, right, link(left[0], right[0], safe)) | {"not_safe": doubts}


def add_pairs(report: Report, figures: dict[str, dict[str, Any]]) -> dict[str, bool]:
    """Put the figures of each pair of providers into a report; says which targets were met."""
    rows = [
        (
            pair,
            *(f"{got[name]:,}" for name in ("possible", "linked")),
            *(f"{got[name]:.4%}" for name in ("precision", "recall")),
        )
        for pair, got in figures.items()
    ]
    header = ("pair", "listed by both", "linked", "precision", "recall")
    report.add("Matches of 2017-18, five leagues", table(header, rows))
    for pair, got in figures.items():
        named = {name: value for name, value in got.items() if isinstance(value, list)}
        parts = [f"{name}: {', '.join(value) or 'none'}" for name, value in named.items()]
        report.add(pair, "\n\n".join(parts))
    report.figures |= figures
    return {
        f"{name} at least {least:.1%}": all(got[name] >= least for got in figures.values())
        for name, least in (("precision", PRECISION_MIN), ("recall", RECALL_MIN))
    }


def main() -> None:
    """Run, print, write."""
    providers = seasons()
    report = Report("identity", "Three providers' matches linked by name and day.")
    report.targets(
        add_pairs(
            report,
            {
                f"{left} to {right}": judged(providers[left], providers[right])
                for left, right in combinations(sorted(providers), 2)
            },
        )
    )
    report.write()


if __name__ == "__main__":
    main()

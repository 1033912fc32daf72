"""`overround identity link`: which matches and teams of two lists are the same."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from overround.adapters.feeds.names import similarity
from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.season import Listed, propose
from overround.domain.feeds.identity.season import link as link_matches

_COLUMNS = ("key", "country", "day", "home", "away")
_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog="Example: overround identity link uof.csv betfair.csv > links.json")
@click.argument("left", type=_PATH)
@click.argument("right", type=_PATH)
def link(left: Path, right: Path) -> None:
    """Link the matches of LEFT with those of RIGHT, by names and days.

    Both are CSV files with the columns key, country, day (2018-01-31), home and away. Prints one
    JSON object: `linked` has RIGHT's key for each of LEFT's, `teams` the evidence for each team
    and what follows from it (link, review, new). Only matches of teams that are safe are linked.
    Exit status: 0 done, 1 a file is not such a list.
    """
    mine, theirs = _listed(left), _listed(right)
    proposals = propose(mine, theirs, similarity)
    safe = {(p.country, p.left): p.right for p in proposals if p.verdict is Verdict.LINK}
    teams: list[dict[str, Any]] = [
        {
            "country": p.country,
            "left": p.left,
            "right": p.right,
            "score": round(p.score, 3),
            "verdict": p.verdict,
            "why": p.why,
        }
        for p in proposals
    ]
    click.echo(json.dumps({"linked": link_matches(mine, theirs, safe), "teams": teams}, indent=2))
    doubts = [p for p in proposals if p.verdict is Verdict.REVIEW]
    for p in doubts:
        click.echo(f"review: {p.left} ({p.country}) may be {p.right}: {p.why}", err=True)


def _listed(path: Path) -> list[Listed]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise click.ClickException(f"{path} has no column {', '.join(missing)}")
        try:
            return [_match(row) for row in rows]
        except (ValueError, TypeError) as error:
            raise click.ClickException(f"{path}, line {rows.line_num}: {error}") from error


def _match(row: dict[str, str]) -> Listed:
    key, country, day, home, away = (row[name].strip() for name in _COLUMNS)
    if not (key and home and away):
        raise ValueError("key, home and away must not be empty")
    return Listed(key, country, date.fromisoformat(day).toordinal(), home, away)

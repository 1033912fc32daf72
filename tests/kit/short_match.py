"""A match of ten minutes in the partner format: its halves begin at 41:40 and 86:40."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEAD = {"format": "overround.match-feed/1", "match": "short"}
OPENING = {
    "1x2/home": 2700,
    "1x2/draw": 3100,
    "1x2/away": 2950,
    "totals:2.5/over": 2200,
    "totals:2.5/under": 1700,
}


def write_short_match(path: Path) -> Path:
    """Write the match, which ends 1-0; the same path."""
    lines: list[dict[str, Any]] = [
        {
            "type": "fixture",
            "competition": "Test",
            "home": "Reds",
            "away": "Blues",
            "kickoff_at": "2026-01-03T15:00:00Z",
        },
        {
            "type": "prices",
            "prices": [{"selection": s, "price_milli": p} for s, p in OPENING.items()],
        },
        _incident("period", "first_half", 2500, 0),
        _incident("possible_goal", "first_half", 2560, 0, side="home"),
        _incident("goal", "first_half", 2566, 1, side="home", player="A. Scorer"),
        _incident("cleared", "first_half", 2590, 1),
        _incident("period", "half_time", 2700, 1),
        _incident("period", "second_half", 5200, 1),
        _incident("period", "full_time", 5400, 1),
        _incident("period", "ended", 5400, 1),
        _incident("result_confirmed", "ended", 5400, 1),
    ]
    texts = [json.dumps({**HEAD, **line, "sequence": n}) for n, line in enumerate(lines, start=1)]
    path.write_text("\n".join(texts) + "\n")
    return path


def _incident(kind: str, period: str, clock_s: int, home_goals: int, **who: str) -> dict[str, Any]:
    return {
        "type": "incident",
        "kind": kind,
        "period": period,
        "clock_s": clock_s,
        "home_goals": home_goals,
        "away_goals": 0,
        **who,
    }

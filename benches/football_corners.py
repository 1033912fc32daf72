"""What a count of corners is worth, and from which moment a price goes on from it.

    python -m benches.football_corners          about 5 s; reads ../shared/data/wyscout_events

Claim: with the corners counted so far, "more than 9.5" is foretold better at each of minutes 20 to
85 than without, and better from the moment at which the count was told than as if it were new: at
each minute, and pooled over them by more than two standard errors.

Method: 1,941 matches of 2016-18 with corners timed to the second, each side of average strength.
The share of a match's corners that comes by each quarter of an hour is measured on every other
match and scored on the rest, both ways. A count is five minutes old; log loss of the line, and of
differences the standard error over matches.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benches.report import Report, table
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.catalogue import ON_CORNERS
from overround.domain.pricing.football.intensity import corners_left
from overround.domain.pricing.football.model import DEFAULTS, Parameters
from overround.domain.pricing.football.tallies import corners

EVENTS = Path(__file__).resolve().parents[2] / "shared/data/wyscout_events/events_compact.jsonl.gz"
LINE = 9.5
OVER = [offer.id for offer in ON_CORNERS].index(f"corners:{LINE}/over")
MINUTES = (20, 30, 60, 75, 85)
OLD_S = 300
HALF_S, QUARTER_S = 2_700, 900
# Of an average match of the seasons that the tally was measured on.
GAP = 0.25

Floats = NDArray[np.float64]
Match = list[tuple[int, float]]


def matches() -> list[Match]:
    """Each match's corners of regular time: the half, 0 or 1, and seconds into it."""
    halves = {"1H": 0, "2H": 1}
    with gzip.open(EVENTS, "rt", encoding="utf-8") as file:
        return [
            [
                (halves[event["p"]], event["t"])
                for event in json.loads(line)["events"]
                if event["sub"] == "Corner" and event["p"] in halves
            ]
            for line in file
        ]


def profile(played: list[Match]) -> tuple[float, ...]:
    """What comes after each quarter of an hour and half's stoppage, as in `Parameters`."""
    counts = np.zeros(8)
    for match in played:
        for half, at_s in match:
            counts[4 * half + min(int(at_s // QUARTER_S), 3)] += 1
    return tuple(1.0 - np.cumsum(counts) / counts.sum())


def by(match: Match, clock_s: int) -> int:
    """Corners up to a moment of the match clock; the first half's stoppage is before its end."""
    half = int(clock_s >= HALF_S)
    return sum(h < half or (h == half and HALF_S * h + at < clock_s) for h, at in match)


def losses(played: list[Match], so_far: list[int], left: float) -> Floats:
    """Each match's log loss of the line when so many are counted and this share is to come."""
    chances = np.array(
        [corners(GAP, left, ((n + 1) // 2, n // 2), DEFAULTS.corners)[OVER] for n in so_far]
    )
    is_over = np.array([len(match) > LINE for match in played])
    return -np.log(np.clip(np.where(is_over, chances, 1.0 - chances), 1e-6, 1.0))


def at_minute(played: list[Match], minute: int, parameters: Parameters) -> Floats:
    """Log losses with no count, one as of now, one of before, and that one taken as new."""
    clock_s = 60 * minute
    period = Period.SECOND_HALF if clock_s >= HALF_S else Period.FIRST_HALF
    now, before = (corners_left(period, at, parameters) for at in (clock_s, clock_s - OLD_S))
    new, old = ([by(match, at) for match in played] for at in (clock_s, clock_s - OLD_S))
    none = [0] * len(played)
    cases = ((none, 1.0), (new, now), (old, before), (old, now))
    return np.stack([losses(played, *case) for case in cases])


def error_of(gain: Floats) -> float:
    """The standard error of a mean over matches."""
    return float(gain.std() / np.sqrt(len(gain)))


def shown(gain: Floats) -> str:
    """A mean over matches with its standard error."""
    return f"{gain.mean():.4f} ± {error_of(gain):.4f}"


def main() -> None:
    """Measure, print, write."""
    report = Report("football_corners", "What a count of corners is worth in play.")
    folds = [matches()[first::2] for first in range(2)]
    fitted = [replace(DEFAULTS, corners_left=profile(played)) for played in folds[::-1]]
    rows, is_told, gains = [], [], []
    for minute in MINUTES:
        pairs = zip(folds, fitted, strict=True)
        each = np.concatenate([at_minute(*[p, minute, f]) for p, f in pairs], axis=1)
        gains.append(each[3] - each[2])
        is_told.append(bool(each[2].mean() < each[0].mean()))
        losses_shown = (f"{loss:.4f}" for loss in each.mean(axis=1))
        rows.append((f"{minute}'", *losses_shown, shown(gains[-1])))
    pooled = np.mean(gains, axis=0)
    rows.append(("pooled", "", "", "", "", shown(pooled)))
    report.add(
        f"Log loss of more than {LINE} corners, {sum(map(len, folds)):,} matches",
        table(("", "no count", "new", "old, from then", "old, as new", "the last two apart"), rows),
    )
    report.add(
        "Share to come", ", ".join(f"{left:.3f}" for left in profile([*folds[0], *folds[1]]))
    )
    report.targets(
        {
            "an old count tells more than none at each minute": all(is_told),
            "better from when it was told than as new, at each": all(g.mean() > 0.0 for g in gains),
            "and pooled, by two standard errors": bool(pooled.mean() > 2.0 * error_of(pooled)),
        }
    )
    report.figures["log_loss"] = {row[0]: row[1:5] for row in rows[:-1]}
    report.write()


if __name__ == "__main__":
    main()

"""`overround evaluate tennis`."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cli.evaluate.point_strings import Recorded, Reject, read
from cli.evaluate.tennis_scores import MODELS, Scores, blocks, score
from overround.domain.pricing.tennis.model import MICROS

_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)
_MATCHES_MIN = 20


@click.command(epilog="Example: overround evaluate tennis --points pbp_matches_atp_main.csv --json")
@click.option("--points", "path", required=True, type=_PATH, help="Matches as strings of points.")
@click.option("--every", default=25, show_default=True, type=click.IntRange(min=1))
@click.option("--blocks", "count", default=10, show_default=True, type=click.IntRange(min=2))
@click.option(
    "--forward", is_flag=True, help="Only earlier matches teach; the first block is lost."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def tennis(path: Path, every: int, count: int, forward: bool, as_json: bool) -> None:
    """Replay every point of a CSV file and score the chances given to the match winner.

    Three models: `constant` gives everybody the tour's mean on serve; `prior` knows that players
    differ; `filter`, the product's, learns both serves from the points. What a model needs to
    know of the tour comes from other days than those that are scored: the days are cut into
    BLOCKS, and the other blocks (with --forward the earlier ones) teach each; the mean of serves
    follows the 30 days before a match. Log loss is in
    nats, at the start, after each set, after each EVERY points, and over all points of a match;
    intervals are 95 %, by bootstrap over matches.

    Rows that are no whole match are counted by reason. Exit status: 0 done, 1 the file is not
    one of matches, or has too few.
    """
    try:
        rows = list(read(path))
    except (ValueError, csv.Error) as error:
        raise click.ClickException(str(error)) from error
    matches = [row for row in rows if isinstance(row, Recorded)]
    rejects = Counter(str(row) for row in rows if isinstance(row, Reject))
    parts = blocks(matches, count) if len(matches) >= _MATCHES_MIN else []
    if len(parts) < 2:
        why = f"{len(matches)} matches of {len(rows)} rows, rejects {dict(rejects)}"
        raise click.ClickException(f"{path}: too few matches or days to learn from others: {why}")
    scored = sum(map(len, parts[1:] if forward else parts))
    with click.progressbar(length=scored, label="matches", file=sys.stderr) as bar:
        scores = score(parts, every, forward, lambda: bar.update(1))
    figures = _figures(scores, len(rows), len(matches), scored, dict(sorted(rejects.items())))
    click.echo(json.dumps(figures, indent=2) if as_json else _text(figures))


def _figures(
    scores: Scores, rows: int, used: int, scored: int, rejects: dict[str, int]
) -> dict[str, Any]:
    expected = dict(zip(MODELS, (scores.expected_holds / scores.games).tolist(), strict=True))
    return {
        "rows": rows,
        "matches_used": used,
        "matches_scored": scored,
        "rejects": rejects,
        "tours": [
            {"serve": tour.serve_micro / MICROS, **_belief(asdict(tour.belief))}
            for tour in scores.tours
        ],
        "hold": {"games": scores.games, "observed": scores.held / scores.games, **expected},
        "match_win_log_loss": [
            {
                "at": point.name,
                "matches": point.matches,
                **dict(zip(MODELS, point.losses, strict=True)),
                "gain": point.gain,
                "gain_95": [point.gain_low, point.gain_high],
            }
            for point in scores.checkpoints()
        ],
    }


def _belief(micros: dict[str, int]) -> dict[str, float]:
    return {name.removesuffix("_micro"): value / MICROS for name, value in micros.items()}


def _text(figures: dict[str, Any]) -> str:
    rejects = ", ".join(f"{reason} {n}" for reason, n in figures["rejects"].items()) or "none"
    hold = figures["hold"]
    lines = [
        f"rows {figures['rows']}, matches used {figures['matches_used']}, "
        f"scored {figures['matches_scored']}, rejects: {rejects}",
        f"holds: observed {hold['observed']:.2%} of {hold['games']} games; "
        + ", ".join(f"{model} {hold[model]:.2%}" for model in MODELS),
        "",
        f"{'match winner, log loss':24}{'matches':>8}"
        + "".join(f"{model:>10}" for model in MODELS)
        + f"{'gain of filter on constant':>30}",
    ]
    for row in figures["match_win_log_loss"]:
        low, high = row["gain_95"]
        gain = f"{row['gain']:+.4f} [{low:+.4f}, {high:+.4f}]"
        losses = "".join(f"{row[model]:10.4f}" for model in MODELS)
        lines.append(f"{row['at']:24}{row['matches']:8}{losses}{gain:>30}")
    return "\n".join(lines)

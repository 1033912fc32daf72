"""`overround evaluate football`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from cli.evaluate.football_scores import MINUTES, MODELS, Scored, log_losses, score
from cli.evaluate.seasons import Joined, by_season, joined
from overround.domain.pricing.scoring import (
    bootstrap_interval,
    brier,
    calibration_error,
    log_loss,
    ranked_probability_score,
)

Floats = NDArray[np.float64]

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_MATCHES_MIN = 20
_SEED = 1

# From the 15th minute on: before kick-off there is nothing to follow.
POOLED = {"15 to 85": slice(1, 7), "30 to 75": slice(2, 6)}


@click.command(
    epilog="Example: overround evaluate football --odds football_odds --shots understat_shots"
)
@click.option("--odds", required=True, type=_FOLDER, help="CSV files as football-data.co.uk has.")
@click.option("--shots", required=True, type=_FOLDER, help="Shot files as Understat has them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def football(odds: Path, shots: Path, as_json: bool) -> None:
    """Play matches again and score the probabilities of 1X2 before kick-off and in play.

    Three models: `reference` is two independent Poisson counts from the closing prices and the
    share of goals still to come; `model` is the product's, told of goals and the clock; `model
    with xG` is told of every shot too. Matches of both folders are joined by country, day and
    team names. Goals before a minute count at it. Losses are means over matches, in nats for log
    loss; intervals are 95 %, by bootstrap over matches.

    Exit status: 0 done, 1 a file is of another layout, or too few matches could be joined.
    """
    try:
        found = joined(odds, shots, _tell)
    except (ValueError, OSError, EOFError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        _tell("")
    if len(found.matches) < _MATCHES_MIN:
        why = json.dumps(dict(found.left_out))
        raise click.ClickException(f"{len(found.matches)} matches could be joined; {why}")
    with click.progressbar(length=len(found.matches), label="matches", file=sys.stderr) as bar:
        scored, unexplained = score(found.matches, lambda: bar.update(1))
    found.left_out["prices that make no match"] += unexplained
    figures = figures_of(scored, found)
    click.echo(json.dumps(figures, indent=2) if as_json else _text(figures))


def figures_of(scored: Scored, found: Joined) -> dict[str, Any]:
    """What the command prints."""
    return {
        "matches_joined": len(scored.matches),
        "seasons": {str(year): len(at) for year, at in by_season(list(scored.matches)).items()},
        "left_out": {name: count for name, count in sorted(found.left_out.items()) if count},
        "pre_match": _pre_match(scored),
        "in_play_log_loss": _in_play(scored),
        "pooled_differences": _pooled(scored),
        "calibration_error": _calibration(scored),
    }


def _pre_match(scored: Scored) -> dict[str, Any]:
    rules = {"rps": ranked_probability_score, "brier": brier, "log_loss": log_loss}
    said = {"model": scored.result[1, 0], "closing_book": scored.closing}
    exact = -np.log(scored.exact)
    return {
        **{
            name: {rule: _mean(of(at, scored.outcomes)) for rule, of in rules.items()}
            for name, at in said.items()
        },
        "model_less_book": {
            rule: _mean(of(said["model"], scored.outcomes) - of(scored.closing, scored.outcomes))
            for rule, of in rules.items()
        },
        "exact_score_gain_over_independent_poisson": _mean(exact[0] - exact[1]),
    }


def _in_play(scored: Scored) -> list[dict[str, Any]]:
    losses = log_losses(scored)
    return [
        {
            "minute": minute,
            **{name: _mean(losses[model, at]) for model, name in enumerate(MODELS)},
            "model_less_reference": _mean(losses[1, at] - losses[0, at]),
            "xg_gain": _mean(losses[1, at] - losses[2, at]),
        }
        for at, minute in enumerate(MINUTES)
    ]


def _pooled(scored: Scored) -> dict[str, Any]:
    losses = log_losses(scored)
    return {
        name: {
            "model_less_reference": _mean((losses[1, minutes] - losses[0, minutes]).mean(axis=0)),
            "xg_gain": _mean((losses[1, minutes] - losses[2, minutes]).mean(axis=0)),
        }
        for name, minutes in POOLED.items()
    }


def _calibration(scored: Scored) -> list[dict[str, Any]]:
    """Expected calibration error of the model with shots, by minute."""
    goals = np.array([(match.home_goals, match.away_goals) for match in scored.matches])
    over, both = goals.sum(axis=1) > 2, goals.min(axis=1) > 0
    return [
        {
            "minute": minute,
            "1x2": calibration_error(
                scored.result[2, at].ravel(),
                (np.arange(3) == scored.outcomes[:, np.newaxis]).ravel(),
            ),
            "over_2.5": calibration_error(scored.over[1, at], over),
            "both_teams_to_score": calibration_error(scored.both[1, at], both),
        }
        for at, minute in enumerate(MINUTES)
    ]


def _mean(values: Floats) -> dict[str, Any]:
    low, high = bootstrap_interval(values, _SEED)
    return {"mean": float(values.mean()), "interval": [low, high]}


def _text(figures: dict[str, Any]) -> str:
    lines = [
        f"{figures['matches_joined']:,} matches joined; seasons {figures['seasons']}",
        f"left out: {figures['left_out']}",
        "",
        "before kick-off      model      closing book   difference",
    ]
    pre = figures["pre_match"]
    for rule in ("rps", "brier", "log_loss"):
        model, book = pre["model"][rule]["mean"], pre["closing_book"][rule]["mean"]
        lines.append(
            f"  {rule:16} {model:9.5f}  {book:12.5f}   {_told(pre['model_less_book'][rule])}"
        )
    gain = pre["exact_score_gain_over_independent_poisson"]
    lines += [f"  exact score, gain over independent Poisson in nats: {_told(gain)}", ""]
    lines.append("log loss in play: minute, " + ", ".join(MODELS))
    for row in figures["in_play_log_loss"]:
        said = "  ".join(f"{row[name]['mean']:.4f}" for name in MODELS)
        less, gain = _told(row["model_less_reference"]), _told(row["xg_gain"])
        lines.append(
            f"  {row['minute']:3}'  {said}   model less reference {less}   xG gains {gain}"
        )
    for name, row in figures["pooled_differences"].items():
        lines.append(
            f"  minutes {name}: model less reference {_told(row['model_less_reference'])}, "
            f"xG gains {_told(row['xg_gain'])}"
        )
    lines += ["", "expected calibration error with xG: minute, 1X2, over 2.5, both to score"]
    for row in figures["calibration_error"]:
        errors = (row["1x2"], row["over_2.5"], row["both_teams_to_score"])
        lines.append(f"  {row['minute']:3}'  " + "  ".join(f"{error:.4f}" for error in errors))
    return "\n".join(lines)


def _told(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['mean']:+.5f} [{low:+.5f}, {high:+.5f}]"


def _tell(name: str) -> None:
    """Show which file is being read on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{name}", end="", file=sys.stderr, flush=True)

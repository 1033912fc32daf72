"""The football model on matches that were played, against the closing book and a reference.

    python -m benches.football          about 1 min; reads ../shared/data

Claims: before kick-off as good as the closing book; in play better than independent Poisson
counts from the same prices at every minute; better again when it is told of shots.

Method: `overround evaluate football` over every match of 2014-15 to 2017-18 of which the
recordings have odds and shots. The engine itself plays each match again, incident by incident.
The reference's goal clock comes from the other seasons. The model's own few figures
(`Parameters`) are fitted on these seasons, all of them together: `benches/football_seasons` fits
them on three and scores the fourth. What chance alone makes of the calibration error is in
`benches/football_calibration`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benches.played.figures import told
from benches.report import Report, table
from cli.evaluate.football import figures_of
from cli.evaluate.football_scores import MODELS, score
from cli.evaluate.seasons import joined

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"

RPS_MAX, LOG_LOSS_MAX, EXACT_MIN = 0.0002, 0.001, 0.005
ERROR_MAX = 0.01


def main(folder: Path = FOLDER) -> None:
    """Run, print, write."""
    report = Report("football", "The football model on matches that were played.")
    found = joined(folder / "football_odds", folder / "understat_shots", lambda _name: None)
    scored, unexplained = score(found.matches, lambda: None)
    found.left_out["prices that make no match"] += unexplained
    figures = report.figures = figures_of(scored, found)
    report.add(f"{figures['matches_joined']:,} matches", f"Left out: {figures['left_out']}.")
    report.add("Before kick-off", _before(figures["pre_match"]))
    report.add("Log loss of 1X2 in play", _in_play(figures))
    report.add("Expected calibration error of the model with shots", _calibration(figures))
    report.targets(_targets(figures))
    report.write()


def _before(pre: dict[str, Any]) -> str:
    rows = [
        (
            rule,
            f"{pre['model'][rule]['mean']:.5f}",
            f"{pre['closing_book'][rule]['mean']:.5f}",
            told(pre["model_less_book"][rule]),
        )
        for rule in ("rps", "brier", "log_loss")
    ]
    gain = told(pre["exact_score_gain_over_independent_poisson"])
    rows.append(("exact score, nats gained over independent Poisson", "", "", gain))
    return table(("", "model", "closing book", "difference"), rows)


def _in_play(figures: dict[str, Any]) -> str:
    rows = [
        (
            str(row["minute"]),
            *(f"{row[name]['mean']:.4f}" for name in MODELS),
            told(row["model_less_reference"]),
            told(row["xg_gain"]),
        )
        for row in figures["in_play_log_loss"]
    ]
    rows += [
        (name, "", "", "", told(row["model_less_reference"]), told(row["xg_gain"]))
        for name, row in figures["pooled_differences"].items()
    ]
    return table(("minute", *MODELS, "model less reference", "gained by shots"), rows)


def _calibration(figures: dict[str, Any]) -> str:
    rows = [
        tuple(f"{value:.4f}" if name != "minute" else str(value) for name, value in row.items())
        for row in figures["calibration_error"]
    ]
    return table(tuple(figures["calibration_error"][0]), rows)


def _targets(figures: dict[str, Any]) -> dict[str, bool]:
    pre, pooled = figures["pre_match"], figures["pooled_differences"]
    less = pre["model_less_book"]
    in_play = [row["model_less_reference"]["mean"] for row in figures["in_play_log_loss"][1:]]
    errors = [error for row in figures["calibration_error"] for error in list(row.values())[1:]]
    return {
        f"RPS within {RPS_MAX} of the closing book": abs(less["rps"]["mean"]) <= RPS_MAX,
        f"log loss within {LOG_LOSS_MAX} of it": abs(less["log_loss"]["mean"]) <= LOG_LOSS_MAX,
        f"exact scores {EXACT_MIN} nats better than independent Poisson": pre[
            "exact_score_gain_over_independent_poisson"
        ]["mean"]
        >= EXACT_MIN,
        "not worse than the reference at any minute": max(in_play) <= 0,
        "better over all minutes, interval without 0": pooled["15 to 85"]["model_less_reference"][
            "interval"
        ][1]
        < 0,
        "shots gain over 30 to 75, interval without 0": pooled["30 to 75"]["xg_gain"]["interval"][0]
        > 0,
        f"calibration error below {ERROR_MAX} everywhere": max(errors) < ERROR_MAX,
    }


if __name__ == "__main__":
    main()

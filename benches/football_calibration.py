"""Whether the football model's probabilities come true: reliability by decile at each quarter hour.

    python -m benches.football_calibration          about 1 min; reads ../shared/data

Claims: bins of 1X2, totals, both to score and Asian handicaps are within their 95 % bands as
often as a right model's would be, and the expected calibration error is below 0.01 or not above
what chance alone makes of a right model.

Method: each season of 2014-15 to 2017-18 is priced with the parameters of the other three
(`benches/football_seasons`), told of goals, the clock and shots. At each minute the bets on a
market that are not as good as decided are put into ten bins of equal count by what was said, and
what came in each is held against a pointwise 95 % band from 400 seasons of scores that the model
itself draws (`benches/played/reliability` says why not the binomial band). The simultaneous band
is of the largest distance over a market's ten bins. The error is over ten bins of equal width, as
`overround evaluate football` prints it; its floor is the mean of the same error in the drawn
seasons. A quarter line is two bets of half the stake: half won or half lost counts half, refunds
are left out. The same scores lie behind all markets of a minute, and behind the minutes: shares
of bins inside are not independent.

Whether the error could be lower is asked of each market and minute by recalibrating it
(`benches/played/recalibrated`).

The error of a kind of market is that of all its lines and quarter hours taken as one. What chance
alone makes of it is not told: the minutes of a match were drawn apart, and are not.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from numpy.random import default_rng

from benches.football import ERROR_MAX
from benches.played.fitting import Fitting
from benches.played.held_out import said_of
from benches.played.matches import Floats, played_of, recorded
from benches.played.recalibrated import errors
from benches.played.reliability import Reliability, drawn, pooled_error, reliability
from benches.report import RESULTS, Report, table
from overround.domain.kernel.market import INDEX
from overround.domain.pricing.football.course import SCORES

MINUTES = (0, 15, 30, 45, 60, 75, 90)
DRAWS, SEED = 400, 1
INSIDE_MIN = 0.95

KINDS = ("1X2", "both to score", "over", "handicap")

LINES = (0.5, 1.5, 2.0, 2.25, 2.5, 2.75, 3.5, 4.5)
HANDICAPS = (-2.0, -1.5, -1.25, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5)


def markets() -> dict[str, tuple[int, ...]]:
    """Places in the catalogue by what is judged together."""
    result = tuple(INDEX[f"1x2/{side}"] for side in ("home", "draw", "away"))
    found = {"1X2": result, "both to score": (INDEX["both_teams_to_score/yes"],)}
    found |= {f"over {line:g}": (INDEX[f"totals:{line:g}/over"],) for line in LINES}
    return found | {
        f"handicap {line:+g}": (INDEX[f"asian_handicap:{line:g}/home"],) for line in HANDICAPS
    }


def main() -> None:
    """Run, print, write, draw."""
    report = Report("football_calibration", "Said and came: the football model by deciles.")
    played = played_of(recorded())
    folds = Fitting(played).by_others()
    said = said_of(played, lambda season: folds[season], MINUTES)
    home, away = np.minimum(played.final, SCORES - 1).T
    final, rng = home * SCORES + away, default_rng(SEED)
    found: dict[str, dict[int, Reliability]] = {name: {} for name in markets()}
    recalibrated = []
    for minute in MINUTES:
        scores = drawn(said.shots[minute], DRAWS, rng)
        for name, selections in markets().items():
            found[name][minute] = reliability(said.shots[minute], final, scores, selections)
            recalibrated.append(errors(said.shots[minute], final, played.seasons, selections))
    report.figures |= _figures(found)
    report.add("Bins inside the pointwise 95 % band, of ten", _inside(found))
    report.add("Expected calibration error (chance alone: mean, 95th percentile)", _errors(found))
    kinds = report.figures["kinds"].items()
    rows = [(kind, f"{error:.4f}") for kind, error in kinds]
    report.add(
        "Error of each kind, all lines and quarter hours together", table(("", "error"), rows)
    )
    floors = [each.floor[0] for by_minute in found.values() for each in by_minute.values()]
    report.add("Were it recalibrated", _recalibrated(np.array(recalibrated), np.array(floors)))
    report.add("All of it", _summary(report.figures))
    for group, names in GROUPS.items():
        _draw(group, {name: found[name] for name in names})
        report.add(group, f"![{group}](football_calibration_{_file(group)}.png)")
    report.targets(_targets(report.figures))
    report.write()


GROUPS = {
    "1X2, totals, both to score": ("1X2", "over 1.5", "over 2.5", "over 3.5", "both to score"),
    "Asian handicaps": ("handicap -1", "handicap -0.5", "handicap -0.25", "handicap +0.5"),
}


def _figures(found: dict[str, dict[int, Reliability]]) -> dict[str, Any]:
    every = [each for by_minute in found.values() for each in by_minute.values()]
    return {
        "markets": {
            name: {
                str(minute): {
                    "bets": each.count,
                    "bins_inside": each.inside,
                    "inside_simultaneous": each.is_inside_all,
                    "error": each.error,
                    "error_of_chance": each.floor[0],
                    "error_of_chance_95": each.floor[1],
                }
                for minute, each in by_minute.items()
            }
            for name, by_minute in found.items()
        },
        "kinds": {
            kind: pooled_error(
                [each for name in found if name.startswith(kind) for each in found[name].values()]
            )
            for kind in KINDS
        },
        "share_of_bins_inside": float(np.mean([each.inside / 10 for each in every])),
        "share_inside_simultaneous": float(np.mean([each.is_inside_all for each in every])),
        "share_of_errors_within_chance": float(
            np.mean([each.error <= each.floor[1] for each in every])
        ),
        "share_of_errors_below_0.01": float(np.mean([each.error < ERROR_MAX for each in every])),
        "mean_error": float(np.mean([each.error for each in every])),
        "mean_error_of_chance": float(np.mean([each.floor[0] for each in every])),
    }


def _inside(found: dict[str, dict[int, Reliability]]) -> str:
    rows = [
        (name, *(_mark(each) for each in by_minute.values())) for name, by_minute in found.items()
    ]
    note = "`*`: outside the simultaneous 95 % band."
    return table(("", *(f"{minute}'" for minute in MINUTES)), rows) + f"\n\n{note}"


def _mark(each: Reliability) -> str:
    return f"{each.inside}{'' if each.is_inside_all else ' *'}"


def _errors(found: dict[str, dict[int, Reliability]]) -> str:
    rows = [
        (
            name,
            *(f"{e.error:.4f} ({e.floor[0]:.4f}, {e.floor[1]:.4f})" for e in by_minute.values()),
        )
        for name, by_minute in found.items()
    ]
    return table(("", *(f"{minute}'" for minute in MINUTES)), rows)


def _recalibrated(errors_of: Floats, floors: Floats) -> str:
    """Errors of single markets and minutes, (cells, 3), and what chance makes of each, (cells,)."""
    names = ("as it is", "by the other seasons", "by the same matches", "a right model, by chance")
    rows = [
        (name, f"{each.mean():.4f}", f"{(each < ERROR_MAX).mean():.0%}")
        for name, each in zip(names, (*errors_of.T, floors), strict=True)
    ]
    return table(("", "mean error", f"below {ERROR_MAX}"), rows)


def _summary(figures: dict[str, Any]) -> str:
    rows = [(name, f"{value:.4f}") for name, value in figures.items() if type(value) is float]
    return table(("", "value"), rows)


def _targets(figures: dict[str, Any]) -> dict[str, bool]:
    by_minute = [each for market in figures["markets"].values() for each in market.values()]
    return {
        f"{INSIDE_MIN:.0%} of bins within the pointwise 95 % band": figures["share_of_bins_inside"]
        >= INSIDE_MIN,
        f"calibration error below {ERROR_MAX} of each kind, all of it together": all(
            error < ERROR_MAX for error in figures["kinds"].values()
        ),
        f"calibration error below {ERROR_MAX} everywhere": all(
            each["error"] < ERROR_MAX for each in by_minute
        ),
        "nine in ten errors within the 95th percentile of chance": figures[
            "share_of_errors_within_chance"
        ]
        >= 0.9,
    }


def _file(group: str) -> str:
    return group.split(maxsplit=1)[0].strip(",").lower()


def _draw(group: str, found: dict[str, dict[int, Reliability]]) -> None:
    """A row for each market, a column for each minute."""
    mpl.use("Agg")
    size = (1.75 * len(MINUTES), 1.75 * len(found) + 0.5)
    figure, panels = plt.subplots(
        len(found), len(MINUTES), figsize=size, sharex=True, sharey=True, layout="constrained"
    )
    for row, (name, by_minute) in zip(panels, found.items(), strict=True):
        for panel, (minute, each) in zip(row, by_minute.items(), strict=True):
            _panel(panel, each)
            panel.set_title(f"{name}, {minute}'", fontsize=8)
    figure.supxlabel("said", fontsize=9)
    figure.supylabel("came, less said", fontsize=9)
    title = f"{group}: deciles, and the 95 % band of a right model. Corner: error / by chance alone"
    figure.suptitle(title, fontsize=9)
    figure.savefig(RESULTS / f"football_calibration_{_file(group)}.png", dpi=70)
    plt.close(figure)


def _panel(panel: Any, each: Reliability) -> None:
    panel.axhline(0.0, color="0.5", linewidth=0.8)
    low, high, off = each.low - each.said, each.high - each.said, each.came - each.said
    panel.fill_between(each.said, low, high, color="tab:blue", alpha=0.25, linewidth=0)
    within = (off >= low) & (off <= high)
    for chosen, colour in ((within, "tab:blue"), (~within, "tab:red")):
        panel.plot(each.said[chosen], off[chosen], "o", color=colour, markersize=2.5)
    label = f"{each.error:.3f} / {each.floor[0]:.3f}"
    panel.text(0.04, 0.88, label, fontsize=7, transform=panel.transAxes)
    panel.set_xlim(0, 1)
    panel.set_ylim(-0.12, 0.12)
    panel.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    panel.set_yticks([-0.1, 0, 0.1])
    panel.tick_params(labelsize=7)


if __name__ == "__main__":
    main()

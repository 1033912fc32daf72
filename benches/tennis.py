"""The tennis model on matches that were played, and how long a point takes to price.

    python -m benches.tennis          about 2 min; reads ../shared/data

Claims: what is learnt from points forecasts the match winner better than constant chances do, hold
rates are reproduced within 0.5 points, and half of all points are priced within 1 ms.

Method: every match of the file is scored by beliefs learnt on other days, in ten blocks; once
more with only earlier days as teachers. Prices: `observe` and all selections after each point of
every 40th match, one thread, wall clock. Simulated: as many matches as were played, from the
belief that all of them teach.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from benches.report import Latency, Report, table
from cli.evaluate.point_strings import Recorded, Reject, read, states
from cli.evaluate.tennis_scores import ALL_POINTS, MODELS, Scores, Tour, blocks, score
from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.belief import grid_tables
from overround.domain.pricing.tennis.catalogue import CATALOGUE
from overround.domain.pricing.tennis.model import (
    BEST_OF_THREE,
    TOUR,
    Belief,
    FinalSet,
    Format,
    Match,
    Point,
)
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.price import probabilities
from overround.domain.pricing.tennis.simulate import draw_serves, simulate

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "tennis_pbp"
POINTS = FOLDER / "pbp_matches_ch_main_current.csv"
BLOCKS, EVERY, PRICED_EVERY = 10, 25, 40
HOLD_WITHIN, P50_MAX_MS = 0.005, 1.0


def scored(report: Report, matches: list[Recorded], *, is_forward: bool) -> Scores:
    scores = score(blocks(matches, BLOCKS), EVERY, is_forward, lambda: None)
    rows = []
    for point in scores.checkpoints():
        interval = f"{point.gain:+.4f} [{point.gain_low:+.4f}, {point.gain_high:+.4f}]"
        losses = [f"{loss:.4f}" for loss in point.losses]
        rows.append((point.name, f"{point.matches:,}", *losses, interval))
    teachers = "earlier days" if is_forward else "all other days"
    header = ("match winner, log loss", "matches", *MODELS, "filter better by (95 %)")
    report.add(f"Learnt on {teachers}", table(header, rows))
    observed = scores.held / scores.games
    holds = (scores.expected_holds / scores.games).tolist()
    shown = [f"{observed:.2%}", *(f"{each:.2%}" for each in holds)]
    report.add(
        f"Holds in {scores.games:,} service games, learnt on {teachers}",
        table(("observed", *MODELS), [shown]),
    )
    report.figures["forward" if is_forward else "other_days"] = {
        "observed_holds": observed,
        "holds": dict(zip(MODELS, holds, strict=True)),
        "log_loss": {
            p.name: dict(zip(MODELS, p.losses, strict=True)) for p in scores.checkpoints()
        },
        "gain": {p.name: [p.gain, p.gain_low, p.gain_high] for p in scores.checkpoints()},
    }
    return scores


def priced_ms(form: Format, points: list[tuple[Match, Point]]) -> list[float]:
    grid_tables(form)
    elapsed = []
    for match, point in points:
        start_ns = perf_counter_ns()
        probabilities(observe(match, point))
        elapsed.append((perf_counter_ns() - start_ns) / 1e6)
    return elapsed


def recorded_points(matches: list[Recorded]) -> list[tuple[Match, Point]]:
    points = []
    for recorded in matches[::PRICED_EVERY]:
        played = list(states(recorded, TOUR))
        for before, after in pairwise(played):
            points.append((before, last_point(after)))
    return points


def last_point(match: Match) -> Point:
    sequence, server, winner = match.log[-1] >> 2, match.log[-1] >> 1 & 1, match.log[-1] & 1
    sides = tuple(Side)
    return Point(sequence, sides[server], sides[winner])


def simulated_points(form: Format, count: int) -> list[tuple[Match, Point]]:
    rng = np.random.default_rng(2)
    simulated = simulate(*draw_serves(TOUR, count, rng), rng, form)
    points = []
    for index in range(count):
        match = Match(form)
        for point in simulated.points(index):
            points.append((match, point))
            match = observe(match, point)
    return points


def like_played(report: Report, matches: list[Recorded], belief: Belief, held: float) -> None:
    sets = [list(states(recorded, TOUR))[-1].sets for recorded in matches]
    rng = np.random.default_rng(1)
    simulated = simulate(*draw_serves(belief, len(matches), rng), rng, BEST_OF_THREE)
    games = np.array([sum(map(sum, each)) for each in sets])
    made = simulated.sets.sum(axis=(1, 2))
    per_set = [sum(each) for match in sets for each in match]
    made_sets = simulated.sets.sum(axis=2)[simulated.sets.sum(axis=2) > 0]
    lengths = [len(recorded.held) for recorded in matches]
    rows = [
        ("holds", held, simulated.holds.sum() / simulated.service_games.sum()),
        (
            "straight sets",
            float(np.mean([len(each) == 2 for each in sets])),
            float((simulated.sets_won.min(axis=1) == 0).mean()),
        ),
        ("tie-breaks a set", float(np.equal(per_set, 13).mean()), float((made_sets == 13).mean())),
        ("games a match", games.mean(), made.mean()),
        ("their spread", games.std(), made.std()),
        ("points a match", np.mean(lengths), (simulated.winners >= 0).sum(axis=1).mean()),
    ]
    shown = [(name, f"{played:.4g}", f"{drawn:.4g}") for name, played, drawn in rows]
    report.add("Simulated matches", table(("", "played", "simulated"), shown))
    report.figures["simulated"] = {
        name: [float(played), float(drawn)] for name, played, drawn in rows
    }


def main() -> None:
    """Run, print, write."""
    report = Report("tennis", "Two serves, learnt point by point, against constant chances.")
    rows = list(read(POINTS))
    matches = [row for row in rows if isinstance(row, Recorded)]
    rejects = [str(row) for row in rows if isinstance(row, Reject)]
    report.add("Matches", f"{len(rows):,} rows, {len(matches):,} used, rejected: {rejects}")
    scores = scored(report, matches, is_forward=False)
    scored(report, matches, is_forward=True)
    belief = Tour.of(matches).belief
    report.add("Belief that all of them teach", str(belief))
    like_played(report, matches, belief, scores.held / scores.games)
    long = Format(3, FinalSet.ADVANTAGE)
    latencies = {
        "best of three, played": Latency.of(priced_ms(BEST_OF_THREE, recorded_points(matches))),
        "best of five, simulated": Latency.of(priced_ms(long, simulated_points(long, 40))),
    }
    report.add(
        f"A point to the prices of {len(CATALOGUE)} selections",
        table(Latency.header(), [each.row(name) for name, each in latencies.items()]),
    )
    report.figures["p50_ms"] = {name: each.percentiles_ms[0] for name, each in latencies.items()}
    gains = {point.name: point.gain_low for point in scores.checkpoints()}
    observed = scores.held / scores.games
    met = {
        "filter better than constant chances over all points": gains[ALL_POINTS] > 0,
        "and after the first set": gains["after set 1"] > 0,
    }
    holds = (scores.expected_holds / scores.games).tolist()
    for model, expected in zip(MODELS[1:], holds[1:], strict=True):
        met[f"holds of {model} within 0.5 points"] = bool(abs(expected - observed) < HOLD_WITHIN)
    for name, each in latencies.items():
        met[f"{name}: P50 below {P50_MAX_MS:g} ms"] = each.percentiles_ms[0] < P50_MAX_MS
    report.targets(met)
    report.write()


if __name__ == "__main__":
    main()

"""How long a price update takes: incident to state, state to 112 prices, prices to message.

    python -m benches.reprice [rounds]

Prints percentiles over 2,000 distinct states a round (kick-off to the 95th minute, cards, one-sided
and even matches), one thread, wall clock around each call; and the mean of the thread's CPU time,
which tells what a call costs when other programs share the cores.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter_ns, thread_time_ns

import numpy as np

from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.pricing.football.decide import observe, quote, quotes
from overround.domain.pricing.football.model import Match, Witness

STATES = 2_000
PERCENTILES = (50, 90, 99, 99.9, 100)
OPEN = TradingStatus.OPEN


def states(rng: np.random.Generator) -> list[Match]:
    matches = []
    for _ in range(STATES):
        clock_s = int(rng.integers(0, 5_700))
        home, away = rng.poisson(clock_s / 3_600), rng.poisson(clock_s / 4_400)
        home_reds, away_reds = (int(rng.random() < 0.1) for _ in range(2))
        matches.append(
            Match(
                Period.FIRST_HALF if clock_s < 2_700 else Period.SECOND_HALF,
                clock_s,
                *(int(home), int(away), int(home), int(away)),
                witnesses=(Witness("alpha", 100),),
                home_rate_micro=int(rng.uniform(0.4, 3.0) * 1e6),
                away_rate_micro=int(rng.uniform(0.4, 3.0) * 1e6),
                home_reds=home_reds,
                away_reds=away_reds,
            )
        )
    return matches


def timed(
    step: Callable[[Match], object], matches: list[Match], rounds: int
) -> tuple[list[int], float]:
    for match in matches:
        step(match)
    cpu_ns = thread_time_ns()
    elapsed_ns = []
    for _ in range(rounds):
        for match in matches:
            start_ns = perf_counter_ns()
            step(match)
            elapsed_ns.append(perf_counter_ns() - start_ns)
    return elapsed_ns, (thread_time_ns() - cpu_ns) / len(elapsed_ns)


def goal(match: Match) -> Incident:
    return Incident(
        *("m1", "alpha", 101, IncidentKind.GOAL, match.period, match.clock_s + 1),
        *(match.home_goals + 1, match.away_goals, Side.HOME),
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    matches = states(np.random.default_rng(7))
    prices = {id(match): quote(match) for match in matches}
    goals = {id(match): goal(match) for match in matches}

    def reprice(match: Match) -> object:
        after = observe(match, goals[id(match)])
        return quotes("m1", 1, OPEN, "", after, quote(after))

    steps: dict[str, Callable[[Match], object]] = {
        "observe": lambda match: observe(match, goals[id(match)]),
        "quote": quote,
        "quotes": lambda match: quotes("m1", 1, OPEN, "", match, prices[id(match)]),
        "quote, no rates": lambda match: quote(replace(match, home_rate_micro=0)),
        "all three": reprice,
    }
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "default")
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.2f}, OPENBLAS_NUM_THREADS {threads},"
        f" {rounds} x {STATES} states"
    )
    print(
        f"{'us':>16}"
        + "".join(f"{f'P{p:g}' if p < 100 else 'max':>9}" for p in PERCENTILES)
        + f"{'CPU':>9}"
    )
    for name, step in steps.items():
        elapsed_ns, cpu_ns = timed(step, matches, rounds)
        figures = [*np.percentile(elapsed_ns, PERCENTILES) / 1e3, cpu_ns / 1e3]
        print(f"{name:>16}" + "".join(f"{figure:9.1f}" for figure in figures))


if __name__ == "__main__":
    main()

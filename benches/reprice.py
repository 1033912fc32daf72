"""How long prices take: one match, 1,000 at once, and against penaltyblog for the same markets.

    OPENBLAS_NUM_THREADS=1 python -m benches.reprice [rounds]          about 30 s for 10 rounds

Claim: every selection that a football match is priced with (410) takes less than 100 us at P50 and
500 us at P99.9 from the match's state, less than 20 us a match when 1,000 are priced at once, and
those that are traded (155) are priced at 50 times the rate at which penaltyblog prices the 112 of
them that it has a method for.

Method: 2,000 distinct states a round (before kick-off to the 95th minute, cards, one-sided and even
matches, half of the level ones with a dependence of low scores), one thread, wall clock around each
call; beside it the thread's own CPU time, which tells what a call costs when other programs share
the cores. 1,000 at once: the first half of the same states, into the same memory each time.

penaltyblog is a peer to measure against and no dependency. Its rate is measured in the same run, by
an environment of its own, which it wants like this:

    python -m venv var/penaltyblog
    var/penaltyblog/bin/pip install numpy scipy
    var/penaltyblog/bin/pip install --no-deps penaltyblog

Without it that part is left out, and said so. It prices a Dixon-Coles grid of two given rates; ours
has to find the rates from the state first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns, thread_time_ns
from typing import Any

import numpy as np

from benches.report import Latency, Report, table
from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.pricing.football.board import shares
from overround.domain.pricing.football.boards import many_shares
from overround.domain.pricing.football.catalogue import OFFERS
from overround.domain.pricing.football.decide import observe, probabilities, quote, quotes
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.football.witness import Witness

STATES = 2_000
AT_ONCE = 1_000
PEER_STATES = 300
OPEN = TradingStatus.OPEN
PEER = Path(__file__).with_name("penaltyblog_peer.py")
PEER_PYTHON = Path(__file__).resolve().parents[1] / "var" / "penaltyblog" / "bin" / "python"


def states(rng: np.random.Generator) -> list[Match]:
    """Matches at any moment; one in ten has not begun."""
    return [_state(rng, int(rng.integers(-600, 5_700))) for _ in range(STATES)]


def _state(rng: np.random.Generator, clock_s: int) -> Match:
    home_rate, away_rate = (int(rng.uniform(0.4, 3.0) * 1e6) for _ in range(2))
    before = Match(
        home_rate_micro=home_rate, away_rate_micro=away_rate, witnesses=(Witness("alpha", 100),)
    )
    if rng.random() < 0.5:
        before = replace(before, rho_micro=int(rng.uniform(-0.06, 0.03) * 1e6))
    if clock_s < 0:
        return before
    home, away = int(rng.poisson(clock_s / 3_600)), int(rng.poisson(clock_s / 4_400))
    is_first = clock_s < 2_700
    return replace(
        before,
        period=Period.FIRST_HALF if is_first else Period.SECOND_HALF,
        clock_s=clock_s,
        home_goals=home,
        away_goals=away,
        regular_home_goals=home,
        regular_away_goals=away,
        half_home_goals=home if is_first else int(rng.binomial(home, 0.45)),
        half_away_goals=away if is_first else int(rng.binomial(away, 0.45)),
        home_reds=int(rng.random() < 0.1),
        away_reds=int(rng.random() < 0.1),
        home_yellows=int(rng.poisson(clock_s / 3_000)),
        away_yellows=int(rng.poisson(clock_s / 2_700)),
    )


def timed(
    step: Callable[[Match], object], matches: list[Match], rounds: int
) -> tuple[Latency, Latency]:
    """How long each call took by the wall clock, and of this thread's own time."""
    for match in matches:
        step(match)
    wall_ms, cpu_ms = array("d"), array("d")
    for _ in range(rounds):
        for match in matches:
            cpu_ns, began_ns = thread_time_ns(), perf_counter_ns()
            step(match)
            ended_ns = perf_counter_ns()
            cpu_ms.append((thread_time_ns() - cpu_ns) / 1e6)
            wall_ms.append((ended_ns - began_ns) / 1e6)
    return Latency.of(wall_ms), Latency.of(cpu_ms)


def goal(match: Match) -> Incident:
    """The next incident of a match: home scores."""
    return Incident(
        *("m1", "alpha", 101, IncidentKind.GOAL, match.period, match.clock_s + 1),
        *(match.home_goals + 1, match.away_goals, Side.HOME),
    )


def steps(matches: list[Match]) -> dict[str, Callable[[Match], object]]:
    """What is clocked, by name."""
    prices = {id(match): quote(match) for match in matches}
    goals = {id(match): goal(match) for match in matches}

    def reprice(match: Match) -> object:
        after = observe(match, goals[id(match)])
        return quotes("m1", 1, OPEN, "", after, quote(after))

    return {
        f"{len(OFFERS)} selections": shares,
        f"{len(CATALOGUE)} selections": probabilities,
        "observe": lambda match: observe(match, goals[id(match)]),
        "quote": quote,
        "message": lambda match: quotes("m1", 1, OPEN, "", match, prices[id(match)]),
        "observe, quote, message": reprice,
    }


def at_once_us(matches: list[Match], rounds: int) -> Latency:
    """How long a match takes of so many at once; the figures are microseconds."""
    out = np.empty((2, len(matches), len(OFFERS)))
    many_shares(matches, out=out)
    took_us = []
    for _ in range(rounds):
        began_ns = perf_counter_ns()
        many_shares(matches, out=out)
        took_us.append((perf_counter_ns() - began_ns) / 1e3 / len(matches))
    return Latency.of(took_us)


def peer_ms(matches: list[Match]) -> Latency | None:
    """penaltyblog's time for each of some matches; None where it is not installed."""
    if not PEER_PYTHON.exists():
        return None
    rates = [remaining_rates(match, DEFAULTS)[:2] for match in matches]
    done = subprocess.run(
        [PEER_PYTHON, PEER], input=json.dumps(rates), capture_output=True, text=True, check=True
    )
    return Latency.of([took_ns / 1e6 for took_ns in json.loads(done.stdout)])


def _compared(
    report: Report, matches: list[Match], ours: Latency, many_us: float
) -> dict[str, Any]:
    peer = peer_ms(matches[:PEER_STATES])
    if peer is None:
        report.add(
            "penaltyblog", "Left out: no var/penaltyblog; the bench's text says how to make it."
        )
        return {}
    one, many = (peer.percentiles_ms[0] / ms for ms in (ours.percentiles_ms[0], many_us / 1e3))
    rows = [peer.row("penaltyblog, 112 of them"), ours.row(f"ours, {len(CATALOGUE)}")]
    report.add(
        "What is traded, beside penaltyblog",
        table(Latency.header(), rows)
        + f"\n\n{one:,.0f} times penaltyblog's rate at P50, one match at a time; {many:,.0f} times"
        f" when {AT_ONCE:,} are priced at once, with all {len(OFFERS)} selections.",
    )
    return {"times penaltyblog": one}


def main(rounds: int = 10) -> None:
    """Run, print, write."""
    report = Report("reprice", "A match's state to the chances of everything that can be bet on.")
    matches = states(np.random.default_rng(7))
    rows, latencies = [], {}
    for name, step in steps(matches).items():
        latencies[name], cpu = timed(step, matches, rounds)
        rows += [latencies[name].row(name), cpu.row(f"{name}, CPU")]
    report.add(
        f"One match, {rounds} x {STATES:,} states, OPENBLAS_NUM_THREADS"
        f" {os.environ.get('OPENBLAS_NUM_THREADS', 'not set')}",
        table(Latency.header(), rows),
    )
    whole, traded = list(latencies.values())[:2]
    many = at_once_us(matches[:AT_ONCE], 10 * rounds)
    many_us = many.percentiles_ms[0]
    report.add(
        f"{AT_ONCE:,} matches at once",
        f"{many_us:.1f} us a match at P50, {many.max_ms:.1f} at worst, of {many.count} calls.",
    )
    compared = _compared(report, matches, traded, many_us)
    report.figures = {"p50_us": whole.percentiles_ms[0] * 1e3, "many_us": many_us, **compared}
    met = {
        f"{len(OFFERS)} selections: P50 below 100 us": whole.percentiles_ms[0] < 0.1,
        f"{len(OFFERS)} selections: P99.9 below 500 us": whole.percentiles_ms[-1] < 0.5,
        f"{AT_ONCE:,} at once: below 20 us a match": many_us < 20.0,
    }
    if compared:
        met["50 times penaltyblog's rate"] = compared["times penaltyblog"] >= 50.0
    report.targets(met)
    report.write()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

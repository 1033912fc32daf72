"""What its metrics cost the engine: the counting job with them and without, by turns, in one run.

    python -m benches.metrics_cost [PAIRS]        about 150 s for 3 pairs

Claim: a worker whose metrics are scraped each second spends no more CPU on an event than one that
counts nothing, within what two equal runs differ by; the calls themselves are below 0.5 % of it.

Method: the job of `benches.throughput`, whose recount judges each run. With: a worker as it is
started by `--metrics-port`, scraped each second. Without: the same worker, whose metrics are
methods that do nothing. Both by turns, with-without, without-with, so that a machine that gets
slower or faster favours neither; the figure is the median over pairs of with by without. The rate
is told as well, but others on the machine move it by far more than a percent. The calls are timed
by themselves, in this process, and counted by the worker: what it told in its last scrape.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import threading
import timeit
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from benches.counting.engines import OURS, Engine, Job
from benches.report import Report, table
from benches.throughput import Measured, measure
from cli.local_kafka import cluster, free_ports
from overround.runtime.metrics import WorkerMetrics

EVENTS = 600_000
PAIRS = 3
# Equal runs differ by this much on two cores that the broker shares.
CPU_RATIO_MAX = 1.03
CALLS_PERCENT_MAX = 0.5

_SCRAPE_S = 1.0
_CALLS = 100_000


def engine(name: str, metrics_port: int) -> Engine:
    """Ours, with its metrics on a port, or -1 for none at all."""

    def job(bootstrap: str, suffix: str) -> Job:
        usual = OURS.job(bootstrap, suffix)
        return replace(
            usual, command=lambda n: [*usual.command(n), f"--metrics-port={metrics_port}"]
        )

    return Engine(name, OURS.guarantee, job)


@contextlib.contextmanager
def scraped(port: int) -> Iterator[list[str]]:
    """Scrape a worker each second from beside; its answers."""
    over, answers = threading.Event(), list[str]()
    url = f"http://127.0.0.1:{port}/metrics"

    def scrape() -> None:
        while not over.wait(_SCRAPE_S):
            with (
                contextlib.suppress(OSError),  # not started yet, or stopped already
                urllib.request.urlopen(url, timeout=5) as answer,
            ):
                answers.append(answer.read().decode())

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


def calls(answer: str) -> tuple[int, int]:
    """How many batches and commits a scrape tells of."""
    samples = [each for family in text_string_to_metric_families(answer) for each in family.samples]
    found = {each.name: int(each.value) for each in samples if each.name.endswith("_count")}
    return found["overround_batch_events_count"], found["overround_commit_seconds_count"]


def calls_us() -> tuple[float, float]:
    """What counting a batch and a commit takes, each."""
    metrics = WorkerMetrics("counting")

    def each_us(call: Callable[[], None]) -> float:
        return timeit.timeit(call, number=_CALLS) / _CALLS * 1e6

    return each_us(lambda: metrics.handled(100, 0.001)), each_us(lambda: metrics.committed(0.005))


def _with(bootstrap: str, told: list[str]) -> Measured:
    (port,) = free_ports(1)
    with scraped(port) as answers:
        measured = measure(bootstrap, engine("with", port), EVENTS)
    told.append(answers[-1])
    return measured


def _without(bootstrap: str, _told: list[str]) -> Measured:
    return measure(bootstrap, engine("without", -1), EVENTS)


def main(pairs: int = PAIRS) -> None:
    """Run, print, write."""
    report = Report("metrics_cost", "The counting job with its metrics scraped, and without any.")
    lines, rates, cpus, exact = [], [], [], []
    told: list[str] = []
    with cluster() as bootstrap:
        for number in range(pairs):
            runs = {}
            for run in (_with, _without) if number % 2 == 0 else (_without, _with):
                measured = run(bootstrap, told)
                runs[measured.engine] = measured
            on, off = runs["with"], runs["without"]
            exact += [on.verdict.is_exact, off.verdict.is_exact]
            rates.append(on.verdict.events_s / off.verdict.events_s)
            cpus.append(on.cpu_s_100k / off.cpu_s_100k)
            lines.append(
                (
                    f"{number + 1}",
                    *(f"{each.verdict.events_s:,.0f}" for each in (on, off)),
                    f"{rates[-1]:.3f}",
                    *(f"{each.cpu_s_100k:.3f}" for each in (on, off)),
                    f"{cpus[-1]:.3f}",
                )
            )
            print(lines[-1], flush=True)
    header = ("pair", "with, events/s", "without", "ratio", "with, CPU s per 100k", "without")
    report.add(f"{EVENTS:,} events a run", table((*header, "ratio"), lines))
    batches, commits = calls(told[-1])
    batch_us, commit_us = calls_us()
    percent = (batches * batch_us + commits * commit_us) / (on.cpu_s * 1e6) * 100
    report.add(
        "The calls themselves",
        f"{batches:,} batches of {batch_us:.1f} us and {commits:,} commits of {commit_us:.1f} us: "
        f"{percent:.3f} % of the {on.cpu_s:.1f} s of CPU of the last run with them.",
    )
    cpu = statistics.median(cpus)
    report.figures = {"cpu_ratio": cpu, "cpus": cpus, "rates": rates, "calls_percent": percent}
    report.targets(
        {
            "every run's outputs and table are exact": all(exact),
            f"CPU with by without, median, at most {CPU_RATIO_MAX} ({cpu:.3f})": cpu
            <= CPU_RATIO_MAX,
            f"the calls at most {CALLS_PERCENT_MAX} % ({percent:.3f})": percent
            <= CALLS_PERCENT_MAX,
        }
    )
    report.write()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""What every bench prints and keeps: its conditions, percentiles, histogram and tables.

A figure without its conditions says nothing, so they are the first part of each file in
`benches/results/`, which is made anew by each run.
"""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cli.kafka_jars import KAFKA_VERSION

RESULTS = Path(__file__).parent / "results"

PERCENTILES = (50.0, 90.0, 99.0, 99.9)

_PACKAGES = ("numpy", "confluent-kafka", "aiokafka", "faust-streaming", "quixstreams")
_REPOSITORY = Path(__file__).resolve().parents[1]
_BAR_CHARS = 50


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of sorted figures: the smallest that so many are not above.

    It is always a figure that was measured, never one between two.
    """
    if not ordered:
        raise ValueError("no figures, no percentile")
    rank = math.ceil(percent / 100 * len(ordered) - 1e-9)  # 99.9 % of 1,000 is 999, not 1,000
    return ordered[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of a latency, and its greatest value, in milliseconds."""

    count: int
    percentiles_ms: tuple[float, ...]
    max_ms: float

    @classmethod
    def of(cls, values_ms: Sequence[float]) -> Latency:
        """Those of `PERCENTILES`."""
        ordered = sorted(values_ms)
        cuts = tuple(percentile(ordered, percent) for percent in PERCENTILES)
        return cls(len(ordered), cuts, ordered[-1])

    @staticmethod
    def header() -> tuple[str, ...]:
        """The columns of `row`."""
        return ("", "count", *(f"P{percent:g} ms" for percent in PERCENTILES), "max ms")

    def row(self, name: str) -> tuple[str, ...]:
        """A line of a table."""
        figures = (*self.percentiles_ms, self.max_ms)
        return (name, f"{self.count:,}", *(f"{value:.3f}" for value in figures))


def histogram(values: Sequence[float], unit: str) -> str:
    """Bars over steps of 1, 2 and 5 times powers of ten, with counts; bars are logarithmic.

    Linear bars would show nothing of the tail, which is what a histogram is here for.
    """
    edges = _edges(min(values), max(values))
    counts = [0] * (len(edges) - 1)
    place = 0
    for value in sorted(values):
        while value >= edges[place + 1] and place < len(counts) - 1:
            place += 1
        counts[place] += 1
    widest = math.log1p(max(counts))
    lines = []
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        bar = "#" * round(_BAR_CHARS * math.log1p(count) / widest)
        lines.append(f"{low:>9g} - {high:<9g} {unit} {count:>9,} {bar}".rstrip())
    return "\n".join(lines)


def _edges(least: float, most: float) -> list[float]:
    if least <= 0:
        raise ValueError(f"a latency of {least} is none")
    exponent = math.floor(math.log10(least))
    steps = [m * 10.0**e for e in range(exponent, exponent + 12) for m in (1, 2, 5)]
    first = max(place for place, step in enumerate(steps) if step <= least * (1 + 1e-12))
    last = next(place for place, step in enumerate(steps) if step > most)
    return steps[first : last + 1]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it reads in a terminal as well; figures to the right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        others = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    return "\n".join([line(header), rule, *(line(row) for row in rows)])


def conditions() -> dict[str, str]:
    """Where and when: call it before the load begins, so that the load average is not our own."""
    packages = {name: _version(name) for name in _PACKAGES}
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": f"{os.cpu_count()} x {_cpu_model()}",
        "load average at start": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {known}" for name, known in packages.items() if known),
        "kafka": os.environ.get("BOOTSTRAP_SERVERS") or f"Apache Kafka {KAFKA_VERSION}, one node",
        "commit": _commit(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _cpu_model() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(_REPOSITORY), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" and changes" if changed else "")


@dataclass(slots=True)
class Report:
    """A bench's result: printed as it comes, written as Markdown and JSON at the end."""

    name: str
    claim: str
    conditions: dict[str, str] = field(default_factory=conditions)
    figures: dict[str, Any] = field(default_factory=dict)
    _parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = [(name, value) for name, value in self.conditions.items()]
        print(f"{self.name}: {self.claim}\n\n{table(('condition', 'value'), rows)}\n", flush=True)

    def add(self, title: str, text: str, *, is_plain: bool = False) -> None:
        """Print a part and keep it; `is_plain` text is set as it is, such as a histogram."""
        print(f"{title}\n\n{text}\n", flush=True)
        self._parts.append(f"## {title}\n\n" + (f"```text\n{text}\n```" if is_plain else text))

    def targets(self, met: Mapping[str, bool]) -> None:
        """Say of each target whether it was met."""
        self.figures["targets"] = dict(met)
        self.add(
            "Targets", "\n".join(f"- {'met' if ok else 'MISSED'}: {t}" for t, ok in met.items())
        )

    def write(self) -> None:
        """Write `results/<name>.md` and `results/<name>.json`."""
        RESULTS.mkdir(exist_ok=True)
        rows = [(name, value) for name, value in self.conditions.items()]
        head = f"# {self.name}\n\n{self.claim}\n\n{table(('condition', 'value'), rows)}"
        page = RESULTS / f"{self.name}.md"
        page.write_text("\n\n".join([head, *self._parts]) + "\n")
        kept = {"conditions": self.conditions, **self.figures}
        page.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n")
        print(f"written to {page.relative_to(_REPOSITORY)} and .json")

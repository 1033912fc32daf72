"""Makes the Prometheus rules of the objectives in `docker/prometheus/slo.toml`.

    python -m cli.slo     prints docker/prometheus/slo.rules.yml

Each objective gets its share of errors over several windows, and two alerts in the multi-window,
multi-burn-rate form: the budget burns fast over a long window, and still does over a short one.

Source: The Site Reliability Workbook (O'Reilly, 2018), ch. 5, "Alerting on SLOs", table 5-8.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "docker/prometheus/slo.toml"

_HEAD = "# Made from slo.toml by `make slo`; change that.\n\ngroups:\n"


@dataclass(frozen=True, slots=True)
class Burn:
    """So much of the budget gone within the long window, and burning on over the short one."""

    spent: float
    long_h: int
    short: str


# By severity: a page is for what would spend the budget in days, a ticket for what would just
# about spend it.
BURNS = {
    "page": (Burn(0.02, 1, "5m"), Burn(0.05, 6, "30m")),
    "ticket": (Burn(0.1, 24, "2h"), Burn(0.1, 72, "6h")),
}
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "24h", "72h")
"""Each window that a burn has."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A service level objective, of each of what is told apart `by` labels.

    `indicator` is the share of errors over a window, with `WINDOW` in its place.
    """

    name: str
    summary: str
    share: float
    window_days: int
    indicator: str
    by: tuple[str, ...]
    runbook: str

    @classmethod
    def of(cls, name: str, told: dict[str, Any]) -> Objective:
        """One as the file tells it.

        Raises:
            ValueError: it has no share, or not one of `good` and `bad`.
        """
        share, by = told["objective"], ", ".join(told["by"])
        if not 0 < share < 1 or ("good" in told) == ("bad" in told):
            raise ValueError(f"{name}: an objective is above 0 and below 1, of good or of bad ones")
        rates = {
            what: f"sum by ({by}) (rate({told[what]}[WINDOW]))"
            for what in ("good", "bad", "all")
            if what in told
        }
        errors = rates.get("bad") or f"{rates['all']} - {rates['good']}"
        return cls(
            name,
            told["summary"],
            share,
            told["window_days"],
            f"({errors}) / ({rates['all']} > 0)",
            tuple(told["by"]),
            told["runbook"],
        )

    def burning(self, burn: Burn) -> str:
        """Whether the budget burns as fast as `burn` says."""
        factor = burn.spent * self.window_days * 24 / burn.long_h
        bound = f"{factor:g} * {1 - self.share:g}"
        over = (
            f'slo:errors:ratio_rate{w}{{slo="{self.name}"}}'
            for w in (f"{burn.long_h}h", burn.short)
        )
        return f"({' and '.join(f'{ratio} > {bound}' for ratio in over)})"


def objectives(text: str) -> list[Objective]:
    """Those of a file, in its order."""
    return [Objective.of(name, told) for name, told in tomllib.loads(text).items()]


def rules(text: str) -> str:
    """The rule file for Prometheus, as YAML."""
    return _HEAD + "".join(line for each in objectives(text) for line in _group(each))


def _group(objective: Objective) -> Iterator[str]:
    yield f"  - name: slo_{objective.name}\n    rules:\n"
    for window in WINDOWS:
        yield f"      - record: slo:errors:ratio_rate{window}\n"
        yield f"        expr: {objective.indicator.replace('WINDOW', window)}\n"
        yield f"        labels: {{slo: {objective.name}}}\n"
    whose = ", ".join(f"{{{{ $labels.{label} }}}}" for label in objective.by)
    camel = "".join(word.title() for word in objective.name.split("_"))
    for severity, burns in BURNS.items():
        yield f"      - alert: {camel}Burns{'Fast' if severity == 'page' else 'Slowly'}\n"
        yield "        expr: >-\n          "
        yield "\n          or ".join(objective.burning(burn) for burn in burns)
        yield f"\n        labels: {{severity: {severity}}}\n"
        yield "        annotations:\n"
        yield f'          summary: "{whose}: {objective.summary}"\n'
        yield f"          runbook: {objective.runbook}\n"


if __name__ == "__main__":
    print(rules(FILE.read_text()), end="")

"""The rules for Prometheus: of metrics that we show, tested by promtool, with a runbook each."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from cli import slo
from overround.adapters.feeds.connection import Target
from overround.adapters.feeds.connector import Connector, Patience
from overround.adapters.feeds.connector_metrics import ConnectorMetrics
from overround.adapters.feeds.providers import PROVIDERS
from overround.domain.feeds.commands import BreakerState
from overround.domain.feeds.events import SourceChanged
from overround.runtime.breaker import Breaker
from overround.runtime.lag import PartitionState
from overround.runtime.metrics import WorkerMetrics
from overround.runtime.pipeline_metrics import PipelineMetrics
from tests.kit.ingress import MemoryInbox
from tests.kit.kafka import REPOSITORY
from tests.kit.metrics import shown
from tests.kit.promtool import promtool
from tests.unit.test_pipeline_metrics import MINUTE

ROOM = REPOSITORY / "docker/prometheus"
RULE_FILES = ("alerts.yml", "slo.rules.yml")
TESTS = sorted((REPOSITORY / "tests/prometheus").glob("*.test.yml"))
SELECTOR = re.compile(r"\b((?:overround_|process_)\w+|up\b|[a-z]+:[\w:]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*[=!]~?")


def read(path: Any) -> Any:
    return yaml.safe_load(path.read_text())


def rules(kind: str) -> list[dict[str, Any]]:
    """Every `alert` or every `record`."""
    groups = [group for name in RULE_FILES for group in read(ROOM / name)["groups"]]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


ALERTS = {rule["alert"]: rule for rule in rules("alert")}


def connector_metrics() -> CollectorRegistry:
    partner, registry = PROVIDERS["partner"], CollectorRegistry()
    connector = Connector(
        partner, Target(""), MemoryInbox(), "c", patience=Patience(), breaker=Breaker()
    )
    connector.losses["silent"] += 1
    registry.register(ConnectorMetrics("partner", connector, lambda: 0))
    return registry


def pipeline_metrics() -> CollectorRegistry:
    metrics = PipelineMetrics()
    metrics.measured(MINUTE)
    metrics.changed(SourceChanged("p", "", "c", False, "silent", BreakerState.OPEN))
    metrics.linked("p", "1")
    metrics.dead_letter("feeds.inbox.dlq", "handler_raised")
    metrics.judged("g", {0: 1}, {0: PartitionState.OK})
    return metrics.registry


def worker_metrics() -> CollectorRegistry:
    metrics = WorkerMetrics("feeds")
    metrics.refused("handler_raised")
    metrics.watch(lambda: {0: 0}, lambda: 0)
    return metrics.registry


def exported() -> dict[str, set[str]]:
    """Each metric that a process of ours shows, with its labels, and those that Prometheus adds."""
    registries = (worker_metrics(), connector_metrics(), pipeline_metrics())
    found = {"up": set[str](), "process_start_time_seconds": set[str]()}
    for registry in registries:
        for sample in shown(registry):
            name, _, labels = sample.partition("{")
            found.setdefault(name, set()).update(LABEL.findall(labels))
    return found


def test_every_metric_and_label_in_the_rules_is_shown_by_a_process_or_recorded() -> None:
    known, recorded = exported(), {rule["record"] for rule in rules("record")}
    used = [
        (match[1], LABEL.findall(match[2] or ""))
        for rule in (*rules("alert"), *rules("record"))
        for match in SELECTOR.finditer(rule["expr"])
    ]
    assert len({name for name, _ in used}) > 20
    assert {name for name, _ in used if name not in known and name not in recorded} == set()
    strange = [
        (name, label)
        for name, labels in used
        if name in known
        for label in labels
        if label not in known[name] | {"job", "instance"}
    ]
    assert strange == []


def test_the_guide_has_every_figure_and_no_other() -> None:
    guide = (REPOSITORY / "docs/guides/operations.md").read_text()
    table = guide.partition("## Every figure")[2]
    told = set(re.findall(r"`(overround_\w+)`", table))
    shown_names = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in exported()
        if name.startswith("overround_")
    }
    assert told == shown_names


def test_the_series_of_the_tests_are_shown_too() -> None:
    known = exported()
    series = [
        each["series"]
        for path in TESTS
        for test in read(path)["tests"]
        for each in test["input_series"]
    ]
    assert {name for each in series if (name := each.partition("{")[0]) not in known} == set()


def test_the_bound_of_the_latency_objective_is_a_bucket() -> None:
    good = re.search(r"good = '(\w+)\{(.*)\}'", slo.FILE.read_text())
    assert good is not None
    assert f'{good[1]}{{{good[2]},provider="p"}}' in shown(pipeline_metrics())


def test_the_values_of_a_label_that_a_rule_names_are_those_that_are_shown() -> None:
    alerts = (ROOM / "alerts.yml").read_text()
    assert set(re.findall(r'\{state="(\w+)"\}', alerts)) <= {state.value for state in BreakerState}
    jobs = {each["job_name"] for each in read(ROOM / "prometheus.yml")["scrape_configs"]}
    assert set(re.findall(r'job="([\w-]+)"', alerts)) <= jobs
    (pattern,) = re.findall(r'job=~"(.+?)"', alerts)
    assert all(re.fullmatch(pattern, job) for job in jobs)


def test_the_states_that_an_alert_numbers_are_numbered_so() -> None:
    states = list(PartitionState)
    assert ">= 2" in ALERTS["GroupStopped"]["expr"]
    assert states[2:] == [PartitionState.STALL, PartitionState.STOP, PartitionState.REWIND]
    assert "== 1" in ALERTS["GroupSlow"]["expr"]
    assert states[1] is PartitionState.WARNING


def test_the_rules_of_the_objectives_are_made_from_their_file() -> None:
    assert (ROOM / "slo.rules.yml").read_text() == slo.rules(slo.FILE.read_text()), "make slo"


def test_burn_rates_are_the_workbooks_for_thirty_days() -> None:
    (heard, *_) = slo.objectives(slo.FILE.read_text())
    factors = [
        float(re.findall(r"> ([\d.]+) \*", heard.burning(burn))[0])
        for burns in slo.BURNS.values()
        for burn in burns
    ]
    assert factors == [14.4, 6, 3, 1]
    windows = {f"{burn.long_h}h" for burns in slo.BURNS.values() for burn in burns}
    windows |= {burn.short for burns in slo.BURNS.values() for burn in burns}
    assert windows == set(slo.WINDOWS)


@pytest.mark.parametrize("told", [{"objective": 1.0}, {"good": "g"}, {"bad": None}])
def test_an_objective_that_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    usual = {
        "objective": 0.9,
        "window_days": 30,
        "bad": "b",
        "all": "a",
        "by": ["x"],
        "summary": "s",
        "runbook": "r",
    }
    assert slo.Objective.of("o", usual).share == 0.9
    broken = {name: value for name, value in (usual | told).items() if value is not None}
    with pytest.raises(ValueError, match="o: an objective"):
        slo.Objective.of("o", broken)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_severity_and_a_runbook_that_names_it(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    page = REPOSITORY / rule["annotations"]["runbook"]
    assert page.parent == REPOSITORY / "docs/runbooks"
    assert f"`{alert}`" in page.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_test_in_which_it_fires(alert: str) -> None:
    cases = [
        case
        for path in TESTS
        for test in read(path)["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == alert
    ]
    assert any(case["exp_alerts"] for case in cases), "no test in which it fires"


@pytest.fixture
def tool() -> str:
    return promtool()  # may have to be fetched, which is not the test's time


@pytest.mark.slow
def test_promtool_finds_no_fault_in_the_rules_and_their_tests(tool: str) -> None:
    for words in (
        ["check", "config", str(ROOM / "prometheus.yml")],
        ["test", "rules", *map(str, TESTS)],
    ):
        asked = subprocess.run(
            [tool, *words], capture_output=True, text=True, timeout=50, check=False
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr

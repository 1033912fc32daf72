"""Prometheus and Grafana as Docker runs them: our rules, our figures, heard on this host only."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
import yaml

from cli import slo
from tests.kit.kafka import REPOSITORY
from tests.unit.test_alert_rules import LABEL, ROOM, SELECTOR, exported, rules

DOCKER = REPOSITORY / "docker"
SERVICES = yaml.safe_load((DOCKER / "compose.yml").read_text())["services"]
BOARD = json.loads((DOCKER / "grafana/overround.json").read_text())
EXPRESSIONS = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
PORT_BY_JOB = {"overround-worker": 9464, "overround-connector": 9480, "overround-monitor": 9470}


def mounted(service: str) -> dict[str, str]:
    """What of this repository a service sees, by where it sees it."""
    parted = (volume.split(":") for volume in SERVICES[service]["volumes"])
    return {where: path for path, where, *_ in parted if path.startswith("./")}


def provisioned(name: str) -> Any:
    return yaml.safe_load((DOCKER / f"grafana/{name}.yml").read_text())


@pytest.mark.parametrize("service", SERVICES)
def test_every_image_is_pinned_to_a_release(service: str) -> None:
    image, _, version = SERVICES[service]["image"].partition(":")
    assert image in {"apache/kafka", "prom/prometheus", "grafana/grafana"}
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", version)


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_is_there(service: str) -> None:
    assert all((DOCKER / path).exists() for path in mounted(service).values())


def test_prometheus_reads_the_rules_of_this_repository() -> None:
    (config,) = re.findall(r"--config\.file=(\S+)", " ".join(SERVICES["prometheus"]["command"]))
    folder, _, name = config.rpartition("/")
    assert mounted("prometheus")[folder] == "./prometheus"
    told = yaml.safe_load((ROOM / name).read_text())
    assert all((ROOM / each).exists() for each in told["rule_files"])


def test_prometheus_scrapes_the_ports_that_the_guide_starts_processes_with() -> None:
    scraped = yaml.safe_load((ROOM / "prometheus.yml").read_text())["scrape_configs"]
    first = {each["job_name"]: each["static_configs"][0]["targets"][0] for each in scraped}
    assert first == {job: f"127.0.0.1:{port}" for job, port in PORT_BY_JOB.items()}
    guide = (REPOSITORY / "docs/guides/operations.md").read_text()
    started = {int(words[-1]) for words in _commands(guide) if "--metrics-port" in words}
    assert started == set(PORT_BY_JOB.values())


def _commands(guide: str) -> list[list[str]]:
    blocks = re.findall(r"```console\n(.+?)```", guide, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("overround")]


def test_who_watches_is_on_the_hosts_network_and_heard_there_only() -> None:
    for service in ("prometheus", "grafana"):
        assert SERVICES[service]["network_mode"] == "host"
        assert SERVICES[service]["profiles"] == ["watch"], "a cluster does without it"
        assert "ports" not in SERVICES[service]
    assert "--web.listen-address=127.0.0.1:9090" in SERVICES["prometheus"]["command"]
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"


def test_grafana_asks_that_prometheus_and_shows_that_dashboard() -> None:
    (source,) = provisioned("datasource")["datasources"]
    assert source["url"] == "http://127.0.0.1:9090"
    assert {panel["datasource"]["uid"] for panel in BOARD["panels"]} == {source["uid"]}
    (provider,) = provisioned("dashboards")["providers"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.startswith(provider["options"]["path"])
    assert mounted("grafana")[home] == "./grafana/overround.json"


def test_the_dashboard_shows_metrics_and_labels_that_there_are() -> None:
    known = exported() | {rule["record"]: {"slo"} for rule in rules("record")}
    used = [
        (match[1], LABEL.findall(match[2] or ""))
        for expression in EXPRESSIONS
        for match in SELECTOR.finditer(expression)
    ]
    assert len(used) == len(EXPRESSIONS) - 1, "ALERTS is Prometheus's own"
    assert [name for name, labels in used if name not in known or set(labels) - known[name]] == []


def test_a_legend_names_labels_that_its_figure_has_left() -> None:
    bys = {each.name: set(each.by) for each in slo.objectives(slo.FILE.read_text())}
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            (objective,) = re.findall(r'slo="(\w+)"', target["expr"]) or [""]
            kept = re.findall(r"by \(([^)]+)\)", target["expr"])
            labels = bys.get(objective) or {each.strip() for each in kept[0].split(",")}
            assert shown == labels - {"le"}, panel["title"]


def test_the_dashboard_has_each_objective_with_the_line_of_its_budget() -> None:
    lines = {}
    for panel in BOARD["panels"]:
        (objective,) = re.findall(r'slo="(\w+)"', panel["targets"][0]["expr"]) or [""]
        if objective:
            lines[objective] = panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"]
    promised = slo.objectives(slo.FILE.read_text())
    assert lines == {each.name: pytest.approx(1 - each.share) for each in promised}

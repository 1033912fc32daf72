"""What happens before a local node runs: what is missing is said, what is half is not taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.kafka_jars import KAFKA_VERSION, KafkaUnavailable, find_java, install
from cli.local_kafka import CLUSTER_ID, SETTINGS, cluster, free_ports
from tests.kit.kafka import REPOSITORY


def _program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty; the cache is empty too."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.mark.usefixtures("path")
def test_without_java_the_reason_names_the_packages_and_the_variable() -> None:
    with pytest.raises(KafkaUnavailable) as missing, cluster():
        pytest.fail("there is no Java")
    assert missing.value.reason == (
        "Java 17 is needed for a local Kafka: "
        "apt-get install openjdk-17-jre-headless maven; or set BOOTSTRAP_SERVERS"
    )


def test_an_older_java_is_refused_by_its_version(path: Path) -> None:
    _program(path, "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    with pytest.raises(KafkaUnavailable, match="is older"):
        find_java()


def test_a_newer_java_is_taken(path: Path) -> None:
    _program(path, "java", """echo 'openjdk version "21" 2023-09-19' >&2""")
    assert find_java() == str(path / "java")


@pytest.mark.usefixtures("path")
def test_without_maven_the_reason_says_so() -> None:
    with pytest.raises(KafkaUnavailable, match=r"^Maven is needed"):
        install()


def test_a_failed_fetch_leaves_nothing_that_looks_whole(path: Path, tmp_path: Path) -> None:
    _program(path, "mvn", "echo '[ERROR] no route to host'; exit 1")
    with pytest.raises(KafkaUnavailable, match="no route to host"):
        install()
    assert [entry.name for entry in (tmp_path / "cache/overround").iterdir()] == ["install.lock"]


def test_a_fetch_without_the_broker_is_not_taken_for_one(path: Path, tmp_path: Path) -> None:
    _program(path, "mvn", "exit 0")
    with pytest.raises(KafkaUnavailable, match="left no Kafka"):
        install()
    assert not (tmp_path / "cache/overround" / f"kafka-{KAFKA_VERSION}").exists()


@pytest.mark.usefixtures("path")
def test_a_given_cluster_is_used_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOTSTRAP_SERVERS", "broker.example:9092")
    with cluster() as address:
        assert address == "broker.example:9092"


def test_free_ports_are_distinct_and_below_the_outgoing_range() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(20_000 <= port < 32_000 for port in ports)


def test_the_cluster_id_is_one_that_kafka_takes() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", CLUSTER_ID)


def test_clients_find_the_same_rules_locally_and_in_production() -> None:
    lines = (REPOSITORY / "docker/kafka/server.properties").read_text().splitlines()
    production = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    of_clients = [
        name
        for name in production
        if name.startswith(("auto.create", "group.", "transaction.max", "transaction.abort"))
    ]
    assert len(of_clients) >= 5
    initial_delay = "group.initial.rebalance.delay.ms"  # tests cannot wait 3 s for each group
    assert {name: SETTINGS[name] for name in of_clients if name != initial_delay} == {
        name: production[name] for name in of_clients if name != initial_delay
    }

"""What an operator sees of real workers: their figures, their lag, and the pipeline's monitor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from cli.local_kafka import free_ports
from overround.contracts import topics
from overround.contracts.clients import producer_settings
from overround.contracts.topic import PARTITIONS
from overround.domain.feeds.commands import BreakerState, ReportSource, SourceReport
from tests.kit.kafka import REPOSITORY, Worker, Workers, sportsbook_broker
from tests.kit.match import feed, fixture_fields, incident_fields, wire
from tests.kit.metrics import Samples, samples

pytestmark = pytest.mark.kafka

OVERROUND = [sys.executable, "-m", "cli.main"]
WAIT_S = 60
GOOD, BAD = 40, 3


class Site:
    """A Kafka with a worker of FEEDS, a monitor, and records that went through."""

    def __init__(self, bootstrap: str, workers: Workers) -> None:
        self.bootstrap, self._workers = bootstrap, workers
        self.worker_port, self.monitor_port = free_ports(2)
        settings = producer_settings(bootstrap)
        self._producer = Producer(settings)
        self.worker = self.start("worker", "feeds", "--metrics-port", str(self.worker_port))

    def start(self, *words: str) -> Worker:
        command = [*OVERROUND, *words, "--bootstrap", self.bootstrap]
        return self._workers.start(command, name=words[0])

    def agent_pid(self) -> int:
        """The process of the agent, which the worker keeps alive."""
        pid = self.worker.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(child)

    def write(self, first: int, last: int) -> None:
        for match in ("m-1", "m-2", "m-3", "m-4"):
            for sequence in range(first, last + 1):
                fields = (
                    fixture_fields()
                    if sequence == 1
                    else incident_fields("clock", "not_started", 0)
                )
                self.send(match, feed(match, sequence, fields))

    def send(self, key: str, value: object, partition: int = -1) -> None:
        payload = wire().encode(value, id="i", at_us=0, caused_by=None)
        self._producer.produce(topics.FEEDS_INBOX.name, payload, key.encode(), partition)
        assert self._producer.flush(WAIT_S) == 0

    def spoil(self, count: int) -> None:
        for _ in range(count):
            self._producer.produce(topics.FEEDS_INBOX.name, b"junk", b"m-1")
        assert self._producer.flush(WAIT_S) == 0

    def scraped(self, port: int) -> Samples:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return samples(answer.read().decode())
        except OSError:
            return {}

    def until(self, port: int, is_so: Callable[[Samples], object]) -> Samples:
        deadline_s = time.monotonic() + WAIT_S
        while not is_so(found := self.scraped(port)):
            assert time.monotonic() < deadline_s, (found, self.worker.output())
            time.sleep(0.2)
        return found

    def lag(self, agent: str) -> tuple[int, dict[str, Any]]:
        """The exit status and the group that `overround lag` tells."""
        command = [*OVERROUND, "lag", agent, "--bootstrap", self.bootstrap]
        asked = subprocess.run(
            [*command, "--json", "--window", "8"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert asked.stdout, asked.stderr
        return asked.returncode, json.loads(asked.stdout)["groups"][0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sportsbook_broker() as bootstrap:
        workers = Workers(Path(tmp_path_factory.mktemp("logs")))
        try:
            made = Site(bootstrap, workers)
            made.write(1, GOOD // 4)
            made.spoil(BAD)
            yield made
        finally:
            workers.end_all()


def test_a_worker_shows_what_it_did_and_that_nothing_waits(site: Site) -> None:
    def is_done(found: Samples) -> bool:
        handled = found.get('overround_events_total{agent="feeds"}', 0) >= GOOD + BAD
        return handled and found['overround_commit_seconds_count{agent="feeds"}'] > 0

    found = site.until(site.worker_port, is_done)
    refused = [name for name in found if name.startswith("overround_dead_letters_total")]
    assert [(name, found[name]) for name in refused] == [
        ('overround_dead_letters_total{agent="feeds",reason="not_wire_format"}', BAD)
    ]
    assert found['overround_restore_seconds_count{agent="feeds"}'] > 0
    assert found['overround_raised_in_a_row{agent="feeds"}'] == 0
    behind = [n for n in found if n.startswith("overround_inbox_lag_records")]
    assert len(behind) == PARTITIONS
    site.until(site.worker_port, lambda now: all(now[name] <= 2 for name in behind))


def test_a_group_that_keeps_up_is_ok_and_one_that_never_ran_is_not_found(site: Site) -> None:
    status, group = site.lag("feeds")
    assert (status, group["state"], len(group["partitions"])) == (0, "OK", PARTITIONS)
    assert all(each["owner"] for each in group["partitions"])
    status, group = site.lag("markets")
    assert (status, group["state"]) == (3, "NOT_FOUND")


def test_the_monitor_tells_providers_dead_letters_and_lag_also_from_before(site: Site) -> None:
    said = ReportSource("partner", "", "c", SourceReport.LIVE, "", 20_000_000, BreakerState.CLOSED)
    for partition in range(PARTITIONS):
        site.send("partner", said, partition)
    monitor = site.start("monitor", "--metrics-port", str(site.monitor_port))

    def is_measured(found: Samples) -> bool:
        received = found.get('overround_feed_received_records_total{provider="partner"}')
        return (
            received == GOOD
            and 'overround_group_state{group="overround-feeds",partition="0"}' in found
        )

    deadline_s = time.monotonic() + 90  # the first minute of the provider has to be over
    while not is_measured(found := site.scraped(site.monitor_port)):
        assert time.monotonic() < deadline_s, (found, monitor.output())
        assert monitor.process.poll() is None, monitor.output()
        time.sleep(0.5)
    letters = (
        'overround_dead_letter_records_total{reason="not_wire_format",topic="feeds.inbox.dlq"}'
    )
    assert found[letters] == BAD
    assert found['overround_feed_expected_records_total{provider="partner"}'] == GOOD
    # Nobody has told of it since: after its contract's 20 s it is lost, and silent from there on.
    assert found['overround_source_live{producer="",provider="partner"}'] == 0
    assert found['overround_feed_silent_seconds_total{provider="partner"}'] > 0
    assert found['overround_feed_logging_seconds_count{provider="partner"}'] == GOOD
    monitor.process.send_signal(signal.SIGTERM)
    assert monitor.wait(WAIT_S) == 0


def test_a_stopped_worker_is_an_error_where_records_wait_for_it(site: Site) -> None:
    pid = site.agent_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        site.write(GOOD // 4 + 1, GOOD // 4 + 5)
        status, group = site.lag("feeds")
    finally:
        os.kill(pid, signal.SIGCONT)
    stopped = [each for each in group["partitions"] if each["state"] == "STOP"]
    assert (status, group["state"]) == (3, "ERROR"), group
    assert stopped
    assert all(each["lag"] > 0 for each in stopped)


def test_a_connection_shows_that_nobody_listens(site: Site) -> None:
    (port,) = free_ports(1)
    words = ["--connect", "ws://127.0.0.1:1", "--set", "token=t", "--breaker-failures", "1"]
    ingest = site.start("ingest", "partner", *words, "--metrics-port", str(port))
    refused = 'overround_connector_losses_total{provider="partner",reason="refused"}'
    found = site.until(port, lambda found: found.get(refused))
    assert found['overround_connector_breaker_state{provider="partner",state="open"}'] == 1
    assert found['overround_connector_connections_total{provider="partner"}'] == 1
    ingest.process.send_signal(signal.SIGTERM)
    assert ingest.wait(WAIT_S) == 0

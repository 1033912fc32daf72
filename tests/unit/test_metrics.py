"""A worker's figures: what moves them, what they are called, and who can read them."""

from __future__ import annotations

import socket
import urllib.request
from typing import Any

import click
import pytest
from prometheus_client import CollectorRegistry

from cli.local_kafka import free_ports
from cli.metrics_port import show_metrics
from overround.runtime.metrics import WorkerMetrics, serve
from tests.kit.metrics import shown
from topologies.app import build_app
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire


def test_a_batch_counts_its_events_and_one_duration() -> None:
    metrics = WorkerMetrics("feeds")
    metrics.handled(250, 0.004)
    metrics.handled(50, 0.2)
    found = shown(metrics.registry)
    assert found['overround_events_total{agent="feeds"}'] == 300
    assert found['overround_handle_seconds_count{agent="feeds"}'] == 2
    assert found['overround_handle_seconds_bucket{agent="feeds",le="0.005"}'] == 1
    assert found['overround_batch_events_bucket{agent="feeds",le="50.0"}'] == 1
    assert found['overround_batch_events_sum{agent="feeds"}'] == 300


def test_commits_and_restores_each_have_a_histogram() -> None:
    metrics = WorkerMetrics("feeds")
    metrics.committed(0.004)
    metrics.restored(3.0)
    found = shown(metrics.registry)
    assert found['overround_commit_seconds_bucket{agent="feeds",le="0.005"}'] == 1
    assert found['overround_restore_seconds_bucket{agent="feeds",le="2.5"}'] == 0


def test_dead_letters_are_counted_by_reason() -> None:
    metrics = WorkerMetrics("feeds")
    for reason in ("hash_mismatch", "unknown_format", "hash_mismatch"):
        metrics.refused(reason)
    found = shown(metrics.registry)
    assert found['overround_dead_letters_total{agent="feeds",reason="hash_mismatch"}'] == 2


def test_lag_is_asked_for_at_the_scrape_so_that_a_hung_worker_shows_it() -> None:
    metrics, behind, raised = WorkerMetrics("feeds"), {3: 0, 7: 12}, [0]
    metrics.watch(lambda: behind, lambda: raised[0])
    assert shown(metrics.registry)['overround_inbox_lag_records{agent="feeds",partition="7"}'] == 12
    behind[7], raised[0] = 4_000, 19
    found = shown(metrics.registry)
    assert found['overround_inbox_lag_records{agent="feeds",partition="7"}'] == 4_000
    assert found['overround_raised_in_a_row{agent="feeds"}'] == 19


@pytest.mark.slow
def test_a_scrape_before_the_worker_has_started_does_not_make_its_consumer() -> None:
    app: Any = build_app(SPORTSBOOK.agent("feeds"), sportsbook_wire(), "127.0.0.1:1", "0")
    found = shown(app.carrier.metrics.registry)
    assert found['overround_events_total{agent="feeds"}'] == 0
    assert vars(app).get("_consumer") is None, "in this thread, for a loop that is not the worker's"


def test_a_worker_of_all_partitions_has_a_bounded_number_of_series() -> None:
    metrics = WorkerMetrics("markets")
    metrics.watch(lambda: dict.fromkeys(range(12), 0), lambda: 0)
    assert len(shown(metrics.registry)) <= 100


@pytest.mark.slow
def test_the_endpoint_is_on_loopback_and_ends() -> None:
    metrics, port = WorkerMetrics("feeds"), free_ports(1)[0]
    close = serve(metrics.registry, "127.0.0.1", port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"overround_events_total" in answer.read()
    finally:
        close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(click.ClickException, match="choose another --metrics-port"):
            show_metrics(CollectorRegistry(), "127.0.0.1", port)

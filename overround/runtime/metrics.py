"""A worker's figures for Prometheus: moved once a batch or a commit, never once an event.

They count what this process did, also what a crash makes it do again. What the log says, each
thing once, is `overround monitor`'s to tell. A record's way costs nothing here: a batch is counted
as one, and how far a worker is behind is asked for by the scrape, in the scrape's own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

# A commit costs a good broker 4-5 ms; it is given up after 30 s.
_COMMIT_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
# From one event to the 2,000 of a full batch.
_BATCH_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
# A fetch brings 2,000 records at most (`APP_SETTINGS`).
_BATCH_EVENTS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000)
# A million keys take some seconds, a dead worker's open transaction up to ten more.
_RESTORE_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class WorkerMetrics:
    """The metrics of one worker process, in a registry of its own."""

    def __init__(self, agent: str) -> None:
        self.registry = CollectorRegistry()
        self._agent = agent
        labels = ("agent",)
        self._events = Counter(
            "overround_events", "Events that a worker handled.", labels, registry=self.registry
        ).labels(agent)
        self._dead_letters = Counter(
            "overround_dead_letters",
            "Events that became dead letters, by reason.",
            ("agent", "reason"),
            registry=self.registry,
        )
        self._raised = Gauge(
            "overround_raised_in_a_row",
            "Events in a row that the handler raised on; at 20 the worker stops.",
            labels,
            registry=self.registry,
        ).labels(agent)
        self._batch_events = Histogram(
            "overround_batch_events",
            "Events that were handled together.",
            labels,
            buckets=_BATCH_EVENTS,
            registry=self.registry,
        ).labels(agent)
        self._commit_s = self._seconds("commit", "How long a commit took.", _COMMIT_S)
        self._handle_s = self._seconds("handle", "How long a batch took.", _BATCH_S)
        self._restore_s = self._seconds(
            "restore", "How long the tables of newly owned partitions took.", _RESTORE_S
        )
        ProcessCollector(registry=self.registry)

    def _seconds(self, what: str, note: str, buckets: Sequence[float]) -> Histogram:
        name = f"overround_{what}_seconds"
        made = Histogram(name, note, ("agent",), buckets=buckets, registry=self.registry)
        return made.labels(self._agent)

    def handled(self, events: int, seconds: float) -> None:
        """A batch was handled."""
        self._events.inc(events)
        self._batch_events.observe(events)
        self._handle_s.observe(seconds)

    def committed(self, seconds: float) -> None:
        """A commit was made."""
        self._commit_s.observe(seconds)

    def restored(self, seconds: float) -> None:
        """The tables of the partitions owned now are as the log left them."""
        self._restore_s.observe(seconds)

    def refused(self, reason: str) -> None:
        """An event became a dead letter."""
        self._dead_letters.labels(self._agent, reason).inc()

    def watch(
        self, lag: Callable[[], Mapping[int, int]], raised_in_a_row: Callable[[], int]
    ) -> None:
        """Read at each scrape: records behind the end by inbox partition, and failures in a row."""
        self.registry.register(_Lag(self._agent, lag))
        self._raised.set_function(raised_in_a_row)


class _Lag(Collector):
    """Asked for at the scrape: a worker that hangs would never move a gauge."""

    def __init__(self, agent: str, lag: Callable[[], Mapping[int, int]]) -> None:
        self._agent, self._lag = agent, lag

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The lag of each owned partition."""
        family = GaugeMetricFamily(
            "overround_inbox_lag_records",
            "Records of an owned inbox partition that are not handled yet.",
            labels=("agent", "partition"),
        )
        for partition, lag in sorted(self._lag().items()):
            family.add_metric((self._agent, str(partition)), lag)
        yield family


def serve(registry: CollectorRegistry, host: str, port: int) -> Callable[[], None]:
    """Answer `GET /metrics` in a thread of its own; what it gives ends that.

    Raises:
        OSError: the address cannot be had.
    """
    # When this process made a counter says nothing where it counts what a log says.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    server, thread = start_http_server(port, host, registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close

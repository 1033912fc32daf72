"""A connector's figures for Prometheus: read from it at each scrape, in the scrape's thread.

A message costs nothing here: the connector counts it anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from overround.adapters.feeds.connector import Connector
from overround.domain.feeds.commands import BreakerState


class ConnectorMetrics(Collector):
    """What one provider's connector shows; `queued` tells how many records wait for the log."""

    def __init__(self, provider: str, connector: Connector, queued: Callable[[], int]) -> None:
        self._provider, self._connector, self._queued = provider, connector, queued

    def collect(self) -> Iterator[Metric]:
        """Every figure as it is now."""
        connector = self._connector
        yield self._gauge(
            "silence_seconds",
            "Since the provider last said anything sound.",
            connector.silent_for_s,
        )
        yield self._gauge(
            "silence_allowed_seconds",
            "Silence that its contract allows.",
            connector.silent_after_s,
        )
        yield self._gauge("queued_records", "Records that wait for the log.", self._queued())
        yield self._counter("messages", "Messages that came.", connector.messages)
        yield self._counter("connections", "Connections tried.", connector.connections)
        yield from self._by_label(connector)

    def _by_label(self, connector: Connector) -> Iterator[Metric]:
        provider, labels = self._provider, ("provider", "reason")
        losses = CounterMetricFamily(
            "overround_connector_losses", "Connections that ended, by reason.", labels=labels
        )
        for reason, count in sorted(connector.losses.copy().items()):
            losses.add_metric((provider, reason), count)
        yield losses
        live = GaugeMetricFamily(
            "overround_connector_live",
            "Whether a producer of the source can be relied on.",
            labels=("provider", "producer"),
        )
        for producer, is_live in sorted(connector.is_live.copy().items()):
            live.add_metric((provider, producer), is_live)
        yield live
        breaker = GaugeMetricFamily(
            "overround_connector_breaker_state",
            "1 for the state that the breaker is in, 0 for the others.",
            labels=("provider", "state"),
        )
        now = connector.breaker
        for state in BreakerState:
            breaker.add_metric((provider, state.value), state is now)
        yield breaker

    def _gauge(self, name: str, note: str, value: float) -> Metric:
        family = GaugeMetricFamily(f"overround_connector_{name}", note, labels=("provider",))
        family.add_metric((self._provider,), value)
        return family

    def _counter(self, name: str, note: str, value: float) -> Metric:
        family = CounterMetricFamily(f"overround_connector_{name}", note, labels=("provider",))
        family.add_metric((self._provider,), value)
        return family

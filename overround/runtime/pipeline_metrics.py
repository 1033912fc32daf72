"""The pipeline's figures for Prometheus, from what its topics say: each thing counted once.

The counters of what the log says are sums over the whole of it, so that another process that reads
it goes on with the same numbers, and Prometheus sees no reset.
"""

from __future__ import annotations

from collections import Counter as Sums
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from overround.domain.feeds.commands import BreakerState
from overround.domain.feeds.events import FeedQualityMeasured, LatencyCount, SourceChanged
from overround.runtime.lag import PartitionState

# `le` in milliseconds. The objective for latency is a bound among them.
BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000)

# A counter for each figure of a window that is a plain count.
_COUNTS = {
    "received": ("received_records", "Records of a provider that were news."),
    "expected": ("expected_records", "Records that a provider's own numbers promised."),
    "duplicates": ("duplicate_records", "Records of a provider that had come before."),
    "gaps": ("gaps", "Jumps of a provider's own numbers."),
    "lost": ("lost_records", "Records that were waited for and given up."),
    "late": ("late_records", "Records told after newer ones."),
    "corrections": ("corrections", "Records that took back a goal, a result or a settlement."),
}
_STATES = {state: number for number, state in enumerate(PartitionState)}


class PipelineMetrics:
    """What `overround monitor` shows: providers, dead letters, and how far the workers are."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        provider = ("provider",)
        self._counts = {
            field: Counter(f"overround_feed_{name}", note, provider, registry=registry)
            for field, (name, note) in _COUNTS.items()
        }
        self._silent_s = Counter(
            "overround_feed_silent_seconds",
            "How long a provider was not heard of beyond its contract, over all partitions.",
            provider,
            registry=registry,
        )
        self._watched_s = Counter(
            "overround_feed_watched_seconds",
            "How long a provider was under a contract, over all partitions.",
            provider,
            registry=registry,
        )
        self._formats = Counter(
            "overround_feed_format_records",
            "Records by their format and its version, repeats too.",
            ("provider", "format"),
            registry=registry,
        )
        self._delivery = _Latency("delivery", "the provider's clock to ours")
        self._logging = _Latency("logging", "our clock at the connection to the log")
        registry.register(self._delivery)
        registry.register(self._logging)
        self._sources(registry)
        self._dead_letters = Counter(
            "overround_dead_letter_records",
            "Records in the topics of dead letters.",
            ("topic", "reason"),
            registry=registry,
        )
        self._groups(registry)

    def _groups(self, registry: CollectorRegistry) -> None:
        self._judged_s = Gauge(
            "overround_group_judged_timestamp_seconds",
            "When the brokers last told how far the groups are, in Unix time.",
            registry=registry,
        )
        self._judgements = Counter(
            "overround_group_judgements",
            "Partitions of a group that were judged, each time.",
            ("group",),
            registry=registry,
        )
        self._faults = Counter(
            "overround_group_faults",
            "Judgements of a group's partitions that were not OK.",
            ("group",),
            registry=registry,
        )
        self._lag = Gauge(
            "overround_group_lag_records",
            "Records of an inbox partition that its workers have not committed.",
            ("group", "partition"),
            registry=registry,
        )
        self._state = Gauge(
            "overround_group_state",
            "By Burrow's rules: 0 OK, 1 WARNING, 2 STALL, 3 STOP, 4 REWIND.",
            ("group", "partition"),
            registry=registry,
        )

    def _sources(self, registry: CollectorRegistry) -> None:
        labels = ("provider", "producer")
        self._is_live = Gauge(
            "overround_source_live",
            "Whether a provider's source can be relied on.",
            labels,
            registry=registry,
        )
        self._is_open = Gauge(
            "overround_source_breaker_open",
            "Whether a source's connection is not tried at will.",
            labels,
            registry=registry,
        )
        self._fixtures = Gauge(
            "overround_feed_fixtures",
            "Fixtures of a provider that have an event.",
            ("provider",),
            registry=registry,
        )
        self._unresolved = Gauge(
            "overround_feed_unresolved_fixtures",
            "Fixtures of a provider whose event a person is to decide.",
            ("provider",),
            registry=registry,
        )
        self._known: dict[str, set[str]] = defaultdict(set)
        self._open: dict[str, set[str]] = defaultdict(set)

    def measured(self, told: FeedQualityMeasured) -> None:
        """A provider's minute on a partition."""
        provider = told.provider
        for name, counter in self._counts.items():
            counter.labels(provider).inc(getattr(told, name))
        if told.silent_after_us:
            self._silent_s.labels(provider).inc(told.silent_us / 1e6)
            self._watched_s.labels(provider).inc((told.to_at_us - told.from_at_us) / 1e6)
        for each in told.formats:
            self._formats.labels(provider, each.format).inc(each.records)
        self._delivery.add(provider, told.delivery)
        self._logging.add(provider, told.logging)

    def changed(self, told: SourceChanged) -> None:
        """A source is live or lost from here on."""
        self._is_live.labels(told.provider, told.producer).set(told.is_live)
        is_open = told.breaker is not BreakerState.CLOSED
        self._is_open.labels(told.provider, told.producer).set(is_open)

    def linked(self, provider: str, match: str) -> None:
        """A provider's fixture is an event's."""
        self._known[provider].add(match)
        self._count_fixtures(provider)

    def proposed(self, provider: str, match: str) -> None:
        """A person is to decide which event a fixture is."""
        self._open[provider].add(match)
        self._count_fixtures(provider)

    def decided(self, provider: str, match: str) -> None:
        """Nothing of a fixture waits for a person any more."""
        self._open[provider].discard(match)
        self._count_fixtures(provider)

    def _count_fixtures(self, provider: str) -> None:
        self._fixtures.labels(provider).set(len(self._known[provider]))
        self._unresolved.labels(provider).set(len(self._open[provider]))

    def dead_letter(self, topic: str, reason: str) -> None:
        """A record was refused."""
        self._dead_letters.labels(topic, reason).inc()

    def sampled(self, at_s: float) -> None:
        """The brokers told of every group."""
        self._judged_s.set(at_s)

    def judged(
        self, group: str, lags: Mapping[int, int], states: Mapping[int, PartitionState]
    ) -> None:
        """How far a group is by partition; one that it never committed has lag and no state."""
        for partition, lag in lags.items():
            self._lag.labels(group, partition).set(lag)
        for partition, state in states.items():
            self._state.labels(group, partition).set(_STATES[state])
        self._judgements.labels(group).inc(len(states))
        is_ok = Sums(state is PartitionState.OK for state in states.values())
        self._faults.labels(group).inc(is_ok[False])


class _Latency(Collector):
    """A histogram by provider that takes counts, where Prometheus' own takes single values."""

    def __init__(self, part: str, way: str) -> None:
        self._name = f"overround_feed_{part}_seconds"
        self._note = f"Latency of a provider's records from {way}, rounded up to its bucket."
        self._buckets: dict[str, Sums[int]] = {}

    def add(self, provider: str, counts: Iterable[LatencyCount]) -> None:
        """Add a window's records."""
        sums = self._buckets.setdefault(provider, Sums())
        for each in counts:
            sums[each.at_most_ms] += each.records

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """The records at or below each bound, by provider."""
        family = HistogramMetricFamily(self._name, self._note, labels=("provider",))
        for provider, sums in sorted(self._buckets.copy().items()):
            counts = sums.copy()
            if not counts:
                continue
            below = [
                (str(bound / 1_000), float(sum(n for ms, n in counts.items() if ms <= bound)))
                for bound in BOUNDS_MS
            ]
            total_s = sum(ms * n for ms, n in counts.items()) / 1_000
            below.append(("+Inf", float(counts.total())))
            family.add_metric((provider,), below, total_s)
        yield family

"""The pipeline's figures from its events: added up over partitions, minutes and a restart."""

from __future__ import annotations

from dataclasses import replace

from overround.domain.feeds.commands import BreakerState
from overround.domain.feeds.events import (
    FeedQualityMeasured,
    FormatCount,
    LatencyCount,
    SourceChanged,
)
from overround.runtime.lag import PartitionState
from overround.runtime.pipeline_metrics import PipelineMetrics
from tests.kit.metrics import shown

MINUTE = FeedQualityMeasured(
    provider="p",
    from_at_us=0,
    to_at_us=60_000_000,
    received=97,
    expected=100,
    duplicates=4,
    gaps=2,
    lost=3,
    late=1,
    corrections=5,
    silent_us=6_000_000,
    silent_after_us=20_000_000,
    formats=(FormatCount("p/1", 90), FormatCount("p/2", 11)),
    delivery=(LatencyCount(10, 97),),
    logging=(LatencyCount(40, 96), LatencyCount(288, 1)),
)


def test_every_figure_of_two_minutes_is_their_sum() -> None:
    metrics = PipelineMetrics()
    metrics.measured(MINUTE)
    metrics.measured(MINUTE)
    found = shown(metrics.registry)
    assert {
        name.split("{")[0]: value
        for name, value in found.items()
        if name.startswith("overround_feed_") and "seconds_" not in name and "format=" not in name
    } == {
        "overround_feed_received_records_total": 194,
        "overround_feed_expected_records_total": 200,
        "overround_feed_duplicate_records_total": 8,
        "overround_feed_gaps_total": 4,
        "overround_feed_lost_records_total": 6,
        "overround_feed_late_records_total": 2,
        "overround_feed_corrections_total": 10,
    }
    assert found['overround_feed_format_records_total{format="p/2",provider="p"}'] == 22
    assert found['overround_feed_silent_seconds_total{provider="p"}'] == 12
    assert found['overround_feed_watched_seconds_total{provider="p"}'] == 120


def test_a_minute_without_a_contract_is_no_time_that_was_watched() -> None:
    metrics = PipelineMetrics()
    metrics.measured(replace(MINUTE, silent_after_us=0))
    assert not [name for name in shown(metrics.registry) if "watched_seconds_total" in name]


def test_latency_counts_are_a_histogram_that_never_flatters() -> None:
    metrics = PipelineMetrics()
    metrics.measured(MINUTE)
    metrics.measured(MINUTE)
    found = shown(metrics.registry)
    bucket = 'overround_feed_logging_seconds_bucket{le="%s",provider="p"}'
    assert [found[bucket % le] for le in ("0.025", "0.05", "0.25", "0.5", "+Inf")] == [
        *(0, 192, 192, 194, 194)
    ]
    assert found['overround_feed_logging_seconds_count{provider="p"}'] == 194
    assert found['overround_feed_logging_seconds_sum{provider="p"}'] == (96 * 40 + 288) * 2 / 1000


def test_a_source_and_its_breaker_are_as_last_told() -> None:
    metrics = PipelineMetrics()
    lost = SourceChanged("p", "", "c", False, "silent", BreakerState.OPEN)
    metrics.changed(lost)
    labels = '{producer="",provider="p"}'
    found = shown(metrics.registry)
    assert found["overround_source_live" + labels] == 0
    assert found["overround_source_breaker_open" + labels] == 1
    metrics.changed(replace(lost, is_live=True, breaker=BreakerState.CLOSED))
    found = shown(metrics.registry)
    assert found["overround_source_live" + labels] == 1
    assert found["overround_source_breaker_open" + labels] == 0


def test_a_fixture_that_is_decided_or_told_again_counts_once() -> None:
    metrics = PipelineMetrics()
    for match in ("1", "2", "3", "1"):
        metrics.linked("p", match)
    for match in ("2", "3"):
        metrics.proposed("p", match)
    metrics.decided("p", "3")
    metrics.decided("p", "1")
    found = shown(metrics.registry)
    assert found['overround_feed_fixtures{provider="p"}'] == 3
    assert found['overround_feed_unresolved_fixtures{provider="p"}'] == 1


def test_each_lag_state_has_its_number_and_a_partition_without_commits_has_none() -> None:
    metrics = PipelineMetrics()
    lags = dict.fromkeys(range(6), 9)
    metrics.judged("overround-feeds", lags, dict(enumerate(PartitionState)))
    found = shown(metrics.registry)
    state = 'overround_group_state{group="overround-feeds",partition="%d"}'
    assert [found[state % number] for number in range(5)] == [0, 1, 2, 3, 4]
    assert state % 5 not in found
    assert found['overround_group_lag_records{group="overround-feeds",partition="5"}'] == 9
    metrics.judged("overround-feeds", lags, {0: PartitionState.OK})
    found = shown(metrics.registry)
    assert found['overround_group_judgements_total{group="overround-feeds"}'] == 6
    assert found['overround_group_faults_total{group="overround-feeds"}'] == 4

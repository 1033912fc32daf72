"""The report on providers: exact figures from a small lake that can be counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.query import query
from tests.kit.lake import DAY_US, MAY_1_US, wire
from tests.unit.test_lake_views import rows, write

MINUTE_US, SECOND_US = 60_000_000, 1_000_000
MAY_1, MAY_2 = date(2024, 5, 1), date(2024, 5, 2)


def change(provider: str, at_us: int, is_live: bool, producer: str = "") -> bytes:
    return wire(
        "SourceChanged",
        provider=provider,
        producer=producer,
        is_live=is_live,
        breaker="closed",
        at_us=at_us,
    )


def minute(provider: str, begins_at_us: int, **counts: Any) -> bytes:
    for name in ("delivery", "logging"):
        buckets = counts.get(name, {})
        counts[name] = [{"at_most_ms": ms, "records": n} for ms, n in buckets.items()]
    formats = [{"format": f, "records": 1} for f in counts.pop("formats", ())]
    ends_at_us = begins_at_us + MINUTE_US
    return wire(
        "FeedQualityMeasured",
        provider=provider,
        from_at_us=begins_at_us,
        to_at_us=ends_at_us,
        at_us=ends_at_us,
        formats=formats,
        **counts,
    )


def percent(lake: Path) -> list[tuple[Any, ...]]:
    return rows(lake, "SELECT provider, day, uptime_percent FROM provider_uptime ORDER BY 1, 2")


def test_counts_of_a_day_add_up_over_minutes_and_partitions(tmp_path: Path) -> None:
    counts = {"received": 48, "expected": 50, "duplicates": 1, "gaps": 2, "lost": 2}
    same = counts | {"late": 3, "corrections": 1}
    write(
        tmp_path,
        "feeds.health",
        [
            minute("a", MAY_1_US, **same),
            minute("a", MAY_1_US, **same),
            minute("a", MAY_1_US + DAY_US - SECOND_US, received=4, expected=0),
            minute("a", MAY_1_US + DAY_US, received=7, expected=7),
            minute("b", MAY_1_US, received=9),
        ],
    )
    columns = "received, expected, duplicates, gaps, lost, late, corrections, complete_percent"
    assert rows(tmp_path, f"SELECT provider, day, {columns} FROM provider_sla") == [
        ("a", MAY_1, 100, 100, 2, 4, 4, 6, 2, 100.0),
        ("b", MAY_1, 9, 0, 0, 0, 0, 0, 0, None),
        ("a", MAY_2, 7, 7, 0, 0, 0, 0, 0, 100.0),
    ]


def test_completeness_is_what_came_of_what_the_providers_numbers_promised(tmp_path: Path) -> None:
    write(tmp_path, "feeds.health", [minute("a", MAY_1_US, received=999, expected=1000)])
    assert rows(tmp_path, "SELECT complete_percent FROM provider_sla") == [(99.9,)]


@pytest.mark.slow
def test_quantiles_are_those_of_all_partitions_together(tmp_path: Path) -> None:
    write(
        tmp_path,
        "feeds.health",
        [
            minute("a", MAY_1_US, logging={5: 499}, delivery={100: 1}),
            minute("a", MAY_1_US, logging={5: 1, 8: 490}),
            minute("a", MAY_1_US + MINUTE_US, logging={40: 9, 900: 1}),
        ],
    )
    # 1,000 in all: the 500th took 5 ms, the 990th 8, the 999th 40, and only the last one 900.
    found = rows(tmp_path, "FROM feed_latency ORDER BY part")
    assert found == [
        ("a", MAY_1, "delivery", 1, 100, 100, 100),
        ("a", MAY_1, "logging", 1000, 5, 8, 40),
    ]
    columns = "delivery_p50_ms, logging_p50_ms, logging_p99_ms, logging_p999_ms"
    assert rows(tmp_path, f"SELECT {columns} FROM provider_sla") == [(100, 5, 8, 40)]


@pytest.mark.slow
def test_uptime_is_the_share_of_the_day_in_which_no_source_was_lost(tmp_path: Path) -> None:
    hour_us = DAY_US // 24
    write(
        tmp_path,
        "feeds.health",
        [
            change("a", MAY_1_US + 12 * hour_us, True),
            change("a", MAY_1_US + 15 * hour_us, False),
            change("a", MAY_1_US + 18 * hour_us, True),
            change("a", MAY_1_US + 23 * hour_us, False),
            change("a", MAY_1_US + DAY_US + hour_us, True),
            minute("b", MAY_1_US + DAY_US + 4 * hour_us - MINUTE_US),
        ],
    )
    # 12 h of the first day are known, 4 h of them lost; of the second day 1 h of 4.
    assert percent(tmp_path) == [("a", MAY_1, 66.6667), ("a", MAY_2, 75.0)]
    assert rows(tmp_path, "SELECT up_s, observed_s FROM provider_uptime ORDER BY day") == [
        (8 * 3600.0, 12 * 3600.0),
        (3 * 3600.0, 4 * 3600.0),
    ]


def test_a_provider_is_down_while_any_of_its_producers_is_lost(tmp_path: Path) -> None:
    at = [MAY_1_US + n * 10 * SECOND_US for n in range(11)]
    write(
        tmp_path,
        "feeds.health",
        [
            change("uof", at[0], True, "1"),
            change("uof", at[0], True, "3"),
            change("uof", at[2], False, "1"),
            change("uof", at[3], False, "3"),
            change("uof", at[4], True, "1"),
            change("uof", at[4], True, "1"),  # told again, as its breaker moved
            change("uof", at[5], True, "3"),
            change("uof", at[10], True, "3"),
        ],
    )
    assert percent(tmp_path) == [("uof", MAY_1, 70.0)]


def test_silence_is_a_share_of_the_time_under_a_contract(tmp_path: Path) -> None:
    contract = {"silent_after_us": 20 * SECOND_US}
    write(
        tmp_path,
        "feeds.health",
        [
            minute("a", MAY_1_US, silent_us=15 * SECOND_US, **contract),
            minute("a", MAY_1_US + MINUTE_US, silent_us=0, **contract),
            minute("a", MAY_1_US + 2 * MINUTE_US),
            minute("b", MAY_1_US),
        ],
    )
    assert rows(tmp_path, "SELECT provider, heard_percent FROM provider_sla") == [
        ("a", 87.5),
        ("b", None),
    ]


def test_a_day_of_which_only_the_sources_told_is_in_the_report(tmp_path: Path) -> None:
    write(tmp_path, "feeds.health", [change("a", MAY_1_US, False), change("a", MAY_1_US + 1, True)])
    found = rows(tmp_path, "SELECT provider, day, uptime_percent, received FROM provider_sla")
    assert found == [("a", MAY_1, 0.0, None)]


def test_the_formats_of_a_day_are_listed_once_each(tmp_path: Path) -> None:
    write(
        tmp_path,
        "feeds.health",
        [minute("a", MAY_1_US, formats=["f/2", "f/1"]), minute("a", MAY_1_US, formats=["f/1"])],
    )
    assert rows(tmp_path, "SELECT formats FROM provider_sla") == [(["f/1", "f/2"],)]


@pytest.mark.slow
@pytest.mark.parametrize("view", ["provider_sla", "provider_uptime", "feed_latency"])
def test_the_command_prints_the_report(tmp_path: Path, view: str) -> None:
    write(tmp_path, "feeds.health", [minute("a", MAY_1_US), change("a", MAY_1_US, True)])
    asked = CliRunner().invoke(query, [f"FROM {view}", "--lake", str(tmp_path), "--format", "json"])
    assert asked.exit_code == 0, asked.output

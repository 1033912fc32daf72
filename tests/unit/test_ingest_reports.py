"""How long a partition was left without a report, whoever was late."""

from __future__ import annotations

import pytest

from cli.ingest.reports import Place, Reports
from overround.domain.feeds.commands import SourceReport

LIVE, HEARD, LOST = SourceReport.LIVE, SourceReport.HEARD, SourceReport.LOST
HERE: Place = ("", 3)


@pytest.fixture
def reports() -> Reports:
    """A source that the log was told is live at 0 s."""
    told = Reports()
    put(told, LIVE, at_s=0.0)
    take(told, at_s=0.0)
    assert told.untold_for_s(0.0) == 0.0
    return told


def put(reports: Reports, kind: SourceReport, at_s: float, place: Place = HERE) -> None:
    reports.put(place, kind.value.encode(), kind, at_s)


def take(reports: Reports, at_s: float, place: Place = HERE) -> bytes:
    payload = dict(reports.to_write())[place]
    reports.written(place)
    reports.taken(place, at_s)
    return payload


def test_a_source_told_of_each_half_second_is_untold_for_no_longer(reports: Reports) -> None:
    for half in range(1, 20):
        put(reports, HEARD, half / 2)
        take(reports, half / 2 + 0.02)
        assert reports.untold_for_s(half / 2 + 0.25) == pytest.approx(0.52)
    assert len(reports) == 0


def test_a_late_report_that_is_taken_late_counts_for_both(reports: Reports) -> None:
    put(reports, HEARD, 1.9)
    reports.written(HERE)
    assert reports.untold_for_s(2.5) == pytest.approx(2.5)
    reports.taken(HERE, 3.1)
    assert reports.untold_for_s(3.4) == pytest.approx(3.1), "it is over, and was too long"
    put(reports, LOST, 3.5)
    take(reports, 3.5)
    assert reports.untold_for_s(3.6) == 0.0


def test_nothing_is_expected_of_a_source_that_is_lost(reports: Reports) -> None:
    put(reports, LOST, 1.0)
    take(reports, 1.1)
    assert reports.untold_for_s(500.0) == 0.0
    put(reports, LIVE, 600.0)
    take(reports, 600.2)
    assert reports.untold_for_s(600.3) == pytest.approx(0.2)


def test_a_log_that_takes_nothing_is_known_by_the_first_report_that_waits(
    reports: Reports,
) -> None:
    put(reports, LOST, 10.0)
    for at_s in range(11, 20):
        put(reports, LOST, at_s)
    assert reports.untold_for_s(20.0) == 10.0


def test_the_newest_report_replaces_the_one_that_waits_unless_it_says_less(
    reports: Reports,
) -> None:
    put(reports, HEARD, 0.5)
    reports.written(HERE)
    for kind in (LOST, LIVE, HEARD):
        put(reports, kind, 0.6)
    assert dict(reports.to_write()) == {}, "one at a time, so that none overtakes another"
    reports.taken(HERE, 0.7)
    assert take(reports, 0.8) == LIVE.value.encode()
    assert len(reports) == 0


def test_places_do_not_wait_for_each_other(reports: Reports) -> None:
    put(reports, HEARD, 0.5)
    reports.written(HERE)
    put(reports, LIVE, 0.5, ("1", 3))
    assert take(reports, 0.6, ("1", 3)) == LIVE.value.encode()
    assert reports.untold_for_s(2.0) == 2.0

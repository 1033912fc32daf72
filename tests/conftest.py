"""What every test can ask for, and what each kind of test is held to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from cli.local_kafka import KafkaUnavailable, cluster
from tests.kit.kafka import REPOSITORY, Workers, unavailable

# A hung test is ended with the stacks of all threads shown. Starting Kafka is not counted (the
# first start on a machine downloads it) and has its own limit.
TIMEOUT_S = {"chaos": 1800, "kafka": 180, "slow": 60, "": 60}

FAILED = pytest.StashKey[bool]()


def kind_of(item: pytest.Item) -> str:
    """The slowest of the markers on a test, or nothing."""
    return next((kind for kind in TIMEOUT_S if kind and item.get_closest_marker(kind)), "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bound each test's time by its kind, and run the quick kinds first."""
    slow_last = list(reversed(TIMEOUT_S))
    items.sort(key=lambda item: slow_last.index(kind_of(item)))
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S[kind_of(item)], func_only=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note failures for fixtures; where CI runs, a missing Kafka or recording is a failure."""
    report = yield
    needed = [kind for kind in ("kafka", "chaos", "recordings") if item.get_closest_marker(kind)]
    in_ci = os.environ.get("CI", "").lower() == "true"
    if report.skipped and needed and in_ci and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI may not skip a test marked {needed[0]}: {report.longrepr}"
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a real Kafka: BOOTSTRAP_SERVERS, or one node started for the session."""
    with contextlib.ExitStack() as running:
        try:
            address = running.enter_context(cluster())
        except KafkaUnavailable as missing:
            unavailable(missing.reason)
        yield address


@pytest.fixture
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workers]:
    """Worker processes that end with the test; if it failed, their logs are in its report."""
    started = Workers(tmp_path)
    try:
        yield started
    finally:
        started.end_all()
        if request.node.stash.get(FAILED, False):
            started.show_logs()


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recordings and reference vectors beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        unavailable("no recordings: ../shared/data is not beside the checkout")
    return folder

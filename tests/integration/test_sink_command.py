"""`overround sink` as a process: to the end of a topic, and stopped by a signal."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from overround.contracts.codec import Codec
from overround.domain.betting.events import BetRejected, RejectReason
from overround.lake import open_lake
from tests.kit.kafka import REPOSITORY, fresh_topic, produce

pytestmark = pytest.mark.kafka

COMMAND = [sys.executable, "-c", "from cli.sink import sink; sink()"]


def start(kafka: str, topic: str, lake: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, topic, "--bootstrap", kafka, "--lake", str(lake), *options],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )


def rejections(count: int) -> list[tuple[bytes, bytes]]:
    value = BetRejected("c1", "b1", "EUR", 500, 0, RejectReason.MATCH_LIMIT)
    payload = Codec().encode(value, id="i", at_us=1_714_521_600_000_000, caused_by=None)
    return [(b"c1", payload)] * count


def count(lake: Path, topic: str) -> int:
    """Rows of a topic that has a name of its own, so not one of the views."""
    sql = f"SELECT count(*) FROM read_parquet('{lake}/{topic}/**/*.parquet')"
    found = open_lake(lake).execute(sql).fetchone()
    assert found is not None
    return int(found[0])


def test_once_sinks_to_the_end_tells_how_much_and_exits(kafka: str, tmp_path: Path) -> None:
    topic = fresh_topic(kafka, "bets.events", partitions=2)
    produce(kafka, topic, rejections(30))
    running = start(kafka, topic, tmp_path, "--once")
    _, told = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "30 records" in told
    assert "lag 0" in told
    assert count(tmp_path, topic) == 30


def test_sigterm_writes_what_is_held_and_exits_with_0(kafka: str, tmp_path: Path) -> None:
    topic = fresh_topic(kafka, "bets.events")
    produce(kafka, topic, rejections(30))
    # A file each 20 rows: when the first is there, the other 10 are held; no time is up before.
    running = start(kafka, topic, tmp_path, "--rows", "20", "--seconds", "600")
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(f"{topic}/**/*.parquet")):
            assert time.monotonic() < deadline, "no file in a minute"
            time.sleep(0.1)
        time.sleep(1)
        assert count(tmp_path, topic) == 20
        running.terminate()
        assert running.wait(30) == 0
        assert count(tmp_path, topic) == 30
    finally:
        running.kill()
        running.communicate()


def test_a_missing_topic_is_an_error_in_a_line(kafka: str, tmp_path: Path) -> None:
    running = start(kafka, "no.such.topic", tmp_path, "--once")
    _, told = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Traceback" not in told
    assert "no.such.topic" in told

"""The demonstration on a real Kafka: it plays to the end, and leaves nothing running."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.kafka_jars import find_java
from cli.local_kafka import KafkaUnavailable
from tests.kit.kafka import REPOSITORY, unavailable
from tests.kit.short_match import write_short_match

# Several starts of Kafka and its workers in a test; a busy machine takes minutes for them.
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(360)]

# Every process that the demonstration starts inherits this variable, Kafka's included.
MARK = "OVERROUND_TEST_RUN"


def _interruptible() -> None:
    """In the new process: as a terminal starts it, whoever runs the tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """A demonstration in a process of its own, with a mark on all of its descendants."""

    def __init__(self, folder: Path, *options: str, bootstrap: str | None) -> None:
        self._mark = f"{MARK}={secrets.token_hex(8)}"
        name, _, value = self._mark.partition("=")
        env = {k: v for k, v in os.environ.items() if k != "BOOTSTRAP_SERVERS"}
        env |= {name: value, "PYTHONPATH": str(REPOSITORY)}
        env |= {"BOOTSTRAP_SERVERS": bootstrap} if bootstrap else {}
        self._out, self._err = folder / "out.txt", folder / "err.txt"
        match = write_short_match(folder / "short.jsonl")
        command = ["demo", "--match", str(match), "--punters", "40", *options]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *command],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=_interruptible,  # noqa: PLW1509 - a call that takes no lock
            )

    @property
    def output(self) -> str:
        return self._out.read_text() + self._err.read_text()

    def descendants(self) -> list[str]:
        """The command lines of what runs with this run's mark, itself not counted."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == self.process.pid:
                continue
            try:
                marks = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # gone meanwhile, or another user's
                marks, command = [], ""
            if self._mark.encode() in marks:
                found.append(command)
        return found

    def wait_for(self, what: str, holds: Callable[[], bool], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"no {what} in {seconds} s\n{self.output}"
            time.sleep(0.1)

    def wait_for_the_end_of_all(self) -> None:
        self.wait_for("end of every process", lambda: not self.descendants(), 10)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def make(*options: str, bootstrap: str | None = None) -> Run:
        folder = tmp_path / str(len(runs))
        folder.mkdir()
        runs.append(Run(folder, *options, bootstrap=bootstrap))
        return runs[-1]

    yield make
    for run in runs:
        run.process.kill()
        run.process.wait()


def test_a_match_plays_to_its_end_again_and_again_on_one_cluster(
    kafka: str, start: Callable[..., Run]
) -> None:
    for _ in range(2):
        run = start("--speed", "60", bootstrap=kafka)
        assert run.process.wait(120) == 0, run.output
        assert "0 unanswered" in " ".join(run.output.split())
        run.wait_for_the_end_of_all()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_nothing_is_left_running_whatever_ends_it(
    start: Callable[..., Run], number: signal.Signals, status: int
) -> None:
    try:
        find_java()
    except KafkaUnavailable as missing:
        unavailable(missing.reason)
    run = start("--speed", "5")
    run.wait_for("match", lambda: "in play" in run.output)
    started = run.descendants()
    assert sum("kafka.Kafka" in command for command in started) == 1
    assert sum(" worker " in command or " sink " in command for command in started) == 4
    run.process.send_signal(number)
    assert run.process.wait(30) == status, run.output
    run.wait_for_the_end_of_all()
    assert "Traceback" not in run.output


def test_a_worker_that_dies_ends_the_demonstration_with_its_last_words(
    kafka: str, start: Callable[..., Run]
) -> None:
    run = start("--speed", "5", bootstrap=kafka)
    run.wait_for("match", lambda: "in play" in run.output)
    (pid,) = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and _is_markets_of(run, folder)
    ]
    os.kill(pid, signal.SIGKILL)
    assert run.process.wait(30) == 1
    assert "markets ended with status -9" in run.output
    run.wait_for_the_end_of_all()


def _is_markets_of(run: Run, folder: Path) -> bool:
    status = (folder / "stat").read_text().rpartition(")")[2].split()
    command = (folder / "cmdline").read_bytes()
    return int(status[1]) == run.process.pid and b"worker\0markets" in command

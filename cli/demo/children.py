"""The demonstration's own processes: started together, watched, and ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from cli.demo.house import DemoFailed
from cli.tether import tethered

# A worker's orderly stop takes a second or two; one that does not answer loses nothing by force,
# as whatever it did not commit is not done.
STOP_S_MAX = 10.0

LOG_LINES_SHOWN = 15


class Children:
    """Processes of this program, each in a process group of its own, as a context manager.

    None outlives it: they are ended on the way out, and by the kernel if this process is killed.
    Start them from the main thread (see `tethered`).
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(*self._running)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start `overround COMMAND`; what it prints goes to a file under its name."""
        assert name not in self._running, "a name tells processes apart"
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                tethered([sys.executable, "-m", "cli.main", *command]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C comes to us, and we end them
            )

    def check(self) -> None:
        """See that all still run.

        Raises:
            DemoFailed: one has ended; the text has the end of what it printed.
        """
        for name, process in self._running.items():
            status = process.poll()
            if status is not None:
                lines = self._log(name).read_text(errors="replace").splitlines()
                tail = "\n".join(lines[-LOG_LINES_SHOWN:])
                raise DemoFailed(f"{name} ended with status {status}; it said last:\n{tail}")

    def stop(self, *names: str) -> None:
        """End these in order, all at the same time, and by force what takes too long."""
        ending = [self._running.pop(name) for name in names]
        for process in ending:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S_MAX
        try:
            for process in ending:
                _wait(process, deadline)
        finally:  # also when a second Ctrl-C comes in the middle
            for process in ending:
                _signal(process, signal.SIGKILL)
                process.wait()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _wait(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)

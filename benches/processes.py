"""Worker processes of a bench: started, watched in /proc, ended by their own pid. Linux only."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cli.tether import tethered

REPOSITORY = Path(__file__).resolve().parents[1]

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_STOP_S_MAX = 20
_LOG_LINES_SHOWN = 30


class WorkerEnded(RuntimeError):
    """A process ended that should have gone on; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far."""

    cpu_s: float
    rss_mb: float


class Process:
    """One process of a bench, as a context manager; its output goes to a file."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        handle, log = tempfile.mkstemp(prefix=f"bench-{name}-", suffix=".log")
        self.log = Path(log)
        with os.fdopen(handle, "wb") as sink:
            self._process = subprocess.Popen(
                tethered(command),
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self.log.unlink(missing_ok=True)

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs, negative for the signal that ended it."""
        return self._process.poll()

    def check(self) -> None:
        """Raise WorkerEnded if it has ended."""
        if self.status is not None:
            raise WorkerEnded(f"{self.name} ended with status {self.status}:\n{self.tail()}")

    def tail(self, lines: int = _LOG_LINES_SHOWN) -> str:
        """The end of what it wrote."""
        written = self.log.read_text(errors="replace").splitlines()
        return "\n".join(written[-lines:])

    def usage(self) -> Usage:
        """CPU seconds, user and system, of all its threads, and its resident memory now."""
        self.check()
        pid = self._process.pid
        # The name in parentheses may hold blanks; the fields that count come after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
        rss_mb = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        return Usage(cpu_s, rss_mb)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and its children, if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def stop(self) -> bool:
        """SIGTERM; False if it had to be killed."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        """SIGKILL and wait."""
        self.signal(signal.SIGKILL)
        self._process.wait()


class CoreClock:
    """How much of a core each process takes, from now on."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._began = [(each, each.usage().cpu_s) for each in processes]
        self._began_s = time.monotonic()

    def cores(self) -> dict[str, float]:
        """By name; 1.0 is a whole core."""
        elapsed_s = time.monotonic() - self._began_s
        return {each.name: (each.usage().cpu_s - cpu_s) / elapsed_s for each, cpu_s in self._began}

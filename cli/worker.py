"""`overround worker`: run agents, each in a process of its own, started again when it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Any

import click
from confluent_kafka import KafkaException

from cli.metrics_port import metrics_options, show_metrics
from cli.options import bootstrap_option
from cli.tether import tethered
from topologies.sportsbook import SPORTSBOOK

# A worker that ends again at once waits before its next start: 0.5 s doubled up to 15 s, so
# that a broken deployment does not spin and a fenced worker is back within a second.
_PAUSE_S_MIN, _PAUSE_S_MAX = 0.5, 15.0
_HEALTHY_AFTER_S = 30.0
_STOP_S_MAX = 20.0
_PORT_MAX = 65_535

NAMES = tuple(agent.name for agent in SPORTSBOOK.agents)


_EXAMPLES = """\b
Examples: overround worker markets accounts --instance 1
          overround worker feeds markets accounts --metrics-port 9464
"""


@click.command(epilog=_EXAMPLES)
@click.argument("agents", nargs=-1, required=True, type=click.Choice(NAMES))
@click.option("--instance", default="0", show_default=True, help="Name among its like; unique.")
@bootstrap_option
@click.option("--options", default="", help="Engine settings, such as commit_ms=100&linger_ms=0.")
@click.option("--loglevel", default="warning", show_default=True)
@metrics_options("The first agent's figures for Prometheus, the next port the second's; 0: none.")
@click.option("--once", is_flag=True, help="One agent in this very process, not restarted.")
def worker(  # noqa: PLR0917 - one for each option
    agents: tuple[str, ...],
    instance: str,
    bootstrap: str,
    options: str,
    loglevel: str,
    metrics_port: int,
    metrics_host: str,
    once: bool,
) -> None:
    """Run AGENTS until stopped, exactly once.

    Start as many instances as you like, up to one for each partition, each under a name of its
    own: partitions move between them by themselves. A worker that cannot commit ends, and is
    started again from its last commit. Exit status: 0 stopped, 70 stopped by a failure.
    """
    if once and len(agents) != 1:
        raise click.UsageError("--once runs a single agent")
    if once:
        run(agents[0], instance, bootstrap, options, loglevel, (metrics_host, metrics_port))
        return
    if metrics_port + len(agents) - 1 > _PORT_MAX:
        raise click.UsageError(f"--metrics-port {metrics_port}: no port is left for each agent")
    base = [sys.executable, "-m", "cli.main", "worker"]
    tail = ["--instance", instance, "--bootstrap", bootstrap, "--loglevel", loglevel]
    tail += ["--options", options, "--metrics-host", metrics_host, "--once"]
    ports = [metrics_port + place if metrics_port else 0 for place in range(len(agents))]
    raise SystemExit(
        supervise(
            [
                [*base, agent, *tail, "--metrics-port", str(port)]
                for agent, port in zip(agents, ports, strict=True)
            ]
        )
    )


def run(  # noqa: PLR0917 - as the command's options
    agent: str,
    instance: str,
    bootstrap: str,
    options: str,
    loglevel: str,
    metrics_at: tuple[str, int] = ("127.0.0.1", 0),
) -> None:
    """Run one agent in this process until a signal; leaves with Faust's exit status.

    `metrics_at` is the address and the port of its metrics; port 0 is none.
    """
    # Faust takes a second to import, which the supervising process does without.
    from topologies.app import build_app, run_app  # noqa: PLC0415
    from topologies.wire import sportsbook_wire  # noqa: PLC0415

    try:
        app: Any = build_app(
            SPORTSBOOK.agent(agent), sportsbook_wire(), bootstrap, instance, options
        )
        if metrics_at[1]:
            show_metrics(app.carrier.metrics.registry, *metrics_at)
        run_app(app, loglevel)
    except (KafkaException, ValueError) as error:
        raise click.ClickException(str(error)) from error


def supervise(commands: list[list[str]]) -> int:
    """Keep one process for each command alive until SIGTERM or SIGINT; 0 when all stopped."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    kept = [_Kept(command) for command in commands]
    while not stopping:
        for process in kept:
            process.look()
        time.sleep(0.1)
    return max(process.stop() for process in kept)


class _Kept:
    """A process that is started again whenever it ends."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._pause_s = _PAUSE_S_MIN
        self._start_at = 0.0
        self._started = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    def look(self) -> None:
        """Start it again if it has ended and its pause is over."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self._start()
        elif self._process.poll() is not None:
            if now - self._started > _HEALTHY_AFTER_S:
                self._pause_s = _PAUSE_S_MIN
            click.echo(
                f"{self._command[4]}: ended with status {self._process.returncode}, "
                f"starts again in {self._pause_s:g} s",
                err=True,
            )
            self._process, self._start_at = None, now + self._pause_s
            self._pause_s = min(self._pause_s * 2, _PAUSE_S_MAX)

    def stop(self) -> int:
        """End it in order, by force after a while; its exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _start(self) -> None:
        self._started = time.monotonic()
        # In a session of its own: a terminal's Ctrl-C comes to us, and we stop it in order.
        self._process = subprocess.Popen(tethered(self._command), start_new_session=True)

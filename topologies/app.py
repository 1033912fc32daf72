"""Builds the Faust app of an agent: the only place that makes a `faust.App`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import faust

from overround.runtime.faust_kafka import APP_SETTINGS, attach
from overround.runtime.memory import settle_memory
from overround.runtime.records import Wire
from overround.runtime.topology import Agent


def group_of(agent: Agent) -> str:
    """The consumer group of an agent's workers, and the prefix of their transactional ids."""
    return f"overround-{agent.name}"


def build_app(
    agent: Agent, wire: Wire, bootstrap_servers: str, instance: str, options: str = ""
) -> faust.App:
    """An app that carries one agent, exactly once.

    `options` is more of the broker URL's query, such as `commit_ms=100` (see the engine's
    `Settings`).
    """
    query = "&".join(filter(None, (f"instance={instance}", options)))
    datadir = Path(tempfile.gettempdir()) / "overround" / f"{agent.name}-{instance}"
    datadir.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        group_of(agent),
        broker=[f"exactly-once://{server}?{query}" for server in bootstrap_servers.split(",")],
        datadir=datadir,
        **APP_SETTINGS,
    )
    attach(app, agent, wire)
    return app


def run_app(app: faust.App, loglevel: str) -> None:
    """Run an app in this process until SIGTERM or SIGINT; leaves by SystemExit."""
    settle_memory()
    faust.Worker(app, loglevel=loglevel).execute_from_commandline()

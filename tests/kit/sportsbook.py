"""A small sportsbook that was played on a real Kafka, at rest when a test gets it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.load import Load, Plan
from tests.chaos.watch import drain
from tests.kit.kafka import Workers, sportsbook_broker
from topologies.sportsbook import MATCH_DAY


@contextlib.contextmanager
def played(plan: Plan, logs: Path) -> Iterator[str]:
    """The address of a node of its own, on which real workers have played a plan to its end.

    Not the session's cluster: what a test breaks here would be found by every other one.
    """
    with sportsbook_broker() as bootstrap:
        _play(plan, bootstrap, Workers(logs))
        yield bootstrap


def _play(plan: Plan, bootstrap: str, workers: Workers) -> None:
    command = [sys.executable, "-m", "cli.main", "worker"]
    try:
        running = [
            workers.start(
                [*command, agent.name, "--once", "--bootstrap", bootstrap], name=agent.name
            )
            for agent in MATCH_DAY.agents
        ]
        load = Load(bootstrap, plan)
        load.start()
        load.join()
        assert load.error is None, load.error
        drain(bootstrap)
        assert [worker.stop() for worker in running] == [0, 0, 0]
    except BaseException:
        workers.show_logs()
        raise
    finally:
        workers.end_all()

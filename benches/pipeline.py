"""The sportsbook's workers as a bench runs them, and a client that writes into their inboxes."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from benches.open_loop import producer
from benches.processes import Process
from overround.contracts.topic import Topic
from topologies.wire import sportsbook_wire

REST_S_MAX = 10.0
"""How long what was sent may take to come back, once sending is over."""


def worker_options() -> str:
    """Engine settings other than the defaults, such as commit_idle_ms=100, to compare by."""
    return os.environ.get("WORKER_OPTIONS", "")


@contextlib.contextmanager
def workers(bootstrap: str, *agents: str) -> Iterator[list[Process]]:
    """One worker process for each agent, with the engine settings of WORKER_OPTIONS, if any."""
    with contextlib.ExitStack() as held:
        base = [sys.executable, "-m", "cli.main", "worker"]
        options = ["--once", "--bootstrap", bootstrap, "--options", worker_options()]
        yield [held.enter_context(Process(name, [*base, name, *options])) for name in agents]


class Client:
    """Writes values into inboxes, each under the key that its topic asks for."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = producer(bootstrap)
        self.codec = sportsbook_wire()
        self._written = 0

    def write(self, topic: Topic, value: Any) -> None:
        """Write one value, and serve the client's own events."""
        self._written += 1
        at_us = time.time_ns() // 1000
        id_ = f"bench:{self._written}"
        payload = self.codec.encode(value, id=id_, at_us=at_us, caused_by=None)
        self._producer.produce(topic.name, payload, getattr(value, topic.key))
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until the broker has everything."""
        if self._producer.flush(REST_S_MAX):
            raise TimeoutError("the broker does not take the records")

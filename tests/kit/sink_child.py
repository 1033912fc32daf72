"""A sink that kills itself: python -m tests.kit.sink_child BOOTSTRAP TOPIC LAKE STEP NTH.

It sinks the topic up to its present end, in batches of 40 rows. When it gets to the NTH time to
the named step of a commit, it ends as `kill -9` ends a process; an empty STEP lets it live.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path

from overround.sinks.parquet import ParquetSink, Roll
from tests.kit.lake import SCHEMAS

ROWS = 40


def main(bootstrap_servers: str, topic: str, lake: str, step: str, nth: str) -> None:
    """Sink until the end or the kill."""
    passed: Counter[str] = Counter()

    def crash_at(reached: str) -> None:
        passed[reached] += 1
        if reached == step and passed[reached] == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)

    with ParquetSink(
        [topic],
        Path(lake),
        bootstrap_servers=bootstrap_servers,
        schema_of=SCHEMAS.__getitem__,
        roll=Roll(rows=ROWS),
        crash_at=crash_at,
    ) as sink:
        sink.run(once=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

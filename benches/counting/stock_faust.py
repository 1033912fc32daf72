"""The counting job as a plain Faust 0.15.3 app: at least once, or its own exactly once.

python -m benches.counting.stock_faust --bootstrap HOST:PORT --source S --sink T --app NAME
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from typing import Any

import faust

from benches.counting.log import PARTITIONS


def build(chosen: argparse.Namespace) -> faust.App:
    """The app, with raw bytes in and out as in every engine's job."""
    settings: dict[str, Any] = {}
    if chosen.commit_s:
        settings["broker_commit_interval"] = chosen.commit_s
    app = faust.App(
        chosen.app,
        broker=f"kafka://{chosen.bootstrap}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="stock-faust-"),
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=PARTITIONS,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        processing_guarantee=chosen.guarantee,
        # The next two as in ours, so that a dead worker's partitions wait as long.
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        stream_wait_empty=False,
        web_enabled=False,
        **settings,
    )
    source = app.topic(chosen.source, key_serializer="raw", value_serializer="raw")
    sink = app.topic(chosen.sink, key_serializer="raw", value_serializer="raw")
    counts = app.Table(
        "counts", partitions=PARTITIONS, default=bytes, key_type=bytes, value_type=bytes
    )

    @app.agent(source, name="count")
    async def count(stream: Any) -> None:
        async for event in stream.events():
            number = b"%d" % (int(counts[event.key] or 0) + 1)
            counts[event.key] = number
            # The faster of Faust's two ways: awaiting `send` waits for each record's place.
            sink.send_soon(key=event.key, value=event.value + b"," + number)

    return app


def main() -> None:
    """Run the worker until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--app", required=True)
    parser.add_argument("--guarantee", default="at_least_once")
    parser.add_argument("--commit-s", type=float, default=0.0, help="0: Faust's default, 2.8 s")
    app = build(parser.parse_args())
    sys.argv = ["stock", "worker", "-l", "info", "--without-web"]
    app.main()


if __name__ == "__main__":
    main()

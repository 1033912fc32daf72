"""The counting job on quixstreams, exactly once.

python -m benches.counting.quix --bootstrap HOST:PORT --source S --sink T --app NAME

Needs `pip install quixstreams==3.28.1`; the project itself does without.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from typing import Any

VERSION = "3.28.1"
INSTALL = f"pip install quixstreams=={VERSION}"


def missing() -> str:
    """What to do about quixstreams not being here; empty if it is."""
    return "" if importlib.util.find_spec("quixstreams") else INSTALL


def changelog_of(app: str, source: str) -> str:
    """The name that quixstreams gives the changelog of the job's state."""
    return f"changelog__{app}--{source}--default"


def main() -> None:
    """Run the worker until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--app", required=True)
    parser.add_argument("--commit-s", type=float, default=0.1)
    chosen = parser.parse_args()
    if missing():
        raise SystemExit(f"quixstreams is not installed: {missing()}")

    from quixstreams import Application  # noqa: PLC0415 - no dependency of the project

    app = Application(
        broker_address=chosen.bootstrap,
        consumer_group=chosen.app,
        auto_offset_reset="earliest",
        commit_interval=chosen.commit_s,
        state_dir=tempfile.mkdtemp(prefix="quix-"),
        processing_guarantee="exactly-once",
    )
    source = app.topic(chosen.source, value_deserializer="bytes", key_deserializer="bytes")
    sink = app.topic(chosen.sink, value_serializer="bytes", key_serializer="bytes")

    def count(value: bytes, state: Any) -> bytes:
        number = state.get("n", 0) + 1
        state.set("n", number)
        return value + b",%d" % number

    app.dataframe(source).apply(count, stateful=True).to_topic(sink)
    app.run()


if __name__ == "__main__":
    main()

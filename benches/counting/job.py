"""The counting job as an agent of ours: raw bytes in and out, so that the engine is measured.

python -m benches.counting.job --bootstrap HOST:PORT --suffix S --instance 0
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from typing import NamedTuple

import faust

from overround.contracts.topic import Kind, Topic
from overround.runtime.faust_kafka import APP_SETTINGS, attach
from overround.runtime.memory import settle_memory
from overround.runtime.metrics import WorkerMetrics, serve
from overround.runtime.topology import Agent, Event, Outbox, Table, TableView


class RawRecord(NamedTuple):
    value: bytes
    id: str = ""


class RawWire:
    """Bytes stay bytes."""

    def decode(self, payload: bytes) -> RawRecord:
        return RawRecord(payload)

    def encode(self, value: object, *, id: str, at_us: int, caused_by: object) -> bytes:
        assert isinstance(value, bytes)
        return value

    def decode_state(self, payload: bytes) -> object:
        return payload

    def encode_state(self, value: object) -> bytes:
        assert isinstance(value, bytes)
        return value


class Uncounted(WorkerMetrics):
    """Metrics that cost nothing, to measure the others against."""

    def handled(self, events: int, seconds: float) -> None: ...

    def committed(self, seconds: float) -> None: ...

    def restored(self, seconds: float) -> None: ...

    def refused(self, reason: str) -> None: ...


class CountTables(NamedTuple):
    counts: TableView[bytes]


def counting_agent(suffix: str) -> Agent:
    """Counts the events of each key and writes the event with its count."""
    source = Topic(f"source{suffix}", Kind.INBOX, "key", (bytes,))
    sink = Topic(f"sink{suffix}", Kind.PUBLIC, "key", (bytes,))

    def handle(event: Event, tables: CountTables, out: Outbox) -> None:
        assert event.key is not None
        count = b"%d" % (int(tables.counts.get(event.key) or 0) + 1)
        tables.counts[event.key] = count
        out.send(sink, event.key, event.value + b"," + count)

    return Agent(
        f"counting{suffix}",
        inbox=source,
        handle=handle,
        tables=CountTables,
        owns=(Table("counts", bytes, "key"),),
        sends=(sink,),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--suffix", default="")
    parser.add_argument("--instance", default="0")
    parser.add_argument("--options", default="tick_ms=0", help="more of the broker URL's query")
    parser.add_argument("--metrics-port", type=int, default=0, help="-1 counts nothing at all")
    chosen = parser.parse_args()
    url = f"exactly-once://{chosen.bootstrap}?instance={chosen.instance}&{chosen.options}"
    app = faust.App(
        f"counting{chosen.suffix}",
        broker=url,
        datadir=tempfile.mkdtemp(prefix="counting-"),
        **APP_SETTINGS,
    )
    carrier = attach(app, counting_agent(chosen.suffix), RawWire())
    if chosen.metrics_port < 0:
        carrier.metrics = Uncounted(chosen.suffix)
    elif chosen.metrics_port:
        serve(carrier.metrics.registry, "127.0.0.1", chosen.metrics_port)
    settle_memory()
    sys.argv = ["counting", "worker", "-l", "info", "--without-web"]
    app.main()


if __name__ == "__main__":
    main()

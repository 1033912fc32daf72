"""Records a second from a real Kafka into the lake, and what a commit's syncs cost.

    python -m benches.sink [records]

Twelve partitions of ledger entries (14 fields) in committed transactions, then one sink with
`once` and its default batches. The broker shares the machine. The wall clock is that of `run`;
the CPU is this process's, client threads included, so it tells what a core could do.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from cli.local_kafka import cluster
from overround.contracts.codec import Codec
from overround.domain.kernel.ids import Position
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.sinks.manifest import LakeFile, PartitionLog
from overround.sinks.parquet import ParquetSink
from overround.sinks.schema import locked_schemas

TOPIC = "ledger.entries"
PARTITIONS = 12
# Of about an agent's size: it commits each 1,000 events.
TRANSACTION_RECORDS = 5_000
AT_US = 1_763_900_000_000_000


def entry(number: int) -> LedgerEntry:
    """An entry of the length that production has."""
    customer = f"customer-{number % 997:06}"
    return LedgerEntry(
        entry_id=f"accounts.inbox:7:{number}:0",
        kind=EntryKind.HOLD,
        debit_account=f"customer:{customer}:EUR",
        credit_account="house:7:EUR:stakes",
        currency="EUR",
        amount_minor=100 + number % 5_000,
        pending_id="",
        code="hold",
        customer_id=customer,
        reference=f"bet-{number}",
    )


def fill(bootstrap_servers: str, records: int) -> None:
    """Make the topic and its records."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    for made in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)]).values():
        made.result(30)
    codec = Codec()
    producer = Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "transactional.id": "filler",
            "compression.type": "lz4",
            "queue.buffering.max.messages": 2 * TRANSACTION_RECORDS,
        }
    )
    producer.init_transactions(30)
    for first in range(0, records, TRANSACTION_RECORDS):
        producer.begin_transaction()
        for number in range(first, min(records, first + TRANSACTION_RECORDS)):
            at_us, cause = AT_US + number * 1_000, Position("accounts.inbox", 7, number)
            value = codec.encode(entry(number), id=f"i:{number}", at_us=at_us, caused_by=cause)
            producer.produce(TOPIC, key=f"customer-{number % 997}", value=value)
        producer.commit_transaction(30)


def commit_ms(files: int) -> float:
    """The median time to commit a batch of so many small files, syncs and all."""
    rows = pa.table({"_offset": [1, 2, 3]})
    times_ms = []
    with tempfile.TemporaryDirectory(dir=".") as room:
        log = PartitionLog(Path(room), "t", 0, topic_id="id")
        for batch in range(1, 50):
            paths = [f"t/record={n}/date=2024-05-01/t-0-{batch}-{n}.parquet" for n in range(files)]
            began_s = time.perf_counter()
            log.commit([LakeFile(path, rows) for path in paths], next_offset=batch)
            times_ms.append((time.perf_counter() - began_s) * 1e3)
        log.close()
    return statistics.median(times_ms)


def main(records: int = 300_000) -> None:
    """Fill, sink once, print."""
    with cluster() as bootstrap_servers, tempfile.TemporaryDirectory(dir=".") as room:
        fill(bootstrap_servers, records)
        lake = Path(room)
        with ParquetSink(
            [TOPIC], lake, bootstrap_servers=bootstrap_servers, schema_of=locked_schemas()
        ) as sink:
            cpu_s = time.process_time()
            progress = sink.run(once=True)
            cpu_s = time.process_time() - cpu_s
        sizes = [path.stat().st_size for path in lake.glob(f"{TOPIC}/**/*.parquet")]
    rate, cpu_us = progress.rows / progress.elapsed_s, cpu_s / progress.rows * 1e6
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"{progress.rows:,} records in {progress.elapsed_s:.1f} s: {rate:,.0f}/s")
    print(f"{cpu_us:.1f} us CPU a record; {len(sizes)} files; {sum(sizes) / records:.0f} B a row")
    print(f"a commit of 1 file: {commit_ms(1):.1f} ms; of 5 files: {commit_ms(5):.1f} ms")
    assert progress.rows == records


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

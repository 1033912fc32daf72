"""Every internal of Faust and aiokafka that the engine overrides or relies on, in one place.

Faust has no public way to replace a commit or a fetch. Each entry names what is used, why, and
the fingerprint of its source as it was read and checked; `tests/unit/test_internals.py` fails,
with the entry's own words, when an upgrade changes one of them.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from dataclasses import dataclass
from typing import Any

CHECKED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}
"""The versions that the fingerprints below were taken from."""


@dataclass(frozen=True, slots=True)
class Internal:
    """A function of somebody else: where it is, what for, and how its source hashes."""

    path: str
    why: str
    fingerprint: str


INTERNALS = (
    Internal(
        "faust.transport.consumer:Consumer._wait_next_records",
        "overridden: drops batches taken before the last seek; waits while flow is stopped",
        "6218e1969a636b3f",
    ),
    Internal(
        "faust.transport.consumer:Consumer._drain_messages",
        "replaced: hands batches to the agent and commits; Faust's handles single messages",
        "44a2500309e83c63",
    ),
    Internal(
        "faust.transport.consumer:Consumer.commit",
        "replaced: commits the transaction synchronously",
        "a354437baaa08bf8",
    ),
    Internal(
        "faust.transport.consumer:Consumer.on_partitions_revoked",
        "overridden: commits first, under the membership of the events",
        "d04b7ae72c6fc206",
    ),
    Internal(
        "faust.transport.consumer:Consumer.on_partitions_assigned",
        "overridden: takes the membership that was captured in the consumer's thread",
        "29ce96596f05a18c",
    ),
    Internal(
        "faust.transport.consumer:Consumer.perform_seek",
        "relied on: calls seek_to_committed, where tables are restored, before flow resumes",
        "0e8c130ff4b0afd8",
    ),
    Internal(
        "faust.transport.consumer:Consumer.on_stop",
        "relied on: commits when the worker stops",
        "45b1d2210ce2b526",
    ),
    Internal(
        "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer",
        "replaced: reads committed records, with a sticky assignor",
        "c2701bfc3e6f6cad",
    ),
    Internal(
        "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records",
        "overridden: stamps records with the seeks that came before they were taken",
        "39a2c6c79fc1455a",
    ),
    Internal(
        "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._seek_wait",
        "overridden: counts the seek in the step that moves the positions",
        "9d221e816d940467",
    ),
    Internal(
        "faust.transport.drivers.aiokafka:ConsumerRebalanceListener.on_partitions_assigned",
        "overridden: captures the membership in the consumer's thread",
        "1c1f8406ad3698a6",
    ),
    Internal(
        "faust.transport.conductor:Conductor._update_tp_index",
        "relied on: `_tp_index` finds the channel of a partition",
        "e8e3ac9025ef44f7",
    ),
    Internal(
        "faust.tables.recovery:Recovery._resume_streams",
        "relied on: with no Faust table, seeks and then lets the flow go on",
        "d986a6710c1aca98",
    ),
    Internal(
        "faust.app.base:App._on_partitions_revoked",
        "relied on: empties the channels, so that queued batches are dropped",
        "d5c895bbe57dc73a",
    ),
    Internal(
        "faust.app.base:App._stop_consumer",
        "relied on: stops the flow and the fetcher before the consumer's last commit",
        "55854a5de12c3f52",
    ),
    Internal(
        "faust.channels:Channel.__anext__",
        "relied on: gives what was put into the queue, batches too",
        "f69e22c24fc82852",
    ),
    Internal(
        "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.highwater",
        "relied on: reads without waiting, so that a scrape may ask from its own thread",
        "6f7dbe109ae6807f",
    ),
    Internal(
        "aiokafka.consumer.consumer:AIOKafkaConsumer.highwater",
        "relied on: the same; asserts that the partition is assigned",
        "044275efc968e286",
    ),
    Internal(
        "aiokafka.consumer.fetcher:Fetcher.fetched_records",
        "relied on: takes records and moves the position past them in the step that returns them",
        "be4348896b9b66af",
    ),
    Internal(
        "aiokafka.consumer.group_coordinator:GroupCoordinator._on_join_complete",
        "relied on: calls the listener with `generation` and `member_id` of the new membership",
        "0b0b3d204b408f3c",
    ),
)


def fingerprint_of(path: str) -> str:
    """The first 16 hex digits of the SHA-256 of a function's source.

    Raises:
        AttributeError, ModuleNotFoundError: there is no such function any more.
    """
    module, _, names = path.partition(":")
    found: Any = importlib.import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:16]


def changed() -> list[str]:
    """What is no longer as it was checked, a line each; empty when all is well."""
    lines = []
    for internal in INTERNALS:
        try:
            found = fingerprint_of(internal.path)
        except (AttributeError, ModuleNotFoundError, OSError) as error:
            found = f"nothing ({error})"
        if found != internal.fingerprint:
            lines.append(f"{internal.path} is {found}, was {internal.fingerprint}: {internal.why}")
    return lines

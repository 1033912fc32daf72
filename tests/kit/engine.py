"""The exactly-once engine on a real broker, with the group coordinator and the fetches scripted.

A `Rig` has a real Faust app, consumer object, carrier and librdkafka transaction. Only aiokafka's
consumer, whose timing decides about every defect of this kind, is replaced by a script.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NoReturn

import faust
from confluent_kafka import Consumer, TopicPartition
from faust.types.tuples import TP

from benches.counting.job import RawWire, counting_agent
from overround.runtime.faust_kafka import APP_SETTINGS, Epoch, attach
from overround.runtime.faust_kafka.consumer import Batch
from overround.runtime.in_process import LogRecord
from tests.kit.kafka import create_topics, unique

PARTITIONS = 2


class WorkerStopped(Exception):
    """The engine would have ended the process here."""


def stopped(reason: str, error: BaseException | None) -> NoReturn:
    raise WorkerStopped(reason) from error


class ScriptedAiokafka:
    """An aiokafka consumer whose fetches return when and what the test says."""

    def __init__(self) -> None:
        self.fetches: asyncio.Queue[dict[TP, list[LogRecord]]] = asyncio.Queue()
        self.fetching = asyncio.Event()
        self.positions: dict[TP, int] = {}
        self._closed = False
        self._fetcher = SimpleNamespace(
            _closed=False,
            _subscriptions=SimpleNamespace(fetch_context=contextlib.nullcontext),
            fetched_records=self._fetched,
        )

    async def _fetched(self, *_args: Any, **_kwargs: Any) -> dict[TP, list[LogRecord]]:
        self.fetching.set()
        return await self.fetches.get()

    def seek(self, tp: TP, offset: int) -> None:
        self.positions[tp] = offset

    async def position(self, tp: TP) -> int:
        return self.positions[tp]


class Rig:
    """One worker's engine for the counting job, driven by hand."""

    def __init__(self, bootstrap: str, topics: str) -> None:
        self.bootstrap = bootstrap
        self.agent = counting_agent(topics)
        self.source, self.sink = f"source{topics}", f"sink{topics}"
        self.changelog = self.agent.changelog(self.agent.owns[0])
        self.app: Any = faust.App(
            unique("rig"),
            broker=f"exactly-once://{bootstrap}?tick_ms=0",
            datadir=tempfile.gettempdir(),
            **APP_SETTINGS,
        )
        self.carrier = attach(self.app, self.agent, RawWire())
        self.consumer = self.app.transport.create_consumer(
            callback=self._nothing,
            on_partitions_revoked=self._nothing,
            on_partitions_assigned=self._nothing,
        )
        self.app.consumer = self.consumer
        self.aiokafka = ScriptedAiokafka()
        self.thread = self.consumer._thread
        self.thread._consumer = self.aiokafka
        self.consumer._getmany = self._getmany
        self.consumer.seek_wait = self._seek_wait
        self.consumer.transaction._on_failure = stopped
        self.consumer.transaction.begin()
        # Generation -1 of nobody: how a commit from outside of any group looks to the broker.
        self.own(Epoch(self.app.conf.id, "", -1), range(PARTITIONS))

    async def _nothing(self, *_args: Any, **_kwargs: Any) -> None:
        return None

    async def _getmany(self, active_partitions: Any, **options: float) -> Any:
        return await self.thread._fetch_records(self.aiokafka, active_partitions, **options)

    async def _seek_wait(self, positions: Any) -> None:
        await self.thread._seek_wait(self.aiokafka, positions)

    def own(self, epoch: Epoch, partitions: Any) -> None:
        """Own these partitions, with empty tables and nothing handled."""
        tps = {self.tp(partition) for partition in partitions}
        self.thread.assignment = lambda: set(tps)
        self.consumer.epoch = epoch
        self.consumer.expected = dict.fromkeys(tps, 0)
        self.consumer._set_active_tps(tps)
        self.consumer.resume_flow()
        self.carrier.adopt({tp.partition for tp in tps}, {})

    def close(self) -> None:
        """Let go of both librdkafka producers, as the end of a process does."""
        vars(self.consumer.transaction).update(_producer=None, _publisher=None, _produce=None)

    def tp(self, partition: int) -> TP:
        return TP(self.source, partition)

    def records(self, partition: int, offsets: range) -> list[LogRecord]:
        """Records of the source as a fetch returns them: key `k`, value the offset."""
        return [
            LogRecord(self.source, partition, offset, 1_000, b"k%d" % partition, b"%d" % offset)
            for offset in offsets
        ]

    def carry(self, partition: int, offsets: range) -> None:
        """Let the agent handle a batch, as its stream would."""
        done = asyncio.get_running_loop().create_future()
        records = self.records(partition, offsets)
        self.carrier.carry(Batch(self.consumer.epoch, self.tp(partition), records, done))

    def committed(self) -> dict[int, int]:
        """The offsets that the group has committed, by partition (none: left out)."""
        reader = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.app.conf.id})
        try:
            places = [TopicPartition(self.source, partition) for partition in range(PARTITIONS)]
            answered = reader.committed(places, 10)
            return {place.partition: place.offset for place in answered if place.offset >= 0}
        finally:
            reader.close()


@contextlib.contextmanager
def rig(bootstrap: str) -> Iterator[Rig]:
    """A rig with topics of its own."""
    suffix = unique("")
    agent = counting_agent(suffix)
    names = (f"source{suffix}", f"source{suffix}.dlq", f"sink{suffix}")
    create_topics(bootstrap, *names, partitions=PARTITIONS)
    create_topics(
        bootstrap,
        agent.changelog(agent.owns[0]),
        partitions=PARTITIONS,
        settings={"cleanup.policy": "compact"},
    )
    worker = Rig(bootstrap, suffix)
    try:
        yield worker
    finally:
        worker.close()

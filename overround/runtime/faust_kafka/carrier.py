"""Runs an `Agent` value as a Faust agent: the shell that makes it exactly once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import faust
from faust.sensors import Monitor

from overround.domain.kernel.decision import Tick
from overround.runtime.faust_kafka.consumer import Batch
from overround.runtime.faust_kafka.recovery import Place
from overround.runtime.metrics import WorkerMetrics
from overround.runtime.records import Wire
from overround.runtime.shell import Task, restore
from overround.runtime.topology import Agent

logger = logging.getLogger(__name__)

APP_SETTINGS: dict[str, Any] = {
    "store": "memory://",
    "key_serializer": "raw",
    "value_serializer": "raw",
    # Topics and changelogs are made by an operator's command, with settings that matter.
    "topic_allow_declare": False,
    "topic_disable_leader": True,
    # A dead worker's partitions wait for this long; heartbeats have a thread of their own.
    "broker_session_timeout": 6.0,
    "broker_heartbeat_interval": 1.0,
    "broker_rebalance_timeout": 8.0,
    "broker_max_poll_records": 2_000,
    # Commits are the engine's (see Settings); Faust's own timer is only a backstop, and one that
    # came each second would commit what nobody waits for too often.
    "broker_commit_interval": 10.0,
    "stream_wait_empty": False,
    "stream_recovery_delay": 0.0,
    "table_standby_replicas": 0,
    "web_enabled": False,
}
"""What an app needs to be told so that Faust leaves the engine's work to the engine."""


class BatchStream(faust.Stream[Any]):
    """A stream that gives an agent whole batches instead of one event at a time."""

    async def batches(self) -> AsyncIterator[Batch]:
        """Batches in the order of each partition, until the agent is stopped."""
        self._finalized = True
        await self.maybe_start()
        while not self.should_stop:
            try:
                batch = await self.channel.__anext__()
            except StopAsyncIteration:
                # Faust ends its queues with it. Out of a generator it would come as a
                # RuntimeError, and the worker would leave with status 5 instead of 0.
                return
            if type(batch) is Batch:
                yield batch


class QuietMonitor(Monitor):
    """Faust's monitor without the hooks that would run once for each message."""

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        return None

    on_message_in = on_stream_event_in = on_stream_event_out = on_message_out = _nothing
    track_tp_end_offset = _nothing


class Carrier:
    """An app's agent with its tasks, one for each partition that the worker owns."""

    def __init__(self, app: Any, agent: Agent, wire: Wire) -> None:
        self.app = app
        self.agent = agent
        self.wire = wire
        self.tasks: dict[int, Task] = {}
        self.metrics = WorkerMetrics(agent.name)
        self.metrics.watch(self._lag, self._raised_in_a_row)

    def changelogs(self, partitions: set[int]) -> list[Place]:
        """The changelog partitions that hold the tables of these inbox partitions."""
        names = [self.agent.changelog(table) for table in self.agent.owns]
        return [(name, partition) for name in names for partition in sorted(partitions)]

    def adopt(self, partitions: set[int], contents: dict[Place, dict[bytes, Any]]) -> None:
        """Start a task for each partition, with its restored tables."""
        awaited = frozenset(topic.name for topic in self.agent.sends if topic.is_awaited)
        self.app.producer.transaction.awaited = awaited
        self.tasks = {partition: self._task(partition, contents) for partition in partitions}

    def drop(self) -> None:
        """Forget every table: what another worker writes meanwhile is not seen here."""
        self.tasks = {}

    def flush(self) -> None:
        """Write every task's changed keys to the changelogs."""
        for task in self.tasks.values():
            task.flush()

    def carry(self, batch: Batch) -> None:
        """Run a batch through its partition's task."""
        task = self.tasks.get(batch.partition)
        consumer = self.app.consumer
        if task is None or consumer.epoch is not batch.epoch:
            batch.done.cancel()
            return
        began_s = time.perf_counter()
        consumer.carry(batch, task.process_batch)
        self.metrics.handled(len(batch.records), time.perf_counter() - began_s)

    def tick(self) -> None:
        """Write the time into each owned partition of the inbox."""
        now_us = time.time_ns() // 1000
        for partition in sorted(self.tasks):
            id_ = f"tick:{self.agent.inbox.name}:{partition}:{now_us}"
            payload = self.wire.encode(Tick(now_us), id=id_, at_us=now_us, caused_by=None)
            self.app.producer.transaction.publish_to(self.agent.inbox.name, partition, payload)

    # -- what a scrape asks, in its own thread

    def _lag(self) -> dict[int, int]:
        """How many records of each owned partition are not handled yet, as of the last fetch."""
        if not self.tasks:
            # Faust makes its consumer for the loop of whoever asks for it first: not for ours.
            return {}
        lag: dict[int, int] = self.app.consumer.lag()
        return lag

    def _raised_in_a_row(self) -> int:
        return max((task.raised_in_a_row for task in list(self.tasks.values())), default=0)

    def _task(self, partition: int, contents: dict[Place, dict[bytes, Any]]) -> Task:
        lanes = self.app.producer.transaction
        task = Task(self.agent, partition, self.wire, lanes, self.metrics.refused)
        restore(
            task,
            {
                table.name: contents.get((self.agent.changelog(table), partition), {})
                for table in self.agent.owns
            },
        )
        return task


def attach(app: Any, agent: Agent, wire: Wire) -> Carrier:
    """Make `agent` the app's exactly-once agent; an app carries one.

    Raises:
        ValueError: the app has an agent already, keeps Faust tables, or asks for standbys,
            whose buffered records could overwrite a restored table.
    """
    if getattr(app, "carrier", None) is not None:
        raise ValueError("an app carries one agent: the group commits one inbox's offsets")
    if app.conf.table_standby_replicas or app.tables:
        raise ValueError("declare tables in Agent.owns; Faust tables and standbys are not kept")
    app.conf.Stream, app.conf.Monitor = BatchStream, QuietMonitor
    carrier = app.carrier = Carrier(app, agent, wire)
    inbox = app.topic(agent.inbox.name, key_serializer="raw", value_serializer="raw")

    @app.agent(inbox, name=agent.name)  # type: ignore[untyped-decorator]
    async def carry(stream: BatchStream) -> None:
        async for batch in stream.batches():
            carrier.carry(batch)

    _start_ticks(app, carrier)
    return carrier


def _start_ticks(app: Any, carrier: Carrier) -> None:
    @app.task  # type: ignore[untyped-decorator]
    async def tick() -> None:
        interval_s = app.consumer.settings.tick_ms / 1000
        while interval_s and not app.should_stop:
            await asyncio.sleep(interval_s)
            carrier.tick()

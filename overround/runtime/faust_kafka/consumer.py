"""The consumer: hands each partition's records to its agent in batches, and owns the commit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP

from overround.runtime.faust_kafka import recovery
from overround.runtime.faust_kafka.membership import (
    ConsumerThread,
    Fetched,
    RebalanceListener,
)
from overround.runtime.faust_kafka.settings import Settings
from overround.runtime.faust_kafka.transaction import Epoch, Transaction

logger = logging.getLogger(__name__)

# Nothing to do: the longest wait for a record before the loop looks around.
_IDLE_WAIT_S = 1.0


class Batch:
    """Records of one partition on their way to the agent, under the epoch they came in."""

    __slots__ = ("done", "epoch", "partition", "records", "topic")

    def __init__(
        self, epoch: Epoch, tp: TP, records: list[Any], done: asyncio.Future[None]
    ) -> None:
        self.epoch = epoch
        self.topic = tp.topic
        self.partition = tp.partition
        self.records = records
        self.done = done


class Consumer(driver.Consumer):
    """Hands each partition's records to its agent in batches and owns the commit."""

    app: Any
    transport: Any
    _thread: ConsumerThread
    RebalanceListener = RebalanceListener

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settings = Settings.from_urls(self.transport.url)
        self.epoch: Epoch | None = None
        self.expected: dict[TP, int] = {}
        self._uncommitted_since: float | None = None
        self._has_skipped = False

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def transaction(self) -> Transaction:
        """The worker's open transaction."""
        transaction: Transaction = self.app.producer.transaction
        return transaction

    def lag(self) -> dict[int, int]:
        """Records not handled yet by owned partition, as of the last fetch; from any thread."""
        behind = {}
        for tp, expected in list(self.expected.items()):
            # Revoked meanwhile, in the consumer's own thread, or not fetched from yet.
            with contextlib.suppress(AssertionError, AttributeError, KeyError):
                end = self._thread.highwater(tp)
                if end is not None:
                    behind[tp.partition] = max(0, end - expected)
        return behind

    # -- what the agent calls

    def carry(self, batch: Batch, process: Callable[[list[Any]], None]) -> None:
        """Run a batch through `process` and account for it, all in one synchronous step.

        Nothing in between yields to a commit, so outputs and offsets stand or fall together; a
        failure ends the worker before any of the batch is committed.
        """
        try:
            process(batch.records)
        except Exception as error:
            self.transaction.fail(f"an event could not be carried: {error}", error)
        done_to = batch.records[-1].offset + 1
        self.transaction.account(batch.topic, batch.partition, done_to, len(batch.records))
        self.expected[TP(batch.topic, batch.partition)] = done_to
        batch.done.set_result(None)

    # -- commit

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done; whoever calls it on this loop stands between two events."""
        return self.commit_now()

    async def force_commit(self, *args: Any, **kwargs: Any) -> bool:
        """Commit what is done."""
        return self.commit_now()

    def commit_now(self) -> bool:
        """Commit what is done, synchronously."""
        began_s = time.perf_counter()
        is_made = self._commit_done()
        if is_made:
            self.app.carrier.metrics.committed(time.perf_counter() - began_s)
        return is_made

    def _commit_done(self) -> bool:
        self._uncommitted_since = None
        return self.transaction.commit(self.epoch, self.app.carrier.flush)

    def _commit_if_due(self, is_drained: bool) -> None:
        transaction, now = self.transaction, time.monotonic()
        if not transaction.progress:
            return
        if self._uncommitted_since is None:
            self._uncommitted_since = now
        is_full = transaction.events >= self.settings.commit_events
        if is_full or now >= self._due_at(is_drained):
            self.commit_now()

    def _due_at(self, is_drained: bool) -> float:
        """When the work done so far is to be committed, on the monotonic clock."""
        since, settings = self._uncommitted_since or time.monotonic(), self.settings
        if not self.transaction.is_awaited:
            return since + settings.commit_lazy_ms / 1000
        latest = since + settings.commit_ms / 1000
        if not is_drained:
            return latest
        return min(latest, self.transaction.committed_at + settings.commit_idle_ms / 1000)

    def _patience_s(self) -> float:
        # Work that waits for a commit waits for more records only until it is due.
        if not self.transaction.progress:
            return _IDLE_WAIT_S
        return max(0.0, self._due_at(is_drained=True) - time.monotonic())

    # -- rebalance

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit under the membership that these events came in, then let everything go."""
        self.commit_now()
        self.epoch = None
        self.expected.clear()
        self.app.carrier.drop()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Take over the captured membership; records are admitted after the restore."""
        self.epoch = self._thread.epoch
        self.expected.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Restore the tables of the partitions owned now and seek to where they go on."""
        epoch, owned = self.epoch, frozenset(self.assignment())
        loop, began_s = asyncio.get_running_loop(), time.perf_counter()
        try:
            offsets, tables = await loop.run_in_executor(None, self._stable_state, owned)
        except Exception as error:
            self.transaction.fail(f"tables could not be restored: {error}", error)
        if self.epoch is not epoch:
            return {}  # another rebalance began meanwhile, and it brings its own restore
        self.app.carrier.metrics.restored(time.perf_counter() - began_s)
        self.app.carrier.adopt({tp.partition for tp in owned}, tables)
        positions = {tp: offsets[tp.topic, tp.partition] for tp in owned}
        await self.seek_wait(positions)
        if self.epoch is epoch:
            self.expected = dict(positions)
        return positions

    def _stable_state(
        self, owned: frozenset[TP]
    ) -> tuple[dict[recovery.Place, int], dict[recovery.Place, dict[bytes, Any]]]:
        servers = self.settings.bootstrap_servers
        if not owned:
            return {}, {}
        # In this order: see recovery.py.
        offsets = recovery.committed_offsets(servers, self.app.conf.id, sorted(owned))
        changelogs = self.app.carrier.changelogs({tp.partition for tp in owned})
        tables = recovery.restore(servers, changelogs, self.settings.restore_timeout_ms / 1000)
        return offsets, tables

    # -- the loop

    async def _wait_next_records(
        self,
        timeout: float,  # noqa: ASYNC109 - the signature is Faust's
    ) -> tuple[Any, Any]:
        records, active = await super()._wait_next_records(timeout)
        if type(records) is Fetched and records.seeks != self._thread.seeks:
            logger.info("dropped a batch that was taken before the last seek")
            return {}, active
        return records, active

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._drain_once()
        except (ConsumerStoppedError, asyncio.CancelledError):
            if not self.app.should_stop:
                raise

    async def _drain_once(self) -> None:
        if self._has_skipped and self.flow_active and self.expected:
            await self._go_back()
        records, _ = await self._wait_next_records(self._patience_s())
        epoch = self.epoch
        if records and self.flow_active and epoch is not None:
            await self._hand_over(epoch, records)
        elif records:
            self._has_skipped = True
        self._commit_if_due(is_drained=not records)
        self.transaction.poll()
        await asyncio.sleep(0)

    async def _go_back(self) -> None:
        """Seek to the records that were taken while nobody could handle them.

        The position has gone past them; without this, the next batch would skip them for good.
        """
        self._has_skipped = False
        try:
            await self.seek_wait(dict(self.expected))
        except IllegalStateError:
            logger.info("a rebalance came before the seek, and brings its own")

    async def _hand_over(self, epoch: Epoch, records: Mapping[TP, list[Any]]) -> None:
        loop, channels = asyncio.get_running_loop(), self.app.topics._tp_index  # noqa: SLF001
        batches = []
        for tp, fetched in records.items():
            self._has_skipped |= tp not in self.expected
            admitted = self.admitted(tp, fetched)
            for channel in channels.get(tp, ()) if admitted else ():
                batch = Batch(epoch, tp, admitted, loop.create_future())
                channel.queue.put_nowait(batch)
                batches.append(batch)
        for batch in batches:
            # A rebalance or a stop empties the queues; then nobody answers for the batch.
            while not batch.done.done() and self.epoch is epoch and not self.should_stop:
                await asyncio.wait((batch.done,), timeout=0.5)

    def admitted(self, tp: TP, fetched: list[Any]) -> list[Any]:
        """The records of an owned partition that were not handled yet."""
        expected = self.expected.get(tp)
        if expected is None:
            return []
        if fetched[0].offset >= expected:
            return fetched
        return [record for record in fetched if record.offset >= expected]

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's own check reads figures that the batches do not feed; lag is told elsewhere."""

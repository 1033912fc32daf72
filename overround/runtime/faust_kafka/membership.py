"""The consumer's own thread: group membership, fetches and seeks, by aiokafka."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import aiokafka
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP

from overround.runtime.faust_kafka.transaction import Epoch


class Fetched(dict[TP, list[Any]]):
    """Records by partition, with the number of seeks that came before they were taken."""

    def __init__(self, records: Mapping[TP, list[Any]], seeks: int) -> None:
        super().__init__(records)
        self.seeks = seeks


class RebalanceListener(driver.ConsumerRebalanceListener):
    """Captures generation and member id together, in the consumer's own thread."""

    _thread: ConsumerThread

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Take the membership that these partitions were assigned under, then go on."""
        self._thread.capture_epoch()
        await super().on_partitions_assigned(assigned)


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, reading committed records and stamping what it fetches."""

    app: Any
    epoch: Epoch | None = None
    seeks = 0

    def capture_epoch(self) -> None:
        """Note the membership as it is now: group, member and generation together."""
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 - not exposed otherwise
        self.epoch = Epoch(coordinator.group_id, coordinator.member_id, coordinator.generation)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = StickyPartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=500,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            check_crcs=False,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            # An inbox is written by other agents' transactions: Faust would read what they
            # have not committed.
            isolation_level="read_committed",
        )

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> Fetched:
        # Stamped when it returns, which is the step that took the records and moved the position
        # past them. A fetch can begin before a seek and take what comes after it: stamped by its
        # beginning, it would be dropped as stale, and its records would never come again.
        records = await super()._fetch_records(*args, **kwargs)
        return Fetched(records, self.seeks)

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        # In the step that moves the positions: what was taken before it has the old number.
        self.seeks += 1
        await super()._seek_wait(consumer, partitions)

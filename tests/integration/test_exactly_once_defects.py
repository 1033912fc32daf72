"""Every defect that chaos runs have found in engines like this one, each by a script.

No test here needs luck with timing: what mattered was always the order of two steps, and the
order is written down. `tests/mutation` takes each cure away and sees its test fail.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Producer

from overround.runtime.faust_kafka import APP_SETTINGS, Epoch, attach
from overround.runtime.faust_kafka.carrier import BatchStream
from overround.runtime.faust_kafka.consumer import Batch
from overround.runtime.faust_kafka.recovery import restore
from tests.kit.engine import WorkerStopped, rig
from tests.kit.kafka import fresh_topic, produce, read_to_end, unique

pytestmark = pytest.mark.kafka


async def test_offsets_of_a_revoked_partition_commit_with_their_outputs(kafka: str) -> None:
    with rig(kafka) as worker:
        worker.carry(0, range(10))
        worker.carry(1, range(10))
        worker.thread.assignment = lambda: {worker.tp(0)}  # the group has moved on already
        await worker.consumer.on_partitions_revoked({worker.tp(1)})
        assert worker.committed() == {0: 10, 1: 10}
        assert len(read_to_end(kafka, worker.sink)) == 20


async def test_a_zombie_that_rejoined_cannot_commit_work_of_its_old_membership(kafka: str) -> None:
    with rig(kafka) as worker:
        group = worker.app.conf.id
        member = await _joined(kafka, group, worker.source)
        worker.thread._consumer = member
        worker.thread.capture_epoch()
        await worker.consumer.on_partitions_assigned({worker.tp(0)}, 1)
        worker.carry(0, range(5))
        old = worker.consumer.epoch
        other = await _joined(kafka, group, worker.source)
        try:
            await _until(lambda: member._coordinator.generation > old.generation)
            with pytest.raises(WorkerStopped, match="commit failed"):
                worker.consumer.commit_now()
            assert worker.committed() == {}
        finally:
            await member.stop()
            await other.stop()


async def test_a_batch_taken_before_a_seek_is_dropped_and_nothing_is_skipped(kafka: str) -> None:
    with rig(kafka) as worker:
        tp, handed_on = worker.tp(0), asyncio.Event()
        fetch = worker.consumer._getmany

        async def late(**options: Any) -> Any:
            records = await fetch(**options)
            await handed_on.wait()  # it was taken, and is on its way to the other thread
            return records

        worker.consumer._getmany = late
        reading = asyncio.create_task(worker.consumer._wait_next_records(1.0))
        worker.aiokafka.fetches.put_nowait({tp: worker.records(0, range(500, 510))})
        await _until(worker.aiokafka.fetches.empty)
        await worker.thread._seek_wait(worker.aiokafka, {tp: 0})
        handed_on.set()
        records, _ = await reading
        assert not records, "a stale batch would skip the offsets before it for good"


async def test_a_fetch_that_began_before_a_seek_hands_on_what_it_took_after_it(kafka: str) -> None:
    with rig(kafka) as worker:
        tp = worker.tp(0)
        reading = asyncio.create_task(worker.consumer._wait_next_records(1.0))
        await worker.aiokafka.fetching.wait()
        await worker.thread._seek_wait(worker.aiokafka, {tp: 0})
        worker.aiokafka.fetches.put_nowait({tp: worker.records(0, range(10))})
        records, _ = await reading
        assert [record.offset for record in records[tp]] == list(range(10)), "lost for good"


@pytest.mark.parametrize("missing", ["flow", "epoch", "expected"])
async def test_records_taken_while_nobody_could_handle_them_are_read_again(
    kafka: str, missing: str
) -> None:
    with rig(kafka) as worker:
        tp, consumer = worker.tp(0), worker.consumer
        epoch, expected = consumer.epoch, dict(consumer.expected)
        draining = asyncio.create_task(consumer._drain_once())
        await worker.aiokafka.fetching.wait()
        if missing == "flow":
            consumer.stop_flow()
        elif missing == "epoch":
            consumer.epoch = None
        else:
            consumer.expected.clear()
        worker.aiokafka.fetches.put_nowait({tp: worker.records(0, range(10))})
        await draining
        assert worker.aiokafka.positions == {}
        consumer.epoch, consumer.expected = epoch, expected
        consumer.resume_flow()
        worker.aiokafka.fetches.put_nowait({})
        await consumer._drain_once()
        assert worker.aiokafka.positions == {worker.tp(0): 0, worker.tp(1): 0}


async def test_a_batch_of_another_generation_is_kept_when_no_seek_came_between(kafka: str) -> None:
    with rig(kafka) as worker:
        tp = worker.tp(0)
        fetch = asyncio.create_task(worker.consumer._wait_next_records(1.0))
        await worker.aiokafka.fetching.wait()
        worker.app.consumer_generation_id = 7
        worker.aiokafka.fetches.put_nowait({tp: worker.records(0, range(10))})
        records, _ = await fetch
        assert [record.offset for record in records[tp]] == list(range(10))


async def test_a_commit_right_after_a_batch_covers_its_offsets_and_outputs(kafka: str) -> None:
    with rig(kafka) as worker:
        worker.carry(0, range(10))
        # What a SIGTERM does: it commits before the loop that handed the batch over goes on.
        await worker.consumer.commit()
        assert worker.committed() == {0: 10}
        assert len(read_to_end(kafka, worker.sink)) == 10


async def test_a_batch_of_an_earlier_epoch_is_left_alone(kafka: str) -> None:
    with rig(kafka) as worker:
        earlier = worker.consumer.epoch
        worker.own(Epoch(earlier.group, "", -1), range(2))
        done = asyncio.get_running_loop().create_future()
        worker.carrier.carry(Batch(earlier, worker.tp(0), worker.records(0, range(3)), done))
        assert not worker.consumer.transaction.progress


def test_a_restore_reads_behind_a_transaction_that_a_dead_worker_left_open(kafka: str) -> None:
    changelog = fresh_topic(kafka, "changelog", settings={"cleanup.policy": "compact"})
    dead, next_owner = _transactional(kafka), _transactional(kafka)
    dead.begin_transaction()
    dead.produce(changelog, b"never", b"k", 0)
    dead.flush()
    next_owner.begin_transaction()
    next_owner.produce(changelog, b"newest", b"k", 0)
    next_owner.commit_transaction()
    ending = threading.Timer(1.5, dead.abort_transaction)
    ending.start()
    started = time.monotonic()
    contents = restore(kafka, [(changelog, 0)], timeout_s=20)
    ending.join()
    assert contents == {(changelog, 0): {b"k": b"newest"}}
    assert time.monotonic() - started > 1.0, "it cannot have been readable before"


def test_a_restore_ends_at_a_changelog_whose_last_record_is_a_commit_marker(kafka: str) -> None:
    changelog = fresh_topic(kafka, "changelog", settings={"cleanup.policy": "compact"})
    producer = _transactional(kafka)
    for count in range(3):
        producer.begin_transaction()
        producer.produce(changelog, b"%d" % count, b"k", 0)
        producer.commit_transaction()
    assert restore(kafka, [(changelog, 0)], timeout_s=8) == {(changelog, 0): {b"k": b"2"}}


def test_a_restore_ends_at_a_changelog_whose_last_records_were_aborted(kafka: str) -> None:
    changelog = fresh_topic(kafka, "changelog", settings={"cleanup.policy": "compact"})
    produce(kafka, changelog, [(b"k", b"1")])
    producer = _transactional(kafka)
    producer.begin_transaction()
    producer.produce(changelog, b"2", b"k", 0)
    producer.flush()
    producer.abort_transaction()
    assert restore(kafka, [(changelog, 0)], timeout_s=8) == {(changelog, 0): {b"k": b"1"}}


async def test_tables_are_dropped_on_revoke(kafka: str) -> None:
    with rig(kafka) as worker:
        worker.carry(0, range(3))
        await worker.consumer.on_partitions_revoked({worker.tp(0), worker.tp(1)})
        assert worker.carrier.tasks == {}


async def test_a_table_is_adopted_as_the_last_owner_left_it(kafka: str) -> None:
    with rig(kafka) as worker:
        worker.carry(0, range(3))
        # Meanwhile the partition's next owner counted on, and gave it back.
        worker.carrier.adopt({0}, {(worker.changelog, 0): {b"k0": b"700"}})
        assert worker.carrier.tasks[0].tables["counts"].get("k0") == b"700"


async def test_faust_standbys_are_refused(kafka: str) -> None:
    with rig(kafka) as worker:
        settings: dict[str, Any] = {**APP_SETTINGS, "table_standby_replicas": 1}
        app = faust.App(unique("standby"), broker=f"exactly-once://{kafka}", **settings)
        with pytest.raises(ValueError, match="standbys"):
            attach(app, worker.agent, worker.carrier.wire)


async def test_a_stopped_stream_ends_its_batches_without_an_error(kafka: str) -> None:
    with rig(kafka) as worker:
        stream = worker.app.stream(worker.app.topic(worker.source))
        reading = asyncio.create_task(_all(stream))
        await asyncio.sleep(0.1)
        await stream.channel.throw(StopAsyncIteration())
        assert await asyncio.wait_for(reading, 5) == []


async def _all(stream: BatchStream) -> list[Any]:
    return [batch async for batch in stream.batches()]


async def _joined(bootstrap: str, group: str, topic: str) -> AIOKafkaConsumer:
    member = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        heartbeat_interval_ms=200,
    )
    await member.start()
    await _until(lambda: member._coordinator.generation > 0)
    return member


async def _until(happened: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)


def _transactional(bootstrap: str) -> Producer:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": unique("txn")})
    producer.init_transactions(30)
    return producer

"""The local node is a real Kafka, and it ends when it should."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from cli.local_kafka import KafkaUnavailable, LocalKafka
from tests.kit.kafka import Workers, fresh_topic, produce, read_to_end, unavailable, unique

pytestmark = pytest.mark.kafka


def _local_node(keep: Path | None = None) -> LocalKafka:
    try:
        return LocalKafka(keep)
    except KafkaUnavailable as missing:
        unavailable(missing.reason)


def _gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


def test_an_aborted_record_is_seen_by_uncommitted_readers_only(kafka: str) -> None:
    topic = fresh_topic(kafka, "isolation", partitions=3)
    writer = Producer({"bootstrap.servers": kafka, "transactional.id": topic})
    writer.init_transactions(30)
    for value, end in ((b"kept", writer.commit_transaction), (b"lost", writer.abort_transaction)):
        writer.begin_transaction()
        writer.produce(topic, key=b"k", value=value, partition=1)
        writer.flush(30)
        end(30)
    assert [r.value for r in read_to_end(kafka, topic)] == [b"kept"]
    everything = read_to_end(kafka, topic, isolation="read_uncommitted")
    assert [(r.partition, r.value) for r in everything] == [(1, b"kept"), (1, b"lost")]


def test_records_come_back_by_partition_in_order(kafka: str) -> None:
    topic = fresh_topic(kafka, "order", partitions=4)
    produce(kafka, topic, [(b"key-%d" % (n % 7), b"%d" % n) for n in range(200)])
    records = read_to_end(kafka, topic, at_least=200)
    assert sorted(int(r.value or b"-1") for r in records) == list(range(200))
    for key in {r.key for r in records}:
        mine = [r for r in records if r.key == key]
        assert len({r.partition for r in mine}) == 1
        assert [int(r.value or b"") for r in mine] == sorted(int(r.value or b"") for r in mine)


def test_asking_for_a_topic_that_nobody_created_does_not_create_it(kafka: str) -> None:
    asker = Producer({"bootstrap.servers": kafka, "allow.auto.create.topics": True})
    name = unique("nobody-created-this")
    assert asker.list_topics(name, timeout=10).topics[name].error is not None
    assert name not in asker.list_topics(timeout=10).topics


def test_a_killed_node_comes_back_with_its_records_and_a_paused_one_goes_on() -> None:
    with _local_node() as node:
        address = node.bootstrap_servers
        topic = fresh_topic(address, "survives")
        produce(address, topic, [(b"k", b"before")])
        node.kill()
        node.start()
        assert node.bootstrap_servers == address
        node.pause()
        with pytest.raises(KafkaException):
            AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=1)
        node.resume()
        produce(address, topic, [(b"k", b"after")])
        assert [r.value for r in read_to_end(address, topic)] == [b"before", b"after"]
        home = node.home
    assert not home.exists()


def test_a_kept_folder_serves_its_records_to_the_next_node(tmp_path: Path) -> None:
    with _local_node(tmp_path / "node") as first:
        topic = fresh_topic(first.bootstrap_servers, "kept")
        produce(first.bootstrap_servers, topic, [(b"k", b"v")])
    with _local_node(tmp_path / "node") as second:
        assert [r.value for r in read_to_end(second.bootstrap_servers, topic)] == [b"v"]


def test_a_start_that_fails_shows_the_log_and_leaves_nothing() -> None:
    node = _local_node()
    host, port = node.bootstrap_servers.split(":")
    with socket.socket() as squatter:
        squatter.bind((host, int(port)))
        squatter.listen()
        with pytest.raises(KafkaUnavailable, match="Address already in use") as failed:
            node.__enter__()
    assert "its log ends:" in failed.value.reason
    assert not node.home.exists()
    with pytest.raises(KafkaUnavailable, match="not running"):
        assert node.pid


def test_the_node_dies_with_the_process_that_started_it(workers: Workers, tmp_path: Path) -> None:
    _local_node()
    program = (
        "import time\nfrom cli.local_kafka import LocalKafka\n"
        "with LocalKafka() as node:\n    print('node', node.pid)\n    time.sleep(600)"
    )
    # Nobody is left to remove the node's folder: it goes with the test's.
    env = {"TMPDIR": str(tmp_path)}
    parent = workers.start([sys.executable, "-c", program], name="parent", env=env)
    deadline = time.monotonic() + 60
    while "node" not in parent.output() and time.monotonic() < deadline:
        time.sleep(0.1)
    node_pid = int(parent.output().split()[-1])
    assert os.path.exists(f"/proc/{node_pid}")
    parent.kill()
    assert _gone_within(5, node_pid)

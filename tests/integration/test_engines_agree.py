"""The two engines: what the workers left on Kafka, the in-process engine makes of the same log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.topic_reader import KafkaTopics
from overround.contracts.topic import PARTITIONS
from overround.runtime.in_process import InProcess, hash_tables
from overround.runtime.topology import Topology
from tests.chaos.load import Plan
from tests.kit.sportsbook import played
from topologies.sportsbook import MATCH_DAY
from topologies.wire import sportsbook_wire

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaTopics]:
    with played(Plan(7, bets=600, seconds=20, matches=4), tmp_path_factory.mktemp("logs")) as at:
        yield KafkaTopics(at, PARTITIONS)


@pytest.mark.parametrize("name", [agent.name for agent in MATCH_DAY.agents])
def test_both_engines_make_the_same_tables_of_the_same_inbox(
    name: str, topics: KafkaTopics
) -> None:
    agent = MATCH_DAY.agent(name)
    engine = InProcess(Topology(name, (agent,)), sportsbook_wire(), seed=1)
    for partition in range(PARTITIONS):
        handled = topics.standing(agent, partition).handled
        for record in topics.read(agent.inbox.name, partition):
            if record.offset < handled:
                engine.log.append(
                    record.topic,
                    record.key,
                    record.value,
                    timestamp=record.timestamp,
                    partition=partition,
                )
    engine.run()
    on_kafka = [topics.standing(agent, partition).tables for partition in range(PARTITIONS)]
    assert sum(len(rows) for tables in on_kafka for rows in tables.values()) >= 4
    assert engine.state_hash() == hash_tables(pair for t in on_kafka for pair in t.items())

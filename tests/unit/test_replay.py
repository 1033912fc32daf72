"""A replay of the log gives every state that there was."""

from __future__ import annotations

import pytest

from overround.contracts.codec import Codec
from overround.runtime.in_process import InProcess, RecordedRun, never
from overround.runtime.replay import Collected, Standing, contents, replay
from overround.runtime.topology import Agent
from tests.property.test_simulation import PARTITIONS, script, simulate
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire


@pytest.fixture(scope="module")
def wire() -> Codec:
    return sportsbook_wire()


@pytest.mark.slow
@pytest.mark.parametrize("agent", SPORTSBOOK.agents, ids=lambda agent: agent.name)
def test_a_replay_to_any_commit_gives_the_tables_of_that_commit(agent: Agent, wire: Codec) -> None:
    engine = InProcess(SPORTSBOOK, wire, partitions=PARTITIONS, seed=3)
    recorded = RecordedRun(engine)
    seen: dict[tuple[int, int], Standing] = {}
    for action in script(3):
        action(engine)
        for partition in range(PARTITIONS):
            standing = recorded.standing(agent, partition)
            seen[partition, standing.handled] = standing
    assert len(seen) > 5
    for (partition, handled), standing in seen.items():
        records = recorded.read(agent.inbox.name, partition)[:handled]
        assert contents(replay(agent, partition, wire, records)) == standing.tables


def test_a_replay_makes_the_outputs_again_byte_for_byte(wire: Codec) -> None:
    engine = simulate(5, wire, never)
    accounts = SPORTSBOOK.agent("accounts")
    lanes = Collected()
    for partition in range(PARTITIONS):
        inbox = engine.log.read(accounts.inbox.name, partition)
        replay(accounts, partition, wire, inbox, lanes)
    for topic in ("bets.events", "ledger.entries", "accounts.events"):
        wanted = [
            (record.key, record.value)
            for partition in range(PARTITIONS)
            for record in engine.log.read(topic, partition)
        ]
        made = [(output.key, output.value) for output in lanes.sent if output.topic == topic]
        assert sorted(made) == sorted(wanted)
        assert len(made) > 3


def test_a_replay_leaves_no_trace_in_the_log(wire: Codec) -> None:
    engine = simulate(5, wire, never)
    before = {topic: engine.log.read(topic, 0) for topic in engine.log.topics()}
    markets = SPORTSBOOK.agent("markets")
    replay(markets, 0, wire, engine.log.read(markets.inbox.name, 0))
    assert {topic: engine.log.read(topic, 0) for topic in engine.log.topics()} == before

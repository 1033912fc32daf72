"""A topology as text: the golden drawing of the sportsbook, and its diagram."""

from __future__ import annotations

import re

import pytest

from overround.contracts.topic import Kind, Topic
from overround.runtime.topology import Agent, Table, Topology
from tests.kit.kafka import REPOSITORY
from topologies.describe import describe, mermaid
from topologies.sportsbook import SPORTSBOOK

INBOX = Topic("a.inbox", Kind.INBOX, "key", (str,))
OUTBOX = Topic("b.inbox", Kind.INBOX, "key", (str,))
TOLD = Topic("a.events", Kind.PUBLIC, "key", (str,))
COPIER = Agent(
    "copier",
    inbox=INBOX,
    handle=lambda _event, _tables, _out: None,
    tables=lambda *tables: tables,
    owns=(Table("seen", str, "key"),),
    sends=(OUTBOX, TOLD),
    publishes=(TOLD,),
)
TINY = Topology("tiny", (COPIER,))


def test_the_golden_text_is_the_topology_that_runs() -> None:
    golden = (REPOSITORY / "docs" / "topology.txt").read_text()
    assert describe(SPORTSBOOK) == golden, "run `make topology` and read what changed"


def test_an_agent_is_a_sub_topology_in_the_format_of_kafka_streams() -> None:
    assert describe(TINY) == (
        "Topologies:\n"
        "   Sub-topology: 0\n"
        "    Source: copier-source (topics: [a.inbox])\n"
        "      --> copier\n"
        "    Processor: copier (stores: [seen])\n"
        "      --> copier-to-b.inbox, copier-to-a.events\n"
        "      <-- copier-source\n"
        "    Sink: copier-to-b.inbox (topic: b.inbox)\n"
        "      <-- copier\n"
        "    Sink: copier-to-a.events (topic: a.events)\n"
        "      <-- copier\n"
        "\n"
    )


def test_the_diagram_tells_inboxes_tables_and_both_lanes_apart() -> None:
    assert mermaid(TINY) == (
        "flowchart LR\n"
        "  a_inbox[/a.inbox/] --> copier\n"
        "  copier[COPIER]\n"
        "  copier --- copier_seen[(seen)]\n"
        "  copier --> b_inbox[/b.inbox/]\n"
        "  copier --> a_events([a.events])\n"
        "  copier -.-> a_events([a.events])\n"
    )


def test_the_diagram_of_the_sportsbook_has_every_agent_table_and_topic() -> None:
    drawn = mermaid(SPORTSBOOK)
    for agent in SPORTSBOOK.agents:
        assert f"[/{agent.inbox.name}/] --> {agent.name}\n" in drawn
        for table in agent.owns:
            assert f"{agent.name} --- {agent.name}_{table.name}[({table.name})]\n" in drawn
        for topic in agent.sends:
            assert re.search(rf"{agent.name} --> .*\b{re.escape(topic.name)}\b", drawn)
        for topic in agent.publishes:
            assert re.search(rf"{agent.name} -\.-> .*\b{re.escape(topic.name)}\b", drawn)


def test_node_ids_of_the_diagram_are_words_that_mermaid_takes() -> None:
    ids = re.findall(r"^  (\S+?)[\[(\s]", mermaid(SPORTSBOOK), re.MULTILINE)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in ids)


def test_two_agents_on_one_inbox_are_no_topology() -> None:
    with pytest.raises(ValueError, match="same inbox"):
        Topology("twice", (COPIER, COPIER))


def test_an_agent_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(KeyError, match="feeds, identity, markets, accounts"):
        SPORTSBOOK.agent("payments")

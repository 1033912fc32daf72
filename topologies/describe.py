"""A topology as text: in the format of Kafka Streams' `TopologyDescription`, and as Mermaid.

Viewers of the Kafka Streams format draw ours as well: each agent is a sub-topology with one
source, one processor with its stores, and a sink for each topic that it writes.
"""

from __future__ import annotations

from overround.contracts.topic import Kind, Topic
from overround.runtime.topology import Agent, Topology


def describe(topology: Topology) -> str:
    """The text that `TopologyDescription.toString` of Kafka Streams would give for it."""
    parts = [_sub_topology(number, agent) for number, agent in enumerate(topology.agents)]
    return "Topologies:\n" + "\n".join(parts) + "\n"


def _sub_topology(number: int, agent: Agent) -> str:
    sinks = _outputs(agent)
    stores = ", ".join(table.name for table in agent.owns)
    names = ", ".join(_sink(agent, topic) for topic in sinks)
    lines = [
        f"   Sub-topology: {number}",
        f"    Source: {agent.name}-source (topics: [{agent.inbox.name}])",
        f"      --> {agent.name}",
        f"    Processor: {agent.name} (stores: [{stores}])",
        f"      --> {names}",
        f"      <-- {agent.name}-source",
    ]
    for topic in sinks:
        lines += [
            f"    Sink: {_sink(agent, topic)} (topic: {topic.name})",
            f"      <-- {agent.name}",
        ]
    return "\n".join(lines) + "\n"


def _outputs(agent: Agent) -> tuple[Topic, ...]:
    return tuple(dict.fromkeys((*agent.sends, *agent.publishes)))


def _sink(agent: Agent, topic: Topic) -> str:
    return f"{agent.name}-to-{topic.name}"


def mermaid(topology: Topology) -> str:
    """A Mermaid flowchart: inboxes as queues, agents as boxes, tables as cylinders.

    A solid arrow is sent in the transaction, a dotted one published at once.
    """
    lines = ["flowchart LR"]
    for agent in topology.agents:
        lines.append(f"  {_id(agent.inbox.name)}[/{agent.inbox.name}/] --> {agent.name}")
        lines.append(f"  {agent.name}[{agent.name.upper()}]")
        lines += [f"  {agent.name} --- {agent.name}_{t.name}[({t.name})]" for t in agent.owns]
        lines += [f"  {agent.name} --> {_node(topic)}" for topic in agent.sends]
        lines += [f"  {agent.name} -.-> {_node(topic)}" for topic in agent.publishes]
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    return name.replace(".", "_")


def _node(topic: Topic) -> str:
    if topic.kind is Kind.INBOX:
        return f"{_id(topic.name)}[/{topic.name}/]"
    return f"{_id(topic.name)}([{topic.name}])"

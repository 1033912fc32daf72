"""`overround topics`: make, list and describe what the pipeline writes to."""

from __future__ import annotations

import time
from dataclasses import dataclass

import click
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, if not by name
    AdminClient,
    NewTopic,
)
from rich.console import Console
from rich.table import Table

from cli.options import bootstrap_option
from overround.contracts.topic import PARTITIONS, RECORD_BYTES_MAX
from overround.contracts.topics import INBOXES, PUBLIC
from topologies.sportsbook import SPORTSBOOK

_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Planned:
    """A topic as it has to be on the broker."""

    name: str
    kind: str
    config: dict[str, str]


def planned() -> list[Planned]:
    """Every topic of the pipeline: inboxes, their dead letters, public ones, changelogs.

    Nothing is compacted but changelogs and topics whose newest record of a key is the whole truth,
    and nothing has a time to live: the log is the record of the money. Retention is an operator's
    decision, made with the lake at hand.
    """
    inbox = {"retention.ms": "-1", "message.timestamp.type": "LogAppendTime"}
    roomy = {"max.message.bytes": str(RECORD_BYTES_MAX)}
    for_ever = {"retention.ms": "-1", **roomy}
    compacted = {
        **roomy,
        "cleanup.policy": "compact",
        # These are read whole, a changelog to restore its table: small segments are compacted soon.
        "segment.bytes": str(64 * 1024 * 1024),
        "min.cleanable.dirty.ratio": "0.3",
    }
    changelogs = [agent.changelog(table) for agent in SPORTSBOOK.agents for table in agent.owns]
    return [
        *(Planned(topic.name, "inbox", inbox) for topic in INBOXES),
        *(Planned(topic.dead_letters, "dead letters", for_ever) for topic in INBOXES),
        *(
            Planned(topic.name, "public", compacted if topic.is_compacted else for_ever)
            for topic in PUBLIC
        ),
        *(Planned(name, "changelog", compacted) for name in changelogs),
    ]


def create_all(bootstrap: str, replication: int = 1, partitions: int = PARTITIONS) -> list[str]:
    """Make the topics that are missing; the names of those made."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [NewTopic(t.name, partitions, replication, config=t.config) for t in planned()]
    made = []
    for name, outcome in admin.create_topics(wanted, operation_timeout=_TIMEOUT_S).items():
        try:
            outcome.result(_TIMEOUT_S)
            made.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    _wait_until_led(bootstrap, [topic.name for topic in planned()])
    return made


def _wait_until_led(bootstrap: str, names: list[str]) -> None:
    """Wait until a broker answers for every partition: it acknowledges topics before it leads them.

    Seen to take 1 to 14 s for the 288 partitions, the latter on a busy machine.
    """
    asker = Consumer({"bootstrap.servers": bootstrap, "group.id": "overround-topics"})
    deadline = time.monotonic() + _TIMEOUT_S
    left = [TopicPartition(name, number) for name in names for number in range(PARTITIONS)]
    try:
        while left:
            try:
                asker.get_watermark_offsets(left[-1], 5)
                left.pop()
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
    finally:
        asker.close()


@click.group()
def topics() -> None:
    """Make, list and describe the topics of the pipeline."""


@topics.command(epilog="Example: overround topics create --bootstrap 127.0.0.1:9092")
@bootstrap_option
@click.option("--replication", default=1, show_default=True, help="3 in production.")
def create(bootstrap: str, replication: int) -> None:
    """Make every topic that is missing; what exists stays as it is."""
    made = create_all(bootstrap, replication)
    click.echo(f"{len(made)} topics made, {len(planned()) - len(made)} were there")


@topics.command("list", epilog="Example: overround topics list")
def list_topics() -> None:
    """List the topics and what each carries."""
    carried = {topic.name: topic for topic in INBOXES + PUBLIC}
    table = Table("topic", "kind", "key", "records")
    for topic in planned():
        known = carried.get(topic.name)
        records = ", ".join(record.__name__ for record in known.records) if known else ""
        table.add_row(topic.name, topic.kind, known.key if known else "", records)
    Console().print(table)


@topics.command(epilog="Example: overround topics describe --bootstrap 127.0.0.1:9092")
@bootstrap_option
def describe(bootstrap: str) -> None:
    """Compare the topics on a broker with what they have to be; status 1 if one differs."""
    found = AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=_TIMEOUT_S).topics
    table = Table("topic", "partitions", "state")
    wrong = 0
    for topic in planned():
        partitions = len(found[topic.name].partitions) if topic.name in found else 0
        state = (
            "as planned"
            if partitions == PARTITIONS
            else "missing"
            if not partitions
            else (f"has {partitions} partitions, needs {PARTITIONS}")
        )
        wrong += partitions != PARTITIONS
        table.add_row(topic.name, str(partitions), state)
    Console().print(table)
    raise SystemExit(1 if wrong else 0)

"""What a person decides: written into an agent's inbox, and answered."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from secrets import token_hex
from typing import Any

import click
from confluent_kafka import KafkaException, Producer

from cli.topic_reader import committed, ends, read_to_end
from overround.contracts.clients import is_delivered, producer_settings
from overround.contracts.codec import Codec
from overround.contracts.topic import PARTITIONS, Topic
from overround.domain.kernel.ids import Position
from overround.runtime.in_process import LogRecord
from overround.runtime.topology import Agent
from topologies.app import group_of

_FLUSH_S_MAX = 30.0
# A worker commits what somebody waits for within a tenth of a second; it may be starting, though.
_ANSWER_S_MAX = 15.0
_LOOK_EACH_S = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a decision: what was told, or why it was refused."""

    told: tuple[Any, ...]
    refused: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """One object: `outcome`, and the records told or the reason."""
        if self.refused:
            return {"outcome": "refused", "reason": self.refused, "detail": self.detail}
        records = [{"record": type(value).__name__} | asdict(value) for value in self.told]
        return {"outcome": "done", "told": records}


class Desk:
    """Puts decisions to an agent on a cluster, and finds what it tells of them on some topics."""

    def __init__(
        self, bootstrap: str, codec: Codec, agent: Agent, told_on: tuple[Topic, ...]
    ) -> None:
        self.bootstrap, self.codec = bootstrap, codec
        self._agent, self._told_on = agent, told_on

    def put(self, key: str, command: object) -> Answer:
        """Write a decision under a key of the inbox, and wait for what comes of it.

        Raises:
            ClickException: it is not written, or the agent has not taken it in time.
        """
        letters = self._agent.inbox.dead_letters
        names = [letters, *(topic.name for topic in self._told_on)]
        starts = {name: ends(self.bootstrap, name, range(PARTITIONS)) for name in names}
        position = self._write(key, command)
        self._await(position)
        for record in self.records(letters, starts[letters]):
            headers = dict(record.headers)
            if headers.get("source") == str(position).encode():
                return Answer((), headers["reason"].decode(), headers["detail"].decode())
        told = []
        for topic in self._told_on:
            for record in self.records(topic.name, starts[topic.name]):
                decoded = self.codec.decode(record.value or b"")
                if decoded.caused_by == position:
                    told.append(decoded.value)
        return Answer(tuple(told))

    def records(self, topic: str, starts: Mapping[int, int] | None = None) -> list[LogRecord]:
        """A topic's committed records from these offsets on, partition after partition."""
        found = read_to_end(self.bootstrap, topic, range(PARTITIONS), starts)
        return [record for partition in sorted(found) for record in found[partition]]

    def _write(self, key: str, command: object) -> Position:
        placed: list[tuple[Any, Any]] = []
        producer = Producer(producer_settings(self.bootstrap))
        payload = self.codec.encode(
            command, id=f"desk-{token_hex(8)}", at_us=time.time_ns() // 1_000, caused_by=None
        )
        inbox = self._agent.inbox.name
        producer.produce(
            inbox, payload, key.encode(), on_delivery=lambda *report: placed.append(report)
        )
        producer.flush(_FLUSH_S_MAX)
        error, message = placed[0] if placed else ("no answer in time", None)
        if message is None or not is_delivered(error, message.offset()):
            raise click.ClickException(f"{self.bootstrap} did not take the decision: {error}")
        return Position(inbox, message.partition(), message.offset())

    def _await(self, position: Position) -> None:
        group, name = group_of(self._agent), self._agent.name
        deadline = time.monotonic() + _ANSWER_S_MAX
        place = position.partition
        while time.monotonic() < deadline:
            handled = committed(self.bootstrap, group, position.inbox, [place])[place]
            if handled > position.offset:
                return
            time.sleep(_LOOK_EACH_S)
        raise click.ClickException(
            f"the decision is written ({position}) and will be taken when {name.upper()} runs, "
            f"which it does not seem to: overround worker {name} --bootstrap {self.bootstrap}"
        )


@contextmanager
def reaching(bootstrap: str) -> Iterator[None]:
    """Ask a cluster; raises ClickException, with what to look at, if it is not there."""
    try:
        yield
    except KafkaException as error:
        raise click.ClickException(
            f"{error}; is {bootstrap} up, and are its topics made (overround topics create)?"
        ) from error

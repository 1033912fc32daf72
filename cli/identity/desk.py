"""What a person decides of identities: written to IDENTITY, and answered."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from secrets import token_hex
from typing import Any

import click
from confluent_kafka import Producer

from cli.topic_reader import committed, read_to_end
from overround.contracts import topics
from overround.contracts.clients import is_delivered, producer_settings
from overround.contracts.codec import Codec
from overround.contracts.topics import PARTITIONS, Topic
from overround.domain.feeds.identity.events import LinkDecided, LinkProposed
from overround.domain.kernel.ids import Position
from overround.runtime.in_process import LogRecord
from topologies.app import group_of
from topologies.sportsbook import SPORTSBOOK

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
    """Reads what waits for a person, and puts decisions to IDENTITY on a cluster."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        self._bootstrap, self._codec = bootstrap, codec

    def waiting(self) -> list[LinkProposed]:
        """What is to be decided, in the order of kick-off."""
        still: dict[bytes | None, LinkProposed] = {}
        for record in self._records(topics.UNRESOLVED.name):
            told = self._codec.decode(record.value or b"").value
            if isinstance(told, LinkProposed):
                still[record.key] = told
            elif isinstance(told, LinkDecided):
                still.pop(record.key, None)
        return sorted(still.values(), key=lambda each: (each.kickoff_at_us, each.provider))

    def decide(self, command: Any) -> Answer:
        """Write a decision, and wait for what comes of it.

        Raises:
            ClickException: it is not written, or IDENTITY has not taken it in time.
        """
        position = self._write(topics.IDENTITY_INBOX, command.sport, command)
        self._await(position)
        for record in self._records(topics.IDENTITY_INBOX.dead_letters):
            headers = dict(record.headers)
            if headers.get("source") == str(position).encode():
                return Answer((), headers["reason"].decode(), headers["detail"].decode())
        return Answer(tuple(self._caused_by(position)))

    def _caused_by(self, position: Position) -> list[object]:
        told = []
        for topic in (topics.IDENTITIES, topics.UNRESOLVED):
            decoded = (self._codec.decode(r.value or b"") for r in self._records(topic.name))
            told += [each.value for each in decoded if each.caused_by == position]
        return told

    def _records(self, topic: str) -> list[LogRecord]:
        found = read_to_end(self._bootstrap, topic, range(PARTITIONS))
        return [record for partition in sorted(found) for record in found[partition]]

    def _write(self, topic: Topic, key: str, command: object) -> Position:
        placed: list[tuple[Any, Any]] = []
        producer = Producer(producer_settings(self._bootstrap))
        payload = self._codec.encode(
            command, id=f"desk-{token_hex(8)}", at_us=time.time_ns() // 1_000, caused_by=None
        )
        producer.produce(
            topic.name, payload, key.encode(), on_delivery=lambda *report: placed.append(report)
        )
        producer.flush(_FLUSH_S_MAX)
        error, message = placed[0] if placed else ("no answer in time", None)
        if message is None or not is_delivered(error, message.offset()):
            raise click.ClickException(f"{self._bootstrap} did not take the decision: {error}")
        return Position(topic.name, message.partition(), message.offset())

    def _await(self, position: Position) -> None:
        group = group_of(SPORTSBOOK.agent("identity"))
        deadline = time.monotonic() + _ANSWER_S_MAX
        place = position.partition
        while time.monotonic() < deadline:
            handled = committed(self._bootstrap, group, position.inbox, [place])[place]
            if handled > position.offset:
                return
            time.sleep(_LOOK_EACH_S)
        raise click.ClickException(
            f"the decision is written ({position}) and will be taken when IDENTITY runs, which it "
            f"does not seem to: overround worker identity --bootstrap {self._bootstrap}"
        )

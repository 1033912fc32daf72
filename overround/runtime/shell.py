"""The shell around a handler: one agent on one partition, event by event.

Both engines run handlers through this, so an event has the same effect, byte for byte, on Kafka
and in process. Everything between the first table read and the last output of an event happens
in one synchronous call.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from overround.contracts.topics import INBOX_RECORD_BYTES_MAX, Topic
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import Position, derived_id
from overround.domain.kernel.refusal import Refusal
from overround.runtime.records import Headers, InboxRecord, Lanes, Wire
from overround.runtime.tables import PartitionTable, Undo, take_back
from overround.runtime.topology import Agent, Event

logger = logging.getLogger(__name__)

# So many events in a row that a handler raised on are a bug in it, not bad input: sending on
# would empty the inbox into the dead letters. A run of poison of this length from one producer
# is possible but has never been typed refusals only, which do not count.
RAISED_IN_A_ROW_MAX = 20

# What a dead letter may say of itself; longer texts are cut.
_DETAIL_CHARS_MAX = 1_000
# A dead letter has to fit into its topic. What is longer is cut here and only here: the whole of
# it stays in the inbox, at the place that the dead letter names.
_KEPT_BYTES_MAX = 8 * INBOX_RECORD_BYTES_MAX


class HandlerBroken(RuntimeError):
    """A handler raised on too many events in a row; the worker stops before it commits them."""


class Unwritable(RuntimeError):
    """A handler made an output that has no bytes: its own fault, not its input's."""


class EventOutbox:
    """Collects the outputs of one event; nothing leaves before the handler has returned."""

    __slots__ = ("_publishes", "_sends", "items")

    def __init__(self, agent: Agent) -> None:
        self._sends = frozenset(topic.name for topic in agent.sends)
        self._publishes = frozenset(topic.name for topic in agent.publishes)
        self.items: list[tuple[bool, Topic, str, object]] = []

    def send(self, topic: Topic, key: str, value: object) -> None:
        """Send in the transaction, to a topic that the agent declares in `sends`."""
        if topic.name not in self._sends:
            raise ValueError(f"the agent does not declare that it sends to {topic.name}")
        self.items.append((True, topic, key, value))

    def publish(self, topic: Topic, key: str, value: object) -> None:
        """Publish at once, to a topic that the agent declares in `publishes`."""
        if topic.name not in self._publishes:
            raise ValueError(f"the agent does not declare that it publishes to {topic.name}")
        self.items.append((False, topic, key, value))


class Task:
    """One agent on one partition: its tables there and the handling of each record."""

    def __init__(self, agent: Agent, partition: int, wire: Wire, lanes: Lanes) -> None:
        self.agent = agent
        self.partition = partition
        self._undo: list[Undo] = []
        self.tables = {
            table.name: PartitionTable(wire.decode_state, wire.encode_state, self._undo)
            for table in agent.owns
        }
        self.dead_letters = 0
        self._bound = agent.tables(*self.tables.values())
        self._changelogs = tuple(
            (agent.changelog(table), self.tables[table.name]) for table in agent.owns
        )
        self._inbox = agent.inbox.name
        self._handle = agent.handle
        self._decode, self._encode = wire.decode, wire.encode
        self._lanes = lanes
        self._outbox = EventOutbox(agent)
        self._raised_in_a_row = 0

    def process(self, record: InboxRecord) -> None:
        """Handle one record: its table writes and outputs all happen, or its dead letter does.

        Raises:
            HandlerBroken: the handler raised on `RAISED_IN_A_ROW_MAX` events in a row.
        """
        position = Position(self._inbox, self.partition, record.offset)
        try:
            event = self._event(record, position)
            self._handle(event, self._bound, self._outbox)
            outputs = self._encoded(event)
        except Refusal as refusal:
            self._refuse(record, refusal.reason, refusal.detail)
        except Exception as error:
            self._broken(record, error)
        else:
            if type(event.value) is not Tick:  # the tick of each second proves no handler well
                self._raised_in_a_row = 0
            self._deliver(outputs, record.headers)
            self._undo.clear()
        self._outbox.items.clear()

    def flush(self) -> None:
        """Write the keys that changed since the last commit to their changelogs."""
        for changelog, table in self._changelogs:
            table.drain(partial(self._lanes.store, changelog, partition=self.partition))

    def _event(self, record: InboxRecord, position: Position) -> Event:
        if record.value is None:
            raise Refusal("empty_record")
        if len(record.value) > INBOX_RECORD_BYTES_MAX:
            raise Refusal("record_too_large", f"{len(record.value)} bytes")
        decoded = self._decode(record.value)
        key = record.key
        return Event(
            None if key is None else _text(key),
            decoded.value,
            decoded.id,
            record.timestamp * 1000,
            position,
        )

    def _encoded(self, event: Event) -> list[tuple[bool, str, bytes, bytes]]:
        encode, position, at_us = self._encode, event.position, event.at_us
        try:
            return [
                (
                    in_transaction,
                    topic.name,
                    key.encode(),
                    encode(value, id=derived_id(position, index), at_us=at_us, caused_by=position),
                )
                for index, (in_transaction, topic, key, value) in enumerate(self._outbox.items)
            ]
        except Refusal as refusal:
            raise Unwritable(str(refusal)) from refusal

    def _deliver(self, outputs: list[tuple[bool, str, bytes, bytes]], headers: Headers) -> None:
        carried = [pair for pair in headers if pair[0] == "traceparent"] if headers else ()
        send, publish = self._lanes.send, self._lanes.publish
        for in_transaction, topic, key, value in outputs:
            if in_transaction:
                send(topic, key, value, carried)
            else:
                publish(topic, key, value, carried)

    def _broken(self, record: InboxRecord, error: Exception) -> None:
        self._raised_in_a_row += 1
        if self._raised_in_a_row >= RAISED_IN_A_ROW_MAX:
            raise HandlerBroken(
                f"{self.agent.name} raised on {self._raised_in_a_row} events in a row, "
                f"last at {self.agent.inbox.name}:{self.partition}:{record.offset}"
            ) from error
        self._refuse(record, "handler_raised", f"{type(error).__name__}: {error}")

    def _refuse(self, record: InboxRecord, reason: str, detail: str) -> None:
        take_back(self._undo)
        self.dead_letters += 1
        position = f"{self._inbox}:{self.partition}:{record.offset}"
        logger.warning("dead letter: %s, from %s", reason, position)
        headers = [
            *_carried(record.headers or ()),
            ("reason", reason.encode()),
            ("detail", detail[:_DETAIL_CHARS_MAX].encode(errors="replace")),
            ("source", position.encode()),
            ("appended_at_ms", b"%d" % record.timestamp),
        ]
        value = record.value
        if value is not None and len(value) > _KEPT_BYTES_MAX:
            headers.append(("cut_from_bytes", b"%d" % len(value)))
            value = value[:_KEPT_BYTES_MAX]
        self._lanes.send(self.agent.inbox.dead_letters, record.key, value, headers)


def _carried(headers: Headers) -> Headers:
    size = sum(len(name) + len(value or b"") for name, value in headers)
    return headers if size <= INBOX_RECORD_BYTES_MAX else ()


def _text(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise Refusal("invalid_key", str(error)) from error


def restore(task: Task, stored: dict[str, dict[bytes, Any]]) -> None:
    """Give a task's tables what their changelogs hold, by table name."""
    for name, values in stored.items():
        task.tables[name].load(values)

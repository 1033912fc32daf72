"""The shell around a handler: one agent on one partition, event by event.

Both engines run handlers through this, so an event has the same effect, byte for byte, on Kafka
and in process. Everything between the first table read and the last output of an event happens
in one synchronous call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from overround.contracts.topic import INBOX_RECORD_BYTES_MAX
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import Position, derived_id
from overround.domain.kernel.refusal import Refusal
from overround.runtime.outbox import EventOutbox, Lane, Newest, make_all
from overround.runtime.records import Headers, InboxRecord, Lanes, Wire
from overround.runtime.tables import PartitionTable, Undo, take_back
from overround.runtime.topology import Agent, Event

logger = logging.getLogger(__name__)

# So many events in a row that a handler raised on are a bug in it, not bad input: sending on
# would empty the inbox into the dead letters. A run of poison of this length from one producer
# is possible but has never been typed refusals only, which do not count.
RAISED_IN_A_ROW_MAX = 20

# So many outputs are made at once: prices of 16 matches take 0.4 of the time together that they
# take one by one, of 32 hardly less; and the first waits while 15 more records are handled.
TOGETHER_MAX = 16

# What a dead letter may say of itself; longer texts are cut.
_DETAIL_CHARS_MAX = 1_000
# A dead letter has to fit into its topic. What is longer is cut here and only here: the whole of
# it stays in the inbox, at the place that the dead letter names.
_KEPT_BYTES_MAX = 8 * INBOX_RECORD_BYTES_MAX


class HandlerBroken(RuntimeError):
    """A handler raised on too many events in a row; the worker stops before it commits them."""


class Unwritable(RuntimeError):
    """A handler made an output that has no bytes: its own fault, not its input's."""


class Task:
    """One agent on one partition: its tables there and the handling of each record.

    `on_refusal` hears the reason of each dead letter.
    """

    def __init__(
        self,
        agent: Agent,
        partition: int,
        wire: Wire,
        lanes: Lanes,
        on_refusal: Callable[[str], None] = lambda _reason: None,
    ) -> None:
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
        self._newest: dict[bytes, dict[str, Newest]] = {}
        self._ready: list[tuple[str, bytes, Newest]] = []
        self._on_refusal = on_refusal
        self.raised_in_a_row = 0

    def process(self, record: InboxRecord) -> None:
        """Handle one record: its table writes and outputs all happen, or its dead letter does.

        Raises:
            HandlerBroken: the handler raised on `RAISED_IN_A_ROW_MAX` events in a row.
        """
        for key in self._take(record):
            self._await(key)
        self._publish_newest()

    def process_batch(self, records: Sequence[InboxRecord]) -> None:
        """Handle records that came together; of outputs that supersede each other, the newest.

        The bytes of an output are those that `process` would have made; the older ones of a key
        are left out. So a worker that is behind makes fewer, and catches up.
        """
        for _ in self.steps(records):
            pass

    def steps(self, records: Sequence[InboxRecord]) -> Iterator[None]:
        """The same, a record at each step, for an engine that has to know where it is.

        An output waits for no record but later ones of its key, and for a few other outputs.
        """
        last = {record.key: record.offset for record in records}
        for record in records:
            for key in (record.key, *self._take(record)):
                if last.get(key, -1) <= record.offset:
                    self._await(key)
            if len(self._ready) >= TOGETHER_MAX or record is records[-1]:
                self._publish_newest()
            yield

    def _await(self, key: bytes | None) -> None:
        """Let what records left to be made under a key be made with the next ones."""
        if key is not None and key in self._newest:
            self._ready += [(topic, key, each) for topic, each in self._newest.pop(key).items()]

    def _publish_newest(self) -> None:
        """Make and publish the outputs that wait for no other record, in the order of their keys.

        One that cannot be made refuses its record, whose table writes stay.
        """
        if not self._ready:
            return  # most records leave nothing to be made
        ready, self._ready = self._ready, []
        made = make_all([each for _, _, each in ready])
        for (topic, key, newest), value in zip(ready, made, strict=True):
            try:
                if isinstance(value, Exception):
                    raise value
                payload = self._bytes(value, newest.event, newest.index)
            except Exception as error:
                self._broken(newest.record, error)
            else:
                self.raised_in_a_row = 0
                self._lanes.publish(topic, key, payload, _traced(newest.record.headers))

    def _take(self, record: InboxRecord) -> Sequence[bytes]:
        """Handle one record; the keys under which it left newest outputs to be made."""
        position = Position(self._inbox, self.partition, record.offset)
        left: Sequence[bytes] = ()
        try:
            event = self._event(record, position)
            self._handle(event, self._bound, self._outbox)
            outputs = self._encoded(event, record)
        except Refusal as refusal:
            self._refuse(record, refusal.reason, refusal.detail)
        except Exception as error:
            self._broken(record, error)
        else:
            left = self._deliver(outputs, record.headers)
            # The tick of each second proves no handler well, nor does an output still to be made.
            if type(event.value) is not Tick and not left:
                self.raised_in_a_row = 0
            self._undo.clear()
        self._outbox.items.clear()
        return left

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

    def _encoded(self, event: Event, record: InboxRecord) -> list[tuple[Lane, str, bytes, Any]]:
        """The outputs as bytes, and those that are not made yet with what they are made of."""
        newest, encoded = Lane.NEWEST, self._bytes
        return [
            (
                lane,
                topic.name,
                key.encode(),
                Newest(event, index, record, *value)
                if lane is newest
                else encoded(value, event, index),
            )
            for index, (lane, topic, key, value) in enumerate(self._outbox.items)
        ]

    def _bytes(self, value: object, event: Event, index: int) -> bytes:
        position = event.position
        try:
            return self._encode(
                value, id=derived_id(position, index), at_us=event.at_us, caused_by=position
            )
        except Refusal as refusal:
            raise Unwritable(str(refusal)) from refusal

    def _deliver(
        self, outputs: list[tuple[Lane, str, bytes, Any]], headers: Headers
    ) -> Sequence[bytes]:
        carried = _traced(headers)
        left = []
        for lane, topic, key, value in outputs:
            if lane is Lane.SEND:
                self._lanes.send(topic, key, value, carried)
            elif lane is Lane.PUBLISH:
                self._lanes.publish(topic, key, value, carried)
            else:
                self._newest.setdefault(key, {})[topic] = value
                left.append(key)
        return left

    def _broken(self, record: InboxRecord, error: Exception) -> None:
        self.raised_in_a_row += 1
        if self.raised_in_a_row >= RAISED_IN_A_ROW_MAX:
            raise HandlerBroken(
                f"{self.agent.name} raised on {self.raised_in_a_row} events in a row, "
                f"last at {self.agent.inbox.name}:{self.partition}:{record.offset}"
            ) from error
        self._refuse(record, "handler_raised", f"{type(error).__name__}: {error}")

    def _refuse(self, record: InboxRecord, reason: str, detail: str) -> None:
        take_back(self._undo)
        self.dead_letters += 1
        self._on_refusal(reason)
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


def _traced(headers: Headers) -> Headers:
    """What an output carries on of its record's headers."""
    return [pair for pair in headers if pair[0] == "traceparent"] if headers else ()


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

"""Where an event's time goes: a wire and lanes that clock what passes through them."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter_ns

from overround.domain.kernel.ids import Position
from overround.runtime.records import Envelope, Headers, Lanes, Wire


class Collected:
    """Lanes that keep what came out of the last event, by topic, and count the changelogs."""

    def __init__(self) -> None:
        self.outputs: list[tuple[str, bytes | None, bytes | None]] = []
        self.stored = 0
        self.stored_bytes = 0

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.outputs.append((topic, key, value))

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        self.outputs.append((topic, key, value))

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        self.stored += 1
        self.stored_bytes += len(value or b"")


@dataclass(slots=True)
class Parts:
    """Nanoseconds by part. What is in none of them is the handler's: domain and tables."""

    spent_ns: dict[str, int] = field(default_factory=dict)

    def add(self, part: str, began_ns: int) -> None:
        """Put the time since `began_ns` down to a part."""
        self.spent_ns[part] = self.spent_ns.get(part, 0) + perf_counter_ns() - began_ns


class ClockedWire:
    """A wire whose work is put down to `decode`, `encode` and the two of the tables."""

    def __init__(self, wire: Wire, parts: Parts) -> None:
        self._wire, self._parts = wire, parts

    def decode(self, payload: bytes) -> Envelope:
        began_ns = perf_counter_ns()
        try:
            return self._wire.decode(payload)
        finally:
            self._parts.add("decode", began_ns)

    def encode(self, value: object, *, id: str, at_us: int, caused_by: Position | None) -> bytes:
        began_ns = perf_counter_ns()
        try:
            return self._wire.encode(value, id=id, at_us=at_us, caused_by=caused_by)
        finally:
            self._parts.add("encode", began_ns)

    def decode_state(self, payload: bytes) -> object:
        began_ns = perf_counter_ns()
        try:
            return self._wire.decode_state(payload)
        finally:
            self._parts.add("decode of a table", began_ns)

    def encode_state(self, value: object) -> bytes:
        began_ns = perf_counter_ns()
        try:
            return self._wire.encode_state(value)
        finally:
            self._parts.add("encode of a table", began_ns)


class ClockedLanes:
    """Lanes whose work is put down to `send` and `store`."""

    def __init__(self, lanes: Lanes, parts: Parts) -> None:
        self._lanes, self._parts = lanes, parts

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        began_ns = perf_counter_ns()
        self._lanes.send(topic, key, value, headers)
        self._parts.add("send", began_ns)

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        began_ns = perf_counter_ns()
        self._lanes.publish(topic, key, value, headers)
        self._parts.add("send", began_ns)

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        began_ns = perf_counter_ns()
        self._lanes.store(changelog, key, value, partition)
        self._parts.add("store", began_ns)

"""What the engines hand to the shell, and what they take from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from overround.domain.kernel.ids import Position

Headers = Sequence[tuple[str, bytes]]


class InboxRecord(Protocol):
    """A raw record of an inbox, as aiokafka and the in-process log both shape it."""

    @property
    def key(self) -> bytes | None:
        """The key's bytes."""

    @property
    def value(self) -> bytes | None:
        """The value's bytes."""

    @property
    def partition(self) -> int:
        """The partition it was read from."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Append time in milliseconds since the epoch."""

    @property
    def headers(self) -> Headers:
        """Its headers, in order."""


class Lanes(Protocol):
    """The two ways out of an agent, and its changelogs; keys are hashed with murmur2."""

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Add a record to the open transaction."""

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Write a record at once, outside the transaction."""

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """Add a table's value (None: removed) to its changelog, in the open transaction."""


class Envelope(Protocol):
    """A decoded record: its value and its id."""

    @property
    def value(self) -> object:
        """The value."""

    @property
    def id(self) -> str:
        """The id that its producer gave it."""


class Wire(Protocol):
    """How values become bytes and back; `overround.contracts.codec.Codec` is the real one.

    Bytes that stand for nothing raise Refusal.
    """

    def decode(self, payload: bytes) -> Envelope:
        """The record that the bytes stand for."""

    def encode(self, value: object, *, id: str, at_us: int, caused_by: Position | None) -> bytes:
        """The bytes of a record with its envelope."""

    def decode_state(self, payload: bytes) -> object:
        """A table's value from its changelog's bytes."""

    def encode_state(self, value: object) -> bytes:
        """The bytes of a table's value for its changelog."""

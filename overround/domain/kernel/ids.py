"""Ids derived from a place in the log, so that a replayed event makes the same ids."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.refusal import Refusal

# Room for a UUID with a prefix; ids are repeated in keys, entries and replies, so they stay short.
ID_LENGTH_MAX = 64


# Not frozen: one is made for each event, and a frozen dataclass takes three times as long.
@dataclass(slots=True, unsafe_hash=True)
class Position:
    """Where an event stands: inbox topic, partition and offset; nobody changes it."""

    inbox: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.inbox}:{self.partition}:{self.offset}"


def derived_id(position: Position, index: int) -> str:
    """The id of the `index`-th record that the event at `position` caused."""
    return f"{position.inbox}:{position.partition}:{position.offset}:{index}"


def require_id(name: str, value: str) -> None:
    """Refuse an outsider's id that could not be part of a key.

    A slash parts keys, so with one in it two customers' keys could meet.

    Raises:
        Refusal: `malformed_id`, for an id that is empty, too long or holds a slash.
    """
    if not 0 < len(value) <= ID_LENGTH_MAX or "/" in value:
        raise Refusal("malformed_id", f"{name} {value[:ID_LENGTH_MAX]!r}")

"""Ids derived from a place in the log, so that a replayed event makes the same ids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stands: inbox topic, partition and offset."""

    inbox: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.inbox}:{self.partition}:{self.offset}"


def derived_id(position: Position, index: int) -> str:
    """The id of the `index`-th record that the event at `position` caused."""
    return f"{position.inbox}:{position.partition}:{position.offset}:{index}"

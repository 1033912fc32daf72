"""What a rule answers with: the state after, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")
Happened = TypeVar("Happened")


@dataclass(frozen=True, slots=True)
class Decision(Generic[State, Happened]):
    """The new state and the events, in the order in which they happened."""

    state: State
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """The log's own clock: written into each inbox partition every second by its owner.

    `now_us` is the writer's wall clock and only informative; rules use the log's append time.
    """

    now_us: int

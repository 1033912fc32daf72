"""A topology is a value: agents, their inboxes and their tables, as plain immutable objects.

Nothing here runs anything. `overround.runtime.faust_kafka` and `overround.runtime.in_process`
run the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from overround.contracts.topic import Topic
from overround.domain.kernel.ids import Position

Value = TypeVar("Value")


@dataclass(slots=True)
class Event:
    """One record of an inbox, decoded.

    `at_us` is the log's append time in microseconds: monotonic within a partition, and the only
    time a handler knows. `key` is None where the record has none (a `Tick`).
    """

    # Not frozen: a frozen dataclass takes three times as long to make, once for each event.
    key: str | None
    value: Any
    id: str
    at_us: int
    position: Position


Make = Callable[[Sequence[Any]], Sequence[object]]
"""Makes outputs of states, one for each."""


class Outbox(Protocol):
    """Where a handler puts its outputs; each gets an id derived from the event's position."""

    def send(self, topic: Topic, key: str, value: object) -> None:
        """Send in the transaction: exactly once, visible to readers of committed records."""

    def publish(self, topic: Topic, key: str, value: object) -> None:
        """Send at once, outside the transaction; may repeat with the same bytes after a crash."""

    def publish_newest(self, topic: Topic, key: str, make: Make, state: Any) -> None:
        """Publish what `make` gives of `state`, unless a record that came with this one does so.

        For outputs of which only the newest counts and that take long to make: a worker that is
        behind makes fewer, and those of several keys at once, as `make` takes a list of states
        and gives one output for each. The key is that of the records that change what it says.
        What a state gives may depend on nothing else, not even on the states beside it, and
        `make` has to succeed for every state that is stored.
        """


class TableView(Protocol[Value]):
    """A table as a handler sees it: the keys of the event's own partition.

    Values are immutable or treated so: a change is a new value put back under its key.
    """

    def get(self, key: str) -> Value | None:
        """The value under `key`, or None."""

    def __getitem__(self, key: str) -> Value:
        """The value under `key`; raises KeyError without one."""

    def __setitem__(self, key: str, value: Value) -> None:
        """Put a value; it reaches the changelog with the commit, once per key."""

    def __delitem__(self, key: str) -> None:
        """Remove a key; the changelog gets a tombstone."""

    def __contains__(self, key: object) -> bool: ...

    def __iter__(self) -> Iterator[str]:
        """All keys in sorted order (O(n log n): for ticks and reports, not for each event)."""

    def __len__(self) -> int: ...

    def within(self, group: str) -> list[str]:
        """The keys `group/...` in sorted order, by an index on the part before the first `/`."""


@dataclass(frozen=True, slots=True)
class Table(Generic[Value]):
    """A table's description: its name, the type of its values, what its key names.

    `others` are further types that its values may have.
    """

    name: str
    value: type[Value]
    key: str
    others: tuple[type, ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """One inbox, one synchronous handler, the tables it owns, and where it may send.

    `tables` is a NamedTuple class with one field for each of `owns`, in the same order; the
    handler gets an instance of it that is bound to the event's partition. `newest` are those of
    `publishes` of which records that came together put out one for each key, the newest.
    """

    name: str
    inbox: Topic
    handle: Callable[[Event, Any, Outbox], None]
    tables: Callable[..., Any]
    owns: tuple[Table[Any], ...]
    sends: tuple[Topic, ...] = ()
    publishes: tuple[Topic, ...] = ()
    newest: tuple[Topic, ...] = ()

    def changelog(self, table: Table[Any]) -> str:
        """The name of the compacted topic that keeps a table of this agent."""
        return f"overround-{self.name}-{table.name}-changelog"


@dataclass(frozen=True, slots=True)
class Topology:
    """The agents that run together; each inbox has exactly one."""

    name: str
    agents: tuple[Agent, ...]

    def __post_init__(self) -> None:
        inboxes = [agent.inbox.name for agent in self.agents]
        if len(set(inboxes)) != len(inboxes):
            raise ValueError("two agents read the same inbox; the order of the log would be lost")

    def agent(self, name: str) -> Agent:
        """The agent of that name; raises KeyError with the names there are."""
        for agent in self.agents:
            if agent.name == name:
                return agent
        raise KeyError(f"no agent {name!r}; there are {', '.join(a.name for a in self.agents)}")

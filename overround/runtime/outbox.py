"""What an event puts out, until its handler has returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from overround.contracts.topic import Topic
from overround.runtime.records import InboxRecord
from overround.runtime.topology import Agent, Event, Make


class Lane(Enum):
    """How an output leaves: in the transaction, at once, or at once unless a newer one comes."""

    SEND = auto()
    PUBLISH = auto()
    NEWEST = auto()


@dataclass(slots=True)
class Newest:
    """An output that is made once it is known that no record of the batch makes a newer one."""

    event: Event
    index: int
    record: InboxRecord
    make: Make
    state: Any


def make_all(outputs: Sequence[Newest]) -> list[object]:
    """What each output is made to, or the exception that it raises: none takes another with it."""
    made: list[object] = [None] * len(outputs)
    for make in dict.fromkeys(each.make for each in outputs):
        places = [place for place, each in enumerate(outputs) if each.make == make]
        values = _made(make, [outputs[place].state for place in places])
        for place, value in zip(places, values, strict=True):
            made[place] = value
    return made


def _made(make: Make, states: list[Any]) -> Sequence[object]:
    try:
        return make(states)
    except Exception as error:
        if len(states) == 1:
            return [error]
    return [_made(make, [state])[0] for state in states]


class EventOutbox:
    """Collects the outputs of one event; nothing leaves before the handler has returned."""

    __slots__ = ("_newest", "_publishes", "_sends", "items")

    def __init__(self, agent: Agent) -> None:
        self._sends = frozenset(topic.name for topic in agent.sends)
        self._newest = frozenset(topic.name for topic in agent.newest)
        self._publishes = frozenset(topic.name for topic in agent.publishes) - self._newest
        self.items: list[tuple[Lane, Topic, str, Any]] = []

    def send(self, topic: Topic, key: str, value: object) -> None:
        """Send in the transaction, to a topic that the agent declares in `sends`."""
        if topic.name not in self._sends:
            raise ValueError(f"the agent does not declare that it sends to {topic.name}")
        self.items.append((Lane.SEND, topic, key, value))

    def publish(self, topic: Topic, key: str, value: object) -> None:
        """Publish at once, to a topic that the agent declares in `publishes` alone."""
        if topic.name not in self._publishes:
            raise ValueError(f"the agent does not declare that it publishes to {topic.name}")
        self.items.append((Lane.PUBLISH, topic, key, value))

    def publish_newest(self, topic: Topic, key: str, make: Make, state: Any) -> None:
        """Publish unless a later record of the batch does, to a topic declared in `newest`."""
        if topic.name not in self._newest:
            raise ValueError(f"the agent does not declare that it publishes {topic.name} newest")
        self.items.append((Lane.NEWEST, topic, key, (make, state)))

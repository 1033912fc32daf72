"""What a verification comes to: checks, each with what it counted and where it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from overround.contracts.topic import Kind as TopicKind
from overround.contracts.topic import Topic
from overround.domain.kernel.refusal import Refusal
from overround.runtime.records import InboxRecord, Wire
from overround.runtime.replay import Recorded

# Of many differences of one check the first few tell the cause; the count tells the size.
_SHOWN_MAX = 5


class Kind(StrEnum):
    """What is wrong: something is missing, is there too often, or says something else."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it has to be; `minor` is the money in it, where it is money."""

    kind: Kind
    what: str
    minor: int = 0


@dataclass(slots=True)
class Check:
    """One rule that was checked: how many things it counted, and every difference it found."""

    name: str
    unit: str
    counted: int = 0
    differences: list[Difference] = field(default_factory=list)

    def lost(self, what: str) -> None:
        """Note something that is missing."""
        self.differences.append(Difference(Kind.LOST, what))

    def duplicated(self, what: str) -> None:
        """Note something that is there too often."""
        self.differences.append(Difference(Kind.DUPLICATED, what))

    def different(self, what: str, minor: int = 0) -> None:
        """Note something that is not what it has to be."""
        self.differences.append(Difference(Kind.DIFFERENT, what, minor))

    def once(self, times: int, what: str) -> None:
        """Count a thing that has to be there exactly once."""
        self.counted += 1
        if times == 0:
            self.lost(what)
        elif times > 1:
            self.duplicated(f"{what}: {times} times")

    def same(self, found: object, wanted: object, what: str) -> None:
        """Count a comparison of two values."""
        self.counted += 1
        if found != wanted:
            self.different(f"{what}: {found}, must be {wanted}")

    def __str__(self) -> str:
        line = f"{self.name}: {self.counted} {self.unit}"
        if not self.differences:
            return f"ok    {line}"
        shown = [f"      {d.kind}: {d.what}" for d in self.differences[:_SHOWN_MAX]]
        more = len(self.differences) - len(shown)
        rest = [f"      and {more} more"] if more else []
        return "\n".join([f"WRONG {line}, {len(self.differences)} differences", *shown, *rest])


@dataclass(frozen=True, slots=True)
class Verification:
    """Every check of one verification, by name."""

    checks: Mapping[str, Check]
    bets: int
    accepted: int

    @property
    def is_clean(self) -> bool:
        """Whether no check found a difference."""
        return not any(check.differences for check in self.checks.values())

    def count(self, kind: Kind) -> int:
        """How many differences of a kind there are in all checks together."""
        return sum(
            difference.kind is kind
            for check in self.checks.values()
            for difference in check.differences
        )

    def of(self, name: str) -> int:
        """How many differences one check found."""
        return len(self.checks[name].differences)

    @property
    def ledger_minor(self) -> int:
        """The money, in minor units of any currency, by which the books differ."""
        return sum(d.minor for check in self.checks.values() for d in check.differences)

    def lines(self) -> Iterator[str]:
        """A line for each check, and the differences under it."""
        yield from map(str, self.checks.values())


@dataclass(frozen=True, slots=True)
class Entry:
    """A readable record: where it stands, its id, and its value."""

    partition: int
    offset: int
    id: str
    value: Any


class Journal:
    """The decoded records of topics, each topic read and decoded once."""

    def __init__(self, recorded: Recorded, wire: Wire) -> None:
        self.recorded = recorded
        self.wire = wire
        self._entries: dict[str, list[Entry]] = {}

    def raw(self, topic: str) -> Iterator[InboxRecord]:
        """The records of a topic, partition after partition."""
        for partition in range(self.recorded.partitions):
            yield from self.recorded.read(topic, partition)

    def entries(self, topic: Topic) -> list[Entry]:
        """What can be read of a topic, partition after partition; dead letters are not in it."""
        if topic.name not in self._entries:
            refused = self._refused(topic)
            readable = (self._entry(r) for r in self.raw(topic.name) if r.value is not None)
            self._entries[topic.name] = [
                entry
                for entry in readable
                if entry is not None and (entry.partition, entry.offset) not in refused
            ]
        return self._entries[topic.name]

    def by(self, topic: Topic, kinds: Any, key: Callable[[Any], str]) -> dict[str, list[Any]]:
        """The values of these types in a topic, in order, grouped by a key."""
        groups: dict[str, list[Any]] = {}
        for entry in self.entries(topic):
            if isinstance(entry.value, kinds):
                groups.setdefault(key(entry.value), []).append(entry.value)
        return groups

    def _entry(self, record: InboxRecord) -> Entry | None:
        try:
            decoded = self.wire.decode(record.value or b"")
        except Refusal:
            return None  # what cannot be read was refused, and lies in the dead letters
        return Entry(record.partition, record.offset, decoded.id, decoded.value)

    def _refused(self, topic: Topic) -> set[tuple[int, int]]:
        if topic.kind is not TopicKind.INBOX:
            return set()
        sources = (source_of(record) for record in self.raw(topic.dead_letters))
        return {(int(p), int(o)) for _, p, o in (s.rsplit(":", 2) for s in sources)}


def source_of(record: InboxRecord) -> str:
    """Where a dead letter stood in its inbox; empty for a record that is none."""
    return next((value.decode() for name, value in record.headers if name == "source"), "")

"""A match's history: every record that changed its book, recomputed from the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.markets.controls import built
from agents.markets.prices import wider
from overround.contracts import topics
from overround.domain.feeds.reliance import Reliance
from overround.domain.kernel.ids import Position
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.explain import Priced
from overround.domain.pricing.football.layout import Layout
from overround.domain.pricing.football.model import Match
from overround.runtime.in_process import partition_of
from overround.runtime.records import InboxRecord, Wire
from overround.runtime.replay import Recorded, steps
from overround.runtime.shell import Task
from tables.books import Book
from tables.sport_books import SportBook
from topologies.sportsbook import SPORTSBOOK

MARKETS = SPORTSBOOK.agent("markets")


@dataclass(frozen=True, slots=True)
class Change:
    """A record that changed a match's book.

    `id` and `value` are those of the record, `version` that of the quotes after it; `told` are the
    bytes of the quotes that it made, None if it made none, whether they were published or a newer
    version came before they could.
    """

    position: Position
    id: str
    at_us: int
    value: Any
    version: int
    told: bytes | None


@dataclass(frozen=True, slots=True)
class Moment(Change):
    """A change of a football match, and how its book stood after it."""

    book: Book
    reliance: Reliance

    @property
    def match(self) -> Match:
        """What was believed of the match."""
        return self.book.match

    @property
    def priced(self) -> Priced:
        """What its prices follow from."""
        return Priced(self.book.match, built(self.book.settings).model)

    def widening(self, layout: Layout) -> NDArray[np.float64] | None:
        """What its margins are multiplied with, by market; None for none of them."""
        return wider(self.book, layout)


@dataclass(frozen=True, slots=True)
class SportMoment(Change):
    """A change of a match of another sport: its book, and its state in the sport's own type."""

    book: SportBook
    reliance: Reliance
    state: Any


def history(recorded: Recorded, wire: Wire, event_id: str) -> list[Moment]:
    """The moments of a football match in their order; none if nobody has told of such a match.

    The records of other matches are passed over: a match's book follows from its own, and from
    those that are of no match.
    """
    changes = _changes(recorded, wire, event_id, "books")
    return [Moment(*_fields(each), book, reliance) for each, book, reliance, _ in changes]


def sport_history(recorded: Recorded, wire: Wire, event_id: str) -> list[SportMoment]:
    """The same of a match of another sport."""
    changes = _changes(recorded, wire, event_id, "sport_books")
    return [
        SportMoment(*_fields(each), book, reliance, task.tables["sport_matches"][event_id])
        for each, book, reliance, task in changes
    ]


def _fields(change: Change) -> tuple[Position, str, int, Any, int, bytes | None]:
    each = change
    return each.position, each.id, each.at_us, each.value, each.version, each.told


def _concerns(event_id: str, record: InboxRecord, wire: Wire) -> bool:
    if record.key is None or record.key == event_id.encode():
        return True
    try:
        return not hasattr(wire.decode(record.value or b"").value, "event_id")
    except Refusal:
        return False


def _changes(
    recorded: Recorded, wire: Wire, event_id: str, table: str
) -> Iterator[tuple[Change, Any, Reliance, Task]]:
    """Each change, the match's book and what it rests on after it, and all tables then."""
    partition = partition_of(event_id.encode(), recorded.partitions)
    records = recorded.read(MARKETS.inbox.name, partition)
    own = (record for record in records if _concerns(event_id, record, wire))
    before: Any = None
    for record, task, outputs in steps(MARKETS, partition, wire, own):
        book = task.tables[table].get(event_id)
        if book is None or book is before:
            continue
        before = book
        told = [o.value for o in outputs if (o.topic, o.key) == _quotes_of(event_id)]
        position = Position(MARKETS.inbox.name, record.partition, record.offset)
        id_, value = _decoded(wire, record)
        at_us, made = record.timestamp * 1000, told[-1] if told else None
        reliance = task.tables["reliances"].get(event_id) or Reliance()
        yield Change(position, id_, at_us, value, book.version, made), book, reliance, task


def _quotes_of(event_id: str) -> tuple[str, bytes]:
    return topics.QUOTES.name, event_id.encode()


def _decoded(wire: Wire, record: InboxRecord) -> tuple[str, object]:
    try:
        decoded = wire.decode(record.value or b"")
    except Refusal as unreadable:
        raise AssertionError(f"a record that cannot be read changed a book: {unreadable}") from None
    return decoded.id, decoded.value

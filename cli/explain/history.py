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
from overround.runtime.replay import Recorded, Step, steps
from tables.books import Book
from topologies.sportsbook import SPORTSBOOK

MARKETS = SPORTSBOOK.agent("markets")


@dataclass(frozen=True, slots=True)
class Moment:
    """A record that changed a match's book, and how it stood after it.

    `id` and `value` are those of the record; `told` are the bytes of the quotes that it made,
    None if it made none, whether they were published or a newer version came before they could.
    """

    position: Position
    id: str
    at_us: int
    value: Any
    book: Book
    reliance: Reliance
    told: bytes | None

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


def history(recorded: Recorded, wire: Wire, event_id: str) -> list[Moment]:
    """The moments of a match in their order; none for a match that nobody has told of.

    The records of other matches are passed over: a match's book follows from its own, and from
    those that are of no match.
    """
    partition = partition_of(event_id.encode(), recorded.partitions)
    records = recorded.read(MARKETS.inbox.name, partition)
    own = (record for record in records if _concerns(event_id, record, wire))
    return list(_moments(event_id, wire, steps(MARKETS, partition, wire, own)))


def _concerns(event_id: str, record: InboxRecord, wire: Wire) -> bool:
    if record.key is None or record.key == event_id.encode():
        return True
    try:
        return not hasattr(wire.decode(record.value or b"").value, "event_id")
    except Refusal:
        return False


def _moments(event_id: str, wire: Wire, taken: Iterator[Step]) -> Iterator[Moment]:
    before: Book | None = None
    for record, task, outputs in taken:
        book: Book | None = task.tables["books"].get(event_id)
        if book is None or book is before:
            continue
        before = book
        told = [o.value for o in outputs if (o.topic, o.key) == _quotes_of(event_id)]
        id_, value = _decoded(wire, record)
        yield Moment(
            Position(MARKETS.inbox.name, record.partition, record.offset),
            id_,
            record.timestamp * 1000,
            value,
            book,
            task.tables["reliances"].get(event_id) or Reliance(),
            told[-1] if told else None,
        )


def _quotes_of(event_id: str) -> tuple[str, bytes]:
    return topics.QUOTES.name, event_id.encode()


def _decoded(wire: Wire, record: InboxRecord) -> tuple[str, object]:
    try:
        decoded = wire.decode(record.value or b"")
    except Refusal as unreadable:
        raise AssertionError(f"a record that cannot be read changed a book: {unreadable}") from None
    return decoded.id, decoded.value

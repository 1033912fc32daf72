"""What was quoted, beside what the log recomputes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from cli.explain.history import MARKETS, Moment
from overround.contracts import topics
from overround.domain.kernel.ids import Position
from overround.domain.kernel.odds import Price
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.events import Quotes
from overround.runtime.in_process import partition_of
from overround.runtime.records import InboxRecord, Wire
from overround.runtime.replay import Recorded


@dataclass(frozen=True, slots=True)
class Comparison:
    """The quotes in force at a moment against those that readers were given.

    `version` was in force; `published` is the newest one that readers had by then, and `positions`
    where it stands (twice, perhaps, after a crash). They differ where a worker that was behind
    left out what it superseded; None: nothing had been published. `differences` says what is
    not the same, in words.
    """

    version: int
    published: int | None
    positions: tuple[str, ...]
    differences: tuple[str, ...]


def compare(recorded: Recorded, wire: Wire, event_id: str, moments: Sequence[Moment]) -> Comparison:
    """Hold what was published by the last of these moments against the replay of all of them."""
    key = event_id.encode()
    told = {moment.book.version: moment.told for moment in moments if moment.told is not None}
    version = moments[-1].book.version
    found: dict[int, list[InboxRecord]] = {}
    differences: list[str] = []
    is_outrun = False
    for record in recorded.read(topics.QUOTES.name, partition_of(key, recorded.partitions)):
        if record.key != key:
            continue
        try:
            decoded = wire.decode(record.value or b"")
        except Refusal as unreadable:
            differences.append(f"{_place(record)} cannot be read: {unreadable}")
            continue
        if not isinstance(decoded.value, Quotes):
            continue
        if decoded.value.version <= version:
            found.setdefault(decoded.value.version, []).append(record)
        elif _caused_by(decoded.id, moments[-1].position):
            differences.append(
                f"{_place(record)}: version {decoded.value.version}, which no record makes"
            )
        else:
            is_outrun = True
    if version in told.keys() - found.keys() and not is_outrun:
        differences += _unpublished(recorded, moments, version)
    newest = max(found, default=None)
    records = [] if newest is None else found[newest]
    for record in records:
        differences += _differences(wire, record, told.get(newest or 0))
    return Comparison(version, newest, tuple(map(_place, records)), tuple(differences))


def _unpublished(recorded: Recorded, moments: Sequence[Moment], version: int) -> Iterator[str]:
    """A worker that was behind leaves out what it supersedes, and never the last of all."""
    place = next(each.position for each in moments if each.book.version == version)
    if recorded.standing(MARKETS, place.partition).handled > place.offset:
        yield f"version {version}, made by {place}, was never published, nor any after it"


def _caused_by(id_: str, last: Position) -> bool:
    """Whether a published record says that it was made by the last of the moments or before it."""
    inbox, partition, offset, *_ = [*id_.split(":"), "", "", ""]
    is_ours = (inbox, partition) == (last.inbox, str(last.partition))
    return is_ours and offset.isdecimal() and int(offset) <= last.offset


def _differences(wire: Wire, record: InboxRecord, wanted: bytes | None) -> Iterator[str]:
    place = _place(record)
    if wanted is None:
        yield f"{place}: a version that no record of the inbox makes"
        return
    if record.value == wanted:
        return
    was, made = wire.decode(record.value or b"").value, wire.decode(wanted).value
    assert isinstance(was, Quotes)
    assert isinstance(made, Quotes)
    told = [
        f"{place}: {field.name} was {getattr(was, field.name)}, "
        f"recomputed {getattr(made, field.name)}"
        for field in fields(Quotes)
        if field.name != "lines" and getattr(was, field.name) != getattr(made, field.name)
    ]
    old, new = prices_of(was), prices_of(made)
    told += [
        f"{place}: {selection} was quoted {decimal(old.get(selection, 0))}, "
        f"recomputed {decimal(new.get(selection, 0))}"
        for selection in sorted(old.keys() | new.keys())
        if old.get(selection) != new.get(selection)
    ]
    yield from told or [f"{place}: the same prices in other bytes"]


def prices_of(quotes: Quotes) -> dict[str, int]:
    """The prices of quotes in thousandths, by selection id."""
    return {f"{line.market}/{line.outcome}": line.price_milli for line in quotes.lines}


def decimal(price_milli: int, absent: str = "-") -> str:
    """A price in decimal notation; a dash, or another word, for one that is not offered."""
    try:
        return Price(price_milli).decimal()
    except ValueError:
        return f"{price_milli / 1000:g}" if price_milli else absent


def _place(record: InboxRecord) -> str:
    return f"{topics.QUOTES.name}:{record.partition}:{record.offset}"

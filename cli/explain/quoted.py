"""What was quoted, beside what the log recomputes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from agents.markets.books import side_quotes_of
from cli.explain.history import MARKETS, Change, Moment
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.kernel.ids import Position
from overround.domain.kernel.odds import Price
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.events import Quotes, SideQuotes, SportQuotes
from overround.runtime.in_process import partition_of
from overround.runtime.records import InboxRecord, Wire
from overround.runtime.replay import Recorded

Told = Quotes | SideQuotes | SportQuotes

_UNMADE = "a version that no record of the inbox makes"


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


def compare(recorded: Recorded, wire: Wire, event_id: str, moments: Sequence[Change]) -> Comparison:
    """Hold what was published by the last of these moments against the replay of all of them."""
    told = {moment.version: moment.told for moment in moments if moment.told is not None}
    version = moments[-1].version
    found = _found(recorded, wire, event_id, moments, topics.QUOTES)
    differences = found.differences
    if version in told.keys() - found.records.keys() and not found.is_outrun:
        differences += _unpublished(recorded, moments, version)
    newest = max(found.records, default=None)
    records = [] if newest is None else found.records[newest]
    for record in records:
        differences += _differences(wire, record, told.get(newest or 0))
    where = tuple(_place(topics.QUOTES, record) for record in records)
    return Comparison(version, newest, where, tuple(differences))


class SidesQuoted(NamedTuple):
    """The newest quotes of side markets that readers had, and the moments up to their state."""

    moments: Sequence[Moment]
    quotes: SideQuotes | None
    comparison: Comparison


def compare_sides(
    recorded: Recorded, wire: Wire, event_id: str, moments: Sequence[Moment]
) -> SidesQuoted:
    """The same of side markets, which are told of some states only, as other matches leave time.

    So what was told is held against the state whose version it has.
    """
    found = _found(recorded, wire, event_id, moments, topics.SIDE_QUOTES)
    differences, newest = found.differences, max(found.records, default=None)
    if newest is None:
        return SidesQuoted(moments, None, Comparison(0, None, (), tuple(differences)))
    places = [n for n, each in enumerate(moments) if each.version == newest]
    of_state = moments[: places[0] + 1] if places else moments
    (made,) = side_quotes_of([of_state[-1].book])
    where = [_place(topics.SIDE_QUOTES, record) for record in found.records[newest]]
    for place, record in zip(where, found.records[newest], strict=True):
        was = wire.decode(record.value or b"").value
        assert isinstance(was, SideQuotes)
        if not places:
            differences.append(f"{place}: {_UNMADE}")
        elif _body(wire, was) != _body(wire, made):
            differences += _apart(place, was, made)
    return SidesQuoted(of_state, made, Comparison(newest, newest, tuple(where), tuple(differences)))


def _body(wire: Wire, quotes: Told) -> bytes:
    """The bytes but for the envelope, which names the record that they were told with."""
    return wire.encode(quotes, id="", at_us=0, caused_by=None)


class _Found(NamedTuple):
    """What was published: by version, up to the last moment's; whether there is more after it."""

    records: dict[int, list[InboxRecord]]
    differences: list[str]
    is_outrun: bool


def _found(
    recorded: Recorded, wire: Wire, event_id: str, moments: Sequence[Change], topic: Topic
) -> _Found:
    key, last = event_id.encode(), moments[-1]
    found: dict[int, list[InboxRecord]] = {}
    differences: list[str] = []
    is_outrun = False
    for record in recorded.read(topic.name, partition_of(key, recorded.partitions)):
        if record.key != key:
            continue
        try:
            decoded = wire.decode(record.value or b"")
        except Refusal as unreadable:
            differences.append(f"{_place(topic, record)} cannot be read: {unreadable}")
            continue
        if not isinstance(decoded.value, Told):
            continue
        version = decoded.value.version
        if version <= last.version:
            found.setdefault(version, []).append(record)
        elif _caused_by(decoded.id, last.position):
            place = _place(topic, record)
            differences.append(f"{place}: version {version}, which no record makes")
        else:
            is_outrun = True
    return _Found(found, differences, is_outrun)


def _unpublished(recorded: Recorded, moments: Sequence[Change], version: int) -> Iterator[str]:
    """A worker that was behind leaves out what it supersedes, and never the last of all."""
    place = next(each.position for each in moments if each.version == version)
    if recorded.standing(MARKETS, place.partition).handled > place.offset:
        yield f"version {version}, made by {place}, was never published, nor any after it"


def _caused_by(id_: str, last: Position) -> bool:
    """Whether a published record says that it was made by the last of the moments or before it."""
    inbox, partition, offset, *_ = [*id_.split(":"), "", "", ""]
    is_ours = (inbox, partition) == (last.inbox, str(last.partition))
    return is_ours and offset.isdecimal() and int(offset) <= last.offset


def _differences(wire: Wire, record: InboxRecord, wanted: bytes | None) -> Iterator[str]:
    place = _place(topics.QUOTES, record)
    if wanted is None:
        yield f"{place}: {_UNMADE}"
        return
    if record.value == wanted:
        return
    was, made = wire.decode(record.value or b"").value, wire.decode(wanted).value
    assert isinstance(was, Told)
    assert isinstance(made, Told)
    yield from _apart(place, was, made)


def _apart(place: str, was: Told, made: Told) -> Iterator[str]:
    """In what two quotes of one kind differ, in words."""
    told = [
        f"{place}: {field.name} was {getattr(was, field.name)}, "
        f"recomputed {getattr(made, field.name)}"
        for field in fields(was)
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


def prices_of(quotes: Told) -> dict[str, int]:
    """The prices of quotes in thousandths, by selection id."""
    return {f"{line.market}/{line.outcome}": line.price_milli for line in quotes.lines}


def decimal(price_milli: int, absent: str = "-") -> str:
    """A price in decimal notation; a dash, or another word, for one that is not offered."""
    try:
        return Price(price_milli).decimal()
    except ValueError:
        return f"{price_milli / 1000:g}" if price_milli else absent


def _place(topic: Topic, record: InboxRecord) -> str:
    return f"{topic.name}:{record.partition}:{record.offset}"

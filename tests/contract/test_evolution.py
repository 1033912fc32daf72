"""Schemas that change over time: files, locks, old records and the newest dataclass."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from overround.contracts import registry, schemas
from overround.contracts.codec import Codec, ContractError, Upcaster
from overround.contracts.derive import path_of, schema_of
from overround.contracts.lock import LOCK, LockError, read_lock
from overround.contracts.registry import faults, lock_schemas
from overround.contracts.schemas import AVRO_ROOT
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.money import Money
from tables.books import Book as MatchBook
from tests.contract.instances import values_of
from topologies.wire import sportsbook_wire

SUBJECT = "overround.tables.Card"
ENVELOPE: dict[str, Any] = {"id": "k", "at_us": 1, "caused_by": None}


def version(name: str, annotations: dict[str, Any], defaults: dict[str, Any]) -> type:
    """A dataclass as it stood in one version; all versions have the one name `Card`."""
    body = {"__annotations__": annotations, "__doc__": name, "__module__": __name__} | defaults
    return dataclass(frozen=True)(type("Card", (), body))


FIRST = version("first", {"holder": str, "colour": str, "points": int}, {"points": 0})
SECOND = version("second", {"holder": str, "colour": str, "minute": int | None}, {"minute": None})


def published(root: Path, record: type, *, is_state: bool = False) -> Codec:
    """The codec after a version of `Card` was written to the folder and locked."""
    states, records = ((record,), ()) if is_state else ((), (record,))
    schemas.write(root, records, states)
    lock_schemas(root)
    return Codec(records, states, root=root)


def test_a_record_of_an_old_version_is_read_as_the_newest_dataclass(tmp_path: Path) -> None:
    old = published(tmp_path, FIRST).encode(FIRST("ann", "red", 4), **ENVELOPE)
    codec = published(tmp_path, SECOND)
    assert codec.decode(old).value == SECOND("ann", "red", None)
    assert codec.decode(old).id == "k"
    new = codec.encode(SECOND("bob", "red", 7), **ENVELOPE)
    assert codec.decode(new).value == SECOND("bob", "red", 7)
    assert new[:5] != old[:5]


def test_a_table_value_of_an_old_version_is_read_as_the_newest_dataclass(tmp_path: Path) -> None:
    old = published(tmp_path, FIRST, is_state=True).encode_state(FIRST("ann", "red", 4))
    codec = published(tmp_path, SECOND, is_state=True)
    assert codec.decode_state(old) == SECOND("ann", "red", None)


def test_an_upcaster_sees_the_fields_that_the_newest_version_dropped(tmp_path: Path) -> None:
    old = published(tmp_path, FIRST).encode(FIRST("ann", "red", 4), **ENVELOPE)
    published(tmp_path, SECOND)

    def from_points(fields: dict[str, Any]) -> object:
        return SECOND(fields["holder"], fields["colour"], fields["points"] * 10)

    upcasters: dict[tuple[str, int], Upcaster] = {(SUBJECT, 1): from_points}
    codec = Codec((SECOND,), root=tmp_path, upcasters=upcasters)
    assert codec.decode(old).value == SECOND("ann", "red", 40)


def test_an_upcaster_that_fails_refuses_the_record(tmp_path: Path) -> None:
    old = published(tmp_path, FIRST).encode(FIRST("ann", "red", 4), **ENVELOPE)

    def failing(fields: dict[str, Any]) -> object:
        return fields["nothing"]

    codec = Codec((FIRST,), root=tmp_path, upcasters={(SUBJECT, 1): failing})
    with pytest.raises(ContractError, match="invalid_record"):
        codec.decode(old)


def test_a_breaking_version_is_not_locked_and_nothing_is_written(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    before = (tmp_path / LOCK).read_text()
    schemas.write(tmp_path, (version("bad", {"holder": str, "colour": int}, {}),))
    with pytest.raises(LockError, match="colour: string is read as long"):
        lock_schemas(tmp_path)
    assert (tmp_path / LOCK).read_text() == before


def test_a_changed_schema_is_refused_until_it_is_locked(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    schemas.write(tmp_path, (SECOND,))
    assert faults(tmp_path)[0].endswith("run python -m overround.contracts.registry lock")
    with pytest.raises(LockError, match="differs from its locked v1"):
        Codec((SECOND,), root=tmp_path)


def test_ids_and_versions_are_never_given_again(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    published(tmp_path, SECOND)
    lock_schemas(tmp_path)
    entries = read_lock(tmp_path).entries
    assert [(entry.version, entry.id) for entry in entries] == [(1, 1), (2, 2)]


def test_a_doc_makes_no_new_version(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    path = tmp_path / path_of(SUBJECT)
    path.write_text(path.read_text().replace('"doc": ""', '"doc": "Whose card."'))
    assert faults(tmp_path) == []


def test_an_edited_lock_is_refused(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    path = tmp_path / LOCK
    path.write_text(path.read_text().replace('"colour"', '"color"'))
    with pytest.raises(LockError, match="was edited"):
        read_lock(tmp_path)
    assert registry.main(["verify", "--avro", str(tmp_path)]) == 1


def test_an_id_that_two_branches_gave_is_refused(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    published(tmp_path, SECOND)
    path = tmp_path / LOCK
    path.write_text(path.read_text().replace('"version":2,"id":2', '"version":2,"id":1'))
    with pytest.raises(LockError, match=r"v2 has the id 1 of .* v1"):
        read_lock(tmp_path)


def test_a_locked_schema_whose_file_is_gone_is_told(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    (tmp_path / path_of(SUBJECT)).unlink()
    assert faults(tmp_path) == [f"{SUBJECT} is locked, but its file is gone: restore it"]


@dataclass(frozen=True)
class Line:
    """A part of a state."""

    stake_minor: int
    status: TradingStatus


@dataclass(frozen=True)
class Book:
    """A state with each of the types that only states have."""

    name: str
    money: Money | None = None
    lines: dict[str, Line] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    history: tuple[Line, ...] = ()
    rate: float = 0.5


@dataclass(frozen=True)
class Grid:
    """A state with arrays."""

    cells_minor: NDArray[np.int64]
    weights: NDArray[np.float64]


LINES = values_of(Line)
BOOKS = st.builds(
    Book,
    name=st.text(max_size=5).filter(lambda text: text.isascii()),
    money=st.none() | st.builds(Money, st.integers(-(2**60), 2**60), st.just("EUR")),
    lines=st.dictionaries(st.sampled_from("abcdé"), LINES),
    counts=st.dictionaries(st.sampled_from("abcdé"), st.integers(0, 99)),
    history=st.lists(LINES, max_size=3).map(tuple),
    rate=st.floats(allow_nan=False),
)


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Codec:
    root = tmp_path_factory.mktemp("avro")
    schemas.write(root, (), (Book, Grid))
    lock_schemas(root)
    return Codec((), (Book, Grid), root=root)


@settings(max_examples=60, deadline=None)
@given(book=BOOKS)
def test_a_state_is_read_back_and_its_bytes_do_not_depend_on_the_order_of_keys(
    states: Codec, book: Book
) -> None:
    written = states.encode_state(book)
    assert states.decode_state(written) == book
    turned = Book(
        book.name,
        book.money,
        dict(reversed(book.lines.items())),
        dict(reversed(book.counts.items())),
        book.history,
        book.rate,
    )
    assert states.encode_state(turned) == written


@settings(max_examples=60, deadline=None)
@given(book=BOOKS, cut=st.integers(1, 50))
def test_a_state_cut_short_is_refused(states: Codec, book: Book, cut: int) -> None:
    written = states.encode_state(book)
    with pytest.raises(ContractError):
        states.decode_state(written[: max(0, len(written) - cut)])


def test_arrays_are_read_back_as_little_endian_and_read_only(states: Codec) -> None:
    grid = Grid(np.array([1, -(2**63), 2**63 - 1]), np.array([0.25]))
    written = states.encode_state(grid)
    assert (1).to_bytes(8, "little") in written
    read = states.decode_state(written)
    assert read.cells_minor.tolist() == grid.cells_minor.tolist()
    assert read.weights.tolist() == [0.25]
    assert not read.cells_minor.flags.writeable


@pytest.mark.parametrize("wrong", [np.zeros((2, 2), np.int64), np.zeros(2), [1, 2]])
def test_an_array_of_another_shape_or_type_is_not_written(states: Codec, wrong: Any) -> None:
    with pytest.raises(ContractError, match="invalid_record"):
        states.encode_state(Grid(wrong, np.zeros(1)))


def test_a_value_that_its_own_class_refuses_is_invalid(states: Codec) -> None:
    written = states.encode_state(Book("b", Money(1, "EUR")))
    with pytest.raises(ContractError, match=r"invalid_record.*not taken"):
        states.decode_state(written.replace(b"EUR", b"XXX"))


@dataclass(frozen=True)
class Odd:
    """A field of a type without an Avro form."""

    things: set[str]


def test_a_type_without_an_avro_form_is_named() -> None:
    with pytest.raises(TypeError, match=r"overround\.tables\.Odd\.things: set"):
        schema_of(Odd)


def test_a_missing_schema_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--write"):
        Codec((FIRST,), root=tmp_path)


def test_the_lock_is_a_line_a_version(tmp_path: Path) -> None:
    published(tmp_path, FIRST)
    published(tmp_path, SECOND)
    lines = (tmp_path / LOCK).read_text().splitlines()
    assert [json.loads(line.rstrip(","))["version"] for line in lines[1:-1]] == [1, 2]


@pytest.mark.slow
def test_a_book_that_held_its_prices_is_read_without_them() -> None:
    held = read_lock(AVRO_ROOT).versions("overround.tables.Book")[4]
    book = MatchBook.empty("m1")
    row = io.BytesIO()
    row.write(b"\x00" + held.id.to_bytes(4, "big"))
    schema = fastavro.parse_schema(deepcopy(held.schema))
    fastavro.schemaless_writer(row, schema, asdict(book) | {"prices_milli": bytes(8 * 112)})
    assert len(row.getvalue()) > 8 * 112
    assert sportsbook_wire().decode_state(row.getvalue()) == book

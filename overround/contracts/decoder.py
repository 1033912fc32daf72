"""Compile a writer's schema and our dataclass into the function that reads the bytes.

The writer's schema may be an older version than the dataclass: a field that it lacks takes the
newest schema's default, a field that only it has is read and dropped, a renamed field is found by
its alias (Avro specification, "Schema Resolution"). Where that is not enough, an upcaster makes
the dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from overround.contracts.defaults import default_of
from overround.contracts.encoder import ENVELOPE
from overround.contracts.hints import fields_of, is_enum, item_of, layout_of, mapped_of, optional_of
from overround.contracts.refusal import ContractError
from overround.contracts.source import Schema, Source, full_name, optional_branch
from overround.contracts.wire import (
    read_array,
    read_block,
    read_double,
    read_long,
    read_span,
    read_time,
)
from overround.domain.kernel.ids import Position
from overround.domain.kernel.replace import blank_of

Upcaster = Callable[[dict[str, Any]], object]
"""Makes the newest dataclass of an old record's fields: those that both have, the defaults of the
new ones, and the dropped ones, all by name."""

HEADER_BYTES = 5
"""The magic byte 0 and four bytes of schema id, big-endian (Confluent wire format)."""


@dataclass(slots=True)
class Decoded:
    """A record of a topic: the value, and the envelope it came in.

    Not frozen: one is made per message, and a frozen one takes 0.7 us to construct, this one 0.2.
    """

    value: Any
    id: str
    at_us: int
    caused_by: Position | None

    @property
    def type(self) -> type:
        """The dataclass of the value."""
        kind: type = self.value.__class__
        return kind


def _refused(record: str, payload: bytes, end: int, cause: Exception) -> ContractError:
    """Tell bytes that end too soon from bytes that are wrong."""
    if isinstance(cause, IndexError) or end > len(payload):
        return ContractError("truncated_record", f"{record} of {len(payload)} bytes")
    return ContractError("invalid_record", f"{record}: {cause!r}")


def _misfit(record: str, payload: bytes, end: int) -> ContractError:
    reason = "truncated_record" if end > len(payload) else "trailing_bytes"
    return ContractError(reason, f"{record} ends at {end} of {len(payload)} bytes")


_KNOWN: dict[str, Any] = {
    "BOOLEANS": {0: False, 1: True},
    "Decoded": Decoded,
    "misfit": _misfit,
    "read_array": read_array,
    "read_block": read_block,
    "read_double": read_double,
    "read_long": read_long,
    "read_span": read_span,
    "read_time": read_time,
    "refused": _refused,
}


class _Decoder(Source):
    """Each method writes the statements that read a value at `p` into a variable.

    A hint of None reads a field that the dataclass no longer has, into plain Python values.
    """

    def __init__(self, writer: Schema, reader: Schema) -> None:
        super().__init__(writer)
        self._reader = Source(reader)

    def read(self, schema: Schema, hint: Any, target: str) -> None:
        getattr(self, f"_{self.kind(schema)}")(schema, hint, target)

    def _long(self, schema: Schema, _hint: Any, target: str) -> None:
        is_time = isinstance(schema, dict) and "logicalType" in schema
        if is_time:
            self.line(f"{target}, p = read_time(b, p)")
            return
        self.line("n = b[p]")
        with self.block("if n < 128:"):
            self.line(f"{target} = (n >> 1) ^ -(n & 1)")
            self.line("p += 1")
        with self.block("elif b[p + 1] < 128:  # 64 to 8,191, as most prices and stakes are"):
            self.line(f"{target} = (n >> 1 & 63 | b[p + 1] << 6) ^ -(n & 1)")
            self.line("p += 2")
        with self.block("else:"):
            self.line(f"{target}, p = read_long(b, p)")

    def _boolean(self, _schema: Schema, _hint: Any, target: str) -> None:
        self.line(f"{target} = BOOLEANS[b[p]]")
        self.line("p += 1")

    def _double(self, _schema: Schema, _hint: Any, target: str) -> None:
        self.line(f"{target}, p = read_double(b, p)")

    def _string(self, _schema: Schema, hint: Any, target: str) -> None:
        self._span()
        if is_enum(hint):
            members = {member.value.encode(): member for member in hint}
            self.line(f"{target} = {self.constant('members', members)}[b[p:q]]")
        else:
            self.line(f"{target} = b[p:q].decode()")
        self.line("p = q")

    def _bytes(self, schema: Schema, hint: Any, target: str) -> None:
        self._span()
        layout = layout_of(hint)
        self.line(f"{target} = " + (f"read_array(b[p:q], {layout!r})" if layout else "b[p:q]"))
        self.line("p = q")

    def _span(self) -> None:
        """Bring `p` to the first byte of a string and `q` behind its last."""
        self.line("n = b[p]")
        with self.block("if n & 129:  # more than one byte of length, or a negative one"):
            self.line("p, q = read_span(b, p)")
        with self.block("else:"):
            self.line("p += 1")
            self.line("q = p + (n >> 1)")

    def _union(self, schema: Schema, hint: Any, target: str) -> None:
        self.line("n = b[p]")
        self.line("p += 1")
        with self.block("if n == 2:"):
            self.read(optional_branch(schema), optional_of(hint), target)
        with self.block("elif n == 0:"):
            self.line(f"{target} = None")
        with self.block("else:"):
            self.line("raise ValueError(f'no branch {n} in a union of two')")

    def _array(self, schema: Schema, hint: Any, target: str) -> None:
        items, item = self.name("v"), self.name("v")
        self.line(f"{items} = []")
        with self._each_block():
            self.read(schema["items"], item_of(hint), item)
            self.line(f"{items}.append({item})")
        self.line(f"{target} = tuple({items})")

    def _map(self, schema: Schema, hint: Any, target: str) -> None:
        entries, key, value = self.name("v"), self.name("v"), self.name("v")
        self.line(f"{entries} = {{}}")
        with self._each_block():
            self._string("string", str, key)
            self.read(schema["values"], mapped_of(hint), value)
            self.line(f"{entries}[{key}] = {value}")
        self.line(f"{target} = {entries}")

    @contextmanager
    def _each_block(self) -> Iterator[None]:
        """Put what follows under a loop over all items of all blocks.

        A false count is harmless: each item takes at least one byte, so the bytes end first.
        """
        left = self.name("n")
        self.line(f"{left}, p = read_block(b, p)")
        with self.block(f"while {left}:"):
            with self.block(f"for _ in range({left}):"):
                yield
            self.line(f"{left}, p = read_block(b, p)")

    def _record(self, schema: Schema, hint: Any, target: str) -> None:
        record = self.record(schema)
        if hint is None:
            found = self.fields(record, {}, [])
            self.line(f"{target} = {_as_dict(found)}")
            return
        reader = self._reader.named(full_name(record))
        found = self.fields(record, fields_of(hint), reader["fields"])
        self.make(hint, found, target)

    def fields(self, record: Schema, hints: dict[str, Any], reader: list[Schema]) -> dict[str, str]:
        """Read all fields of the writer; answers with the variable of each, defaults included."""
        names = {alias: field["name"] for field in reader for alias in field.get("aliases", ())}
        found: dict[str, str] = {}
        for field in record["fields"]:
            name = field["name"]
            name = name if name in hints else names.get(name, name)
            found[name] = self.name("v")
            self.read(field["type"], hints.get(name), found[name])
        for field in reader:
            if field["name"] not in found:
                value = default_of(field["type"], hints[field["name"]], field["default"])
                found[field["name"]] = self.constant("default", value)
        return found

    def make(self, record: type, found: dict[str, str], target: str) -> None:
        """Make the dataclass of its variables."""
        made = self.constant("record", record)
        names = fields_of(record)
        blank = blank_of(record)
        if blank is None:
            self.line(f"{target} = {made}({', '.join(found[name] for name in names)})")
            return
        self.line(f"{target} = {self.constant('blank', blank)}()")
        for name in names:
            self.line(f"{target}.{name} = {found[name]}")
        self.line(f"{target}.__class__ = {made}")

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Turn whatever goes wrong in what follows, or a wrong length, into a ContractError."""
        name = self.schema["name"]
        self.line(f"p, q = {HEADER_BYTES}, 0")
        with self.block("try:"):
            yield
        # Not a list of exceptions: a dataclass may refuse its values in any way it likes.
        with self.block("except Exception as error:"):
            self.line(f"raise refused({name!r}, b, q, error) from error")
        with self.block("if p != len(b):"):
            self.line(f"raise misfit({name!r}, b, p)")


def _as_dict(found: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name!r}: {variable}" for name, variable in found.items()) + "}"


def compile_decoder(
    writer: Schema,
    reader: Schema,
    record: type,
    *,
    has_envelope: bool,
    upcaster: Upcaster | None = None,
) -> Callable[[bytes], Any]:
    """The function that reads bytes of the writer's schema into the dataclass.

    It answers with a `Decoded` where there is an envelope, else with the dataclass itself.

    Raises:
        KeyError: a field that the writer lacks has no default in the reader's schema.
    """
    source = _Decoder(writer, reader)
    hints = (ENVELOPE if has_envelope else {}) | fields_of(record)
    with source.refusing():
        found = source.fields(writer, hints, reader["fields"])
        if upcaster is None:
            source.make(record, found, "value")
        else:
            named = {name: made for name, made in found.items() if name not in ENVELOPE}
            source.line(f"value = {source.constant('upcaster', upcaster)}({_as_dict(named)})")
    envelope = ", ".join(found[name] for name in ENVELOPE) if has_envelope else ""
    source.line(f"return Decoded(value, {envelope})" if has_envelope else "return value")
    return source.compiled("b", _KNOWN)

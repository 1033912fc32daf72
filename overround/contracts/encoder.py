"""Compile a schema and its dataclass into the function that writes the bytes.

Measured against `fastavro.schemaless_writer` with dictionaries (`python -m benches.codec`), a
function written out for one record needs a third of the time: no dictionary, no walk over the
schema, no call per field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from overround.contracts.hints import (
    fields_of,
    is_enum,
    item_of,
    layout_of,
    mapped_of,
    may_be_columns,
    optional_of,
)
from overround.contracts.source import Schema, Source, optional_branch
from overround.contracts.wire import (
    SMALL,
    SMALL_MAX,
    Heads,
    array_bytes,
    columns_bytes,
    double_bytes,
    long_bytes,
    text_bytes,
)
from overround.domain.kernel.columns import Columns
from overround.domain.kernel.ids import Position

ENVELOPE: dict[str, Any] = {"id": str, "at_us": int, "caused_by": Position | None}
"""The first fields of each record on a topic, beside the dataclass's own."""

# The second branch of a union, as source text.
_SOME = "b'\\x02'"

_KNOWN: dict[str, Any] = {
    "SMALL": SMALL,
    "BOOLEAN": {False: b"\x00", True: b"\x01"},
    "long_bytes": long_bytes,
    "array_bytes": array_bytes,
    "double_bytes": double_bytes,
    "Columns": Columns,
    "columns_bytes": columns_bytes,
}


class _Encoder(Source):
    """Each method writes what prepares an expression and gives its byte expressions."""

    def parts(self, schema: Schema, hint: Any, expression: str) -> list[str]:
        write: Callable[[Schema, Any, str], list[str]] = getattr(self, f"_{self.kind(schema)}")
        return write(schema, hint, expression)

    def fields(self, record: Schema, hints: dict[str, Any], owner: str) -> list[str]:
        parts = []
        for field in record["fields"]:
            name = field["name"]
            own = name if owner == "" else f"{owner}.{name}"
            parts += self.parts(field["type"], hints[name], own)
        return parts

    def _long(self, _schema: Schema, _hint: Any, expression: str) -> list[str]:
        number = self.name("n")
        self.line(f"{number} = {expression}")
        return [f"(SMALL[{number}] if 0 <= {number} < {SMALL_MAX} else long_bytes({number}))"]

    def _boolean(self, _schema: Schema, _hint: Any, expression: str) -> list[str]:
        return [f"BOOLEAN[{expression}]"]

    def _double(self, _schema: Schema, _hint: Any, expression: str) -> list[str]:
        return [f"double_bytes({expression})"]

    def _string(self, _schema: Schema, hint: Any, expression: str) -> list[str]:
        if is_enum(hint):
            members = {member: text_bytes(member.value) for member in hint}
            return [f"{self.constant('members', members)}[{expression}]"]
        return self._sized(f"{expression}.encode()")

    def _bytes(self, schema: Schema, hint: Any, expression: str) -> list[str]:
        if layout_of(hint) is not None:
            return self._sized(f"array_bytes({expression}, {schema['layout']!r})")
        return self._sized(expression)

    def _sized(self, expression: str) -> list[str]:
        made = self.name("b")
        self.line(f"{made} = {expression}")
        return [f"(SMALL[s] if (s := len({made})) < {SMALL_MAX} else long_bytes(s))", made]

    def _union(self, schema: Schema, hint: Any, expression: str) -> list[str]:
        value, made = self.name("v"), self.name("b")
        self.line(f"{value} = {expression}")
        with self.block(f"if {value} is None:"):
            self.line(f"{made} = b'\\x00'")
        with self.block("else:"):
            parts = self.parts(optional_branch(schema), optional_of(hint), value)
            self.line(f"{made} = {_joined([_SOME, *parts])}")
        return [made]

    def _array(self, schema: Schema, hint: Any, expression: str) -> list[str]:
        items, item = self.name("v"), self.name("v")
        self.line(f"{items} = {expression}")

        def parts() -> list[str]:
            return self.parts(schema["items"], item_of(hint), item)

        if not may_be_columns(hint):
            return self._blocks(items, item, parts)
        made = self.name("b")
        heads = self.constant("heads", self._heads(self.record(schema["items"]), item_of(hint)))
        with self.block(f"if {items}.__class__ is Columns:"):
            self.line(f"{made} = columns_bytes({items}, {heads})")
        with self.block("else:"):
            self.line(f"{made} = {_joined(self._blocks(items, item, parts))}")
        return [made]

    def _map(self, schema: Schema, hint: Any, expression: str) -> list[str]:
        items, key, value = self.name("v"), self.name("v"), self.name("v")
        # Sorted, so that equal values have equal bytes whatever order their keys came in.
        self.line(f"{items} = sorted({expression}.items())")
        return self._blocks(
            items,
            f"{key}, {value}",
            lambda: [
                *self._sized(f"{key}.encode()"),
                *self.parts(schema["values"], mapped_of(hint), value),
            ],
        )

    def _blocks(self, items: str, item: str, parts: Callable[[], list[str]]) -> list[str]:
        """One block of all items and the empty block that ends them."""
        made, pieces = self.name("b"), self.name("v")
        self.line(f"{made} = b'\\x00'")
        with self.block(f"if {items}:"):
            self.line(f"{pieces} = [long_bytes(len({items}))]")
            with self.block(f"for {item} in {items}:"):
                self.line(f"{pieces} += ({', '.join(parts())},)")
            self.line(f"{pieces}.append(b'\\x00')")
            self.line(f"{made} = b''.join({pieces})")
        return [made]

    def _record(self, schema: Schema, hint: Any, expression: str) -> list[str]:
        record = self.record(schema)
        owner = self.name("v")
        self.line(f"{owner} = {expression}")
        return self.fields(record, fields_of(hint), owner)

    def _heads(self, record: Schema, hint: Any) -> Heads:
        """What writes the fields of records in columns that come before their numbers."""
        source = _Encoder(self.schema)
        heads = {"fields": record["fields"][:-1]}
        source.line(f"return {_joined(source.fields(heads, fields_of(hint), 'value'))}")
        return Heads(source.compiled("value", _KNOWN))


def _joined(parts: list[str]) -> str:
    return f"b''.join(({', '.join(parts)},))"


def compile_encoder(schema: Schema, record: type, header: bytes) -> Callable[..., bytes]:
    """The function `(value, id, at_us, caused_by) -> bytes` of a record on a topic."""
    source = _Encoder(schema)
    fields = schema["fields"]
    envelope = {"fields": fields[: len(ENVELOPE)]}
    body = {"fields": fields[len(ENVELOPE) :]}
    head = source.constant("head", header)
    parts = source.fields(envelope, ENVELOPE, "") + source.fields(body, fields_of(record), "value")
    source.line(f"return {_joined([head, *parts])}")
    return source.compiled("value, id, at_us, caused_by", _KNOWN)


def compile_state_encoder(schema: Schema, state: type, header: bytes) -> Callable[..., bytes]:
    """The function `(value) -> bytes` of a table's value."""
    source = _Encoder(schema)
    parts = [source.constant("head", header), *source.fields(schema, fields_of(state), "value")]
    source.line(f"return {_joined(parts)}")
    return source.compiled("value", _KNOWN)

"""The Arrow form of an Avro record: what a column of the lake is called and what type it has.

Columns are the record's own fields and, in front of them, where the row comes from. Money stays
an integer. The field types:

    boolean, int, long, float, double, string, bytes   the same in Arrow
    long (timestamp-micros)                            timestamp[us, UTC]
    bytes with a `layout` (`int64-le`, `float64-le`)   list of that number
    enum                                               string
    array, map, record, [null, T]                      list, map, struct, nullable T
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pyarrow as pa

from overround.contracts.derive import snake_case
from overround.contracts.lock import read_lock
from overround.contracts.schemas import AVRO_ROOT

SchemaOf = Callable[[int], Mapping[str, Any]]
"""The Avro schema that was registered under an id; raises KeyError for an id it does not know."""


def locked_schemas(root: Path = AVRO_ROOT) -> SchemaOf:
    """The schemas of every version that the repository's lock gives an id to."""
    return {entry.id: entry.schema for entry in read_lock(root).entries}.__getitem__


UTC_MICROS = pa.timestamp("us", tz="UTC")

TRACE = (
    pa.field("_topic", pa.string(), nullable=False),
    pa.field("_partition", pa.int32(), nullable=False),
    pa.field("_offset", pa.int64(), nullable=False),
    # Kafka's own: append time or create time, as the topic is set; None where the log has none.
    pa.field("_timestamp", pa.timestamp("ms", tz="UTC")),
)
"""Where a row stands in the log: the columns that every file of the lake begins with."""

KEY = pa.field("_key", pa.string())

_PRIMITIVES = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "bytes": pa.binary(),
}
_LAYOUTS = {"int64-le": (pa.int64(), "<i8"), "float64-le": (pa.float64(), "<f8")}


class NotTabular(TypeError):
    """An Avro type that has no column type here."""


class RecordShape:
    """How one Avro schema is read into rows and what its columns are.

    Raises:
        NotTabular: the schema, or a field of it, has no column type.
    """

    def __init__(self, avro: Mapping[str, Any], *, schema_id: int = 0) -> None:
        if avro.get("type") != "record":
            raise NotTabular(f"not a record: {avro.get('type')}")
        if not any(field["name"] == "at_us" for field in avro["fields"]):
            raise NotTabular(f"{avro['name']} has no event time `at_us`")
        self.record = snake_case(avro["name"].rpartition(".")[2])
        columns = _struct(avro, {})
        self.columns = pa.schema(
            [*TRACE, KEY, *columns], metadata={"avro_schema_id": str(schema_id)}
        )
        self.fields = columns
        self.packed = _packed_fields(avro)
        # Without the logical types fastavro gives plain integers, which Arrow takes as they are;
        # a datetime object for each time would cost more than the rest of the row.
        self.reader = fastavro.parse_schema(_without_logical_types(dict(avro)))

    def unpack(self, row: dict[str, Any]) -> None:
        """Turn the packed arrays of a decoded row into numbers, in place."""
        for name, dtype in self.packed.items():
            row[name] = np.frombuffer(row[name], dtype=dtype)


def column_type(avro: Any, named: dict[str, pa.DataType] | None = None) -> pa.DataType:
    """The Arrow type of an Avro type; `named` holds the types defined so far.

    Raises:
        NotTabular: a union of several types, or a name that is not defined.
    """
    named = {} if named is None else named
    if isinstance(avro, list):
        return _nullable(avro, named)[0]
    if isinstance(avro, str):
        return _named(avro, named)
    return _complex(avro, named)


def _named(name: str, named: dict[str, pa.DataType]) -> pa.DataType:
    found = _PRIMITIVES.get(name) or named.get(name.rpartition(".")[2])
    if found is None:
        raise NotTabular(f"unknown Avro type {name!r}")
    return found


def _complex(avro: Mapping[str, Any], named: dict[str, pa.DataType]) -> pa.DataType:
    kind = avro["type"]
    if avro.get("logicalType") == "timestamp-micros":
        return UTC_MICROS
    if "layout" in avro:
        return pa.list_(_LAYOUTS[avro["layout"]][0])
    if kind in ("record", "enum"):
        made = pa.string() if kind == "enum" else pa.struct(list(_struct(avro, named)))
        named[avro["name"].rpartition(".")[2]] = made
        return made
    if kind == "array":
        return pa.list_(column_type(avro["items"], named))
    if kind == "map":
        return pa.map_(pa.string(), column_type(avro["values"], named))
    return column_type(kind, named)


def _struct(avro: Mapping[str, Any], named: dict[str, pa.DataType]) -> tuple[pa.Field, ...]:
    return tuple(_field(field, named) for field in avro["fields"])


def _field(field: Mapping[str, Any], named: dict[str, pa.DataType]) -> pa.Field:
    if "layout" in field:
        return pa.field(field["name"], pa.list_(_LAYOUTS[field["layout"]][0]), nullable=False)
    avro = field["type"]
    if isinstance(avro, list):
        kind, is_nullable = _nullable(avro, named)
        return pa.field(field["name"], kind, nullable=is_nullable)
    return pa.field(field["name"], column_type(avro, named), nullable=False)


def _nullable(union: list[Any], named: dict[str, pa.DataType]) -> tuple[pa.DataType, bool]:
    branches = [branch for branch in union if branch != "null"]
    if len(branches) != 1:
        raise NotTabular(f"a union of {len(branches)} types has no column")
    return column_type(branches[0], named), len(branches) < len(union)


def _packed_fields(avro: Mapping[str, Any]) -> dict[str, str]:
    packed = {}
    for field in avro["fields"]:
        kind = field["type"]
        layout = field.get("layout") or (kind.get("layout") if isinstance(kind, dict) else None)
        if layout is not None:
            packed[field["name"]] = _LAYOUTS[layout][1]
    return packed


def _without_logical_types(avro: Any) -> Any:
    if isinstance(avro, dict):
        return {
            name: _without_logical_types(part)
            for name, part in avro.items()
            if name != "logicalType"
        }
    if isinstance(avro, list):
        return [_without_logical_types(part) for part in avro]
    return avro

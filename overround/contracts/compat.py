"""Whether the newest schema of a subject can live beside all its earlier versions.

FULL_TRANSITIVE: readers of the newest version read what every earlier one wrote, and readers of
every earlier one read what the newest writes. Of a table's value only the first half is asked: its
changelog has one reader, and a worker of an earlier version does not know a later schema id, so
there is nothing that it could read by its own schema.

The rules are those of Avro's schema resolution (specification 1.12, "Schema Resolution"), cut to
the types that we use, and stricter in three points where Avro would resolve but a value would
change its meaning:

- string and bytes do not stand for each other;
- a field's unit (`logicalType`) and layout never change;
- the `allowed` values of a string only grow: what was once written stays readable.

No kept Python library checks this without a registry server: fastavro resolves values, not
schemas, and the `avro` package's checker knows nothing of our attributes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from overround.contracts.source import Schema, full_name

# What a reader of the one type accepts from a writer of the other, beside its own type.
_PROMOTIONS = {
    ("int", "long"),
    ("int", "float"),
    ("int", "double"),
    ("long", "float"),
    ("long", "double"),
    ("float", "double"),
}
_MEANINGS = ("logicalType", "layout")
_CONTAINERS = {"array": "items", "map": "values"}


def breaks(newest: Schema, earlier: Iterable[Schema], *, is_state: bool = False) -> list[str]:
    """Why the newest schema is not FULL_TRANSITIVE with the earlier ones; empty when it is.

    `is_state`: of a table's value, which has to be BACKWARD_TRANSITIVE.
    """
    found: list[str] = []
    for old in earlier:
        found += [f"new readers, old records: {line}" for line in unreadable(newest, old)]
        if not is_state:
            found += [f"old readers, new records: {line}" for line in unreadable(old, newest)]
        found += _lost_values(newest, old, newest["name"])
    return list(dict.fromkeys(found))


def unreadable(reader: Schema, writer: Schema) -> list[str]:
    """Why a reader's schema cannot resolve what the writer's schema writes."""
    return list(_Resolution(reader, writer).problems(reader, writer, reader["name"]))


class _Resolution:
    """One reader and one writer, and the records that either refers to by name."""

    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._of_reader = _named(reader)
        self._of_writer = _named(writer)

    def problems(self, reader: Schema, writer: Schema, place: str) -> Iterator[str]:
        reader = self._of_reader.get(reader, reader) if isinstance(reader, str) else reader
        writer = self._of_writer.get(writer, writer) if isinstance(writer, str) else writer
        if isinstance(writer, list):
            for branch in writer:
                yield from self.problems(reader, branch, place)
        elif isinstance(reader, list):
            if all(any(self.problems(branch, writer, place)) for branch in reader):
                yield f"{place}: no branch of the reader takes {_type(writer)}"
        else:
            yield from self._plain(reader, writer, place)

    def _plain(self, reader: Schema, writer: Schema, place: str) -> Iterator[str]:
        kind, other = _type(reader), _type(writer)
        if kind != other:
            if (other, kind) not in _PROMOTIONS:
                yield f"{place}: {other} is read as {kind}"
        elif kind == "record":
            yield from self._record(reader, writer, place)
        elif kind in _CONTAINERS:
            inner = _CONTAINERS[kind]
            yield from self.problems(reader[inner], writer[inner], f"{place}[]")
        for meaning in _MEANINGS:
            if _attribute(reader, meaning) != _attribute(writer, meaning):
                yield f"{place}: {meaning} differs"

    def _record(self, reader: Schema, writer: Schema, place: str) -> Iterator[str]:
        if full_name(reader) not in (full_name(writer), *reader.get("aliases", ())):
            yield f"{place}: record {full_name(writer)} is read as {full_name(reader)}"
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            names = (field["name"], *field.get("aliases", ()))
            match = next((written[name] for name in names if name in written), None)
            if match is not None:
                yield from self.problems(field["type"], match["type"], f"{place}.{field['name']}")
            elif "default" not in field:
                yield f"{place}.{field['name']}: not written, and the reader has no default"


def _lost_values(newest: Schema, old: Schema, place: str) -> list[str]:
    """Values that the old schema allowed and the newest does not, by the path of the field."""
    allowed = dict(_allowed(newest, place))
    return [
        f"{path}: {value!r} is no longer allowed"
        for path, values in _allowed(old, place)
        for value in values
        if path in allowed and value not in allowed[path]
    ]


def _allowed(schema: Schema, place: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(schema, list):
        for branch in schema:
            yield from _allowed(branch, place)
    elif isinstance(schema, dict):
        if "allowed" in schema:
            yield place, schema["allowed"]
        for field in schema.get("fields", ()):
            yield from _allowed(field["type"], f"{place}.{field['name']}")
        for inner in _CONTAINERS.values():
            yield from _allowed(schema.get(inner), f"{place}[]")


def _named(schema: Schema) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    if isinstance(schema, list):
        for branch in schema:
            found |= _named(branch)
    elif isinstance(schema, dict):
        if schema["type"] == "record":
            found[full_name(schema)] = schema
        inner = [schema.get("items"), schema.get("values")]
        for nested in inner + [field["type"] for field in schema.get("fields", ())]:
            found |= _named(nested)
    return found


def _type(schema: Schema) -> str:
    kind = schema if isinstance(schema, str) else schema["type"]
    return kind if isinstance(kind, str) else json.dumps(kind)


def _attribute(schema: Schema, name: str) -> Schema:
    return schema.get(name) if isinstance(schema, dict) else None

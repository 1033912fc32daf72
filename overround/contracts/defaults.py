"""Default values: as Avro writes them in JSON, and as our dataclasses hold them."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

import numpy as np

from overround.contracts.hints import (
    fields_of,
    is_enum,
    is_record,
    item_of,
    layout_of,
    mapped_of,
    optional_of,
)
from overround.contracts.source import Schema

NONE = object()
"""No default, where None is one."""


def default_of(schema: Schema, hint: Any, written: Any) -> Any:
    """The Python value of a default in a schema; bytes are written as code points 0 to 255."""
    if isinstance(schema, list):  # a union's default belongs to its first branch, here null
        return None
    if layout_of(hint) is not None:
        return np.array([], dtype=np.int64 if schema["layout"] == "int64-le" else np.float64)
    if isinstance(written, list):
        return tuple(default_of(schema["items"], item_of(hint), item) for item in written)
    if is_enum(hint) or hint is bytes:
        return hint(written) if is_enum(hint) else written.encode("latin-1")
    return _default_object(schema, hint, written) if isinstance(written, dict) else written


def _default_object(schema: Schema, hint: Any, written: dict[str, Any]) -> Any:
    if mapped_of(hint) is not None:
        return {k: default_of(schema["values"], mapped_of(hint), v) for k, v in written.items()}
    hints = fields_of(hint)
    return hint(
        **{
            field["name"]: default_of(
                field["type"],
                hints[field["name"]],
                written.get(field["name"], field.get("default")),
            )
            for field in schema["fields"]
        }
    )


def written_default(record: type, name: str) -> Any:
    """The default of a dataclass field as a schema writes it, or `NONE`.

    An optional field always has the default null: the union's first branch. Of the others only
    scalars, strings, empty collections and records that are all default are taken over.
    """
    field: Field[Any] = next(field for field in fields(record) if field.name == name)
    hint = fields_of(record)[name]
    if optional_of(hint) is not None:
        return None
    value = field.default
    if value is MISSING and field.default_factory is not MISSING:
        value = field.default_factory()
    if value is MISSING:
        return NONE
    if is_record(hint):
        written = {each: written_default(hint, each) for each in fields_of(hint)}
        return NONE if NONE in written.values() or value != hint() else written
    if value in ((), {}):
        return list(value) if isinstance(value, tuple) else {}
    return value if isinstance(value, (bool, int, float, str)) else NONE

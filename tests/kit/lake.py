"""Records for the tests of the sink and the lake, written by fastavro and not by our codec."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any

import fastavro

from overround.contracts.derive import record_types, schema_of

SCHEMAS: dict[int, Mapping[str, Any]] = {
    number: schema_of(record) for number, record in enumerate(record_types(), start=1)
}
IDS = {schema["name"]: number for number, schema in SCHEMAS.items()}
_PARSED = {number: fastavro.parse_schema(dict(schema)) for number, schema in SCHEMAS.items()}

# 2024-05-01 00:00 UTC, and the same time of the day before as a stranger to it.
MAY_1_US = 1_714_521_600_000_000
DAY_US = 86_400_000_000

_ZEROS = {"string": "", "long": 0, "boolean": False}


def wire(record: str, *, at_us: int = MAY_1_US, id: str = "i", **fields: Any) -> bytes:
    """A record on the wire; fields that are not given are empty."""
    schema = SCHEMAS[IDS[record]]
    value: dict[str, Any] = {"id": id, "at_us": at_us, "caused_by": None} | fields
    for field in schema["fields"]:
        if field["name"] not in value:
            value[field["name"]] = _empty(field["type"])
    out = io.BytesIO()
    out.write(struct.pack(">BI", 0, IDS[record]))
    fastavro.schemaless_writer(out, _PARSED[IDS[record]], value)
    return out.getvalue()


def _empty(avro: Any) -> Any:
    if isinstance(avro, list):
        return None
    kind = avro["type"] if isinstance(avro, dict) else avro
    return [] if kind == "array" else b"" if kind == "bytes" else _ZEROS[kind]

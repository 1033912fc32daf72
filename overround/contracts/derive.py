"""The Avro schema that a dataclass asks for.

Enumerations travel as Avro strings whose type lists the `allowed` values, not as Avro enums. With
FULL_TRANSITIVE an Avro enum can only grow if it has a default symbol, and then a reader of an
older version is handed that symbol instead of the new one, in silence. A string reaches every
reader as it was written: ours refuse a value that they do not know (`invalid_record`), others
decide for themselves. Some ten bytes a record are the price.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from overround.contracts.defaults import NONE, written_default
from overround.contracts.encoder import ENVELOPE
from overround.contracts.hints import (
    PRIMITIVES,
    fields_of,
    is_enum,
    is_record,
    item_of,
    layout_of,
    mapped_of,
    optional_of,
)
from overround.contracts.source import Schema
from overround.contracts.topics import TOPICS
from overround.domain.pricing.quoting import FOLLOWED

TABLES = "overround.tables"
"""The namespace of table values, which travel on changelogs only and have no envelope."""

_MICROS = {"type": "long", "logicalType": "timestamp-micros"}


def record_types() -> tuple[type, ...]:
    """Every record type that a topic carries, once, in the order of the catalogue."""
    return tuple(dict.fromkeys(record for topic in TOPICS for record in topic.records))


def snake_case(name: str) -> str:
    """`LegReserved` as `leg_reserved`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def namespace_of(record: type) -> str:
    """`overround.<context>` of a class in `overround.domain.<context>`, else that of tables.

    Sports call different things by one name (a match, its format), so each has its own namespace.
    """
    parts = record.__module__.split(".")
    sport = _sport_of(parts)
    if sport:
        return f"overround.{sport}"
    return f"overround.{parts[2]}" if parts[:2] == ["overround", "domain"] else TABLES


def _sport_of(parts: list[str]) -> str:
    """The sport whose folder a module lies in; none for football, which was there before others."""
    is_sport = parts[:3] == ["overround", "domain", "pricing"] and parts[3] in FOLLOWED
    return parts[3] if is_sport else ""


def path_of(subject: str) -> Path:
    """Where the schema of a subject lies below the folder of schemas."""
    context, name = subject.split(".")[-2:]
    return Path(context) / f"{snake_case(name)}.avsc"


def subject_of(record: type, *, is_state: bool = False) -> str:
    """The full record name, which is the subject (RecordNameStrategy)."""
    if not is_state:
        return f"{namespace_of(record)}.{record.__name__}"
    sport = _sport_of(record.__module__.split("."))
    return f"{TABLES}.{sport.capitalize()}{record.__name__}"


def schema_of(record: type, *, is_state: bool = False) -> Schema:
    """The schema that a dataclass asks for, without its fields' docs and pii levels.

    Raises:
        TypeError: a field whose type has no Avro form, or with the name of an envelope field.
    """
    subject = subject_of(record, is_state=is_state)
    if is_state:
        return _record_schema(record, subject, set())
    clash = ENVELOPE.keys() & fields_of(record).keys()
    if clash:
        raise TypeError(f"{subject} has fields of the envelope: {', '.join(sorted(clash))}")
    defined: set[str] = set()
    envelope = [
        {"name": name, "type": _field_type(name, hint, f"{subject}.{name}", defined)}
        for name, hint in ENVELOPE.items()
    ]
    envelope[-1]["default"] = None
    body = _record_schema(record, subject, defined)
    return body | {"fields": envelope + body["fields"]}


def _record_schema(record: type, subject: str, defined: set[str]) -> Schema:
    namespace, _, name = subject.rpartition(".")
    defined.add(subject)
    fields = []
    for field, hint in fields_of(record).items():
        made = {"name": field, "type": _field_type(field, hint, f"{subject}.{field}", defined)}
        default = written_default(record, field)
        fields.append(made if default is NONE else made | {"default": default})
    doc = " ".join(inspect.cleandoc(record.__doc__ or "").split())
    return {"type": "record", "name": name, "namespace": namespace, "doc": doc, "fields": fields}


def _field_type(name: str, hint: Any, place: str, defined: set[str]) -> Schema:
    if name != "at_us" and not name.endswith("_at_us"):
        return _type_of(hint, place, defined)
    if hint is int:
        return dict(_MICROS)
    return ["null", dict(_MICROS)] if optional_of(hint) is int else _type_of(hint, place, defined)


def _type_of(hint: Any, place: str, defined: set[str]) -> Schema:
    if is_enum(hint):
        return {"type": "string", "allowed": [member.value for member in hint]}
    if is_record(hint):
        subject = subject_of(hint)
        return subject if subject in defined else _record_schema(hint, subject, defined)
    return PRIMITIVES[hint] if hint in PRIMITIVES else _composed_type(hint, place, defined)


def _composed_type(hint: Any, place: str, defined: set[str]) -> Schema:
    if (optional := optional_of(hint)) is not None:
        return ["null", _type_of(optional, place, defined)]
    if (item := item_of(hint)) is not None:
        return {"type": "array", "items": _type_of(item, place, defined)}
    if (mapped := mapped_of(hint)) is not None:
        return {"type": "map", "values": _type_of(mapped, place, defined)}
    if (layout := layout_of(hint)) is not None:
        return {"type": "bytes", "layout": layout}
    raise TypeError(f"{place}: {hint} has no Avro form")

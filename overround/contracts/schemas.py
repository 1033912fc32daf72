"""The dataclasses and their `.avsc` files, kept alike.

The dataclass says which fields a record has and of which types; the file adds what Python cannot
say: a `doc` and a `pii` level for each field, and aliases. After a change to a dataclass:

    python -m overround.contracts.schemas --write     # adds and drops fields in the files
    (edit the new fields' doc and pii)
    python -m overround.contracts.schemas --check
    python -m overround.contracts.registry lock       # gives the new version its id

Table values are named by `--states package.module:NAME`, a tuple of dataclasses.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from overround.contracts.derive import path_of, record_types, schema_of
from overround.contracts.source import Schema, full_name

AVRO_ROOT = Path(__file__).resolve().parents[2] / "avro"
"""The folder of the schemas, in a checkout (also when it is installed as editable)."""

PII_LEVELS = ("none", "pseudonymous", "personal")
_ADDED = ("doc", "pii", "aliases")  # what a file says that its dataclass does not
_TABLES = "tables"


def load(root: Path, subject: str) -> Schema:
    """The schema of a subject; raises FileNotFoundError with what to run."""
    path = root / path_of(subject)
    if not path.is_file():
        raise FileNotFoundError(f"no {path}: run python -m overround.contracts.schemas --write")
    return _read(path)


def _read(path: Path) -> Schema:
    return _qualified(json.loads(path.read_text("utf-8")), "")


def _qualified(schema: Schema, namespace: str) -> Schema:
    """The schema with each record saying its namespace, which Avro lets it take from around it."""
    if isinstance(schema, list):
        return [_qualified(branch, namespace) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    if made["type"] == "record":
        made["namespace"] = namespace = made.get("namespace", namespace)
    for key in ("items", "values"):
        if key in made:
            made[key] = _qualified(made[key], namespace)
    if "fields" in made:
        made["fields"] = [
            field | {"type": _qualified(field["type"], namespace)} for field in made["fields"]
        ]
    return made


def load_all(root: Path) -> dict[str, Schema]:
    """Every schema below the folder by its subject, in the order of the paths."""
    schemas = [_read(path) for path in sorted(root.rglob("*.avsc"))]
    return {full_name(schema): schema for schema in schemas}


def records_in(schema: Schema) -> Iterator[Schema]:
    """Every record that a schema defines, itself included."""
    if isinstance(schema, list):
        for branch in schema:
            yield from records_in(branch)
    elif isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
        nested = [field["type"] for field in schema.get("fields", ())]
        for inner in (*nested, schema.get("items"), schema.get("values")):
            yield from records_in(inner)


def differences(wanted: Schema, written: Schema, place: str) -> Iterator[str]:
    """Where a file departs from its dataclass, a line each, naming the field."""
    if _is_record(wanted) and _is_record(written):
        yield from _field_differences(wanted, written, place)
    elif isinstance(wanted, list) and isinstance(written, list) and len(wanted) == len(written):
        for one, other in zip(wanted, written, strict=True):
            yield from differences(one, other, place)
    elif _is_collection(wanted) and _is_collection(written) and wanted["type"] == written["type"]:
        inner = "items" if wanted["type"] == "array" else "values"
        yield from differences(wanted[inner], written[inner], f"{place}[]")
    elif wanted != written:
        asked, found = json.dumps(wanted), json.dumps(written)
        yield f"{place}: the dataclass asks for {asked}, the file has {found}"


def _is_record(schema: Schema) -> bool:
    return isinstance(schema, dict) and schema["type"] == "record"


def _is_collection(schema: Schema) -> bool:
    return isinstance(schema, dict) and schema["type"] in ("array", "map")


def _field_differences(wanted: Schema, written: Schema, place: str) -> Iterator[str]:
    theirs = {field["name"]: field for field in written["fields"]}
    names = [field["name"] for field in wanted["fields"]]
    for name in names:
        if name not in theirs:
            yield f"{place}.{name}: the dataclass has it, the file does not"
    for name in theirs:
        if name not in names:
            yield f"{place}.{name}: the file has it, the dataclass does not"
    if names != list(theirs) and set(names) == set(theirs):
        yield f"{place}: the order of the fields is {list(theirs)}, of the dataclass {names}"
    for field in wanted["fields"]:
        name = field["name"]
        if name not in theirs:
            continue
        yield from differences(field["type"], theirs[name]["type"], f"{place}.{name}")
        if "default" in field and field["default"] != theirs[name].get("default", ...):
            yield f"{place}.{name}: the dataclass's default is {json.dumps(field['default'])}"


def faults(schema: Schema) -> Iterator[str]:
    """Fields without a doc or a pii level, and personal ones outside `compliance`."""
    for record in records_in(schema):
        for field in record["fields"]:
            place = f"{full_name(record)}.{field['name']}"
            if not field.get("doc"):
                yield f"{place}: no doc"
            if field.get("pii") not in PII_LEVELS:
                yield f"{place}: pii is none of {', '.join(PII_LEVELS)}"
            if field.get("pii") == "personal" and record["namespace"] != "overround.compliance":
                yield f"{place}: personal fields belong to compliance only"


def check(root: Path, records: Iterable[type], states: Iterable[type] = ()) -> list[str]:
    """What is wrong with the files, a line each; empty when they say what the dataclasses say."""
    found: list[str] = []
    wanted = _wanted(records, states)
    for schema in wanted:
        subject = full_name(schema)
        try:
            written = load(root, subject)
        except FileNotFoundError as error:
            found.append(str(error))
            continue
        found += differences(schema, written, subject)
        found += faults(written)
    subjects = {full_name(schema) for schema in wanted}
    written_now = load_all(root)
    spares = [name for name in written_now if name not in subjects and _is_ours(name, states)]
    found += [f"{path_of(name)}: no dataclass claims it" for name in spares]
    return list(dict.fromkeys(found + _contradictions(written_now)))


def _is_ours(subject: str, states: Iterable[type]) -> bool:
    """Without a list of states, nothing is known about which table values there should be."""
    return bool(tuple(states)) or subject.split(".")[-2] != _TABLES


def _contradictions(written: dict[str, Schema]) -> list[str]:
    """A record that is defined in several files must be the same in all."""
    seen: dict[str, tuple[str, Schema]] = {}
    found = []
    for subject, schema in written.items():
        for record in records_in(schema):
            first, definition = seen.setdefault(full_name(record), (subject, record))
            if definition != record:
                found.append(f"{full_name(record)}: {first} and {subject} define it differently")
    return found


def write(root: Path, records: Iterable[type], states: Iterable[type] = ()) -> list[Path]:
    """Bring the files up to the dataclasses, keeping what they add; answers with the changed ones.

    A record that several files define keeps the docs of the file where it is found first.
    """
    known: dict[str, Schema] = {}
    for schema in load_all(root).values():
        for record in records_in(schema):
            known.setdefault(full_name(record), record)
            known.setdefault(record["name"], record)  # written without its namespace
    changed = []
    for schema in _wanted(records, states):
        path = root / path_of(full_name(schema))
        text = json.dumps(_filled(schema, known), indent=2, ensure_ascii=False) + "\n"
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


def _wanted(records: Iterable[type], states: Iterable[type]) -> list[Schema]:
    of_topics = [schema_of(record) for record in records]
    return of_topics + [schema_of(state, is_state=True) for state in states]


def _filled(schema: Schema, known: dict[str, Schema]) -> Schema:
    """The wanted schema with the docs, levels, aliases and further defaults that files give it."""
    if isinstance(schema, list):
        return [_filled(branch, known) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema["type"] != "record":
        inner = {key: _filled(schema[key], known) for key in ("items", "values") if key in schema}
        return schema | inner
    written = known.get(full_name(schema)) or known.get(schema["name"]) or {"fields": []}
    theirs = {field["name"]: field for field in written["fields"]}
    made = [
        _filled_field(field, theirs.get(field["name"], {}), known) for field in schema["fields"]
    ]
    return schema | {"doc": written.get("doc") or schema["doc"], "fields": made}


def _filled_field(field: Schema, theirs: dict[str, Any], known: dict[str, Schema]) -> Schema:
    made = {"name": field["name"], "type": _filled(field["type"], known), "doc": "", "pii": ""}
    made |= {key: theirs[key] for key in _ADDED if key in theirs}
    default = field if "default" in field else theirs
    return made | ({"default": default["default"]} if "default" in default else {})


def _states(named: str | None) -> tuple[type, ...]:
    if named is None:
        return ()
    module, _, attribute = named.partition(":")
    return tuple(getattr(importlib.import_module(module), attribute))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or write the schema files; the exit code is the number of faults, at most 1."""
    parser = argparse.ArgumentParser(prog="python -m overround.contracts.schemas")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--check", action="store_true", help="say where files and dataclasses differ")
    task.add_argument("--write", action="store_true", help="bring the files up to the dataclasses")
    parser.add_argument("--avro", type=Path, default=AVRO_ROOT, help="the folder of the schemas")
    parser.add_argument("--states", help="package.module:NAME, a tuple of table value dataclasses")
    options = parser.parse_args(arguments)
    states = _states(options.states)
    if options.write:
        for path in write(options.avro, record_types(), states):
            print(f"wrote {path}")
    found = check(options.avro, record_types(), states)
    for line in found:
        print(line, file=sys.stderr)
    return min(len(found), 1)


if __name__ == "__main__":
    raise SystemExit(main())

"""The lock of all schemas: which subject has which versions, under which ids.

`avro/registry.lock` is JSON, a line for each version of each subject, never taken back. A line
holds the schema in its canonical form, so that records of any version can be read and compared
for ever without the files of the past. The canonical form is Avro's parsing canonical form plus
what our readers need: defaults, aliases, logical types, layouts and allowed values. Docs and pii
levels are not in it; changing them makes no new version. The fingerprint is its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from overround.contracts.source import Schema

LOCK = "registry.lock"
_NEXT = "run python -m overround.contracts.registry lock"
_KEPT = ("type", "name", "namespace", "aliases", "logicalType", "layout", "allowed", "default")


class LockError(Exception):
    """The schema files and their lock do not belong together; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a subject. `id` is unique over all subjects and goes into each record."""

    subject: str
    version: int
    id: int
    fingerprint: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Lock:
    """Every version of every subject, oldest first within a subject."""

    entries: tuple[Entry, ...] = ()

    def versions(self, subject: str) -> list[Entry]:
        """The versions of a subject, oldest first; empty for an unknown one."""
        return [entry for entry in self.entries if entry.subject == subject]

    def grown(self, subject: str, schema: Schema) -> Lock:
        """The lock with one more version of a subject, under the next free id."""
        made = canonical(schema)
        version = len(self.versions(subject)) + 1
        number = max((entry.id for entry in self.entries), default=0) + 1
        return Lock((*self.entries, Entry(subject, version, number, fingerprint(made), made)))

    def text(self) -> str:
        """The lock's file: a JSON list with a line for each entry, by subject and version."""
        ordered = sorted(self.entries, key=lambda entry: (entry.subject, entry.version))
        lines = [json.dumps(asdict(entry), separators=(",", ":")) for entry in ordered]
        return "[\n" + ",\n".join(lines) + "\n]\n"


def canonical(schema: Schema) -> Schema:
    """The schema without docs, levels and anything else that no reader of bytes needs."""
    if isinstance(schema, list):
        return [canonical(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: schema[key] for key in _KEPT if key in schema}
    for key in ("type", "items", "values"):
        if key in schema:
            made[key] = canonical(schema[key])
    if "fields" in schema:
        made["fields"] = [canonical(field) for field in schema["fields"]]
    return made


def fingerprint(schema: Schema) -> str:
    """SHA-256, in hexadecimal, of the canonical form as compact JSON with sorted keys."""
    text = json.dumps(canonical(schema), separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_lock(root: Path) -> Lock:
    """The lock of a folder of schemas, empty if there is none yet.

    Raises:
        LockError: an entry's schema is not the one that its fingerprint names, or two have one id,
            as when two branches that both gave the next are merged.
    """
    path = root / LOCK
    if not path.is_file():
        return Lock()
    lock = Lock(tuple(Entry(**line) for line in json.loads(path.read_text("utf-8"))))
    by_id: dict[int, Entry] = {}
    for entry in lock.entries:
        named = f"{path}: {entry.subject} v{entry.version}"
        if fingerprint(entry.schema) != entry.fingerprint:
            raise LockError(f"{named} was edited; restore the line")
        other = by_id.setdefault(entry.id, entry)
        if other is not entry:
            known = f"{other.subject} v{other.version}"
            raise LockError(f"{named} has the id {entry.id} of {known}; lock the unpublished anew")
    return lock


def verified(root: Path, subject: str, schema: Schema, lock: Lock) -> list[Entry]:
    """The versions of a subject, of which the newest is the schema on file.

    Raises:
        LockError: the schema on file is not locked, or is not the one that was.
    """
    versions = lock.versions(subject)
    if not versions:
        raise LockError(f"{subject} has no id in {root / LOCK}: {_NEXT}")
    if fingerprint(schema) != versions[-1].fingerprint:
        raise LockError(f"{subject} differs from its locked v{versions[-1].version}: {_NEXT}")
    return versions

"""The schemas' versions and ids: locked in the repository, registered where others look.

python -m overround.contracts.registry verify
python -m overround.contracts.registry lock
python -m overround.contracts.registry register http://registry:8081
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from overround.contracts.compat import breaks
from overround.contracts.derive import TABLES
from overround.contracts.lock import (
    LOCK,
    Entry,
    Lock,
    LockError,
    canonical,
    fingerprint,
    read_lock,
    verified,
)
from overround.contracts.schemas import AVRO_ROOT, load_all
from overround.contracts.source import Schema

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import SchemaRegistryClient


def faults(root: Path) -> list[str]:
    """What is wrong between the files and their lock, a line each; empty when all is well."""
    found = []
    schemas = load_all(root)
    lock = read_lock(root)
    for subject, schema in schemas.items():
        try:
            earlier = verified(root, subject, schema, lock)[:-1]
        except LockError as error:
            found.append(str(error))
        else:
            found += _breaks(subject, schema, earlier)
    gone = dict.fromkeys(entry.subject for entry in lock.entries if entry.subject not in schemas)
    return found + [f"{subject} is locked, but its file is gone: restore it" for subject in gone]


def _breaks(subject: str, schema: Schema, earlier: Sequence[Entry]) -> list[str]:
    return breaks(schema, [entry.schema for entry in earlier], is_state=_is_state(subject))


def _is_state(subject: str) -> bool:
    return subject.startswith(f"{TABLES}.")


def lock_schemas(root: Path) -> Lock:
    """Give each new or changed schema the next version and an id, and write the lock.

    Raises:
        LockError: a changed schema breaks its earlier versions (`compat`); nothing is written then.
    """
    lock = read_lock(root)
    for subject, schema in load_all(root).items():
        versions = lock.versions(subject)
        if versions and versions[-1].fingerprint == fingerprint(schema):
            continue
        broken = _breaks(subject, canonical(schema), versions)
        if broken:
            raise LockError(f"{subject} breaks its earlier versions:\n  " + "\n  ".join(broken))
        lock = lock.grown(subject, schema)
    (root / LOCK).write_text(lock.text(), "utf-8")
    return lock


def register(url: str, root: Path = AVRO_ROOT) -> dict[int, int]:
    """Register every version with the Confluent schema registry at a URL; see `register_with`."""
    # Here, not above: the client brings an HTTP stack that a worker without a registry never needs.
    from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415

    return register_with(SchemaRegistryClient.new_client({"url": url}), root)


def register_with(client: SchemaRegistryClient, root: Path = AVRO_ROOT) -> dict[int, int]:
    """Register every version by a registry's client; answers local id to the registry's id.

    Subjects are set to FULL_TRANSITIVE. Table values are left out: their changelogs are read by
    their owner alone, and keep the local ids wherever they run.

    Raises:
        SchemaRegistryError: the registry refused a schema or was not reached.
        LockError: a schema on file is not the locked one.
    """
    from confluent_kafka.schema_registry import (  # noqa: PLC0415  # as in `register`
        ConfigCompatibilityLevel,
        Schema,
        ServerConfig,
    )

    lock = read_lock(root)
    level = ServerConfig(compatibility=ConfigCompatibilityLevel.FULL_TRANSITIVE)
    ids = {}
    for subject, schema in load_all(root).items():
        if _is_state(subject):
            continue
        versions = verified(root, subject, schema, lock)
        client.set_config(subject, level)
        for entry in versions:
            text = json.dumps(schema if entry is versions[-1] else entry.schema)
            ids[entry.id] = client.register_schema(subject, Schema(text, "AVRO"))
    return ids


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify, write or publish the lock; the exit code is 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m overround.contracts.registry")
    parser.add_argument("task", choices=["verify", "lock", "register"])
    parser.add_argument("url", nargs="?", help="the registry's URL, to register")
    parser.add_argument("--avro", type=Path, default=AVRO_ROOT, help="the folder of the schemas")
    options: Any = parser.parse_args(arguments)
    try:
        if options.task == "register":
            print(json.dumps(register(options.url, options.avro)))
            return 0
        if options.task == "lock":
            print(f"{len(lock_schemas(options.avro).entries)} versions are locked")
        found = faults(options.avro)
    except LockError as error:
        found = [str(error)]
    for line in found:
        print(line, file=sys.stderr)
    return min(len(found), 1)


if __name__ == "__main__":
    raise SystemExit(main())

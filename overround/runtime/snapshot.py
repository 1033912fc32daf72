"""An agent's tables at a place of its inbox: a replay can start there instead of at zero.

Tables are a function of the log, and so is a snapshot of them: whoever takes it at the same place
writes the same bytes. Nothing of the live system reads one; its state is in the changelogs. After
a change to a handler a snapshot is still what the old one had made, as a changelog is.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from overround.runtime.records import InboxRecord, Wire
from overround.runtime.replay import Collected, Contents, contents
from overround.runtime.shell import Task, restore
from overround.runtime.topology import Agent

_FORMAT = "overround.snapshot/1"


class SnapshotError(ValueError):
    """A snapshot that cannot be started from; the message says why."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an agent had made of a partition of its inbox before the offset `handled`.

    `last_sha256` is of the record before it, so that the snapshot of another log is found out.
    """

    agent: str
    partition: int
    handled: int
    last_sha256: str
    tables: Contents

    def to_bytes(self) -> bytes:
        """A line of JSON for what it is, one for each row in sorted order, and their SHA-256."""
        head = {
            "format": _FORMAT,
            "agent": self.agent,
            "partition": self.partition,
            "handled": self.handled,
            "last_sha256": self.last_sha256,
        }
        rows = (
            [changelog, b64encode(key).decode(), b64encode(row).decode()]
            for changelog, of_table in sorted(self.tables.items())
            for key, row in sorted(of_table.items())
        )
        body = "".join(json.dumps(line) + "\n" for line in (head, *rows)).encode()
        return body + json.dumps({"sha256": sha256(body).hexdigest()}).encode() + b"\n"

    @classmethod
    def from_bytes(cls, written: bytes) -> Snapshot:
        """Read what `to_bytes` wrote.

        Raises:
            SnapshotError: the bytes are no snapshot, or not all of one.
        """
        body, _, end = written.removesuffix(b"\n").rpartition(b"\n")
        body += b"\n"
        try:
            head, *rows = (json.loads(line) for line in body.splitlines())
            if json.loads(end) != {"sha256": sha256(body).hexdigest()}:
                raise SnapshotError("its end does not fit the rest of it")
            if head.pop("format") != _FORMAT:
                raise SnapshotError(f"it is not in the format {_FORMAT}")
            tables: Contents = {}
            for changelog, key, row in rows:
                tables.setdefault(changelog, {})[b64decode(key)] = b64decode(row)
            return cls(**head, tables=tables)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SnapshotError(f"not a whole snapshot: {error}") from error


@dataclass(frozen=True, slots=True)
class Keeping:
    """Snapshots on the way: `keep` gets one whenever a multiple of `every` offsets was passed.

    That is at the same places wherever a replay starts.
    """

    every: int
    keep: Callable[[Snapshot], object]

    def take(self, task: Task, handled: int, record: InboxRecord) -> None:
        """Take a snapshot if it is time; `handled` is the offset gone on with before the record."""
        if (record.offset + 1) // self.every > handled // self.every:
            tables = {changelog: rows for changelog, rows in contents(task).items() if rows}
            name, end = task.agent.name, record.offset + 1
            self.keep(Snapshot(name, task.partition, end, _sha256(record), tables))


def replay_from(  # noqa: PLR0917 - those of `replay`, and where it starts
    agent: Agent,
    partition: int,
    wire: Wire,
    records: Iterable[InboxRecord],
    lanes: Collected | None = None,
    snapshot: Snapshot | None = None,
    keeping: Keeping | None = None,
) -> Task:
    """The agent's task after these records; what a snapshot has in it is not handled again.

    Raises:
        SnapshotError: the snapshot is not of this agent, partition and log.
        HandlerBroken: as on the engines, when the handler raised on too many in a row.
    """
    task, handled = Task(agent, partition, wire, lanes or Collected()), 0
    if snapshot is not None:
        _restore(task, snapshot)
        handled = snapshot.handled
    for record in records:
        if record.offset < handled:
            is_last = record.offset == handled - 1
            if is_last and snapshot is not None and _sha256(record) != snapshot.last_sha256:
                raise SnapshotError(f"it is of another log: record {record.offset} differs")
            continue
        task.process(record)
        if keeping is not None:
            keeping.take(task, handled, record)
        handled = record.offset + 1
    return task


def _restore(task: Task, snapshot: Snapshot) -> None:
    if (snapshot.agent, snapshot.partition) != (task.agent.name, task.partition):
        raise SnapshotError(f"it is of {snapshot.agent}, partition {snapshot.partition}")
    tables = ((table.name, task.agent.changelog(table)) for table in task.agent.owns)
    restore(task, {name: dict(snapshot.tables.get(log, {})) for name, log in tables})


def _sha256(record: InboxRecord) -> str:
    parts = (record.offset, record.timestamp, record.key, record.value)
    return sha256(repr(parts).encode()).hexdigest()

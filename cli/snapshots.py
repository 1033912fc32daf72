"""A folder of snapshots: the newest before a bound, and new ones written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import click

from overround.runtime.snapshot import Snapshot, SnapshotError

_SUFFIX = ".snapshot"


class SnapshotFolder:
    """Snapshots under `<agent>-<partition>/<offset>.snapshot`; `written` counts the new ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = 0

    def newest(self, agent: str, partition: int, handled_max: int) -> Snapshot | None:
        """The last snapshot that has nothing in it from this offset on; None if there is none.

        Raises:
            ClickException: it cannot be read, with what to do.
        """
        places = sorted(self._of(agent, partition).glob(f"*{_SUFFIX}"), reverse=True)
        for path in places:
            if path.stem.isdecimal() and int(path.stem) <= handled_max:
                try:
                    return Snapshot.from_bytes(path.read_bytes())
                except SnapshotError as error:
                    raise click.ClickException(f"{path}: {error}; remove it") from error
        return None

    def keep(self, snapshot: Snapshot) -> None:
        """Write a snapshot; a reader never sees a part of it."""
        folder = self._of(snapshot.agent, snapshot.partition)
        folder.mkdir(parents=True, exist_ok=True)
        # As wide as the largest offset, so that names sort as offsets do.
        path = folder / f"{snapshot.handled:019d}{_SUFFIX}"
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(snapshot.to_bytes())
        unfinished.replace(path)
        self.written += 1

    def _of(self, agent: str, partition: int) -> Path:
        return self.folder / f"{agent}-{partition}"

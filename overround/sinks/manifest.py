"""The commit point of the lake: one small manifest for each partition, replaced by a rename.

A batch of a partition becomes several files, one for each record type and day. They are committed
as a redo log commits:

1. every file is written and synced under `_staging/`, where no reader looks;
2. the manifest, which lists them and the next offset, is synced and renamed into place: from here
   on the batch is committed, from before here on it never was;
3. every file is renamed to where readers look.

A process that dies before 2 leaves nothing but staged files, which the next one removes before
it reads the same offsets again. One that dies after 2 is finished by the next one from the disk
alone. So a visible file is whole, is never replaced and never goes away, and no offset is in two
of them. `docs/adr/0001-redo-manifest-for-the-lake.md` has the other ways and the figures.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

CRASH_POINTS = (
    "before_write",
    "after_write_before_fsync",
    "before_manifest",
    "after_manifest",
    "before_rename",
    "between_renames",
    "after_renames",
)
"""The steps of a commit at which a test may end the process, in their order."""

CrashAt = Callable[[str], None]
"""Called with the name of each step; production passes `no_crash`."""


def no_crash(step: str) -> None:
    """Go on."""


class LakeDamaged(RuntimeError):
    """The lake's files are not what its manifest says; a person has to look."""


class LakeBusy(RuntimeError):
    """Another process writes this partition into this lake."""


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A file to be committed: its path under the lake and its rows."""

    path: str
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Committed:
    """A file of the last batch as the manifest lists it."""

    path: str
    staged: str
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a lake holds of a partition: all of its committed records below `next_offset`.

    `topic_id` is Kafka's own id of the topic, which a topic made anew under an old name does not
    share. `rows` and `rejects` count every record ever committed; `files` are the last batch.
    """

    topic: str
    partition: int
    topic_id: str
    next_offset: int
    rows: int
    rejects: int
    files: tuple[Committed, ...]


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file; raises LakeDamaged if it is not one."""
    try:
        fields = json.loads(path.read_text())
        files = tuple(Committed(**file) for file in fields.pop("files"))
        return Manifest(**fields, files=files)
    except (ValueError, TypeError, KeyError) as reason:
        raise LakeDamaged(f"{path} is not a manifest: {reason}") from reason


def manifests(lake: Path) -> list[Manifest]:
    """Every partition's manifest, in the order of topic and partition."""
    found = [read_manifest(path) for path in (lake / "_manifests").glob("*.json")]
    return sorted(found, key=lambda manifest: (manifest.topic, manifest.partition))


class PartitionLog:
    """The one writer of a partition's files in a lake; finishes what its predecessor began.

    Raises:
        LakeBusy: another process holds this partition of the lake.
        LakeDamaged: a committed file is missing or cut, files lie about without a manifest, or
            the topic is another one than the lake was made from.
    """

    def __init__(
        self,
        lake: Path,
        topic: str,
        partition: int,
        *,
        topic_id: str,
        crash_at: CrashAt = no_crash,
    ) -> None:
        name = f"{topic}-{partition}"
        self._lake = lake
        self._path = lake / "_manifests" / f"{name}.json"
        self._staging = lake / "_staging" / name
        self._crash_at = crash_at
        self._lock = _locked(lake / "_locks" / f"{name}.lock")
        try:
            self.manifest = self._resume(topic, partition, topic_id)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let another process write this partition; again is harmless."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def commit(self, files: Sequence[LakeFile], *, next_offset: int, rejects: int = 0) -> None:
        """Make a batch visible, all of it and once, and remember where to go on.

        `next_offset` is the offset after the batch's last record; `rejects` counts the rows of
        `files` that are refused records.
        """
        last = self.manifest
        assert self._lock >= 0, "a closed log commits nothing"
        assert next_offset > last.next_offset, "a batch moves on"
        self._crash_at("before_write")
        listed = tuple(self._stage(index, file) for index, file in enumerate(files))
        _sync(self._staging)
        self._crash_at("before_manifest")
        manifest = Manifest(
            topic=last.topic,
            partition=last.partition,
            topic_id=last.topic_id,
            next_offset=next_offset,
            rows=last.rows + sum(file.rows for file in listed) - rejects,
            rejects=last.rejects + rejects,
            files=listed,
        )
        self._write_manifest(manifest)
        self.manifest = manifest
        self._crash_at("after_manifest")
        self._show(listed)
        self._crash_at("after_renames")

    def _resume(self, topic: str, partition: int, topic_id: str) -> Manifest:
        if not self._path.exists():
            self._refuse_orphans(topic, partition)
            self._clear_staging()
            return Manifest(topic, partition, topic_id, 0, 0, 0, ())
        manifest = read_manifest(self._path)
        if (manifest.topic, manifest.partition) != (topic, partition):
            raise LakeDamaged(f"{self._path} tells of {manifest.topic}-{manifest.partition}")
        if manifest.topic_id != topic_id:
            raise LakeDamaged(
                f"the lake was made from another topic {topic!r} (id {manifest.topic_id}, now "
                f"{topic_id}); sink into an empty directory"
            )
        self._show(manifest.files)
        self._clear_staging()
        return manifest

    def _refuse_orphans(self, topic: str, partition: int) -> None:
        orphan = next((self._lake / topic).glob(f"**/{topic}-{partition}-*.parquet"), None)
        if orphan is not None:
            raise LakeDamaged(f"{orphan} has no manifest {self._path}; reading on would repeat it")

    def _clear_staging(self) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        _make(self._staging)

    def _stage(self, index: int, file: LakeFile) -> Committed:
        staged = self._staging / f"{index}-{Path(file.path).name}.staged"
        with staged.open("wb") as sink:
            pq.write_table(file.rows, sink, compression="zstd")
            self._crash_at("after_write_before_fsync")
            sink.flush()
            os.fsync(sink.fileno())
            size_bytes = sink.tell()
        path = str(staged.relative_to(self._lake))
        return Committed(file.path, path, file.rows.num_rows, size_bytes)

    def _write_manifest(self, manifest: Manifest) -> None:
        _make(self._path.parent)
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("w") as sink:
            json.dump(asdict(manifest), sink, indent=1)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(self._path)
        _sync(self._path.parent)

    def _show(self, files: Sequence[Committed]) -> None:
        """Rename the staged files of a committed batch into place; those in place are left."""
        waiting = [file for file in files if (self._lake / file.staged).exists()]
        for index, file in enumerate(waiting):
            path = self._lake / file.path
            self._crash_at("between_renames" if index else "before_rename")
            _make(path.parent)
            (self._lake / file.staged).rename(path)
        for file in files:
            path = self._lake / file.path
            if not path.exists() or path.stat().st_size != file.size_bytes:
                raise LakeDamaged(f"{path} is committed, but missing or cut")
        # Synced before the next manifest forgets these files: only the last batch can be redone.
        for folder in sorted({(self._lake / file.path).parent for file in files}):
            _sync(folder)


def _locked(path: Path) -> int:
    """A lock that the kernel drops with the process, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as reason:
        os.close(handle)
        raise LakeBusy(f"{path} is held by another process") from reason
    return handle


def _make(folder: Path) -> None:
    """Make a directory that survives a power cut: each new level is synced into its parent."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

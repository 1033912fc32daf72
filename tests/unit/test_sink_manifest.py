"""The commit of a batch: ended at each of its steps, it is whole or it never was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from overround.sinks.manifest import (
    CRASH_POINTS,
    LakeBusy,
    LakeDamaged,
    LakeFile,
    PartitionLog,
    manifests,
    no_crash,
)

# Before the manifest is in place a batch never was; from there on it is.
NEVER_WAS = CRASH_POINTS[: CRASH_POINTS.index("after_manifest")]


class Died(BaseException):
    """Ends a commit as a kill would: nothing of ours catches it."""


def die_at(step: str) -> Callable[[str], None]:
    def crash_at(reached: str) -> None:
        if reached == step:
            raise Died(step)

    return crash_at


def open_log(
    lake: Path, crash_at: Callable[[str], None] = no_crash, topic_id: str = "id"
) -> PartitionLog:
    return PartitionLog(lake, "t", 0, topic_id=topic_id, crash_at=crash_at)


def files(first: int, count: int) -> list[LakeFile]:
    """Two files: the even offsets are of type `a`, the odd ones of type `b`."""
    made = []
    for record, offsets in (
        ("a", range(first, first + count, 2)),
        ("b", range(first + 1, first + count, 2)),
    ):
        path = f"t/record={record}/date=2024-05-01/t-0-{offsets[0]}-{offsets[-1]}.parquet"
        made.append(LakeFile(path, pa.table({"_offset": list(offsets)})))
    return made


def visible(lake: Path) -> Counter[int]:
    """The offsets that a reader of every visible file sees; a torn file would not read."""
    paths = sorted((lake / "t").glob("**/*.parquet"))
    tables = [pq.read_table(path, partitioning=None) for path in paths]
    return Counter(offset for table in tables for offset in table["_offset"].to_pylist())


@pytest.mark.parametrize("step", CRASH_POINTS)
def test_a_commit_that_dies_is_whole_or_never_was_after_resume(tmp_path: Path, step: str) -> None:
    log = open_log(tmp_path)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    log = open_log(tmp_path, die_at(step))
    with pytest.raises(Died):
        log.commit(files(10, 10), next_offset=20)
    log.close()
    seen = visible(tmp_path)

    log = open_log(tmp_path)
    expected = 10 if step in NEVER_WAS else 20
    assert log.manifest.next_offset == log.manifest.rows == expected
    assert visible(tmp_path) == Counter(range(expected))
    assert not list(tmp_path.glob("**/*.staged")), "nothing of a dead batch is kept"
    assert not seen - visible(tmp_path), "a row that was seen stays"
    if expected == 10:
        log.commit(files(10, 10), next_offset=20)
    assert visible(tmp_path) == Counter(range(20))
    log.close()


def test_a_resume_that_dies_between_two_renames_is_finished_by_the_next(tmp_path: Path) -> None:
    log = open_log(tmp_path, die_at("after_manifest"))
    with pytest.raises(Died):
        log.commit(files(0, 10), next_offset=10)
    log.close()
    with pytest.raises(Died):
        open_log(tmp_path, die_at("between_renames"))
    assert visible(tmp_path) == Counter(range(0, 10, 2))
    open_log(tmp_path).close()
    assert visible(tmp_path) == Counter(range(10))


@pytest.mark.parametrize("step", NEVER_WAS)
def test_the_same_records_again_make_the_same_bytes(tmp_path: Path, step: str) -> None:
    straight, crashed = tmp_path / "straight", tmp_path / "crashed"
    log = open_log(straight)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    log = open_log(crashed, die_at(step))
    with pytest.raises(Died):
        log.commit(files(0, 10), next_offset=10)
    log.close()
    log = open_log(crashed)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    for path in sorted(straight.glob("**/*.parquet")):
        assert path.read_bytes() == (crashed / path.relative_to(straight)).read_bytes()
    assert not list(crashed.glob("**/*.staged"))


def test_two_writers_of_one_partition_are_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with pytest.raises(LakeBusy):
        open_log(tmp_path)
    log.close()
    open_log(tmp_path).close()


def test_a_missing_file_of_the_last_batch_is_damage(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    next((tmp_path / "t").glob("**/*.parquet")).unlink()
    with pytest.raises(LakeDamaged, match="missing or cut"):
        open_log(tmp_path)


def test_a_lake_of_another_topic_of_the_same_name_is_damage(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    with pytest.raises(LakeDamaged, match="another topic"):
        open_log(tmp_path, topic_id="made anew")


def test_files_whose_manifest_is_gone_are_not_written_a_second_time(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    (tmp_path / "_manifests" / "t-0.json").unlink()
    with pytest.raises(LakeDamaged, match="has no manifest"):
        open_log(tmp_path)


def test_a_cut_manifest_is_damage_and_not_a_fresh_start(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.commit(files(0, 10), next_offset=10)
    log.close()
    manifest = tmp_path / "_manifests" / "t-0.json"
    manifest.write_text(manifest.read_text()[:20])
    with pytest.raises(LakeDamaged, match="not a manifest"):
        open_log(tmp_path)


@pytest.mark.slow
def test_manifests_tell_what_the_lake_holds(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.commit(files(0, 10), next_offset=10, rejects=1)
    log.commit(files(10, 10), next_offset=25)
    log.close()
    (manifest,) = manifests(tmp_path)
    assert (manifest.rows, manifest.rejects, manifest.next_offset) == (19, 1, 25)

"""From any snapshot the rest of the log leads to what the whole of it leads to."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.snapshots import SnapshotFolder
from overround.runtime.in_process import InProcess, LogRecord, never, partition_of
from overround.runtime.replay import Collected, contents
from overround.runtime.snapshot import Keeping, Snapshot, SnapshotError, replay_from
from overround.runtime.topology import Agent
from tests.kit.match import wire
from tests.property.test_simulation import PARTITIONS, simulate
from topologies.sportsbook import SPORTSBOOK

MARKETS = SPORTSBOOK.agent("markets")
PLACE = partition_of(b"m0", PARTITIONS)  # each run has a match of this name


@lru_cache(maxsize=4)
def run(seed: int) -> InProcess:
    return simulate(seed, wire(), never)


def inbox(seed: int, agent: Agent, partition: int = PLACE) -> list[LogRecord]:
    return run(seed).log.read(agent.inbox.name, partition)


def snapshots(
    records: list[LogRecord], every: int, start: Snapshot | None = None
) -> list[Snapshot]:
    taken: list[Snapshot] = []
    keeping = Keeping(every, taken.append)
    replay_from(MARKETS, PLACE, wire(), records, snapshot=start, keeping=keeping)
    return taken


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 11), st.sampled_from(SPORTSBOOK.agents), st.integers(0, 2), st.integers(1, 60)
)
def test_a_snapshot_and_the_rest_are_the_whole(
    seed: int, agent: Agent, partition: int, every: int
) -> None:
    records = inbox(seed, agent, partition)
    lanes = Collected()
    taken: list[tuple[Snapshot, int, int]] = []
    keeping = Keeping(every, lambda s: taken.append((s, len(lanes.sent), len(lanes.published))))
    whole = replay_from(agent, partition, wire(), records, lanes, keeping=keeping)
    assert len(taken) == len(records) // every
    for snapshot, sent, published in taken[:: max(1, len(taken) // 4)]:
        read = Snapshot.from_bytes(snapshot.to_bytes())
        assert read == snapshot
        rest = Collected()
        again = replay_from(agent, partition, wire(), records, rest, read)
        assert contents(again) == contents(whole)
        assert rest.sent == lanes.sent[sent:]
        assert rest.published == lanes.published[published:]


def test_a_rest_without_what_came_before_is_enough() -> None:
    records = inbox(3, MARKETS)
    middle = snapshots(records, 20)[1]
    rest = [record for record in records if record.offset >= middle.handled]
    again = replay_from(MARKETS, PLACE, wire(), rest, snapshot=middle)
    assert contents(again) == contents(replay_from(MARKETS, PLACE, wire(), records))


def test_snapshots_are_the_same_bytes_wherever_the_replay_began() -> None:
    records = inbox(3, MARKETS)
    first, *others = snapshots(records, 10)
    assert len(others) > 2
    later = snapshots(records, 10, first)
    assert [each.to_bytes() for each in later] == [each.to_bytes() for each in others]


def test_a_place_that_the_log_has_no_record_at_is_passed_and_not_missed() -> None:
    records = [record for record in inbox(3, MARKETS) if record.offset != 19]
    assert [each.handled for each in snapshots(records, 10)][:3] == [10, 21, 30]


@pytest.mark.parametrize("cut", [0, 1, 100, -2])
def test_a_snapshot_that_is_not_whole_is_refused(cut: int) -> None:
    written = snapshots(inbox(3, MARKETS), 40)[0].to_bytes()
    with pytest.raises(SnapshotError):
        Snapshot.from_bytes(written[:cut])


def test_a_snapshot_that_was_changed_is_refused() -> None:
    written = snapshots(inbox(3, MARKETS), 40)[0].to_bytes()
    with pytest.raises(SnapshotError, match="its end does not fit"):
        Snapshot.from_bytes(written.replace(b'"handled": 40', b'"handled": 41'))


def test_a_snapshot_of_another_log_agent_or_partition_is_refused() -> None:
    records = inbox(3, MARKETS)
    snapshot = snapshots(records, 40)[0]
    with pytest.raises(SnapshotError, match="of another log: record 39 differs"):
        replay_from(MARKETS, PLACE, wire(), inbox(4, MARKETS), snapshot=snapshot)
    with pytest.raises(SnapshotError, match=f"of markets, partition {PLACE}"):
        replay_from(MARKETS, PLACE + 1, wire(), [], snapshot=snapshot)
    with pytest.raises(SnapshotError, match=f"of markets, partition {PLACE}"):
        replay_from(SPORTSBOOK.agent("feeds"), PLACE, wire(), [], snapshot=snapshot)


def test_a_folder_gives_the_newest_snapshot_that_is_not_past_the_bound(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path / "kept")
    taken = snapshots(inbox(3, MARKETS), 20)
    assert folder.newest("markets", PLACE, 10**6) is None
    for snapshot in taken:
        folder.keep(snapshot)
    assert folder.written == len(taken)
    assert folder.newest("markets", PLACE, 10**6) == taken[-1]
    assert folder.newest("markets", PLACE, 40) == taken[1]
    assert folder.newest("markets", PLACE, 39) == taken[0]
    assert folder.newest("markets", PLACE, 19) is None
    assert folder.newest("markets", PLACE + 1, 10**6) is None


def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    folder.keep(snapshots(inbox(3, MARKETS), 40)[0])
    (path,) = tmp_path.rglob("*.snapshot")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(click.ClickException, match=r"\.snapshot: not a whole .*; remove it"):
        folder.newest("markets", PLACE, 40)

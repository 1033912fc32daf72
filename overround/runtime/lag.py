"""How a consumer group's lag is doing, without thresholds: by the rules of LinkedIn's Burrow.

A number of records behind says little: a burst is behind and fine, a dead worker on a quiet topic
is one record behind and is not. What counts is how commits and lag have moved over a window.

Source: linkedin/Burrow, the wiki's "Consumer Lag Evaluation Rules" and its evaluator's tests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

# Burrow's own default of intervals in a window.
WINDOW_SAMPLES = 15


class PartitionState(StrEnum):
    """How a group does on a partition, from the best to the worst.

    `WARNING`: it goes on, but its lag never fell. `STALL`: it commits without going on. `STOP`: it
    commits no more. `REWIND`: it went back. All of them only while there is lag.
    """

    OK = "OK"
    WARNING = "WARNING"
    STALL = "STALL"
    STOP = "STOP"
    REWIND = "REWIND"


class GroupState(StrEnum):
    """How a group does, by the worst of its partitions; `NOT_FOUND` has never committed."""

    OK = "OK"
    WARNING = "WARNING"
    ERROR = "ERROR"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: what comes next, when, and how many records it was behind (None: not known)."""

    offset: int
    at_ms: int
    lag: int | None


def partition_state(
    commits: Sequence[Commit], ends: Iterable[int], lag: int, now_ms: int
) -> PartitionState:
    """Judge a partition by its commits, oldest first, where it recently ended, and its lag now."""
    if not commits or lag <= 0:
        return PartitionState.OK
    if _has_stopped(commits, now_ms) and not _was_recently_at_the_end(commits, ends):
        return PartitionState.STOP
    if any(commit.lag == 0 for commit in commits):
        return PartitionState.OK
    return _while_behind(commits)


def _while_behind(commits: Sequence[Commit]) -> PartitionState:
    steps = [later.offset - earlier.offset for earlier, later in pairwise(commits)]
    if any(step < 0 for step in steps):
        return PartitionState.REWIND
    if not any(steps):
        return PartitionState.STALL
    known = [commit.lag for commit in commits if commit.lag is not None]
    has_fallen = any(later < earlier for earlier, later in pairwise(known))
    return PartitionState.OK if has_fallen else PartitionState.WARNING


def _has_stopped(commits: Sequence[Commit], now_ms: int) -> bool:
    """Whether it has been silent for longer than its commits span."""
    return now_ms - commits[-1].at_ms > commits[-1].at_ms - commits[0].at_ms


def _was_recently_at_the_end(commits: Sequence[Commit], ends: Iterable[int]) -> bool:
    return any(end <= commits[-1].offset for end in ends)


def group_state(states: Iterable[PartitionState]) -> GroupState:
    """Judge a group by its partitions; none at all is a group that never committed."""
    seen = set(states)
    if not seen:
        return GroupState.NOT_FOUND
    if seen <= {PartitionState.OK}:
        return GroupState.OK
    is_slow_only = seen <= {PartitionState.OK, PartitionState.WARNING}
    return GroupState.WARNING if is_slow_only else GroupState.ERROR


@dataclass(frozen=True, slots=True)
class Sampled:
    """A partition as a broker describes it; `committed` is None before a group's first commit."""

    committed: int | None
    end: int
    owner: str

    @property
    def lag(self) -> int:
        """Records that are not committed."""
        return max(0, self.end - (self.committed or 0))


@dataclass(slots=True)
class PartitionWindow:
    """What was seen of a partition over the last samples."""

    commits: deque[Commit] = field(default_factory=lambda: deque(maxlen=WINDOW_SAMPLES))
    ends: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW_SAMPLES))
    last: Sampled | None = None

    def state(self, now_ms: int) -> PartitionState:
        """Judge it by what was seen so far."""
        lag = self.last.lag if self.last is not None else 0
        return partition_state(list(self.commits), self.ends, lag, now_ms)


@dataclass(slots=True)
class GroupWindow:
    """Samples of a group over time, by partition.

    A broker does not tell when an offset was committed that is the same as before. A worker
    commits its partitions together, so one that went on with any of them since the last sample is
    taken to have committed all. A worker of a single partition that it is stuck on looks stopped.
    """

    partitions: dict[int, PartitionWindow] = field(default_factory=dict)

    def sample(self, at_ms: int, seen: dict[int, Sampled]) -> None:
        """Take what a broker says of every partition."""
        alive = {each.owner for number, each in seen.items() if self._has_moved(number, each)}
        for number, each in sorted(seen.items()):
            window = self.partitions.setdefault(number, PartitionWindow())
            is_first = window.last is None or window.last.committed is None
            has_committed = is_first or self._has_moved(number, each) or each.owner in alive - {""}
            if each.committed is not None and has_committed:
                window.commits.append(Commit(each.committed, at_ms, each.lag))
            window.ends.append(each.end)
        for number, each in seen.items():
            self.partitions[number].last = each

    def states(self, now_ms: int) -> dict[int, PartitionState]:
        """How it does on each partition that it has committed."""
        return {
            number: window.state(now_ms)
            for number, window in sorted(self.partitions.items())
            if window.commits
        }

    def lag(self) -> int:
        """Records behind on all partitions."""
        return sum(window.last.lag for window in self.partitions.values() if window.last)

    def _has_moved(self, number: int, now: Sampled) -> bool:
        window = self.partitions.get(number)
        before = window.last if window is not None else None
        return before is not None and before.committed != now.committed

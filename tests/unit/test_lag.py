"""Lag by Burrow's rules: its own examples, and what a worker's fault looks like in samples."""

from __future__ import annotations

import pytest

from cli.lag import _judged, _print
from overround.runtime.lag import (
    WINDOW_SAMPLES,
    Commit,
    GroupState,
    GroupWindow,
    PartitionState,
    Sampled,
    group_state,
    partition_state,
)
from topologies.sportsbook import SPORTSBOOK

OK, WARNING, STALL, STOP, REWIND = PartitionState


def commits(offsets: list[int], lags: list[int | None]) -> list[Commit]:
    """Commits 100 s apart, from 100 s on."""
    pairs = zip(offsets, lags, strict=True)
    return [Commit(o, (n + 1) * 100_000, lag) for n, (o, lag) in enumerate(pairs)]


RISING = [1000, 2000, 3000, 4000, 5000]
FROM_NONE, FROM_50 = [0, 50, 100, 150, 200], [50, 100, 150, 200, 250]
# A consumer at the end, one commit a second.
QUIET = [Commit(792_748_079 + n, 1_512_224_618_356 + 1_003 * n, 0) for n in range(15)]


@pytest.mark.parametrize(
    ("seen", "ends", "lag", "now_s", "state"),
    [
        pytest.param(commits(RISING, [*FROM_NONE]), [5200], 200, 600, OK, id="0 was at the end"),
        pytest.param(commits(RISING, [*FROM_NONE]), [5200], 200, 900, OK, id="1 not yet stopped"),
        pytest.param(commits(RISING, [*FROM_NONE]), [5200], 200, 1000, STOP, id="2 stopped"),
        pytest.param(commits(RISING, [*FROM_50]), [5250], 250, 1000, STOP, id="3 stopped behind"),
        pytest.param(commits([1000] * 5, [*FROM_NONE]), [1200], 200, 600, OK, id="4 not yet stall"),
        pytest.param(
            commits([1000] * 5, [100, 150, 200, 250, 300]), [1300], 300, 600, STALL, id="5 stalled"
        ),
        pytest.param(commits([1000] * 5, [100] * 5), [1100], 100, 600, STALL, id="6 same lag"),
        pytest.param(
            commits([1000, 2000, 3000, 2000, 4000], [100, 150, 200, 1250, 300]),
            [4300],
            300,
            600,
            REWIND,
            id="7 went back",
        ),
        pytest.param(commits(RISING, [*FROM_50]), [5250], 0, 1000, OK, id="8 no lag now"),
        pytest.param(
            QUIET, [792_749_024, 792_748_500], 931, 1_512_224_650, STOP, id="9 stopped at the end"
        ),
        pytest.param(
            QUIET, [792_748_094, 792_748_093], 1, 1_512_224_650, OK, id="10 at the end just now"
        ),
        pytest.param(
            commits([1000, 1500, 2000, 2500, 3000], [0, None, 50, None, 100]),
            [3200],
            200,
            600,
            OK,
            id="11 lags that are not known",
        ),
        pytest.param(commits(RISING, [*FROM_50]), [5250], 250, 600, WARNING, id="slow"),
        pytest.param(commits(RISING, [50, 40, 90, 200, 250]), [5250], 250, 600, OK, id="fell once"),
        pytest.param([], [10], 10, 600, OK, id="never committed"),
    ],
)
def test_a_partition_is_judged_as_burrow_judges_it(
    seen: list[Commit], ends: list[int], lag: int, now_s: int, state: PartitionState
) -> None:
    assert partition_state(seen, ends, lag, now_s * 1_000) is state


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ([OK, OK], GroupState.OK),
        ([OK, WARNING], GroupState.WARNING),
        ([WARNING, STALL], GroupState.ERROR),
        ([STOP], GroupState.ERROR),
        ([OK, REWIND], GroupState.ERROR),
        ([], GroupState.NOT_FOUND),
    ],
)
def test_a_group_is_as_its_worst_partition(states: list[PartitionState], state: GroupState) -> None:
    assert group_state(states) is state


def test_a_person_is_shown_the_partitions_that_are_not_ok_and_what_to_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broker = Broker()
    broker.pass_time(2 * WINDOW_SAMPLES, 0, 20, 20)
    group = _judged(SPORTSBOOK.agent("feeds"), broker.window, broker.now_s * 1_000)
    _print([group])
    told = capsys.readouterr().out
    assert "overround-feeds" in told
    assert "ERROR" in told
    assert f"0 STALL ({broker.ends[0] - 90})" in told
    assert "group-behind.md" in told
    _print([group | {"state": GroupState.OK}])
    assert "group-behind.md" not in capsys.readouterr().out


class Broker:
    """A topic of three partitions that gets 10 records a second, and two workers on it."""

    def __init__(self) -> None:
        self.window = GroupWindow()
        self.now_s = 0
        self.ends = [100, 100, 100]
        self.committed: list[int | None] = [90, 90, 90]
        self.owners = ["a", "a", "b"]

    def pass_time(self, seconds: int, *rates: int) -> None:
        """Each partition's worker handles so many records a second, while there are any."""
        for _ in range(seconds):
            self.now_s += 1
            for number, rate in enumerate(rates):
                self.ends[number] += 10
                before = self.committed[number]
                if before is not None:
                    self.committed[number] = min(before + rate, self.ends[number])
            told = zip(self.committed, self.ends, self.owners, strict=True)
            seen = {n: Sampled(*each) for n, each in enumerate(told)}
            self.window.sample(self.now_s * 1_000, seen)

    def states(self) -> list[PartitionState]:
        return list(self.window.states(self.now_s * 1_000).values())


def test_a_worker_that_is_stopped_is_told_within_half_a_window() -> None:
    broker = Broker()
    broker.pass_time(WINDOW_SAMPLES, 20, 20, 20)
    assert broker.states() == [OK, OK, OK]
    broker.pass_time(WINDOW_SAMPLES, 20, 20, 0)
    assert broker.states() == [OK, OK, STOP]


def test_a_partition_that_its_worker_is_stuck_on_stalls() -> None:
    broker = Broker()
    broker.pass_time(2 * WINDOW_SAMPLES, 0, 20, 20)
    assert broker.states() == [STALL, OK, OK]


def test_a_slow_worker_is_a_warning_and_a_burst_that_drains_is_none() -> None:
    broker = Broker()
    broker.ends = [100, 100, 300]
    broker.pass_time(WINDOW_SAMPLES, 5, 20, 12)
    assert broker.states() == [WARNING, OK, OK]


def test_offsets_that_were_set_back_are_a_rewind_until_the_group_has_caught_up() -> None:
    broker = Broker()
    broker.ends = [1_000] * 3
    broker.pass_time(5, 11, 11, 11)
    broker.committed[1] = 50
    broker.pass_time(5, 11, 11, 11)
    assert broker.states() == [OK, REWIND, OK]
    broker.pass_time(WINDOW_SAMPLES, 11, 2_000, 11)
    assert broker.states() == [OK, OK, OK]


def test_a_group_that_never_committed_has_no_states_and_all_the_lag() -> None:
    broker = Broker()
    broker.committed = [None, None, None]
    broker.pass_time(3, 0, 0, 0)
    assert (broker.states(), broker.window.lag()) == ([], 390)


def test_partitions_without_an_owner_keep_nobody_alive() -> None:
    broker = Broker()
    broker.owners = ["", "", "b"]
    broker.pass_time(2 * WINDOW_SAMPLES, 0, 20, 20)
    assert broker.states() == [STOP, OK, OK]

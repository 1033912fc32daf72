"""A provider's records in the order of its own numbers, when they come in another.

Who prices a match hears each record at once. Those who keep the record of it are told in order:
what comes after a gap is held until the gap is filled or given up. A record that fills a gap after
it was given up is told late, and says so. The watermark of a provider and match is `told_before`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import GapFound, RecordsLost

# As long as a live feed may be silent: who waits longer for a record is blind for longer than that.
LATENESS_US = 20_000_000

# A provider answers such a request within a second or two; asked more often it would be flooded.
ASK_AGAIN_US = 5_000_000
# What was given up is for the record only: it is asked for less often, and for as long as a
# connection may take to come back.
ASK_LATE_US = 30_000_000
WANTED_US = 600_000_000

# Some minutes of a busy match, and 100 KB. One more, and the oldest gap is given up.
HELD_MAX = 256
# More gaps than this at a time are no gaps but another feed; the oldest are not asked for again.
GAPS_MAX = 64


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """What can be read again of a record that came before another that is due before it."""

    event_id: str
    provider: str
    sequence: int
    format: str
    payload: bytes
    arrived_at_us: int

    def command(self) -> RecordFeed:
        """The record, without the provenance that says nothing of its content."""
        return RecordFeed(
            self.event_id, self.provider, self.sequence, 0, self.payload, b"", self.format
        )


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Records, both ends included, that are not waited for any more, and since when."""

    first: int
    last: int
    since_us: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The gaps in a provider's records of a match, and what came after them, in rising order.

    Everything below `told_before` was told or given up. The gaps were asked for `attempt` times.
    """

    told_before: int
    held: tuple[HeldRecord, ...]
    asked_at_us: int
    attempt: int
    given_up: tuple[GivenUp, ...] = ()

    @property
    def awaited(self) -> int:
        """How many records are missing and not given up."""
        if not self.held:
            return 0
        return self.held[-1].sequence + 1 - self.told_before - len(self.held)

    def is_missing(self, sequence: int) -> bool:
        """Whether this record would fill a gap that is still asked for."""
        if sequence < self.told_before:
            return any(gap.first <= sequence <= gap.last for gap in self.given_up)
        return all(held.sequence != sequence for held in self.held)


@dataclass(frozen=True, slots=True)
class Tell:
    """A record whose turn it is."""

    record: HeldRecord
    is_late: bool


Step = Tell | RecordsLost


def arrive(
    waiting: Waiting | None, expected: int, command: RecordFeed, at_us: int
) -> tuple[Waiting | None, list[Step]]:
    """What to tell when a record came, and what still waits; `expected` was the next in order."""
    told_before = waiting.told_before if waiting is not None else expected
    record = HeldRecord(
        command.event_id, command.provider, command.sequence, command.format, command.payload, at_us
    )
    if record.sequence < told_before:
        return _without(waiting, record.sequence), [Tell(record, is_late=True)]
    if waiting is None:
        waiting = Waiting(told_before, (), at_us, 1)
    held = sorted((*waiting.held, record), key=lambda each: each.sequence)
    return due(replace(waiting, held=tuple(held)), at_us)


def told_elsewhere(waiting: Waiting, before: int, at_us: int) -> tuple[Waiting | None, list[Step]]:
    """What to tell now that all before a sequence was told, or is waited for, in another place."""
    late = [Tell(held, is_late=True) for held in waiting.held if held.sequence < before]
    held = waiting.held[len(late) :]
    told_before = max(before, waiting.told_before)
    left, steps = due(replace(waiting, told_before=told_before, held=held), at_us)
    return left, [*late, *steps]


def due(waiting: Waiting, at_us: int) -> tuple[Waiting | None, list[Step]]:
    """What to tell at this time: what follows without a gap, or after one that is given up."""
    told_before, held = waiting.told_before, list(waiting.held)
    given_up = [gap for gap in waiting.given_up if at_us - gap.since_us <= WANTED_US]
    steps: list[Step] = []
    while held:
        first = held[0]
        if first.sequence > told_before:
            if not _is_given_up(held, at_us):
                break
            last = first.sequence - 1
            steps.append(RecordsLost(first.event_id, first.provider, told_before, last))
            given_up.append(GivenUp(told_before, last, at_us))
        steps.append(Tell(first, is_late=False))
        told_before = first.sequence + 1
        del held[0]
    if not (held or given_up):
        return None, steps
    gaps = tuple(given_up[-GAPS_MAX:])
    return replace(waiting, told_before=told_before, held=tuple(held), given_up=gaps), steps


def ask_again(
    waiting: Waiting, event_id: str, provider: str, at_us: int
) -> tuple[Waiting, tuple[GapFound, ...]]:
    """The gaps as they are now, if it is time to ask for them again."""
    pause_us = ASK_AGAIN_US if waiting.held else ASK_LATE_US
    if at_us - waiting.asked_at_us < pause_us:
        return waiting, ()
    attempt = waiting.attempt + 1
    gaps = tuple(GapFound(event_id, provider, *gap, attempt) for gap in _gaps(waiting))
    return replace(waiting, asked_at_us=at_us, attempt=attempt), gaps


def _gaps(waiting: Waiting) -> Iterator[tuple[int, int]]:
    """Each gap's first sequence, and the one after its last."""
    for gap in waiting.given_up:
        yield gap.first, gap.last + 1
    expected = waiting.told_before
    for held in waiting.held:
        if held.sequence > expected:
            yield expected, held.sequence
        expected = held.sequence + 1


def _without(waiting: Waiting | None, sequence: int) -> Waiting | None:
    """What is still asked for when a record came that was given up."""
    if waiting is None:
        return None
    left: list[GivenUp] = []
    for gap in waiting.given_up:
        if not gap.first <= sequence <= gap.last:
            left.append(gap)
            continue
        if gap.first < sequence:
            left.append(replace(gap, last=sequence - 1))
        if sequence < gap.last:
            left.append(replace(gap, first=sequence + 1))
    if not (left or waiting.held):
        return None
    return replace(waiting, given_up=tuple(left))


def _is_given_up(held: Sequence[HeldRecord], at_us: int) -> bool:
    if len(held) > HELD_MAX:
        return True
    return at_us - min(each.arrived_at_us for each in held) > LATENESS_US

"""The sportsbook as the demonstration meets it, whichever engine runs it."""

from __future__ import annotations

from typing import Protocol

from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.ledger.model import Balance

SEEN: tuple[Topic, ...] = topics.PUBLIC
"""The topics that are read while the match runs; dead letters are read beside them."""


Ends = dict[tuple[str, int], int]
"""Offsets by inbox and partition."""


class DemoFailed(RuntimeError):
    """The demonstration cannot go on; the text says why, for a person."""


class House(Protocol):
    """A running sportsbook: records in, public records out, and how far behind it is."""

    def start_clock(self) -> None:
        """Let the match's time begin, at 0 s."""

    def next_s(self) -> float:
        """The match's time now; it has moved on since the last call."""

    def send(self, topic: Topic, key: str, value: object, id: str) -> None:
        """Write a record as a client would, under the client's own id."""

    def take(self) -> list[object]:
        """What the public topics and the dead letters have that was not taken yet, decoded.

        Raises:
            DemoFailed: a worker ended, or the broker refuses.
        """

    def ends(self) -> Ends:
        """Where each partition of each inbox ends now."""

    def lags(self, ends: Ends) -> dict[str, int]:
        """Records before `ends` that are not committed yet, for each inbox."""

    def is_ready(self) -> bool:
        """Whether every partition of every inbox is worked on."""

    def balances(self) -> dict[str, Balance]:
        """The table `balances` of all partitions, as its changelog has it."""

    def write_lake(self) -> None:
        """Bring every public record into the lake."""

    def stop(self) -> None:
        """End what the house has started."""

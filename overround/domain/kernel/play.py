"""What is told of a match of any sport but football, and how whole an account of it is.

Football's incidents each tell the whole score, so that the newest is enough. Other sports tell
points and baskets one by one: a missing one makes every later score wrong, so these records are
taken in their provider's order, and each says what is missing before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Order:
    """Where a record stands among those of its provider.

    `is_early`: records before it have not come yet, and it is told again in its turn. `is_late`:
    it was given up, and newer ones have been told. `lost_before` counts the provider's records of
    the match that were given up and have not come since.
    """

    is_early: bool = False
    is_late: bool = False
    lost_before: int = 0


IN_ORDER = Order()
"""After everything that its provider has told before it."""


class Told(Protocol):
    """A record of the play. `sequence` is the provider's own order, from 1 without gaps."""

    @property
    def event_id(self) -> str:
        """The house's id of the match."""

    @property
    def provider(self) -> str:
        """Who tells it."""

    @property
    def sequence(self) -> int:
        """The provider's own order."""

    @property
    def order(self) -> Order:
        """Where it stands in that order."""


def placed(told: Any, order: Order) -> Any:
    """The record at another place in its provider's order."""
    return replace(told, order=order)


class Signal(StrEnum):
    """What is told of a match in any sport.

    `HEARD`: it is followed, and nothing has happened; a live feed says so at least every ten
    seconds. `UNDER_REVIEW` to `CLEARED`: something is looked at, and no bet is taken. `ABANDONED`:
    it will not be finished.
    """

    HEARD = "heard"
    UNDER_REVIEW = "under_review"
    CLEARED = "cleared"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class PlaySignalled:
    """A provider's sign of a match's play."""

    event_id: str
    provider: str
    sequence: int
    signal: Signal
    order: Order = IN_ORDER

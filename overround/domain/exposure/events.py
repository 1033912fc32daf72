"""What the house stands to lose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExposureChanged:
    """The exposure of a match in one currency after a leg was taken.

    `worst_minor` is the house's profit and loss at the final score that is worst for it, less what
    each side market loses at its own worst (negative: a loss).
    """

    event_id: str
    currency: str
    legs: int
    stake_minor: int
    worst_minor: int

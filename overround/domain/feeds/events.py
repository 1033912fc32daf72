"""The match as the rest of the house knows it, whatever the provider called it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FixtureScheduled:
    """A match will be played."""

    event_id: str
    provider: str
    sequence: int
    competition: str
    home: str
    away: str
    kickoff_at_us: int


@dataclass(frozen=True, slots=True)
class ObservedPrice:
    """A price somebody else quotes for a selection (`1x2/home`)."""

    selection: str
    price_milli: int


@dataclass(frozen=True, slots=True)
class PricesObserved:
    """A provider's prices for a match, the source of our opening intensities."""

    event_id: str
    provider: str
    sequence: int
    prices: tuple[ObservedPrice, ...]


@dataclass(frozen=True, slots=True)
class GapFound:
    """A provider's sequence jumped: the records from `expected` to `got` - 1 are missing."""

    event_id: str
    provider: str
    expected: int
    got: int

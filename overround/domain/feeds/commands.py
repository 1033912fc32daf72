"""What a provider's connection hands in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from overround.domain.feeds.model import ProviderFeed


@dataclass(frozen=True, slots=True)
class RecordFeed:
    """One message of a provider, as the raw bytes that came, with its provenance.

    `sequence` is the provider's order within the match, from 1, or 0 from a provider that numbers
    nothing: its records are counted as they come, and only their content tells a repeat.
    `received_at_us` is the connection's wall clock and `received_mono_us` its monotonic one, kept
    for lag figures; no rule reads them. `connection` names the connection, and `token` is what
    the provider would resume after. `match` is the provider's own id of the match, where the
    connection knows it; `event_id` is the house's.
    """

    event_id: str
    provider: str
    sequence: int
    received_at_us: int
    payload: bytes
    content_sha256: bytes
    format: str = "overround.match-feed/1"
    connection: str = ""
    token: str | None = None
    received_mono_us: int = 0
    match: str = ""


@dataclass(frozen=True, slots=True)
class TakeFeed:
    """A provider's side of a match, from the writer of the event that it was taken for so far."""

    event_id: str
    from_event_id: str
    provider: str
    seen: ProviderFeed


class SourceReport(StrEnum):
    """What a connection says of its source.

    `HEARD`: it lives. `LIVE`: everything that was missed has been sent again. `LOST`: it cannot be
    relied on, whatever still comes.
    """

    HEARD = "heard"
    LIVE = "live"
    LOST = "lost"


class BreakerState(StrEnum):
    """Whether a connection is tried again: at will, not now, or once to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class ReportSource:
    """How a connection stands, told to every partition of the inbox alike.

    `producer` is the part of the provider's feed that it is about, empty where there is one.
    After `silent_after_us` without a report the source counts as lost.
    """

    provider: str
    producer: str
    connection: str
    report: SourceReport
    reason: str
    silent_after_us: int
    breaker: BreakerState

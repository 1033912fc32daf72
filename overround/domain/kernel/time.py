"""Event time: whole microseconds since the Unix epoch, always from the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MICROS_PER_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(at_us: int) -> datetime:
    """The UTC date and time of an event time; exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=at_us)


def from_datetime(moment: datetime) -> int:
    """The event time of an aware date and time; refuses a naive one with ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place on the log's clock")
    return (moment - _EPOCH) // timedelta(microseconds=1)

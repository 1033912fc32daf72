"""What a provider's connection hands in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordFeed:
    """One message of a provider, as the raw bytes that came, with its provenance.

    `sequence` is the provider's order within the match, from 1, or 0 from a provider that numbers
    nothing: its records are counted as they come, and only their content tells a repeat.
    `received_at_us` is the connection's wall clock and `received_mono_us` its monotonic one, kept
    for lag figures; no rule reads them. `connection` names the connection, and `token` is what
    the provider would resume after.
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

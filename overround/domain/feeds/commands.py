"""What a provider's connection hands in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordFeed:
    """One message of a provider, as the raw bytes that came, with its provenance.

    `sequence` is the provider's order within the match, from 1. `received_at_us` is the
    connection's wall clock, kept for lag figures; no rule reads it.
    """

    event_id: str
    provider: str
    sequence: int
    received_at_us: int
    payload: bytes
    content_sha256: bytes

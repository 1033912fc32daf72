"""What is remembered of a match's feeds: enough to keep order, see gaps and drop repeats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

# A repeat that matters comes within one reconnect of a provider, seconds long; 64 records are
# some ten minutes of clock messages. Older repeats are dropped without comparing the content.
RECENT_MAX = 64

# Eight bytes of a SHA-256 tell two honest contents apart (one in 2**64 pairs collides), and
# keep the window at 512 bytes instead of 2,048.
DIGEST_BYTES = 8
NEVER_RECEIVED = bytes(DIGEST_BYTES)


@dataclass(frozen=True, slots=True)
class ProviderFeed:
    """One provider's side of a match.

    `match` is the provider's own id of it. `recent` holds `DIGEST_BYTES` for each of the last
    sequences up to `next_sequence` - 1, oldest first; zeros stand for one that never came.
    `duplicates` and `missing` count records. The goals are those of the last incident. The last
    record came at `heard_at_us`, in the log's time; `producers` of the provider have told of it.
    """

    match: str
    next_sequence: int
    recent: bytes
    duplicates: int
    missing: int
    home_goals: int
    away_goals: int
    heard_at_us: int = 0
    producers: tuple[str, ...] = ()

    def digest(self, sequence: int) -> bytes | None:
        """The digest kept for a sequence, `NEVER_RECEIVED`, or None outside the window."""
        first = self.next_sequence - len(self.recent) // DIGEST_BYTES
        if not first <= sequence < self.next_sequence:
            return None
        start = (sequence - first) * DIGEST_BYTES
        return self.recent[start : start + DIGEST_BYTES]

    def has_content(self, digest: bytes) -> bool:
        """Whether a record with this content is among the recent ones."""
        found = self.recent.find(digest)
        while found > 0 and found % DIGEST_BYTES:
            found = self.recent.find(digest, found + 1)
        return found >= 0

    def received(
        self, sequence: int, digest: bytes, producer: str = "", at_us: int = 0
    ) -> ProviderFeed:
        """The state after a record in order; the sequences it jumped over count as missing."""
        assert sequence >= self.next_sequence, "a record out of order is no progress"
        assert len(digest) == DIGEST_BYTES, "the window is cut in whole digests"
        skipped = sequence - self.next_sequence
        window = self.recent + NEVER_RECEIVED * min(skipped, RECENT_MAX) + digest
        producers = self.producers
        if producer and producer not in producers:
            producers = tuple(sorted({*producers, producer}))
        # By its constructor: once for each record, and `replace` takes four times as long.
        return ProviderFeed(
            self.match,
            sequence + 1,
            window[-RECENT_MAX * DIGEST_BYTES :],
            self.duplicates,
            self.missing + skipped,
            self.home_goals,
            self.away_goals,
            at_us,
            producers,
        )

    def filled(self, sequence: int, digest: bytes, at_us: int) -> ProviderFeed:
        """The state after a record that was missing; the score stays that of the newest."""
        assert sequence < self.next_sequence, "a record in order fills no gap"
        assert len(digest) == DIGEST_BYTES, "the window is cut in whole digests"
        start = len(self.recent) - (self.next_sequence - sequence) * DIGEST_BYTES
        recent = self.recent
        if start >= 0:
            recent = recent[:start] + digest + recent[start + DIGEST_BYTES :]
        return replace(self, recent=recent, missing=self.missing - 1, heard_at_us=at_us)


@dataclass(frozen=True, slots=True)
class Feed:
    """Everything that was recorded of one match, by provider."""

    event_id: str
    providers: dict[str, ProviderFeed] = field(default_factory=dict)

    def put(self, provider: str, state: ProviderFeed) -> Feed:
        """The feed with one provider's state replaced."""
        return Feed(self.event_id, {**self.providers, provider: state})

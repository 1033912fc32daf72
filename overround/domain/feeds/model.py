"""What is remembered of a match's feeds: enough to keep order, see gaps and drop repeats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from overround.domain.feeds.identity.model import listing_key
from overround.domain.feeds.prices import ObservedPrice

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
    `offers` are the prices of an exchange's or a bookmaker's markets that the house knows, as they
    were passed on. A bookmaker that `is_stopped` takes no bets on the match.
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
    offers: tuple[ObservedPrice, ...] = ()
    is_stopped: bool = False

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

    def is_newest(self, digest: bytes) -> bool:
        """Whether the newest record has this content."""
        return self.recent.endswith(digest)

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
            self.offers,
            self.is_stopped,
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

    @property
    def received_count(self) -> int:
        """How many different records came."""
        return self.next_sequence - 1 - self.missing

    def joined(self, other: ProviderFeed) -> ProviderFeed:
        """Both parts of what came of one match, which was recorded in two places for a while.

        The score is that of the newer part, and what either has received is missing no more.
        """
        assert self.match == other.match, "two matches have nothing to join"
        older, newer = sorted((self, other), key=lambda each: each.next_sequence)
        recent = newer.recent
        first = newer.next_sequence - len(recent) // DIGEST_BYTES
        for place in range(0, len(recent), DIGEST_BYTES):
            kept = recent[place : place + DIGEST_BYTES]
            known = older.digest(first + place // DIGEST_BYTES)
            if kept == NEVER_RECEIVED and known is not None:
                recent = recent[:place] + known + recent[place + DIGEST_BYTES :]
        return replace(
            newer,
            recent=recent,
            duplicates=older.duplicates + newer.duplicates,
            missing=max(0, newer.missing - older.received_count),
            heard_at_us=max(older.heard_at_us, newer.heard_at_us),
            producers=tuple(sorted({*older.producers, *newer.producers})),
        )


@dataclass(frozen=True, slots=True)
class Feed:
    """Everything that was recorded of one match, by provider.

    `moved` has the event that a provider's match belongs to instead, by `provider/match`: what
    still comes for it here is passed on. A match that `is_announced` is one of which somebody has
    told the fixture, and what `sport` it is of.
    """

    event_id: str
    providers: dict[str, ProviderFeed] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    is_announced: bool = False
    sport: str = ""

    def put(self, provider: str, state: ProviderFeed) -> Feed:
        """The feed with one provider's state replaced."""
        providers = {**self.providers, provider: state}
        return Feed(self.event_id, providers, self.moved, self.is_announced, self.sport)

    def announced(self, sport: str) -> Feed:
        """The feed of a match of which the fixture is known."""
        if self.is_announced and self.sport == sport:
            return self
        return replace(self, is_announced=True, sport=sport)

    def moved_of(self, provider: str) -> list[str]:
        """The events that a provider's matches of this one are instead."""
        own = listing_key(provider, "")
        return [to for listing, to in self.moved.items() if listing.startswith(own)]

    def linked(self, provider: str, match: str, event_id: str) -> Feed:
        """The feed after a provider's match was said to be an event, this one or another.

        What was recorded of one that leaves is kept, as it may come back and its repeats must be
        known; it is forgotten when another match of the same provider takes its place.
        """
        key = listing_key(provider, match)
        moved = {other: to for other, to in self.moved.items() if other != key}
        if event_id != self.event_id:
            return replace(self, moved=moved | {key: event_id})
        if not any(other.startswith(listing_key(provider, "")) for other in moved):
            return replace(self, moved=moved)
        providers = {name: seen for name, seen in self.providers.items() if name != provider}
        return replace(self, providers=providers, moved=moved)

"""How good a provider's feed is, counted over windows of a minute.

A window lies in one partition, and everything in it can be added up: over partitions, minutes and
days. Latencies are counted in buckets that are the same everywhere, so that a quantile of the
whole is as exact as one of a part.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from overround.domain.feeds.commands import RecordFeed, ReportSource, SourceReport
from overround.domain.feeds.decide import UNNUMBERED, Happened, Recorded
from overround.domain.feeds.events import (
    FeedQualityMeasured,
    FormatCount,
    GapFound,
    LatencyCount,
)
from overround.domain.feeds.fixed_odds import MarketRolledBack
from overround.domain.feeds.model import ProviderFeed
from overround.domain.feeds.sources import FOLLOWED_US
from overround.domain.kernel.match import Incident, IncidentKind

WINDOW_US = 60_000_000

# A quantile is told as the upper end of its bucket: with eight buckets to an octave it is at most
# an eighth too high, and never too low. Up to 16 ms a bucket is a millisecond.
_EXACT_MS, _OCTAVE_BITS = 16, 4
# Nearly every record is faster than this; their buckets are looked up, once for each record.
_USUAL_MS = 2_048


# Not frozen, though nobody changes it: one is made for each record.
@dataclass(slots=True)
class QualityWindow:
    """What a provider has sent since `since_at_us`; the counts are those of `FeedQualityMeasured`.

    Latencies are counted by the names of their buckets, see `bucket_ms`.
    `silent_after_us` is the contract of its connection, 0 until one has reported. `heard_at_us` is
    when a record, or a report that the connection lives, came last.
    """

    provider: str
    since_at_us: int
    heard_at_us: int
    silent_after_us: int = 0
    silent_us: int = 0
    received: int = 0
    expected: int = 0
    duplicates: int = 0
    gaps: int = 0
    lost: int = 0
    late: int = 0
    corrections: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    delivery_ms: dict[str, int] = field(default_factory=dict)
    logging_ms: dict[str, int] = field(default_factory=dict)


def opened(provider: str, at_us: int) -> QualityWindow:
    """The window of a provider of which nothing was known before."""
    return QualityWindow(provider, at_us, at_us)


def bucket_ms(latency_us: int) -> str:
    """The bucket of a latency: the highest latency in it, in milliseconds, as text.

    A clock that is ahead of the next one makes a latency negative; it counts as none.
    """
    ms = -(-latency_us // 1_000)
    if 0 < ms < _USUAL_MS:
        return _USUAL[ms]
    return _bucket(max(0, ms))


def _bucket(ms: int) -> str:
    if ms > _EXACT_MS:
        shift = (ms - 1).bit_length() - _OCTAVE_BITS
        ms = (((ms - 1) >> shift) + 1) << shift
    return str(ms)


_USUAL = tuple(_bucket(ms) for ms in range(_USUAL_MS))


def recorded(
    window: QualityWindow,
    command: RecordFeed,
    before: ProviderFeed | None,
    decision: Recorded,
    at_us: int,
) -> QualityWindow:
    """The window after a record; `before` is what was known of the match's provider."""
    seen = decision.state.providers[command.provider]
    expected, is_repeat = 1, False
    if before is not None:
        expected, is_repeat = before.next_sequence, seen.duplicates > before.duplicates
    gaps = corrections = 0
    for happened in decision.events:
        if type(happened) is GapFound:
            gaps += 1
        elif type(happened) in _CORRECTING and _is_correction(happened, before):
            corrections += 1
    sent_at_us, delivery_ms = decision.sent_at_us, window.delivery_ms
    if sent_at_us is not None:
        delivery_ms = _one_more(delivery_ms, bucket_ms(command.received_at_us - sent_at_us))
    # By its constructor: once for each record, and `replace` takes four times as long.
    return QualityWindow(
        window.provider,
        window.since_at_us,
        at_us,
        window.silent_after_us,
        window.silent_us + _silent_us(window, at_us),
        window.received + (not is_repeat),
        window.expected + (0 if command.sequence == UNNUMBERED else seen.next_sequence - expected),
        window.duplicates + is_repeat,
        window.gaps + gaps,
        window.lost,
        window.late,
        window.corrections + corrections,
        _one_more(window.formats, command.format),
        delivery_ms,
        _one_more(window.logging_ms, bucket_ms(at_us - command.received_at_us)),
    )


def passed_by(window: QualityWindow, *, late: int = 0, lost: int = 0) -> QualityWindow:
    """The window after records that were told late, or given up."""
    return replace(window, late=window.late + late, lost=window.lost + lost)


def reported(window: QualityWindow, command: ReportSource, at_us: int) -> QualityWindow:
    """The window after a report of the provider's connection, which tells its contract."""
    window = replace(window, silent_after_us=command.silent_after_us)
    if command.report is SourceReport.LOST:
        return window
    return replace(
        window, heard_at_us=at_us, silent_us=window.silent_us + _silent_us(window, at_us)
    )


def measured(
    window: QualityWindow, at_us: int
) -> tuple[QualityWindow | None, FeedQualityMeasured | None]:
    """The window, and what to tell of it if it is over; None in place of one that is not kept on.

    A provider that sent nothing is measured for as long as its connection ought to be heard of;
    what was read from a file comes to an end.
    """
    if at_us - window.since_at_us < WINDOW_US:
        return window, None
    told = FeedQualityMeasured(
        window.provider,
        window.since_at_us,
        at_us,
        window.received,
        window.expected,
        window.duplicates,
        window.gaps,
        window.lost,
        window.late,
        window.corrections,
        window.silent_us + _silent_us(window, at_us),
        window.silent_after_us,
        tuple(FormatCount(*each) for each in sorted(window.formats.items())),
        _told(window.delivery_ms),
        _told(window.logging_ms),
    )
    is_connected = window.silent_after_us and at_us - window.heard_at_us <= FOLLOWED_US
    has_moved = window.received or window.duplicates or window.lost
    if not (is_connected or has_moved):
        return None, None
    after = QualityWindow(window.provider, at_us, window.heard_at_us, window.silent_after_us)
    return after, told


def _silent_us(window: QualityWindow, at_us: int) -> int:
    """How much of the time since it was heard of last is silence that was not counted yet."""
    if not window.silent_after_us:
        return 0
    return max(0, at_us - max(window.heard_at_us + window.silent_after_us, window.since_at_us))


def _is_correction(happened: Happened, before: ProviderFeed | None) -> bool:
    """Whether it takes back what was told before."""
    if not isinstance(happened, Incident):
        return True
    if happened.kind is IncidentKind.GOAL_CANCELLED:
        return True
    if before is None:
        return False
    was, now = (before.home_goals, before.away_goals), (happened.home_goals, happened.away_goals)
    if happened.kind is IncidentKind.STATUS:
        return now[0] < was[0] or now[1] < was[1]
    return happened.kind is IncidentKind.RESULT_CONFIRMED and now != was


_CORRECTING = frozenset({Incident, MarketRolledBack})


def _one_more(counts: dict[str, int], name: str) -> dict[str, int]:
    return {**counts, name: counts.get(name, 0) + 1}


def _told(counts: dict[str, int]) -> tuple[LatencyCount, ...]:
    return tuple(LatencyCount(*each) for each in sorted((int(k), n) for k, n in counts.items()))

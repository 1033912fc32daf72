"""Whether a provider's record is news, and what it says to the rest of the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from overround.domain.feeds.books import MarketUpdate
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import GapFound, Message, Normalised
from overround.domain.feeds.model import DIGEST_BYTES, NEVER_RECEIVED, Feed, ProviderFeed
from overround.domain.feeds.order import Waiting
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side, check_whole
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.replace import replace
from overround.domain.kernel.statistics import StatisticsObserved
from overround.domain.kernel.statistics import check as check_statistics

# Prices of every selection are 6 KB and an exchange's image of one market up to 10; a hundred
# times that is no message of a match.
PAYLOAD_BYTES_MAX = 768 * 1024

# A message every second through a match and its build-up is 20,000; a longer jump is a broken
# counter, and following it would make the feed deaf to every true record after it.
JUMP_MAX = 100_000

# The sequence of a record from a provider that numbers nothing.
UNNUMBERED = 0

# The state of a match is written whole with every record; no match has ten providers.
PROVIDERS_MAX = 8
PROVIDER_CHARS_MAX = 64

Happened = Normalised | GapFound

_NEEDS_SIDE = frozenset(
    {
        IncidentKind.GOAL,
        IncidentKind.GOAL_CANCELLED,
        IncidentKind.YELLOW_CARD,
        IncidentKind.RED_CARD,
        IncidentKind.SHOT,
        IncidentKind.SHOOT_OUT_GOAL,
        IncidentKind.SHOOT_OUT_MISS,
    }
)
# Whose score is the score, whatever was told before.
_TELLS_SCORE = (IncidentKind.RESULT_CONFIRMED, IncidentKind.STATUS)
# What the clock shows at the start of a period at the earliest. An abandoned match is ended at
# any time, and a cup without extra time goes from full time straight to penalties.
_CLOCK_S_MIN = {
    Period.NOT_STARTED: 0,
    Period.FIRST_HALF: 0,
    Period.HALF_TIME: 2_700,
    Period.SECOND_HALF: 2_700,
    Period.FULL_TIME: 5_400,
    Period.EXTRA_TIME: 5_400,
    Period.PENALTIES: 5_400,
    Period.ENDED: 0,
}
_GOAL_OF = {Side.HOME: (1, 0), Side.AWAY: (0, 1)}


@dataclass(frozen=True, slots=True)
class Recorded(Decision[Feed, Happened]):
    """The feed after a record and what it says; `sent_at_us` is the provider's time of it."""

    sent_at_us: int | None = None


def record(
    state: Feed,
    command: RecordFeed,
    decode: Callable[[RecordFeed], Message],
    *,
    at_us: int = 0,
    waiting: Waiting | None = None,
) -> Recorded:
    """Record one message of a provider; `decode` reads its format.

    A sequence that was recorded before is dropped and counted. Records without one take the next,
    and so does all that they say; they are dropped and counted if their content is the newest
    record's, or came within the last records and says when it was sent. Without such a time it is
    news: a price or a result may become what it was before. A jump forward
    reports a gap and goes on with the newest; a record that fills a gap is taken whenever it
    comes. In which order all this is told is for `order.py`, whose `waiting` knows the gaps that
    are older than what this remembers. `at_us` is the log's time.

    Raises:
        Refusal: wrong_event, bad_provider, too_many_providers, out_of_range,
            payload_too_large, hash_mismatch, sequence_reused, sequence_jump, match_changed,
            side_missing, clock_before_period, score_went_back, score_without_goal,
            on_target_above_shots, and every reason of `decode`. A refused record leaves the state
            as it was, so the next one of that provider reports a gap.
    """
    _check_provenance(state, command)
    seen = state.providers.get(command.provider)
    if command.sequence == UNNUMBERED:
        return _record_unnumbered(state, seen, command, decode, at_us)
    if seen is not None and command.sequence < seen.next_sequence:
        if _is_missing(seen, command, waiting):
            return _fill(state, seen, command, decode, at_us)
        return Recorded(state.put(command.provider, _again(seen, command)))
    expected = seen.next_sequence if seen is not None else 1
    if command.sequence - expected > JUMP_MAX:
        raise Refusal("sequence_jump", f"from {expected} to {command.sequence}")
    message = decode(command)
    seen = seen or ProviderFeed(message.match or "", 1, b"", 0, 0, 0, 0)
    after = _follow(seen, command.sequence, command, message, at_us)
    events: tuple[Happened, ...] = message.values
    if command.sequence > expected:
        gap = GapFound(state.event_id, command.provider, expected, command.sequence)
        events = (gap, *message.values)
    return Recorded(state.put(command.provider, after), events, message.sent_at_us)


def _record_unnumbered(
    state: Feed,
    seen: ProviderFeed | None,
    command: RecordFeed,
    decode: Callable[[RecordFeed], Message],
    at_us: int,
) -> Recorded:
    digest = command.content_sha256[:DIGEST_BYTES]
    if seen is not None and seen.is_newest(digest):
        return _dropped(state, seen, command)
    message = decode(command)
    if seen is not None and message.sent_at_us is not None and seen.has_content(digest):
        return _dropped(state, seen, command)
    seen = seen or ProviderFeed(message.match or "", 1, b"", 0, 0, 0, 0)
    after = _follow(seen, seen.next_sequence, command, message, at_us)
    values = tuple(_counted(value, seen.next_sequence) for value in message.values)
    return Recorded(state.put(command.provider, after), values, message.sent_at_us)


def _dropped(state: Feed, seen: ProviderFeed, command: RecordFeed) -> Recorded:
    again = replace(seen, duplicates=seen.duplicates + 1)
    return Recorded(state.put(command.provider, again))


def _counted(value: Normalised, sequence: int) -> Normalised:
    """What a provider that numbers nothing says, in the order in which its records came.

    Newer ones replace older ones, so they need an order; who reads them sees no other. A change of
    an exchange's market has none: it is followed here.
    """
    return value if isinstance(value, MarketUpdate) else replace(value, sequence=sequence)


def _check_provenance(state: Feed, command: RecordFeed) -> None:
    provider = command.provider
    if command.event_id != state.event_id:
        raise Refusal("wrong_event", f"{command.event_id} in the log of {state.event_id}")
    if not 0 < len(provider) <= PROVIDER_CHARS_MAX or not provider.isprintable():
        raise Refusal("bad_provider")
    if provider not in state.providers and len(state.providers) >= PROVIDERS_MAX:
        raise Refusal("too_many_providers", provider)
    if command.sequence < UNNUMBERED:
        raise Refusal("out_of_range", f"sequence {command.sequence}")
    if len(command.payload) > PAYLOAD_BYTES_MAX:
        raise Refusal("payload_too_large", f"{len(command.payload)} bytes")
    if sha256(command.payload).digest() != command.content_sha256:
        raise Refusal("hash_mismatch")


def _is_missing(seen: ProviderFeed, command: RecordFeed, waiting: Waiting | None) -> bool:
    kept = seen.digest(command.sequence)
    if kept is None:
        return waiting is not None and waiting.is_missing(command.sequence)
    return kept == NEVER_RECEIVED


def _fill(
    state: Feed,
    seen: ProviderFeed,
    command: RecordFeed,
    decode: Callable[[RecordFeed], Message],
    at_us: int,
) -> Recorded:
    """Take a record that was missing; newer ones have told the score already."""
    message = decode(command)
    _check_match(seen, message)
    for value in message.values:
        _check_value(value)
    after = seen.filled(command.sequence, command.content_sha256[:DIGEST_BYTES], at_us)
    return Recorded(state.put(command.provider, after), message.values, message.sent_at_us)


def _again(seen: ProviderFeed, command: RecordFeed) -> ProviderFeed:
    kept = seen.digest(command.sequence)
    if kept is not None and kept != command.content_sha256[:DIGEST_BYTES]:
        raise Refusal("sequence_reused", f"{command.sequence} came before with other content")
    return replace(seen, duplicates=seen.duplicates + 1)


def _check_match(seen: ProviderFeed, message: Message) -> None:
    if message.match is not None and message.match != seen.match:
        raise Refusal("match_changed", f"{message.match}, not {seen.match}")


def _follow(
    seen: ProviderFeed, sequence: int, command: RecordFeed, message: Message, at_us: int
) -> ProviderFeed:
    _check_match(seen, message)
    digest = command.content_sha256[:DIGEST_BYTES]
    after = seen.received(sequence, digest, message.producer, at_us)
    for value in message.values:
        _check_value(value)
        if isinstance(value, Incident):
            _check_score(after, value, after_gap=after.missing > seen.missing)
            after = replace(after, home_goals=value.home_goals, away_goals=value.away_goals)
    return after


def _check_value(value: Normalised) -> None:
    if isinstance(value, Incident):
        if value.kind in _NEEDS_SIDE and value.side is None:
            raise Refusal("side_missing", value.kind)
        if value.whole is not None:
            check_whole(value.whole)
        _check_clock(value.period, value.clock_s)
    elif isinstance(value, StatisticsObserved):
        check_statistics(value)
        if value.period is not None and value.clock_s is not None:
            _check_clock(value.period, value.clock_s)


def _check_clock(period: Period, clock_s: int) -> None:
    if clock_s < _CLOCK_S_MIN[period]:
        raise Refusal("clock_before_period", f"{clock_s} s in {period}")


def _check_score(seen: ProviderFeed, incident: Incident, *, after_gap: bool) -> None:
    """Refuse a score that the incident does not explain.

    Only a cancelled goal, the confirmed result and a status may lower it, even after a gap: a lower
    score is money given back, and a provider can always repeat the cancellation. A higher one is
    believed after a gap, because the goal may be among what is missing.
    """
    home = incident.home_goals - seen.home_goals
    away = incident.away_goals - seen.away_goals
    if incident.kind in _TELLS_SCORE:
        return
    if incident.kind is IncidentKind.GOAL_CANCELLED:
        if not after_gap and (-home, -away) != _goal_of(incident):
            raise Refusal("score_without_goal", "a cancelled goal takes one from its side")
        return
    if home < 0 or away < 0:
        raise Refusal("score_went_back", f"{home:+d} {away:+d} with {incident.kind}")
    if not after_gap and (home, away) != _goal_of(incident):
        raise Refusal("score_without_goal", f"{home:+d} {away:+d} with {incident.kind}")


def _goal_of(incident: Incident) -> tuple[int, int]:
    if incident.kind not in (IncidentKind.GOAL, IncidentKind.GOAL_CANCELLED):
        return (0, 0)
    assert incident.side is not None, "a goal without a side was refused before"
    return _GOAL_OF[incident.side]

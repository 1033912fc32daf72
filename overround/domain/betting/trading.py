"""Whether bets on a match are taken, and what holds them back when they are not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import (
    BEFORE_FULL_TIME,
    SUSPICIONS,
    Incident,
    IncidentKind,
    Period,
)
from overround.domain.kernel.play import PlaySignalled, Signal
from overround.domain.kernel.replace import replace
from overround.domain.kernel.time import MICROS_PER_SECOND

# A live feed sends something every 10 s and counts as down after 20 (Unified Odds Feed).
SILENT_AFTER_US = 20 * MICROS_PER_SECOND

# Prices get wider with the time in which nothing was heard; each step of it is told to everybody.
AGE_STEP_US = 2 * MICROS_PER_SECOND

_PLAYED = (Period.FIRST_HALF, Period.SECOND_HALF)

# Half-time too: a live feed goes on sending there, and unheard the second half could be on.
_BEGUN = (Period.FIRST_HALF, Period.HALF_TIME, Period.SECOND_HALF)

# What answers the question whether it was a goal; every other one waits for `CLEARED`.
_DECIDES_GOAL = (IncidentKind.GOAL, IncidentKind.GOAL_CANCELLED, IncidentKind.PERIOD)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a provider suspects and has not cleared."""

    provider: str
    kind: IncidentKind


@dataclass(frozen=True, slots=True)
class Trading:
    """Everything that can hold bets back, each for itself: one clearing up leaves the others.

    `halted_by` is the trader who stopped trading, empty if none did. `heard_at_us` is when the
    match was last heard of, in the log's time. `lost_source` names the providers without which
    the match is not offered and that are lost, empty if there is none. `disagreement` says in what
    providers do not agree (`awaiting_quorum: ...`, `providers_disagree: ...`). `merged_into` is the
    event that this one is, empty while it stands for itself.
    """

    doubts: tuple[Doubt, ...] = ()
    is_silent: bool = False
    halted_by: str = ""
    halt_reason: str = ""
    is_settled: bool = False
    heard_at_us: int = 0
    lost_source: str = ""
    disagreement: str = ""
    merged_into: str = ""

    def status(self, period: Period, is_priced: bool) -> tuple[TradingStatus, str]:
        """Whether bets are taken now, and the first reason why not."""
        if self.is_settled:
            return TradingStatus.SETTLED, "result"
        if self.merged_into:
            return TradingStatus.CLOSED, f"merged into {self.merged_into}"
        if period not in BEFORE_FULL_TIME:
            return TradingStatus.CLOSED, "regular_time_over"
        reason = self.held_back(is_priced)
        return (TradingStatus.SUSPENDED if reason else TradingStatus.OPEN), reason

    def held_back(self, is_priced: bool) -> str:
        """The first reason why no bets are taken on a match that goes on, empty if they are."""
        reasons = (
            f"trader: {self.halt_reason}" if self.halted_by else "",
            self.doubts[0].kind.value if self.doubts else "",
            self.disagreement,
            f"source_lost: {self.lost_source}" if self.lost_source else "",
            "feed_silent" if self.is_silent else "",
            "" if is_priced else "no_prices",
        )
        return next(filter(None, reasons), "")


def heard(
    trading: Trading, incident: Incident, at_us: int, *, lost: Collection[str] = ()
) -> Trading:
    """The match was heard of: doubt begins or ends, and so does silence if the source is live."""
    doubts = tuple(each for each in trading.doubts if not _is_ended_by(each, incident, lost))
    doubt = Doubt(incident.provider, incident.kind)
    if incident.kind in SUSPICIONS and doubt not in doubts:
        doubts = (*doubts, doubt)
    if incident.provider in lost:
        return replace(trading, doubts=doubts)
    heard_at_us = max(at_us, trading.heard_at_us)
    return replace(trading, doubts=doubts, is_silent=False, heard_at_us=heard_at_us)


def signalled(
    trading: Trading, told: PlaySignalled, at_us: int, *, lost: Collection[str] = ()
) -> Trading:
    """A provider has given a sign and no incident: it holds bets back until it lets them go.

    That a match is abandoned without a score is for a trader to look at.
    """
    stopped = Doubt(told.provider, IncidentKind.BETS_STOPPED)
    doubts = tuple(each for each in trading.doubts if each.provider != told.provider)
    if told.signal is Signal.HEARD:
        doubts = trading.doubts
    elif told.signal is not Signal.CLEARED:
        doubts = (*(each for each in trading.doubts if each != stopped), stopped)
    after = replace(trading, doubts=doubts)
    return after if told.provider in lost else restored(after, at_us)


def _is_ended_by(doubt: Doubt, incident: Incident, lost: Collection[str]) -> bool:
    """Whoever suspects clears, or somebody else for one who is lost and may never do it."""
    if incident.kind is IncidentKind.CLEARED and doubt.provider in lost:
        return True
    decides = incident.kind in _DECIDES_GOAL and doubt.kind is IncidentKind.POSSIBLE_GOAL
    cleared = decides or incident.kind is IncidentKind.CLEARED
    return cleared and doubt.provider == incident.provider


def restored(trading: Trading, at_us: int) -> Trading:
    """A source that tells of the match has sent all that was missed: that is no silence."""
    return replace(trading, is_silent=False, heard_at_us=max(at_us, trading.heard_at_us))


def ticked(
    trading: Trading, period: Period, at_us: int, silent_after_us: int = SILENT_AFTER_US
) -> Trading:
    """Time went by: a match that began and was not heard of for too long is held back."""
    return silenced(trading, at_us, silent_after_us) if period in _BEGUN else trading


def silenced(trading: Trading, at_us: int, silent_after_us: int = SILENT_AFTER_US) -> Trading:
    """The same of any match that has begun."""
    if at_us - trading.heard_at_us <= silent_after_us:
        return trading
    return replace(trading, is_silent=True)


def aged(trading: Trading, period: Period, at_us: int) -> int:
    """How long a match in play was not heard of, in whole steps of time: 0 for a fresh one."""
    return unheard_us(trading, at_us) if period in _PLAYED else 0


def unheard_us(trading: Trading, at_us: int) -> int:
    """The same of any match that has begun."""
    return max(0, at_us - trading.heard_at_us) // AGE_STEP_US * AGE_STEP_US


def without(trading: Trading, provider: str) -> Trading:
    """A provider's doubts turn out to be of another match."""
    return replace(trading, doubts=tuple(d for d in trading.doubts if d.provider != provider))


def suspended(trading: Trading, command: SuspendTrading) -> Trading:
    """A trader holds bets back; a second one takes the first one's place.

    Raises:
        Refusal: `malformed_id`, as nobody would be an empty `halted_by` and hold nothing back.
    """
    require_id("trader_id", command.trader_id)
    return replace(trading, halted_by=command.trader_id, halt_reason=command.reason)


def reopened(trading: Trading, _command: ReopenTrading) -> Trading:
    """A trader, the same or another, lets bets through again; other reasons stay."""
    return replace(trading, halted_by="", halt_reason="")

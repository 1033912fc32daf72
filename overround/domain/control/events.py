"""What the desk has changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from overround.domain.kernel.adjustment import Adjustment
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.settings import Setting


@dataclass(frozen=True, slots=True)
class ParametersChanged:
    """The parameters of a sport from here on; `settings` are all that differ from the defaults.

    Versions rise by one. A reader drops a version that it has seen.
    """

    sport: str
    version: int
    author_id: str
    reason: str
    settings: tuple[Setting, ...]


class OverrideStatus(StrEnum):
    """Where an override stands; all but the first two are ends.

    `MOVED_ON`: score, cards or period are others than those that a price or a probability was set
    for.
    """

    WAITING = "waiting"
    IN_FORCE = "in_force"
    LIFTED = "lifted"
    EXPIRED = "expired"
    REPLACED = "replaced"
    MOVED_ON = "moved_on"


@dataclass(frozen=True, slots=True)
class OverrideChanged:
    """A trader's override waits, counts, or has ended.

    `trader_id` is whose doing that is, empty for the log's time and the match itself; `set_by` is
    who has set it. `move_micro` is the most by which it moves an implied probability of the market,
    in millionths, when it is set or confirmed.
    """

    event_id: str
    override_id: str
    status: OverrideStatus
    adjustment: Adjustment
    set_by: str
    trader_id: str
    reason: str
    move_micro: int
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class MarketTradingChanged:
    """Bets on one market of a match are held back, and why, or not any more (no reason).

    `trader_id` is whose doing that is, empty if nobody's.
    """

    event_id: str
    market: str
    status: TradingStatus
    reason: str
    trader_id: str

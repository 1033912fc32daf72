"""What the desk orders while the house runs."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.adjustment import Adjustment
from overround.domain.kernel.settings import Setting


@dataclass(frozen=True, slots=True)
class SetParameters:
    """Change parameters of a sport by name; the others stay. The value `default` takes one back.

    `based_on` is the version that the author has seen: if another is in force by now the command is
    refused. None takes it on whatever is in force.
    """

    sport: str
    author_id: str
    reason: str
    changes: tuple[Setting, ...]
    based_on: int | None = None


@dataclass(frozen=True, slots=True)
class OverrideMarket:
    """Put a trader's own figure in the place of the model's, for `for_us` from here on.

    `override_id` is the trader's own and makes a retry safe. A market has one override at a time:
    the next takes its place. A large one waits for `ConfirmOverride` of somebody else.
    """

    event_id: str
    override_id: str
    trader_id: str
    adjustment: Adjustment
    for_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConfirmOverride:
    """A second trader agrees to an override that waits."""

    event_id: str
    override_id: str
    trader_id: str


@dataclass(frozen=True, slots=True)
class LiftOverride:
    """End an override, whether it waits or is in force; the model's prices stand again."""

    event_id: str
    override_id: str
    trader_id: str


@dataclass(frozen=True, slots=True)
class SuspendMarket:
    """Take no bets on one market of a match for `for_us`, or until `ReopenMarket` if that is 0."""

    event_id: str
    market: str
    trader_id: str
    reason: str
    for_us: int = 0


@dataclass(frozen=True, slots=True)
class ReopenMarket:
    """Take bets on a market again, whether a trader held it back or the model was apart there.

    What holds the whole match back stays.
    """

    event_id: str
    market: str
    trader_id: str

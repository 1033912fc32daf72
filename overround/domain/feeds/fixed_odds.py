"""What a bookmaker's feed says of its markets: odds, stops, settlements, and their corrections.

The terms are those of Betradar's Unified Odds Feed. `market` is the market's number with its
specifiers in sorted order (`18?total=2.5`), so that one market has one name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from overround.domain.feeds.prices import ObservedPrice


class MarketStatus(StrEnum):
    """What may be done in a market; a settled or cancelled one never opens again by itself."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    HANDED_OVER = "handed_over"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of an outcome before its factors."""

    WON = "won"
    LOST = "lost"
    UNDECIDED = "undecided"


class Correction(StrEnum):
    """What is taken back."""

    SETTLEMENT = "settlement"
    CANCEL = "cancel"


EVERYTHING = "all"
"""The group that every market is in."""


@dataclass(frozen=True, slots=True)
class OutcomeOdds:
    """An outcome's price in thousandths; null if it has none. Only an active one takes bets.

    `selection` is the house's of the same outcome, in a match of football; empty if it has none.
    """

    outcome: str
    price_milli: int | None
    is_active: bool
    selection: str = ""


@dataclass(frozen=True, slots=True)
class OddsChanged:
    """A market as it stands now; a market that a message leaves out is unchanged.

    `in_play` is whether the match was played then, null where that is not told. `house_market` is
    the house's of the same question, in a match of football; empty if it has none.
    """

    event_id: str
    provider: str
    sequence: int
    product: int
    published_at_us: int
    market: str
    status: MarketStatus
    outcomes: tuple[OutcomeOdds, ...]
    in_play: bool | None = None
    house_market: str = ""


@dataclass(frozen=True, slots=True)
class BetsStopped:
    """The active markets of these groups take no bets now; other markets stay as they are."""

    event_id: str
    provider: str
    sequence: int
    product: int
    published_at_us: int
    groups: tuple[str, ...]
    status: MarketStatus


@dataclass(frozen=True, slots=True)
class OutcomeSettled:
    """An outcome's result; factors in thousandths: of the stake refunded, and of a dead heat."""

    outcome: str
    result: Outcome
    void_milli: int
    dead_heat_milli: int


@dataclass(frozen=True, slots=True)
class MarketSettled:
    """A market's result. Certainty 1: scouted live, 2: confirmed; the second replaces the first."""

    event_id: str
    provider: str
    sequence: int
    product: int
    published_at_us: int
    market: str
    certainty: int
    void_reason: int | None
    outcomes: tuple[OutcomeSettled, ...]


@dataclass(frozen=True, slots=True)
class MarketVoided:
    """Bets on a market are void, those placed within the window if there is one."""

    event_id: str
    provider: str
    sequence: int
    product: int
    published_at_us: int
    market: str
    void_reason: int | None
    from_us: int | None
    until_us: int | None


@dataclass(frozen=True, slots=True)
class MarketRolledBack:
    """A settlement or a cancellation of a market is taken back."""

    event_id: str
    provider: str
    sequence: int
    product: int
    published_at_us: int
    market: str
    what: Correction
    from_us: int | None
    until_us: int | None


@dataclass(frozen=True, slots=True)
class OutcomeDescribed:
    """An outcome's name, in which `{...}` stands for a specifier or a competitor."""

    outcome: str
    name: str


@dataclass(frozen=True, slots=True)
class MarketDescribed:
    """What a market's number means; `variant` is empty for its general description."""

    event_id: str
    provider: str
    sequence: int
    market: str
    variant: str
    name: str
    groups: tuple[str, ...]
    outcomes: tuple[OutcomeDescribed, ...]


@dataclass(frozen=True, slots=True)
class ParticipantNamed:
    """A player or a team by the provider's id; what is not told is empty."""

    event_id: str
    provider: str
    sequence: int
    participant: str
    name: str
    country_code: str
    gender: str


FixedOdds = (
    OddsChanged
    | BetsStopped
    | MarketSettled
    | MarketVoided
    | MarketRolledBack
    | MarketDescribed
    | ParticipantNamed
)


def with_odds(
    offers: tuple[ObservedPrice, ...], changed: Iterable[OddsChanged]
) -> tuple[ObservedPrice, ...]:
    """A provider's prices of the house's selections after some of its markets changed.

    A market that takes no bets, or has an outcome without a price, has none.
    """
    for market in changed:
        if market.house_market:
            own = f"{market.house_market}/"
            others = (each for each in offers if not each.selection.startswith(own))
            offers = (*others, *_priced(market))
    return tuple(sorted(offers, key=lambda each: each.selection))


def _priced(market: OddsChanged) -> tuple[ObservedPrice, ...]:
    if market.status is not MarketStatus.ACTIVE:
        return ()
    prices = [
        ObservedPrice(each.selection, each.price_milli)
        for each in market.outcomes
        if each.selection and each.is_active and each.price_milli is not None
    ]
    return tuple(prices) if len(prices) == len(market.outcomes) else ()


def is_stopped(was_stopped: bool, happened: Iterable[object]) -> bool:
    """Whether a provider takes no bets at all on a match now, after what it told.

    A stop of some groups of markets holds back no others; any market that opens ends a stop.
    """
    for each in happened:
        if isinstance(each, BetsStopped) and EVERYTHING in each.groups:
            was_stopped = True
        elif isinstance(each, OddsChanged) and each.status is MarketStatus.ACTIVE:
            was_stopped = False
    return was_stopped

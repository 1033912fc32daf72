"""The match as the rest of the house knows it, whatever the provider called it."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.feeds.books import MarketUpdate
from overround.domain.feeds.commands import BreakerState
from overround.domain.feeds.fixed_odds import FixedOdds
from overround.domain.feeds.prices import ObservedPrice as ObservedPrice  # noqa: PLC0414 - its readers
from overround.domain.kernel.match import Incident
from overround.domain.kernel.play import Told
from overround.domain.kernel.statistics import StatisticsObserved


@dataclass(frozen=True, slots=True)
class FixtureScheduled:
    """A match will be played; the country is empty where the provider does not say it.

    One that `needs_winner` goes on with extra time and a shoot-out if it is level; false also where
    the provider does not say it.
    `rules` names how it is played where a sport has several ways (`Live.starts` of the sport);
    empty is the usual one.
    """

    event_id: str
    provider: str
    sequence: int
    competition: str
    home: str
    away: str
    kickoff_at_us: int
    sport: str = "football"
    country: str = ""
    needs_winner: bool = False
    rules: str = ""


@dataclass(frozen=True, slots=True)
class PricesObserved:
    """A provider's prices for a match, the source of our opening intensities.

    `in_play` is whether they were made while the match was played, null where that is not told.
    """

    event_id: str
    provider: str
    sequence: int
    prices: tuple[ObservedPrice, ...]
    in_play: bool | None = None


@dataclass(frozen=True, slots=True)
class GapFound:
    """A provider's sequence jumped: its connection is to fetch `expected` to `got` - 1 again.

    It is told again, with the next `attempt`, while they are missing and not given up.
    """

    event_id: str
    provider: str
    expected: int
    got: int
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class RecordsLost:
    """Records that were waited for and did not come; those after them are told without them."""

    event_id: str
    provider: str
    from_sequence: int
    to_sequence: int


@dataclass(frozen=True, slots=True)
class SourceLost:
    """A source that feeds this match cannot be relied on; what depends on it is to be held back.

    `change` counts the source's losses and recoveries, from 1: one that comes again, older than
    what was heard since, is dropped by it.
    """

    event_id: str
    provider: str
    producer: str
    reason: str
    change: int = 0


@dataclass(frozen=True, slots=True)
class SourceRestored:
    """A source that was lost has sent all that was missed of this match; `change` as when lost."""

    event_id: str
    provider: str
    producer: str
    change: int = 0


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """A source as a whole is live or lost from here on, or its connection's breaker moved."""

    provider: str
    producer: str
    connection: str
    is_live: bool
    reason: str
    breaker: BreakerState


@dataclass(frozen=True, slots=True)
class FormatCount:
    """How many records came in a format, repeats too."""

    format: str
    records: int


@dataclass(frozen=True, slots=True)
class LatencyCount:
    """How many records took at most so many milliseconds, and more than the count below has."""

    at_most_ms: int
    records: int


@dataclass(frozen=True, slots=True)
class FeedQualityMeasured:
    """How good a provider's feed was on a partition of its inbox, for a minute or somewhat longer.

    Everything can be added up over partitions and time. `received` are the records that were
    news, and `expected` how many the provider's own numbers have gone on by: a provider that
    numbers nothing has 0, and only its contract tells what is missing. `gaps` are jumps of those
    numbers, `lost` the records given up, `late` those told after newer ones. `corrections` took
    back a goal, a result or a settlement. `silent_us` is the time in which nothing was heard for
    longer than the contract `silent_after_us` allows (0: no connection has told one). `delivery`
    is the latency from the provider's clock to ours (nothing of one that tells no time), `logging`
    from there to the log; their buckets are the same everywhere, and rise.
    """

    provider: str
    from_at_us: int
    to_at_us: int
    received: int
    expected: int
    duplicates: int
    gaps: int
    lost: int
    late: int
    corrections: int
    silent_us: int
    silent_after_us: int
    formats: tuple[FormatCount, ...]
    delivery: tuple[LatencyCount, ...]
    logging: tuple[LatencyCount, ...]


# These two are not frozen, though nobody changes them: an exchange's stream makes thousands a
# second, and a frozen dataclass takes three times as long to make.
@dataclass(slots=True)
class SelectionBook:
    """The best of a selection on an exchange: prices in thousandths, sizes in hundredths.

    Null where nobody offers.
    """

    selection: str
    status: str
    back_milli: int | None
    back_size_minor: int | None
    lay_milli: int | None
    lay_size_minor: int | None


@dataclass(slots=True)
class MarketChanged:
    """A provider's market as it stands; `selections` are those that changed, all in a first one."""

    event_id: str
    provider: str
    sequence: int
    market_id: str
    status: str
    in_play: bool
    version: int
    bet_delay_s: int
    selections: tuple[SelectionBook, ...]


Normalised = (
    FixtureScheduled
    | Incident
    | Told
    | StatisticsObserved
    | PricesObserved
    | MarketUpdate
    | FixedOdds
)


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message: what it reports, and the provider's id of the match if it says it.

    `producer` is the part of the provider's feed that it is of, empty where there is one;
    `sent_at_us` when the provider sent it, by its own clock, if it says.
    """

    match: str | None
    values: tuple[Normalised, ...]
    producer: str = ""
    sent_at_us: int | None = None

"""The catalogue of topics: who may write what into each.

A topic carries records of the types it lists and no others; the wire form of a type is its
Avro schema. Inboxes take LogAppendTime, the only authority for event time.
"""

from __future__ import annotations

from overround.contracts.plays import PLAYS
from overround.contracts.topic import Kind, Topic
from overround.domain.betting.commands import PlaceBet, ReopenTrading, ReserveLeg, SuspendTrading
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    DisputeChanged,
    LegRejected,
    LegReserved,
    TradingChanged,
)
from overround.domain.control.commands import (
    ConfirmOverride,
    LiftOverride,
    OverrideMarket,
    ReopenMarket,
    SetParameters,
    SuspendMarket,
)
from overround.domain.control.events import MarketTradingChanged, OverrideChanged, ParametersChanged
from overround.domain.exposure.events import ExposureChanged
from overround.domain.feeds.commands import RecordFeed, ReportSource, TakeFeed
from overround.domain.feeds.events import (
    FeedQualityMeasured,
    FixtureScheduled,
    GapFound,
    MarketChanged,
    PricesObserved,
    RecordsLost,
    SourceChanged,
    SourceLost,
    SourceRestored,
)
from overround.domain.feeds.fixed_odds import (
    BetsStopped,
    MarketDescribed,
    MarketRolledBack,
    MarketSettled,
    MarketVoided,
    OddsChanged,
    ParticipantNamed,
)
from overround.domain.feeds.identity.commands import (
    ConfirmLink,
    IdentifyFixture,
    IdentifyPlayer,
    MergeEvents,
    MergeParticipants,
    RejectLink,
    RejectParticipant,
    SplitEvent,
    SplitParticipant,
)
from overround.domain.feeds.identity.events import (
    EventLinked,
    EventMerged,
    EventParted,
    LinkDecided,
    LinkProposed,
    ParticipantAdded,
    ParticipantDecided,
    ParticipantLinked,
    ParticipantProposed,
)
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.match import Incident
from overround.domain.kernel.statistics import StatisticsObserved
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.events import AccountOpened, FundsDeposited, LedgerEntry, MoneyRefused
from overround.domain.pricing.events import Quotes, SideQuotes, SportQuotes
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.events import (
    BetResettled,
    BetSettled,
    FactsRecorded,
    FatesRecorded,
    LegSettled,
    ResultRecorded,
)

FEEDS_INBOX = Topic(
    "feeds.inbox",
    Kind.INBOX,
    "event_id",
    (RecordFeed, ReportSource, EventLinked, TakeFeed, Tick),
)
# By sport: whether two fixtures are one can only be said by who sees all of them.
IDENTITY_INBOX = Topic(
    "identity.inbox",
    Kind.INBOX,
    "sport",
    (
        IdentifyFixture,
        IdentifyPlayer,
        *(ConfirmLink, RejectLink, MergeEvents, SplitEvent),
        *(MergeParticipants, RejectParticipant, SplitParticipant),
        Tick,
    ),
)
MARKETS_INBOX = Topic(
    "markets.inbox",
    Kind.INBOX,
    "event_id",
    (
        FixtureScheduled,
        PricesObserved,
        Incident,
        *PLAYS,
        StatisticsObserved,
        SourceLost,
        SourceRestored,
        EventMerged,
        EventParted,
        ReserveLeg,
        SuspendTrading,
        ReopenTrading,
        VoidMarket,
        OverrideMarket,
        ConfirmOverride,
        LiftOverride,
        SuspendMarket,
        ReopenMarket,
        SetParameters,
        ParametersChanged,
        Tick,
    ),
)
ACCOUNTS_INBOX = Topic(
    "accounts.inbox",
    Kind.INBOX,
    "customer_id",
    (OpenAccount, Deposit, PlaceBet, LegReserved, LegRejected, LegSettled, Tick),
)

FIXTURES = Topic("feeds.fixtures", Kind.PUBLIC, "event_id", (FixtureScheduled,))
# What a provider calls participants of an event; and those of the house, under their own ids.
PARTICIPANTS = Topic(
    "feeds.participants",
    Kind.PUBLIC,
    "event_id or participant_id",
    (ParticipantNamed, MarketDescribed, ParticipantAdded),
)
STATISTICS = Topic("feeds.statistics", Kind.PUBLIC, "event_id", (StatisticsObserved,))
INCIDENTS = Topic(
    "feeds.incidents",
    Kind.PUBLIC,
    "event_id",
    (
        Incident,
        *PLAYS,
        SourceLost,
        SourceRestored,
        MarketSettled,
        MarketVoided,
        MarketRolledBack,
    ),
)
# What a provider's connection is to fetch again, and what it did not.
GAPS = Topic("feeds.gaps", Kind.PUBLIC, "event_id", (GapFound, RecordsLost), is_told=True)
HEALTH = Topic("feeds.health", Kind.PUBLIC, "provider", (SourceChanged, FeedQualityMeasured))
# Which event each provider's fixture is. What was merged or parted has its event's id for a key.
IDENTITIES = Topic(
    "feeds.identities",
    Kind.PUBLIC,
    "provider/match or provider/place/name",
    (EventLinked, EventMerged, EventParted, ParticipantLinked),
    is_told=True,
    is_compacted=True,
)
# What a person is to decide, and what of it was decided.
UNRESOLVED = Topic(
    "feeds.unresolved",
    Kind.PUBLIC,
    "provider/match or place/participant_id",
    (LinkProposed, LinkDecided, ParticipantProposed, ParticipantDecided),
    is_told=True,
    is_compacted=True,
)
PRICES = Topic(
    "feeds.prices",
    Kind.PUBLIC,
    "event_id",
    (PricesObserved, MarketChanged, OddsChanged, BetsStopped),
)
QUOTES = Topic("markets.quotes", Kind.PUBLIC, "event_id", (Quotes, SportQuotes))
# Apart, so that who takes `Quotes` for a whole never takes these for one.
SIDE_QUOTES = Topic("markets.side_quotes", Kind.PUBLIC, "event_id", (SideQuotes,))
# Parameters lie under their sport.
MARKET_EVENTS = Topic(
    "markets.events",
    Kind.PUBLIC,
    "event_id",
    (
        TradingChanged,
        DisputeChanged,
        LegReserved,
        LegRejected,
        ExposureChanged,
        ResultRecorded,
        FactsRecorded,
        FatesRecorded,
        ParametersChanged,
        OverrideChanged,
        MarketTradingChanged,
    ),
)
ACCOUNT_EVENTS = Topic(
    "accounts.events",
    Kind.PUBLIC,
    "customer_id",
    (AccountOpened, FundsDeposited, MoneyRefused),
    is_told=True,
)
BET_EVENTS = Topic(
    "bets.events",
    Kind.PUBLIC,
    "customer_id",
    (BetAccepted, BetPartlyAccepted, BetRejected, BetSettled, BetResettled),
    is_told=True,
)
LEDGER_ENTRIES = Topic("ledger.entries", Kind.PUBLIC, "customer_id", (LedgerEntry,))

INBOXES = (FEEDS_INBOX, IDENTITY_INBOX, MARKETS_INBOX, ACCOUNTS_INBOX)
PUBLIC = (
    FIXTURES,
    PARTICIPANTS,
    STATISTICS,
    INCIDENTS,
    PRICES,
    GAPS,
    HEALTH,
    IDENTITIES,
    UNRESOLVED,
    QUOTES,
    SIDE_QUOTES,
    MARKET_EVENTS,
    ACCOUNT_EVENTS,
    BET_EVENTS,
    LEDGER_ENTRIES,
)
TOPICS = INBOXES + PUBLIC

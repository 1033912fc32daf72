"""MARKETS: the single writer of a match, of its prices, its exposure and its settlement."""

from __future__ import annotations

from collections.abc import Callable

from agents.markets import identified, legs, overrides, parameters, play, sources, sports
from agents.markets.books import MarketTables
from agents.markets.controls import SPORT as FOOTBALL
from overround.contracts import topics
from overround.contracts.plays import PLAYS
from overround.domain.betting.commands import ReopenTrading, ReserveLeg, SuspendTrading
from overround.domain.control.commands import (
    ConfirmOverride,
    LiftOverride,
    OverrideMarket,
    ReopenMarket,
    SetParameters,
    SuspendMarket,
)
from overround.domain.control.events import ParametersChanged
from overround.domain.feeds.events import (
    FixtureScheduled,
    PricesObserved,
    SourceLost,
    SourceRestored,
)
from overround.domain.feeds.identity.events import EventMerged, EventParted
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.match import Incident
from overround.domain.kernel.play import PlaySignalled
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import StatisticsObserved
from overround.domain.settlement.commands import VoidMarket
from overround.runtime.topology import Agent, Event, Outbox
from tables.books import BOOKS
from tables.customer_exposures import CUSTOMER_EXPOSURES
from tables.exposures import EXPOSURES
from tables.legs import LEGS
from tables.parameters import PARAMETERS
from tables.reliances import RELIANCES
from tables.sport_books import SPORT_BOOKS
from tables.sport_matches import SPORT_MATCHES


def handle(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Carry one record of the inbox to the rule that decides it."""
    step = _STEPS.get(type(event.value))
    if step is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    if event.key in tables.sport_books:
        step = sports.step(event.value)
    if step in _OF_ALL_MATCHES:
        step(event, tables, out)
        return
    if event.key != getattr(event.value, "event_id", None):
        raise Refusal("key_is_not_event_id", str(event.key))
    step(event, tables, out)


def _schedule(event: Event, tables: MarketTables, out: Outbox) -> None:
    """A match's first fixture tells its sport, which decides who follows it from there on."""
    if event.value.sport == FOOTBALL:
        play.schedule(event, tables, out)
    else:
        sports.schedule(event, tables, out)


def _tick(event: Event, tables: MarketTables, out: Outbox) -> None:
    play.tick(event, tables, out)
    sports.tick(event, tables, out)


_STEPS: dict[type, Callable[[Event, MarketTables, Outbox], None]] = {
    FixtureScheduled: _schedule,
    PricesObserved: play.open_prices,
    Incident: play.play,
    StatisticsObserved: play.count,
    **dict.fromkeys(PLAYS, sports.play),
    PlaySignalled: play.signal,
    SourceLost: sources.change,
    SourceRestored: sources.change,
    EventMerged: identified.merge,
    EventParted: identified.part,
    ReserveLeg: legs.reserve,
    SuspendTrading: play.trade,
    ReopenTrading: play.trade,
    VoidMarket: legs.void_market,
    OverrideMarket: overrides.take,
    ConfirmOverride: overrides.take,
    LiftOverride: overrides.take,
    SuspendMarket: overrides.take,
    ReopenMarket: overrides.take,
    SetParameters: parameters.order,
    ParametersChanged: parameters.hear,
    Tick: _tick,
}

# They lie under keys of their own, which their rules look at.
_OF_ALL_MATCHES = (parameters.order, parameters.hear)

MARKETS = Agent(
    "markets",
    inbox=topics.MARKETS_INBOX,
    handle=handle,
    tables=MarketTables,
    owns=(
        BOOKS,
        EXPOSURES,
        CUSTOMER_EXPOSURES,
        LEGS,
        RELIANCES,
        PARAMETERS,
        SPORT_BOOKS,
        SPORT_MATCHES,
    ),
    sends=(topics.ACCOUNTS_INBOX, topics.MARKETS_INBOX, topics.MARKET_EVENTS),
    publishes=(topics.QUOTES, topics.SIDE_QUOTES),
    newest=(topics.QUOTES, topics.SIDE_QUOTES),
)

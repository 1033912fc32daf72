"""What a lost source, or one that came back, does to a match."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables, put
from overround.domain.betting import trading
from overround.domain.betting.trading import Trading
from overround.domain.feeds.events import SourceLost, SourceRestored
from overround.domain.feeds.reliance import Reliance, source_changed
from overround.domain.kernel.match import Period
from overround.domain.pricing.football.model import Match
from overround.runtime.topology import Event, Outbox


def change(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold back what depends on a source that is lost, or let it through again.

    A match that is not known here depends on nothing; FEEDS tells it again with its fixture.
    """
    heard: SourceLost | SourceRestored = event.value
    book = tables.books.get(heard.event_id)
    if book is None:
        return
    before = reliance_of(tables, heard.event_id)
    reliance = source_changed(before, heard)
    if reliance is before:
        return
    tables.reliances[heard.event_id] = reliance
    after = replace(book, match=with_rates(book.match, reliance))
    state = after.trading
    if isinstance(heard, SourceRestored) and heard.provider in reliance.told_by:
        state = trading.restored(state, event.at_us)
    put(tables, out, book, replace(after, trading=relied_on(state, reliance, after.match)))


def reliance_of(tables: MarketTables, event_id: str) -> Reliance:
    """What is known of a match's sources."""
    return tables.reliances.get(event_id) or _NOTHING


def with_rates(match: Match, reliance: Reliance) -> Match:
    """The match with the goals that its prices imply; in play it follows no prices any more."""
    if match.period is not Period.NOT_STARTED or not reliance.openings:
        return match
    home, away, rho = reliance.rates_micro()
    return replace(match, home_rate_micro=home, away_rate_micro=away, rho_micro=rho)


def relied_on(state: Trading, reliance: Reliance, match: Match) -> Trading:
    """Trading as the match's sources allow it."""
    if not reliance.standings:
        return state
    if match.period is Period.NOT_STARTED:
        lost = reliance.lost_before_kick_off()
    else:
        lost = reliance.lost_in_play(reliance.told_by)
    return state if lost == state.lost_source else replace(state, lost_source=lost)


_NOTHING = Reliance()

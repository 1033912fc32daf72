"""What can be relied on in a match: lost sources, and providers that do not agree."""

from __future__ import annotations

from agents.markets.books import MarketTables
from agents.markets.controls import Controls, controls_of
from agents.markets.results import conclude
from overround.domain.betting import trading
from overround.domain.feeds.events import SourceLost, SourceRestored
from overround.domain.feeds.reliance import Reliance, source_changed
from overround.domain.kernel.match import Period
from overround.domain.kernel.replace import replace
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.quorum import Hearing, count
from overround.runtime.topology import Event, Outbox
from tables.books import Book


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
    if isinstance(heard, SourceRestored) and heard.provider in reliance.told_by:
        after = replace(after, trading=trading.restored(after.trading, event.at_us))
    controls = controls_of(tables.parameters)
    after = counted(after, reliance, controls, event.at_us)
    conclude(tables, out, book, relied_on(after, reliance))


def reliance_of(tables: MarketTables, event_id: str) -> Reliance:
    """What is known of a match's sources."""
    return tables.reliances.get(event_id) or _NOTHING


def with_rates(match: Match, reliance: Reliance) -> Match:
    """The match with the goals that its prices imply; in play it follows no prices any more."""
    if match.period is not Period.NOT_STARTED or not reliance.openings:
        return match
    home, away, rho = rates = reliance.rates_micro()
    if rates == (match.home_rate_micro, match.away_rate_micro, match.rho_micro):
        return match
    # What an exchange said was relative to the rates that were.
    return replace(match, home_rate_micro=home, away_rate_micro=away, rho_micro=rho, pull=None)


def with_announced(match: Match, reliance: Reliance) -> Match:
    """The match with whether it needs a winner, as those who announced it say."""
    if match.needs_winner is reliance.needs_winner:
        return match
    return replace(match, needs_winner=reliance.needs_winner)


def hearing_of(book: Book, reliance: Reliance, controls: Controls, at_us: int) -> Hearing:
    """Under what the accounts of a match's providers are counted now."""
    is_settled = book.trading.is_settled
    return Hearing(reliance.lost, at_us, is_settled, controls.quorum, controls.model)


def counted(book: Book, reliance: Reliance, controls: Controls, at_us: int) -> Book:
    """The book with what is believed now, if several providers tell of the match."""
    if not book.quorum.accounts:
        return book
    hearing = hearing_of(book, reliance, controls, at_us)
    quorum, match = count(book.quorum, book.match, hearing)
    return replace(book, quorum=quorum, match=match)


def relied_on(book: Book, reliance: Reliance) -> Book:
    """The book with its bets held back as lost sources and disagreement demand it."""
    if not reliance.standings and not book.quorum.accounts:
        return book
    if book.match.period is Period.NOT_STARTED:
        lost = reliance.lost_before_kick_off()
    else:
        stand = book.quorum.agreeing if book.quorum.accounts else reliance.told_by
        lost = reliance.lost_in_play(stand)
    disagreement = book.quorum.holds_back(book.match)
    return replace(book, trading=replace(book.trading, lost_source=lost, disagreement=disagreement))


_NOTHING = Reliance()

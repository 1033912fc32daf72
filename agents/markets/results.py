"""What the new state of a match comes to: legs settled or voided, a dispute told, a book stored."""

from __future__ import annotations

from agents.markets.books import MarketTables, put
from agents.markets.legs import change_legs
from overround.contracts import topics
from overround.domain.betting.events import DisputeChanged
from overround.domain.kernel.match import BEFORE_FULL_TIME
from overround.domain.kernel.replace import replace
from overround.domain.settlement.decide import settle, void
from overround.domain.settlement.events import Certainty, ResultRecorded
from overround.runtime.topology import Outbox
from tables.books import Book


def conclude(
    tables: MarketTables,
    out: Outbox,
    before: Book,
    after: Book,
    *,
    confirms: bool = False,
    trader_id: str = "",
) -> None:
    """Settle or void what the match decides now, tell of a dispute, and store the book.

    `confirms`: the match's only provider has confirmed the result; several confirm it by quorum.
    """
    if after.match.abandoned:
        after = after if before.match.abandoned else _void_all(after, tables, out)
    elif after.match.period not in BEFORE_FULL_TIME:
        after = _record_result(before, after, tables, out, confirms=confirms)
    dispute = _dispute(after)
    if dispute != _dispute(before):
        changed = DisputeChanged(after.event_id, dispute, "" if dispute else trader_id)
        out.send(topics.MARKET_EVENTS, after.event_id, changed)
    put(tables, out, before, after)


def _record_result(
    before: Book, after: Book, tables: MarketTables, out: Outbox, *, confirms: bool
) -> Book:
    """Settle every leg when there is a result, when it changes, and when it is confirmed."""
    score = (after.match.regular_home_goals, after.match.regular_away_goals)
    same = score == (before.match.regular_home_goals, before.match.regular_away_goals)
    if after.quorum.accounts:
        confirms = after.quorum.is_confirmed and not (same and before.is_confirmed)
    if before.trading.is_settled and same and not confirms:
        return after
    certainty = Certainty.CONFIRMED if confirms else Certainty.LIVE
    legs = change_legs(
        after.event_id, tables, out, lambda leg: settle(leg, *score, certainty, "result")
    )
    revision = after.result_revision + 1
    recorded = ResultRecorded(after.event_id, *score, certainty, revision, legs)
    out.send(topics.MARKET_EVENTS, after.event_id, recorded)
    return replace(
        after,
        trading=replace(after.trading, is_settled=True),
        result_revision=revision,
        is_confirmed=confirms,
    )


def _void_all(book: Book, tables: MarketTables, out: Outbox) -> Book:
    change_legs(book.event_id, tables, out, lambda leg: void(leg, "abandoned"))
    return replace(book, trading=replace(book.trading, is_settled=True))


def _dispute(book: Book) -> str:
    return book.trading.disagreement if book.quorum.is_disputed else ""

"""What the new state of a match comes to: legs settled or voided, a dispute told, a book stored."""

from __future__ import annotations

from typing import NamedTuple

from agents.markets.books import MarketTables, put
from agents.markets.legs import change_legs
from overround.contracts import topics
from overround.domain.betting.events import DisputeChanged
from overround.domain.kernel.facts import Facts
from overround.domain.kernel.match import BEFORE_FULL_TIME
from overround.domain.kernel.replace import replace
from overround.domain.pricing.football.agreed import agreed_facts
from overround.domain.settlement.decide import abandon, settle
from overround.domain.settlement.events import Certainty, FactsRecorded, ResultRecorded
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
        after = after if before.match.abandoned else _abandoned(after, tables, out)
    elif after.match.period not in BEFORE_FULL_TIME:
        after = _record_result(before, after, tables, out, confirms=confirms)
    elif (facts := _facts(after)) != _facts(before):
        _settle(after.event_id, tables, out, Settling(facts, Certainty.LIVE, "half_time"))
    dispute = _dispute(after)
    if dispute != _dispute(before):
        changed = DisputeChanged(after.event_id, dispute, "" if dispute else trader_id)
        out.send(topics.MARKET_EVENTS, after.event_id, changed)
    put(tables, out, before, after)


class Settling(NamedTuple):
    """What legs are settled on: facts, how sure they are, why, and whether none are to come."""

    facts: Facts
    certainty: Certainty
    reason: str
    is_final: bool = False


def _record_result(
    before: Book, after: Book, tables: MarketTables, out: Outbox, *, confirms: bool
) -> Book:
    """Settle every leg when there is a result, when it changes, and when it is confirmed."""
    facts, known = _facts(after), _facts(before)
    if after.quorum.accounts:
        confirms = after.quorum.is_confirmed and not (facts == known and before.is_confirmed)
    if before.trading.is_settled and facts == known and not confirms:
        return after
    certainty = Certainty.CONFIRMED if confirms else Certainty.LIVE
    is_final = facts.is_over and (confirms or before.is_confirmed)
    legs = _settle(after.event_id, tables, out, Settling(facts, certainty, "result", is_final))
    is_told = before.trading.is_settled and facts.regular == known.regular
    if is_told and (before.is_confirmed or not confirms):
        return after
    revision = after.result_revision + 1
    score = (after.match.regular_home_goals, after.match.regular_away_goals)
    recorded = ResultRecorded(after.event_id, *score, certainty, revision, legs)
    out.send(topics.MARKET_EVENTS, after.event_id, recorded)
    return replace(
        after,
        trading=replace(after.trading, is_settled=True),
        result_revision=revision,
        is_confirmed=confirms,
    )


def _settle(event_id: str, tables: MarketTables, out: Outbox, on: Settling) -> int:
    """Put every leg under these facts, and tell them; how many it told something new."""
    facts, certainty, reason, is_final = on
    legs = change_legs(
        event_id,
        tables,
        out,
        lambda leg: settle(leg, facts, certainty, reason, is_final=is_final),
    )
    out.send(topics.MARKET_EVENTS, event_id, FactsRecorded(event_id, facts, certainty, legs))
    return legs


def _abandoned(book: Book, tables: MarketTables, out: Outbox) -> Book:
    facts = _facts(book)
    legs = change_legs(book.event_id, tables, out, lambda leg: abandon(leg, facts))
    recorded = FactsRecorded(book.event_id, facts, Certainty.LIVE, legs)
    out.send(topics.MARKET_EVENTS, book.event_id, recorded)
    return replace(book, trading=replace(book.trading, is_settled=True))


def _facts(book: Book) -> Facts:
    return agreed_facts(book.match, book.quorum)


def _dispute(book: Book) -> str:
    return book.trading.disagreement if book.quorum.is_disputed else ""

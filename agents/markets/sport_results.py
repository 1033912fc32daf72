"""What the new state of a match of another sport than football comes to: bets settled or voided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.markets.books import MarketTables
from agents.markets.legs import change_legs
from agents.markets.sport_books import put
from overround.contracts import topics
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.market import Factor
from overround.domain.pricing.quoting import Quoter, quoter
from overround.domain.settlement.decide import ABANDONED, decided, void
from overround.domain.settlement.events import Certainty, DecidedFate, FatesRecorded, LegSettled
from overround.domain.settlement.model import Leg
from overround.runtime.topology import Outbox
from tables.sport_books import SportBook

Fates = Mapping[str, Factor]

_DECIDED = "decided"


def conclude(
    tables: MarketTables, out: Outbox, before: SportBook, after: SportBook, state: Any
) -> None:
    """Settle the bets that the match decides now, and store it.

    Only while its account is whole: what is held back may be a score that was not played. Nobody
    confirms the results of these sports, so a fate counts as seen live and a correction changes it.
    """
    if not after.following.held_back():
        _settle(tables, out, after, state)
        if after.following.is_abandoned and not _is_abandoned(before):
            refund_open(tables, out, after.event_id, ABANDONED)
    put(tables, out, before, after, state)


def _settle(tables: MarketTables, out: Outbox, book: SportBook, state: Any) -> None:
    """Settle on what was decided since the state whose fates were told last, if anything was."""
    of, key = quoter(book.sport), _told_key(book.event_id)
    told = tables.sport_matches.get(key) or of.live.starts[book.rules]
    if of.live.milestone(state) == of.live.milestone(told):
        return
    known, fates = _fates(of, told), _fates(of, state)
    tables.sport_matches[key] = state
    if fates == known:
        return

    def rule(leg: Leg) -> Decision[Leg, LegSettled]:
        return decided(leg, fates.get(leg.selection), Certainty.LIVE, _DECIDED)

    legs = change_legs(book.event_id, tables, out, rule)
    news = tuple(
        DecidedFate(selection, fate.win_halves, fate.refund_halves)
        for selection, fate in fates.items()
        if known.get(selection) != fate
    )
    undecided = tuple(selection for selection in known if selection not in fates)
    head = (book.event_id, book.sport, of.live.score(state))
    recorded = FatesRecorded(*head, news, undecided, Certainty.LIVE, legs)
    out.send(topics.MARKET_EVENTS, book.event_id, recorded)


def _fates(of: Quoter, state: Any) -> Fates:
    """What the match has decided, in the order of the catalogue."""
    found = ((offer.id, of.live.fate(state, offer)) for offer in of.sport.catalogue)
    return {selection: fate for selection, fate in found if fate is not None}


def _told_key(event_id: str) -> str:
    """Where the state lies whose fates were told last; no provider has an empty name."""
    return f"{event_id}/"


def _is_abandoned(book: SportBook) -> bool:
    """Whether an abandoned match was known to be one, with a whole account."""
    return book.following.is_abandoned and not book.following.held_back()


def refund_open(tables: MarketTables, out: Outbox, event_id: str, reason: str) -> None:
    """Refund the legs of a match that will never be decided; those that are settled stand."""
    change_legs(
        event_id, tables, out, lambda leg: Decision(leg) if leg.settled else void(leg, reason)
    )

"""What happens in and around a match of a sport that is followed by its interface.

Football has steps of its own (`play`), with several providers' accounts, shots and overrides. Here
one provider's account is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agents.markets import legs
from agents.markets.books import MarketTables
from agents.markets.sources import reliance_of
from agents.markets.sport_books import (
    age_us,
    has_begun,
    is_over,
    is_set_otherwise,
    known,
    offer,
    opened,
    opening_key,
    put,
    relied_on,
)
from agents.markets.sport_controls import end, hold
from agents.markets.sport_results import conclude, refund_open
from overround.contracts.plays import PLAYS
from overround.domain.betting import trading
from overround.domain.betting.commands import ReopenTrading, ReserveLeg, SuspendTrading
from overround.domain.betting.following import accepted, follow
from overround.domain.control.commands import ReopenMarket, SuspendMarket
from overround.domain.feeds import reliance as reliances
from overround.domain.feeds.events import (
    FixtureScheduled,
    PricesObserved,
    SourceLost,
    SourceRestored,
)
from overround.domain.feeds.identity.events import EventMerged, EventParted
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.play import PlaySignalled, Told
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.quoting import FOLLOWED, quoter
from overround.domain.settlement.commands import VoidMarket
from overround.runtime.topology import Event, Outbox
from tables.sport_books import SportBook

Step = Callable[[Event, MarketTables, Outbox], None]

# Prices of one take up to a millisecond, of one that is not heard of 1.3 ms in tennis and 2.3 in
# basketball, and a tick holds bets up for that long.
_RENEWED_A_TICK = 8
# Who holds bets back until a trader has looked: nobody knows what was played under the wrong id.
_HALTED_BY = "identity"


def step(value: object) -> Step:
    """What is done with a record of such a match.

    Raises:
        Refusal: `football_only`, for what is not done with other sports.
    """
    found = _STEPS.get(type(value))
    if found is None:
        raise Refusal("football_only", type(value).__name__)
    return found


def schedule(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Open the book of a match; with other rules than before, begin it anew.

    Whose fixture opened it says how it is played; what others say of that is not looked at.

    Raises:
        Refusal: `malformed_id`, `unknown_sport`, `sport_changed` or `unknown_rules`.
    """
    fixture: FixtureScheduled = event.value
    require_id("event_id", fixture.event_id)
    if fixture.sport not in FOLLOWED:
        raise Refusal("unknown_sport", fixture.sport)
    start = quoter(fixture.sport).live.starts.get(fixture.rules)
    if start is None:
        raise Refusal("unknown_rules", f"{fixture.rules} of {fixture.sport}")
    book = tables.sport_books.get(fixture.event_id)
    if fixture.event_id in tables.books or (book is not None and book.sport != fixture.sport):
        raise Refusal("sport_changed", fixture.sport)
    if book is None:
        book = SportBook.empty(fixture.event_id, fixture.sport, fixture.rules, fixture.provider)
        tables.sport_books[fixture.event_id] = book
        tables.sport_matches[fixture.event_id] = start
    before = reliance_of(tables, fixture.event_id)
    said = reliances.Announcement(fixture.provider, fixture.sequence, fixture.needs_winner)
    reliance = reliances.announced(before, said)
    if reliance is before:
        return
    after, state = book, tables.sport_matches[fixture.event_id]
    if book.rules != fixture.rules and book.ruled_by == fixture.provider:
        after, state, reliance = _played_otherwise(book, state, reliance, fixture.rules)
    tables.reliances[fixture.event_id] = reliance
    begun = quoter(book.sport).live.has_begun(state)
    put(tables, out, book, relied_on(after, reliance, has_begun=begun), state)


def _played_otherwise(
    book: SportBook, state: Any, reliance: reliances.Reliance, rules: str
) -> tuple[SportBook, Any, reliances.Reliance]:
    """A match whose rules are others: priced anew, or in play left to a trader."""
    live = quoter(book.sport).live
    if live.has_begun(state):
        refused = replace(book.following, refused="rules_changed")
        return replace(book, following=refused), state, reliance
    book = replace(book, rules=rules, is_priced=False)
    return book, live.starts[rules], replace(reliance, openings=())


def open_prices(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take a view of both sides from somebody's prices, before the match begins.

    Those that are said to be of its play are of a score, and no view of its beginning.
    """
    observed: PricesObserved = event.value
    book = known(tables, observed.event_id)
    is_older = observed.sequence <= book.priced_at.get(observed.provider, 0)
    if is_older or observed.in_play or has_begun(tables, book):
        return
    live = quoter(book.sport).live
    prices = {each.selection: each.price_milli for each in observed.prices}
    opening = live.fit(live.starts[book.rules], prices)
    tables.sport_matches[opening_key(observed.event_id, observed.provider)] = opening
    reliance = reliances.priced(
        reliance_of(tables, observed.event_id), observed.provider, observed.sequence, (0, 0, 0)
    )
    tables.reliances[observed.event_id] = reliance
    priced_at = book.priced_at | {observed.provider: observed.sequence}
    after, state = opened(tables, replace(book, priced_at=priced_at), reliance)
    put(tables, out, book, relied_on(after, reliance, has_begun=False), state)


def play(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Follow the play: price it, hold bets back or let them through.

    What the sport refuses holds bets back until a trader has looked, as from there on the score
    that is priced may not be the one that is played.
    """
    told: Told = event.value
    book = known(tables, told.event_id)
    reliance = reliance_of(tables, told.event_id)
    following = follow(book.following, told, reliance.announced_by)
    if following is book.following:
        return
    telling = reliances.told(reliance, told.provider)
    if telling is not reliance:
        tables.reliances[told.event_id] = telling
    before = tables.sport_matches[told.event_id]
    state, refused = before, ""
    if not told.order.is_early and type(told) is not PlaySignalled:
        state, refused = _observed(book.sport, before, told)
    if refused:
        following = replace(following, refused=refused)
    heard = trading.restored(book.trading, event.at_us)
    after = replace(book, following=following, trading=heard, age_us=0)
    begun = quoter(book.sport).live.has_begun(state)
    conclude(tables, out, book, relied_on(after, telling, has_begun=begun), state)


def _observed(sport: str, state: Any, told: Told) -> tuple[Any, str]:
    """The state after a record, or as it was and why the record cannot be."""
    read = quoter(sport).live.incidents.get(type(told))
    if read is None:
        return state, "other_sport"
    try:
        return FOLLOWED[sport].observe(state, read(told)), ""
    except Refusal as refusal:
        return state, refusal.reason


def change(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold back what depends on a source that is lost, or let it through again."""
    heard: SourceLost | SourceRestored = event.value
    book = known(tables, heard.event_id)
    before = reliance_of(tables, heard.event_id)
    reliance = reliances.source_changed(before, heard)
    if reliance is before:
        return
    tables.reliances[heard.event_id] = reliance
    after, state = opened(tables, book, reliance)
    if isinstance(heard, SourceRestored) and heard.provider == book.following.provider:
        after = replace(after, trading=trading.restored(after.trading, event.at_us))
    put(tables, out, book, relied_on(after, reliance, has_begun=has_begun(tables, book)), state)


def trade(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Do as a trader says; who lets bets through has looked at the score, and it is settled on."""
    command: SuspendTrading | ReopenTrading = event.value
    book = known(tables, command.event_id)
    if isinstance(command, SuspendTrading):
        after = replace(book, trading=trading.suspended(book.trading, command))
    else:
        reopened = trading.reopened(book.trading, command)
        after = replace(book, trading=reopened, following=accepted(book.following))
    conclude(tables, out, book, after, tables.sport_matches[command.event_id])


def merge(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Close the book of a match that is another one, and refund what it has not settled.

    Its records go to the other book from here on, so that nothing would ever settle it.
    """
    merged: EventMerged = event.value
    book = known(tables, merged.event_id)
    refund_open(tables, out, merged.event_id, f"merged into {merged.into_event_id}")
    closed = replace(book, trading=replace(book.trading, merged_into=merged.into_event_id))
    put(tables, out, book, closed, tables.sport_matches[merged.event_id])


def part(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold bets back on both matches until a trader lets them through."""
    parted: EventParted = event.value
    book = known(tables, parted.event_id)
    reason = f"parted from {parted.other_event_id}"
    halted = replace(book.trading, halted_by=_HALTED_BY, halt_reason=reason)
    after, state = book, tables.sport_matches[parted.event_id]
    if parted.has_left:
        reliance = reliances.without(reliance_of(tables, parted.event_id), parted.provider)
        tables.reliances[parted.event_id] = reliance
        after, state = opened(tables, book, reliance)
        if parted.provider == book.following.provider:
            after = replace(after, following=replace(after.following, refused="parted"))
    else:
        halted = replace(halted, merged_into="")
    put(tables, out, book, replace(after, trading=halted), state)


def reserve(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Take a leg at the price that the match has now, within its limits."""
    request: ReserveLeg = event.value
    legs.require_new(request, tables)
    end(request.event_id, event.at_us, tables, out)
    book, state = known(tables, request.event_id), tables.sport_matches[request.event_id]
    legs.take(request, offer(book, state, request.selection), tables, out)


def void_market(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Refund every leg on a market, or on the match, and take no more bets on it."""
    command: VoidMarket = event.value
    book = known(tables, command.event_id)
    markets = set(quoter(book.sport).markets)
    voided = legs.void_legs(command, book.voided_markets, markets, tables, out)
    after = replace(book, voided_markets=voided)
    put(tables, out, book, after, tables.sport_matches[command.event_id])


def tick(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Hold back the bets of matches in play that were not heard of for too long.

    And price matches, a few a second, that no record has come of: wider for that, or with new
    parameters.
    """
    left = _RENEWED_A_TICK
    for event_id in tables.sport_books:
        end(event_id, event.at_us, tables, out)
        book = after = tables.sport_books[event_id]
        if is_over(tables, book):
            continue
        if has_begun(tables, book):
            after = replace(after, trading=trading.silenced(after.trading, event.at_us))
            if left > 0 and book.status is TradingStatus.OPEN:
                after = replace(after, age_us=age_us(book, event.at_us))
        is_set = left > 0 and book.is_priced and is_set_otherwise(tables, book)
        is_renewed = is_set or after.age_us != book.age_us
        if is_renewed or after != book:
            left -= is_renewed
            put(tables, out, book, after, tables.sport_matches[event_id])


_STEPS: dict[type, Step] = {
    FixtureScheduled: schedule,
    PricesObserved: open_prices,
    **dict.fromkeys(PLAYS, play),
    SourceLost: change,
    SourceRestored: change,
    EventMerged: merge,
    EventParted: part,
    ReserveLeg: reserve,
    SuspendTrading: trade,
    ReopenTrading: trade,
    VoidMarket: void_market,
    SuspendMarket: hold,
    ReopenMarket: hold,
}

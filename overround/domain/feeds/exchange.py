"""What the rest of the house hears of an exchange's market: its best prices when they change.

A market that is one of the house's gives prices of its selections, too: those that say something
of the match. They are two-sided, of a market that is open, and of a book that nobody could take
both sides of for a profit.
"""

from __future__ import annotations

from overround.domain.feeds.books import MarketBook, MarketUpdate, Runner, evolve
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import MarketChanged, SelectionBook
from overround.domain.feeds.prices import ObservedPrice
from overround.domain.kernel.decision import Decision

_OPEN, _ACTIVE = "OPEN", "ACTIVE"
# Inverse prices of all selections, times a thousand. Of backs and of lays a wider book is one that
# nobody trades on; sums on the wrong side of 1 are a book that crosses, or is told in parts.
_BACKS_MAX, _LAYS_MIN, _WHOLE = 1_250.0, 750.0, 1_000.0


def change(
    book: MarketBook | None,
    update: MarketUpdate,
    command: RecordFeed,
    sequence: int,
    at_us: int = 0,
) -> Decision[MarketBook, MarketChanged]:
    """Follow a market by the record of that `sequence`, which the log took at `at_us`.

    There is an event only if its definition or the best of a selection changed.

    Raises:
        Refusal: every reason of `evolve`.
    """
    after = evolve(book, update, at_us)
    if after is book:
        return Decision(after)
    is_virtual = not after.has_offers
    # All is new in a new market, and when others than virtual prices come for the first time.
    before = book.runners if book and book.has_offers == after.has_offers else {}
    is_whole = not before or update.is_image or update.definition is not None
    looked_at = after.runners if is_whole else [selection for selection, _ in update.runners]
    selections = tuple(
        [
            best_of(selection, after)
            for selection in looked_at
            if _differs(before.get(selection), after.runners.get(selection), is_virtual=is_virtual)
        ]
    )
    if not selections and book is not None and _head(book) == _head(after):
        return Decision(after)
    changed = MarketChanged(
        command.event_id,
        command.provider,
        sequence,
        after.market_id,
        after.status,
        after.in_play,
        after.version,
        after.bet_delay_s,
        selections,
    )
    return Decision(after, (changed,))


def best_of(selection: str, book: MarketBook) -> SelectionBook:
    """The best prices of a selection; virtual ones where the market has no others."""
    runner: Runner = book.runners[selection]
    is_virtual = not book.has_offers
    back = runner.best(back=True, is_virtual=is_virtual)
    lay = runner.best(back=False, is_virtual=is_virtual)
    return SelectionBook(selection, runner.status, *back, *lay)


def offered(book: MarketBook) -> tuple[ObservedPrice, ...]:
    """The prices of a market for the house's selections; none while they say nothing."""
    if book.status != _OPEN or not book.selections:
        return ()
    prices, backs, lays = [], 0.0, 0.0
    for each in book.selections:
        best = best_of(each.runner, book)
        if best.status != _ACTIVE or not best.back_milli or not best.lay_milli:
            return ()
        backs += 1e6 / best.back_milli
        lays += 1e6 / best.lay_milli
        sizes = best.back_size_minor, best.lay_size_minor
        prices.append(ObservedPrice(each.selection, best.back_milli, best.lay_milli, *sizes))
    is_whole = _LAYS_MIN <= lays <= _WHOLE <= backs <= _BACKS_MAX
    return tuple(prices) if is_whole else ()


def with_market(
    offers: tuple[ObservedPrice, ...], book: MarketBook
) -> tuple[ObservedPrice, ...] | None:
    """The offers of a match's markets after one of them changed; None if no price did.

    Sizes alone are no news: they change with every bet that is matched.
    """
    own = {each.selection for each in book.selections}
    before = tuple(each for each in offers if each.selection in own)
    after = offered(book)
    if _prices(before) == _prices(after):
        return None
    return (*(each for each in offers if each.selection not in own), *after)


def _prices(offers: tuple[ObservedPrice, ...]) -> list[tuple[str, int, int | None]]:
    return [(each.selection, each.price_milli, each.lay_milli) for each in offers]


def _differs(before: Runner | None, after: Runner | None, *, is_virtual: bool) -> bool:
    # Most messages tell of trades, which leave the runner as it is.
    if before is after:
        return False
    if before is None or after is None or before.status != after.status:
        return True
    return after.has_moved(before, is_virtual=is_virtual)


def _head(book: MarketBook) -> tuple[str, bool, int, int]:
    return book.status, book.in_play, book.version, book.bet_delay_s

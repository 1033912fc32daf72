"""What the rest of the house hears of an exchange's market: its best prices when they change."""

from __future__ import annotations

from overround.domain.feeds.books import MarketBook, MarketUpdate, Runner, evolve
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import MarketChanged, SelectionBook
from overround.domain.kernel.decision import Decision


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


def _differs(before: Runner | None, after: Runner | None, *, is_virtual: bool) -> bool:
    # Most messages tell of trades, which leave the runner as it is.
    if before is after:
        return False
    if before is None or after is None or before.status != after.status:
        return True
    return after.has_moved(before, is_virtual=is_virtual)


def _head(book: MarketBook) -> tuple[str, bool, int, int]:
    return book.status, book.in_play, book.version, book.bet_delay_s

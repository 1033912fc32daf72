"""The prices of books: each made once for a state, and those of several books at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.markets.controls import built
from overround.domain.control.breaker import reasons
from overround.domain.pricing.football.decide import Asked, quote_all
from overround.domain.pricing.football.layout import ON_SCORE, Layout
from overround.domain.pricing.football.widening import beside, widening
from tables.books import Book

Prices = NDArray[np.int64]

# Prices are made once for a state, for its quotes or its first bet, and kept until the match has
# others: of more matches than a partition has in play, at a kilobyte or two each.
_PRICED_MAX = 1_024
_PRICED: dict[tuple[str, Layout], tuple[tuple[object, ...], Prices]] = {}


def prices_milli(book: Book, layout: Layout = ON_SCORE) -> Prices:
    """The price of each selection of a layout in thousandths, 0 where none is offered.

    It follows from the book alone, so a bet is checked against the price that the quotes of its
    version have, whether they were published or a newer version was there before them.
    """
    return prices_of_all((book,), layout)[0]


def prices_of_all(books: Sequence[Book], layout: Layout = ON_SCORE) -> list[Prices]:
    """`prices_milli` of several books: those that are not known yet are made together."""
    states = [(*seen(book), book.settings) for book in books]
    found = [_known(book, layout, state) for book, state in zip(books, states, strict=True)]
    unknown = [place for place, prices in enumerate(found) if prices is None]
    for settings in dict.fromkeys(books[place].settings for place in unknown):
        alike = [place for place in unknown if books[place].settings == settings]
        for place, prices in zip(alike, _made([books[p] for p in alike], layout), strict=True):
            _keep(books[place], layout, states[place], prices)
            found[place] = prices
    return [prices for prices in found if prices is not None]


def _known(book: Book, layout: Layout, state: tuple[object, ...]) -> Prices | None:
    """The prices of a state if they are the last that were made of its match."""
    kept = _PRICED.get((book.event_id, layout))
    return kept[1] if kept is not None and kept[0] == state else None


def _keep(book: Book, layout: Layout, state: tuple[object, ...], prices: Prices) -> None:
    key = (book.event_id, layout)
    if key not in _PRICED and len(_PRICED) >= _PRICED_MAX:
        del _PRICED[next(iter(_PRICED))]  # the oldest
    _PRICED[key] = state, prices


def seen(book: Book) -> tuple[object, ...]:
    """What prices follow from, beside the parameters."""
    return (
        book.match,
        book.control.adjustments,
        _closed(book),
        book.control.depth_minor,
        book.age_us,
    )


def wider(book: Book, layout: Layout = ON_SCORE) -> NDArray[np.float64] | None:
    """What the margins of a book are multiplied with, shape (markets,); None for none of them."""
    if not book.match.is_priced:
        return None
    controls, depth_minor = built(book.settings), book.control.depth_minor
    wide = widening(book.match, controls.model, controls.spread, book.age_us, depth_minor)
    return wide if layout is ON_SCORE else beside(wide)


def _closed(book: Book) -> tuple[str, ...]:
    """The markets on which no bet is taken, whatever others are; an empty id stands for all."""
    return (*book.voided_markets, *reasons(book.control))


def _made(books: list[Book], layout: Layout) -> list[Prices]:
    """The prices of books with the same parameters."""
    asked = [Asked(each.match, each.control.adjustments, wider(each, layout)) for each in books]
    rows = quote_all(asked, built(books[0].settings).model, layout)
    return [_offered(book, prices, layout) for book, prices in zip(books, rows, strict=True)]


def _offered(book: Book, row: Prices, layout: Layout) -> Prices:
    prices, closed = row.copy(), _closed(book)
    if closed:
        is_closed = np.array(["" in closed or market in closed for market in layout.markets])
        prices[is_closed[layout.market_of]] = 0
    prices.flags.writeable = False  # everyone who asks gets the same array
    return prices

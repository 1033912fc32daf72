"""Prices of a match: `opening` takes a view, `observe` follows the play, `quote` prices it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.adjustment import Adjustment
from overround.domain.kernel.columns import Columns
from overround.domain.kernel.market import CATALOGUE, Selection, TradingStatus
from overround.domain.kernel.side_market import SIDE_SELECTIONS, SideSelection
from overround.domain.pricing.events import Quote, Quotes, SideQuotes
from overround.domain.pricing.football.adjusted import adjusted
from overround.domain.pricing.football.board import shares
from overround.domain.pricing.football.fit import opening
from overround.domain.pricing.football.grid import shares_of_score
from overround.domain.pricing.football.layout import ON_SCORE, Layout
from overround.domain.pricing.football.margin import with_margin
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.football.play import observe
from overround.domain.pricing.loading import offerable

Floats = NDArray[np.float64]

__all__ = [
    "Workings",
    "observe",
    "opening",
    "probabilities",
    "quote",
    "quotes",
    "side_quotes",
    "workings",
]


class Workings(NamedTuple):
    """A quote before it is rounded, each of shape (..., selections), in the order of a layout.

    `effective` is the probability that a bet wins if it is not refunded, `price_milli` the price
    with margin in thousandths, and `offered` whether it may be quoted at all.
    """

    effective: NDArray[np.float64]
    price_milli: NDArray[np.float64]
    offered: NDArray[np.bool_]


def probabilities(
    match: Match, parameters: Parameters = DEFAULTS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected won and refunded shares of a stake on each selection, shape (selections,) each."""
    won, refunded = shares_of_score(match, parameters)
    return won, refunded


class Asked(NamedTuple):
    """What a match is quoted by: see `quote`."""

    match: Match
    adjustments: Sequence[Adjustment] = ()
    widening: Floats | None = None


def quote(
    match: Match,
    parameters: Parameters = DEFAULTS,
    adjustments: Sequence[Adjustment] = (),
    widening: Floats | None = None,
    layout: Layout = ON_SCORE,
) -> NDArray[np.int64]:
    """Price every selection of a layout in thousandths, in its order; 0: not offered.

    Not offered are selections that are decided or as good as (`Parameters.probability_min` and
    beside it), those whose price with margin is below the ladder, and all of them after full
    time, when abandoned, or before the match has rates. `adjustments` stand in the place of the
    model's figures, one for a market at the most; none makes the model offer what it does not, and
    those of other layouts are passed over. `widening` multiplies the margins, shape (markets,).
    """
    if not match.is_priced:
        return np.zeros(len(layout.index), dtype=np.int64)
    worked = workings(match, parameters, widening, layout)
    prices = parameters.ladder.down(worked.price_milli * worked.offered)
    own = [each for each in adjustments if each.selection in layout.index]
    if not own:
        return prices
    return adjusted(prices, worked.effective, parameters, own, widening, layout)


def quote_all(
    asked: Sequence[Asked], parameters: Parameters = DEFAULTS, layout: Layout = ON_SCORE
) -> list[NDArray[np.int64]]:
    """`quote` of several matches, those together that may be: of 16, in a third of the time.

    Each is the same to the last bit whatever stands beside it: prices follow from a match alone,
    and the same log gives the same bytes however its records came together.
    """
    alike = [place for place, each in enumerate(asked) if _is_usual(each)]
    together = dict(zip(alike, _quoted([asked[p] for p in alike], parameters, layout), strict=True))
    return [
        together[place]
        if place in together
        else quote(each.match, parameters, each.adjustments, each.widening, layout)
        for place, each in enumerate(asked)
    ]


def _is_usual(asked: Asked) -> bool:
    """In play and as the model has it, as nearly all are."""
    return asked.match.is_priced and asked.widening is not None and not asked.adjustments


def _quoted(
    asked: list[Asked], parameters: Parameters, layout: Layout
) -> Sequence[NDArray[np.int64]]:
    if len(asked) < 2:  # one alone is quicker without a second dimension
        return [quote(each.match, parameters, (), each.widening, layout) for each in asked]
    shares = np.empty((2, len(asked), len(layout.index)))
    for row, each in enumerate(asked):
        shares[:, row] = _shares(each.match, parameters, layout)
    worked = _worked(shares, parameters, np.array([each.widening for each in asked]), layout)
    return list(parameters.ladder.down(worked.price_milli * worked.offered))


def workings(
    match: Match,
    parameters: Parameters = DEFAULTS,
    widening: Floats | None = None,
    layout: Layout = ON_SCORE,
) -> Workings:
    """What a quote follows from but for adjustments; the match must be priced."""
    return _worked(_shares(match, parameters, layout), parameters, widening, layout)


def _worked(
    shares: Floats, parameters: Parameters, widening: Floats | None, layout: Layout
) -> Workings:
    """From won and refunded shares, shape (2, ..., selections); `widening` is (..., markets)."""
    effective, offered = offerable(shares, parameters)
    price_milli = 1_000.0 / with_margin(effective, parameters, widening, layout)
    return Workings(effective, price_milli, offered)


def _shares(match: Match, parameters: Parameters, layout: Layout) -> Floats:
    """Won and refunded shares, shape (2, selections)."""
    if layout is ON_SCORE:  # without all the rest, in a third of the time
        return shares_of_score(match, parameters)
    both = np.array(shares(match, parameters))[:, layout.places]
    # Tables leave what is decided a little below 0, and a logarithm of that is no number.
    return np.maximum(both, 0.0, out=both)


def quotes(  # noqa: PLR0917 - the fields of the message in their order
    event_id: str,
    version: int,
    status: TradingStatus,
    reason: str,
    match: Match,
    prices: NDArray[np.int64],
) -> Quotes:
    """The message of a match's prices; selections that are not offered have no line."""
    seen = match.clock_s, match.home_goals, match.away_goals
    lines = Columns.nonzero(_HEADS, prices)
    return Quotes(event_id, version, status, reason, *seen, lines)


def side_quotes(  # noqa: PLR0917 - as `quotes`
    event_id: str,
    version: int,
    status: TradingStatus,
    reason: str,
    match: Match,
    prices: NDArray[np.int64],
) -> SideQuotes:
    """The message of the prices of a match's side markets."""
    seen = match.clock_s, match.home_goals, match.away_goals
    lines = Columns.nonzero(_SIDE_HEADS, prices)
    return SideQuotes(event_id, version, status, reason, *seen, lines)


def _heads(selections: Sequence[Selection | SideSelection]) -> tuple[Quote, ...]:
    """The lines of a message but for their prices."""
    return tuple(Quote(each.market.id, each.outcome, 0) for each in selections)


_HEADS, _SIDE_HEADS = _heads(CATALOGUE), _heads(SIDE_SELECTIONS)

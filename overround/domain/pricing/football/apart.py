"""How far the model stands from what others quote in play, in standard errors.

For an outcome z = |p - q| / sigma, sigma^2 = (s_home e_home)^2 + (s_away e_away)^2 + h^2 / 3 + c^2:

- p is the model's probability and q that of the other's book: the middle of its back and lay
  prices where it has both, else its inverse prices without margin by the power method;
- s e is the filter's own standard error of p: the slope of p by the logarithm of a rate, times the
  standard error of that rate (`doubt.errors`); the delta method;
- h is half of the book's spread: a probability that could be anywhere within it has the variance
  (2 h)^2 / 12 of a uniform variable. Of a book without lay prices it is its margin, shared out;
- c is what is left where both are sure of themselves: a model's calibration error.

They are errors of different people, so that their variances add up.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE, INDEX, MARKETS
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.pricing.football.doubt import errors
from overround.domain.pricing.football.grid import score_grid, selection_weights
from overround.domain.pricing.football.jumps import level_rates, moves, stepped
from overround.domain.pricing.football.margin import power_exponent
from overround.domain.pricing.football.model import Match, Parameters

Floats = NDArray[np.float64]

# Inverse prices of a market: outside, a price is misread or the book is no book.
_BOOK_MIN, _BOOK_MAX = 0.95, 1.25
# The calibration error that the model is held to.
_MODEL_ERROR = 0.01

_SELECTIONS = {
    market.id: tuple(each.id for each in CATALOGUE if each.market == market) for market in MARKETS
}


def apart(
    match: Match,
    back_milli: Mapping[str, int],
    lay_milli: Mapping[str, int],
    parameters: Parameters,
) -> dict[str, float]:
    """The largest z of each market that is quoted whole, by its id.

    Args:
        match: a match that is priced.
        back_milli: prices at which others can be backed, thousandths by selection.
        lay_milli: those at which they can be laid, where there are any.
        parameters: the figures of the model.
    """
    won, refunded = selection_weights(score_grid(match, parameters))
    undecided = 1.0 - refunded
    fair = np.divide(won, undecided, out=np.zeros_like(won), where=undecided > 1e-12)
    moved = moves(stepped(level_rates(match, parameters)), _score(match), parameters)
    home, away = errors(match, parameters)
    own = np.hypot(moved.slopes[0] * home, moved.slopes[1] * away)
    found = {}
    for market, selections in _SELECTIONS.items():
        quoted = _quoted(selections, back_milli, lay_milli)
        if quoted is not None:
            places = [INDEX[each] for each in selections]
            probabilities, half = quoted
            sigma = np.sqrt(own[places] ** 2 + half**2 / 3.0 + _MODEL_ERROR**2)
            found[market] = float((np.abs(fair[places] - probabilities) / sigma).max())
    return found


def _score(match: Match) -> tuple[int, int]:
    return match.home_goals, match.away_goals


def _quoted(
    selections: tuple[str, ...], back_milli: Mapping[str, int], lay_milli: Mapping[str, int]
) -> tuple[Floats, Floats] | None:
    """A book's probabilities and half of its spreads; None for one that is not whole."""
    if not all(
        PRICE_MILLI_MIN <= back_milli.get(each, 0) <= PRICE_MILLI_MAX for each in selections
    ):
        return None
    back = np.array([1_000.0 / back_milli[each] for each in selections])
    if not _BOOK_MIN <= back.sum() <= _BOOK_MAX:
        return None
    if all(lay_milli.get(each, 0) >= back_milli[each] for each in selections):
        lay = np.array([1_000.0 / lay_milli[each] for each in selections])
        middle = (back + lay) / 2.0
        return middle / middle.sum(), np.abs(back - lay) / 2.0
    share = max(0.0, back.sum() - 1.0) / len(selections)
    return back ** power_exponent(back.tolist(), 1.0), np.full(len(selections), share)

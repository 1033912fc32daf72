"""What is expected of a match, from the prices that others quote before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt

from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.basketball.catalogue import HANDICAP_LINES, INDEX, TOTAL_LINES
from overround.domain.pricing.basketball.model import (
    DEFAULTS,
    MICROS,
    NBA,
    Format,
    Match,
    Parameters,
    Strength,
)
from overround.domain.pricing.basketball.price import probabilities
from overround.domain.pricing.quoted import fair, main_line, solved

# Any favourite and any spread of leads; matches beyond these are priced by nobody.
_LEAD_MAX = 50.0
_SIGMA_MIN, _SIGMA_MAX = 5.0, 30.0
# Nearer to level, the handicap and the winner say the same and not how leads spread.
_TELLING_LINE = 2.0


def opening(
    prices: Mapping[str, int], form: Format = NBA, parameters: Parameters = DEFAULTS
) -> Strength:
    """Expect of a match what gives the main lines of its handicap and of its total.

    Both are needed, each at the line nearest to evens. The match winner, if it is priced and the
    handicap is two points or more, tells the spread of leads; else it is that of `parameters`
    for such a total. Margins come off by the power method. Other prices are not read.

    Raises:
        Refusal: `line_prices_missing`, `price_out_of_range`, `market_sum_out_of_range` or
            `prices_do_not_fit`.
    """
    handicap = main_line(prices, "handicap", ("home", "away"), HANDICAP_LINES)
    total = main_line(prices, "total_points", ("over", "under"), TOTAL_LINES)
    if handicap is None or total is None:
        raise Refusal("line_prices_missing", "an opening needs a handicap and a total line")
    wins = fair(prices, "match_winner", ("home", "away"))
    scale = sqrt(total[0] / parameters.total)
    known = Strength(
        total_micro=round(total[0] * MICROS),
        lead_sigma_micro=round(parameters.lead_sigma * scale * MICROS),
        total_sigma_micro=round(parameters.total_sigma * scale * MICROS),
    )
    if wins is None or abs(handicap[0]) < _TELLING_LINE:
        strength = _with_lead(known, form, handicap)
    else:
        strength = _with_spread(known, form, handicap, wins)
    return _with_total(strength, form, total)


def _with_spread(
    known: Strength, form: Format, handicap: tuple[float, float], wins: float
) -> Strength:
    """The spread of leads at which the favourite of this handicap wins as often as priced."""
    favourite = 1.0 if handicap[0] < 0 else -1.0

    def of(sigma: float) -> Strength:
        spread = replace(known, lead_sigma_micro=round(sigma * MICROS))
        return _with_lead(spread, form, handicap)

    def miss(sigma: float) -> float:
        return favourite * (wins - _effective(of(sigma), form, "match_winner/home"))

    return of(solved(miss, _SIGMA_MIN, _SIGMA_MAX))


def _with_lead(known: Strength, form: Format, handicap: tuple[float, float]) -> Strength:
    line, wanted = handicap

    def of(lead: float) -> Strength:
        return replace(known, lead_micro=round(lead * MICROS))

    def miss(lead: float) -> float:
        return _effective(of(lead), form, f"handicap:{line:g}/home") - wanted

    return of(solved(miss, -_LEAD_MAX, _LEAD_MAX))


def _with_total(known: Strength, form: Format, total: tuple[float, float]) -> Strength:
    line, wanted = total

    def of(points: float) -> Strength:
        return replace(known, total_micro=round(points * MICROS))

    def miss(points: float) -> float:
        return _effective(of(points), form, f"total_points:{line:g}/over") - wanted

    return of(solved(miss, line - _LEAD_MAX, line + _LEAD_MAX))


def _effective(strength: Strength, form: Format, selection: str) -> float:
    """The chance that a bet wins if it is not refunded."""
    won, refunded = probabilities(Match(form, strength))
    place = INDEX[selection]
    return float(won[place] / (1.0 - refunded[place]))

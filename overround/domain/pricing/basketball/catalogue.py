"""What a basketball match is bet on. Match markets count overtime, those of a period do not."""

from __future__ import annotations

from overround.domain.pricing.sport import Offer

PERIODS = (1, 2, 3, 4)
HANDICAP_LINES = tuple(half / 2 for half in range(-60, 61))
"""Points added to home's, whole and half."""
TOTAL_LINES = tuple(points + 0.5 for points in range(110, 290))
PERIOD_HANDICAP_LINES = tuple(half / 2 for half in range(-20, 21))
PERIOD_TOTAL_LINES = tuple(points + 0.5 for points in range(25, 81))


def _lines(market: str, lines: tuple[float, ...], outcomes: tuple[str, str]) -> list[Offer]:
    return [Offer(f"{market}:{line:g}", outcome) for line in lines for outcome in outcomes]


def _catalogue() -> list[Offer]:
    sides, total = ("home", "away"), ("over", "under")
    offers = [Offer("match_winner", side) for side in sides]
    offers += _lines("handicap", HANDICAP_LINES, sides)
    offers += _lines("total_points", TOTAL_LINES, total)
    for period in PERIODS:
        winner = f"period_winner:{period}"
        offers += [Offer(winner, outcome) for outcome in ("home", "draw", "away")]
        offers += _lines(f"period_handicap:{period}", PERIOD_HANDICAP_LINES, sides)
        offers += _lines(f"period_total:{period}", PERIOD_TOTAL_LINES, total)
    return offers


CATALOGUE: tuple[Offer, ...] = tuple(_catalogue())
"""Every selection of a basketball match; its place is its index in arrays of shares."""

INDEX: dict[str, int] = {offer.id: index for index, offer in enumerate(CATALOGUE)}
"""Selection id to place in the catalogue."""

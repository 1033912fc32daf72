"""What a football match is priced with: all that is traded, and what is priced besides.

The traded ones come first and are the kernel's `CATALOGUE`, in its order.
"""

from __future__ import annotations

from overround.domain.kernel.market import (
    CATALOGUE,
    Market,
    MarketType,
    Selection,
    selections,
)
from overround.domain.pricing.sport import Offer

HALF: tuple[Selection, ...] = selections(
    Market(MarketType.RESULT),
    Market(MarketType.DOUBLE_CHANCE),
    Market(MarketType.DRAW_NO_BET),
    *(Market(MarketType.TOTALS, q) for q in range(2, 15)),  # 0.5 to 3.5 by quarter goals
    *(Market(MarketType.ASIAN_HANDICAP, q) for q in range(-4, 5)),  # -1 to +1 by quarter goals
    Market(MarketType.BOTH_SCORE),
)
"""What each half is priced with, as if its goals were a match's."""

FIRST_HALF: tuple[Selection, ...] = (*HALF, *selections(Market(MarketType.CORRECT_SCORE)))
"""The first half's: its correct score as well."""

RESULTS = ("home", "draw", "away")
HALF_TIME_FULL_TIME: tuple[str, ...] = tuple(
    f"{half}_{full}" for half in RESULTS for full in RESULTS
)

NEXT_GOALS = tuple(range(1, 10))
"""Goals of the match by their number."""
RACES = (2, 3)
"""Goals that one side is to have first."""

CORNERS_LINES = tuple(count + 0.5 for count in range(6, 15))
SIDE_CORNERS_LINES = tuple(count + 0.5 for count in range(2, 9))
CARDS_LINES = tuple(count + 0.5 for count in range(1, 7))
SIDE_CARDS_LINES = tuple(count + 0.5 for count in range(4))


def _of_half(half: int, selection: Selection) -> Offer:
    kind, _, line = selection.market.id.partition(":")
    return Offer(f"half_{kind}:{half}" + (line and f":{line}"), selection.outcome)


def _lines(market: str, lines: tuple[float, ...]) -> list[Offer]:
    return [Offer(f"{market}:{line:g}", outcome) for line in lines for outcome in ("over", "under")]


def _tallied(name: str, lines: tuple[float, ...], side_lines: tuple[float, ...]) -> list[Offer]:
    return [
        *(Offer(f"{name}_1x2", outcome) for outcome in RESULTS),
        *_lines(name, lines),
        *_lines(f"home_{name}", side_lines),
        *_lines(f"away_{name}", side_lines),
    ]


ON_SCORE: tuple[Offer, ...] = tuple(
    Offer(selection.market.id, selection.outcome) for selection in CATALOGUE
)
ON_FIRST_HALF: tuple[Offer, ...] = tuple(_of_half(1, each) for each in FIRST_HALF)
ON_SECOND_HALF: tuple[Offer, ...] = tuple(_of_half(2, each) for each in HALF)
ON_HALVES: tuple[Offer, ...] = tuple(
    Offer("half_time_full_time", outcome) for outcome in HALF_TIME_FULL_TIME
)
ON_ORDER: tuple[Offer, ...] = (
    *(Offer(f"next_goal:{n}", side) for n in NEXT_GOALS for side in ("home", "away", "none")),
    *(Offer(f"race:{n}", side) for n in RACES for side in ("home", "away", "neither")),
)
ON_QUALIFYING: tuple[Offer, ...] = (Offer("to_qualify", "home"), Offer("to_qualify", "away"))
ON_CORNERS: tuple[Offer, ...] = tuple(_tallied("corners", CORNERS_LINES, SIDE_CORNERS_LINES))
ON_CARDS: tuple[Offer, ...] = tuple(_tallied("cards", CARDS_LINES, SIDE_CARDS_LINES))[3:]

SECTIONS: tuple[tuple[Offer, ...], ...] = (
    ON_SCORE,
    ON_FIRST_HALF,
    ON_SECOND_HALF,
    ON_HALVES,
    ON_ORDER,
    ON_QUALIFYING,
    ON_CORNERS,
    ON_CARDS,
)
"""The offers by what they follow from."""

OFFERS: tuple[Offer, ...] = tuple(offer for section in SECTIONS for offer in section)
"""Every selection that a football match is priced with; its place is its index in price arrays."""

PLACE: dict[str, int] = {offer.id: place for place, offer in enumerate(OFFERS)}
"""Selection id to place in the offers."""

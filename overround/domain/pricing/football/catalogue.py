"""What a football match is priced with, which is all that is traded.

Those on the final score come first and are the kernel's `CATALOGUE`, in its order.
"""

from __future__ import annotations

from overround.domain.kernel.market import CATALOGUE, Selection, selections
from overround.domain.kernel.side_market import (
    FIRST_HALF_MARKETS,
    HALF_MARKETS,
    SIDE_SELECTIONS,
    SideType,
)
from overround.domain.pricing.sport import Offer

HALF: tuple[Selection, ...] = selections(*HALF_MARKETS)
"""What each half is priced with, as if its goals were a match's."""

FIRST_HALF: tuple[Selection, ...] = selections(*FIRST_HALF_MARKETS)
"""The first half's."""


def _traded(*types: SideType) -> tuple[Offer, ...]:
    return tuple(Offer(s.market.id, s.outcome) for s in SIDE_SELECTIONS if s.market.type in types)


def _of_half(half: int) -> tuple[Offer, ...]:
    own = (each for each in SIDE_SELECTIONS if each.market.type is SideType.HALF)
    return tuple(Offer(s.market.id, s.outcome) for s in own if s.market.number == half)


ON_SCORE: tuple[Offer, ...] = tuple(
    Offer(selection.market.id, selection.outcome) for selection in CATALOGUE
)
ON_FIRST_HALF: tuple[Offer, ...] = _of_half(1)
ON_SECOND_HALF: tuple[Offer, ...] = _of_half(2)
ON_HALVES: tuple[Offer, ...] = _traded(SideType.HALF_TIME_FULL_TIME)
ON_ORDER: tuple[Offer, ...] = _traded(SideType.NEXT_GOAL, SideType.RACE)
ON_QUALIFYING: tuple[Offer, ...] = _traded(SideType.TO_QUALIFY)
ON_CORNERS: tuple[Offer, ...] = _traded(
    SideType.CORNERS_1X2, SideType.CORNERS, SideType.HOME_CORNERS, SideType.AWAY_CORNERS
)
ON_CARDS: tuple[Offer, ...] = _traded(SideType.CARDS, SideType.HOME_CARDS, SideType.AWAY_CARDS)

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

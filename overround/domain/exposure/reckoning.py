"""How the exposure of a match is reckoned: football by its score, other sports by market."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from overround.domain.exposure import by_market, decide
from overround.domain.exposure.by_market import EMPTY_BY_MARKET, ExposureByMarket
from overround.domain.exposure.events import ExposureChanged
from overround.domain.exposure.model import EMPTY, Exposure, Limits, Room
from overround.domain.kernel.traded import TRADED_INDEX

Held = TypeVar("Held", Exposure, ExposureByMarket)


@dataclass(frozen=True, slots=True, eq=False)
class Reckoning(Generic[Held]):
    """The steps of one kind of exposure; each is called with the id of a selection.

    They are those of `exposure.decide` and `exposure.by_market`, where they are described.
    """

    empty: Held
    take: Callable[[Held, str, int, int], Held]
    release: Callable[[Held, str, int, int], Held]
    worst_minor: Callable[[Held], int]
    stake_that_fits: Callable[..., Room]

    def changed(self, event_id: str, currency: str, exposure: Held) -> ExposureChanged:
        """What others are told of an exposure after a leg was taken or released."""
        return ExposureChanged(
            event_id=event_id,
            currency=currency,
            legs=exposure.legs,
            stake_minor=exposure.total_stake_minor,
            worst_minor=self.worst_minor(exposure),
        )


def _by_score_fits(exposure: Exposure, limits: Limits, selection: str, **leg: Any) -> Room:
    return decide.stake_that_fits(exposure, limits, TRADED_INDEX[selection], **leg)


BY_SCORE = Reckoning(
    empty=EMPTY,
    take=lambda held, selection, *leg: decide.take(held, TRADED_INDEX[selection], *leg),
    release=lambda held, selection, *leg: decide.release(held, TRADED_INDEX[selection], *leg),
    worst_minor=decide.worst_minor,
    stake_that_fits=_by_score_fits,
)
"""Football: most of what is bet on follows from one final score."""

BY_MARKET = Reckoning(
    empty=EMPTY_BY_MARKET,
    take=by_market.take,
    release=by_market.release,
    worst_minor=by_market.worst_minor,
    stake_that_fits=by_market.stake_that_fits,
)
"""Sports that are followed by their interface, of which no more is known than their markets."""

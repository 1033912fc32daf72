"""How much a trader may do alone, and when trading stops by itself."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.settings import Range
from overround.domain.kernel.time import MICROS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Breaker:
    """When bets are held back without a trader's word; the figures are judgement.

    A market is apart from another's book past `apart_sigmas` standard errors, which two honest
    opinions come to once in 370 (3 of a normal variable), and near it again after `near_updates`
    on end, as the first price after a goal may still be of before it.
    `silent_after_us`: a live feed sends something every 10 s and counts as down after 20 (Unified
    Odds Feed).
    """

    silent_after_us: int = 20 * MICROS_PER_SECOND
    apart_sigmas: float = 3.0
    near_updates: int = 3


BREAKER_RANGES = {
    # Longer, and a goal could be scored and celebrated unheard.
    "silent_after_us": Range(MICROS_PER_SECOND, 60 * MICROS_PER_SECOND, is_whole=True),
    "apart_sigmas": Range(1.0, 10.0),
    "near_updates": Range(1, 100, is_whole=True),
}
"""What may be set of them."""


@dataclass(frozen=True, slots=True)
class OverrideLimits:
    """How far a trader goes alone, and for how long; the figures are judgement.

    `alone_move_micro` is how far one may move an implied probability without a second trader, in
    millionths: 5 points are what a red card does early on. `for_us_max` is a day's match with what
    goes before it.
    """

    alone_move_micro: int = 50_000
    for_us_max: int = 12 * 3_600 * MICROS_PER_SECOND


OVERRIDE_RANGES = {
    "alone_move_micro": Range(0, 200_000, is_whole=True),
    "for_us_max": Range(MICROS_PER_SECOND, 7 * 24 * 3_600 * MICROS_PER_SECOND, is_whole=True),
}
"""What may be set of them."""

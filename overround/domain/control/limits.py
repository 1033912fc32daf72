"""How much a trader may do alone, and when trading stops by itself."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.settings import Range
from overround.domain.kernel.time import MICROS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Breaker:
    """When bets are held back without a trader's word; the figures are judgement.

    `silent_after_us`: a live feed sends something every 10 s and counts as down after 20 (Unified
    Odds Feed).
    """

    silent_after_us: int = 20 * MICROS_PER_SECOND


BREAKER_RANGES = {
    # Longer, and a goal could be scored and celebrated unheard.
    "silent_after_us": Range(MICROS_PER_SECOND, 60 * MICROS_PER_SECOND, is_whole=True),
}
"""What may be set of them."""

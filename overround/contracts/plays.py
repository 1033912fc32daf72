"""The records that tell of the play in other sports than football: those that each sport names."""

from __future__ import annotations

from overround.domain.kernel.play import PlaySignalled
from overround.domain.pricing.quoting import FOLLOWED

PLAYS: tuple[type, ...] = (
    PlaySignalled,
    *(told for sport in FOLLOWED.values() if sport.live for told in sport.live.incidents),
)
"""What is told in any of them, and then sport by sport in the order of their names."""

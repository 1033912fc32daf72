"""The records that tell of the play in other sports than football: those that each sport names."""

from __future__ import annotations

from collections.abc import Iterable

from overround.domain.kernel.play import PlaySignalled
from overround.domain.pricing.quoting import FOLLOWED


def distinct(records: Iterable[type]) -> tuple[type, ...]:
    """The records, unless two of them have one name, under which the lake keeps a record.

    Raises:
        ValueError: two have.
    """
    found = tuple(records)
    names = [record.__name__ for record in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"records of two sports are named {', '.join(twice)}")
    return found


PLAYS: tuple[type, ...] = distinct(
    [
        PlaySignalled,
        *(told for sport in FOLLOWED.values() if sport.live for told in sport.live.incidents),
    ]
)
"""What is told in any of them, and then sport by sport in the order of their names."""

"""The prices that somebody else quotes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObservedPrice:
    """A price somebody else quotes for a selection (`1x2/home`).

    Of an exchange also the price at which it can be laid, and how much can be had at the first and
    at the other, in hundredths; null where that is not told.
    """

    selection: str
    price_milli: int
    lay_milli: int | None = None
    size_minor: int | None = None
    lay_size_minor: int | None = None

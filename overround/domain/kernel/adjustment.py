"""What somebody puts in the place of a model's figure: the word that pricing and control share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AdjustmentKind(StrEnum):
    """How a figure is put in the place of the model's.

    `PRICE` stands as it is, in thousandths. `PROBABILITY` is the fair one, in millionths; the
    market's others share what is left as the model has them. `SHIFT` goes on the logarithm of the
    odds of the model's own probability, in thousandths: it moves on with the match.
    """

    PRICE = "price"
    PROBABILITY = "probability"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A figure for one selection (`1x2/home`)."""

    selection: str
    kind: AdjustmentKind
    value: int

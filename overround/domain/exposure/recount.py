"""The exposure from scratch, score by score and leg by leg: slow, plain, and the reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from overround.domain.exposure.model import FATES, SELECTIONS, SIDE, Exposure, sealed
from overround.domain.kernel.market import CATALOGUE


@dataclass(frozen=True, slots=True)
class ReservedLeg:
    """What a reserved leg weighs: a place in the catalogue, a stake and a price."""

    selection_index: int
    stake_minor: int
    price_milli: int


def recount(legs: Iterable[ReservedLeg]) -> Exposure:
    """The exposure of these legs, with settlement's own arithmetic and no shared tables.

    It costs about half a millisecond a leg: for tests and for the verifier.
    """
    reserved = tuple(legs)
    goals = range(SIDE)
    pnl = [sum(_profit(leg, h, a) for leg in reserved) for h in goals for a in goals]
    profit = [0] * (SELECTIONS * len(FATES))
    for leg in reserved:
        for fate, factor in enumerate(FATES):
            paid = factor.payout_minor(leg.stake_minor, leg.price_milli)
            profit[leg.selection_index * len(FATES) + fate] += leg.stake_minor - paid
    return Exposure(
        pnl_minor=sealed(np.array(pnl, dtype=np.int64)),
        profit_minor=sealed(np.array(profit, dtype=np.int64)),
        legs=len(reserved),
        total_stake_minor=sum(leg.stake_minor for leg in reserved),
    )


def _profit(leg: ReservedLeg, home: int, away: int) -> int:
    factor = CATALOGUE[leg.selection_index].factor(home, away)
    return leg.stake_minor - factor.payout_minor(leg.stake_minor, leg.price_milli)

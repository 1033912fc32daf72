"""The exposure from scratch, outcome by outcome and leg by leg: slow, plain, and the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from overround.domain.exposure.by_market import ExposureByMarket
from overround.domain.exposure.model import FATES, SELECTIONS, SIDE, Exposure, sealed
from overround.domain.kernel.market import LOSE, WIN, Factor, Selection
from overround.domain.kernel.side_market import SideMarket, SideSelection
from overround.domain.kernel.traded import TRADED


@dataclass(frozen=True, slots=True)
class ReservedLeg:
    """What a reserved leg weighs: a place in `TRADED`, a stake and a price."""

    selection_index: int
    stake_minor: int
    price_milli: int


def recount(legs: Iterable[ReservedLeg]) -> Exposure:
    """The exposure of these legs, with settlement's own arithmetic and no shared tables.

    It costs about half a millisecond a leg: for tests and for the verifier.
    """
    reserved = tuple(legs)
    goals = range(SIDE)
    pnl = [sum(_at_score(leg, h, a) for leg in reserved) for h in goals for a in goals]
    profit = [0] * (SELECTIONS * len(FATES))
    for leg in reserved:
        for fate, factor in enumerate(FATES):
            profit[leg.selection_index * len(FATES) + fate] += _profit(leg, factor)
    sides: dict[SideMarket, list[ReservedLeg]] = {}
    for leg in reserved:
        selection = TRADED[leg.selection_index]
        if isinstance(selection, SideSelection):
            sides.setdefault(selection.market, []).append(leg)
    return Exposure(
        pnl_minor=sealed(np.array(pnl, dtype=np.int64)),
        profit_minor=sealed(np.array(profit, dtype=np.int64)),
        legs=len(reserved),
        total_stake_minor=sum(leg.stake_minor for leg in reserved),
        side_worst_minor=sum(min(0, _worst(market, own)) for market, own in sides.items()),
    )


class SelectionLeg(Protocol):
    """What a leg of any sport weighs."""

    @property
    def selection(self) -> str:
        """Market and outcome."""

    @property
    def stake_minor(self) -> int:
        """What was staked."""

    @property
    def price_milli(self) -> int:
        """The price that it was taken at."""


def recount_by_market(legs: Iterable[SelectionLeg]) -> ExposureByMarket:
    """The same of a match whose markets stand each by itself."""
    reserved = sorted(legs, key=lambda leg: leg.selection)
    staked: Counter[str] = Counter()
    liable: Counter[str] = Counter()
    for leg in reserved:
        staked[leg.selection] += leg.stake_minor
        paid_minor = WIN.payout_minor(leg.stake_minor, leg.price_milli)
        liable[leg.selection] += paid_minor - leg.stake_minor
    liable = +liable  # without those that are nothing
    return ExposureByMarket(dict(staked), dict(liable), len(reserved), staked.total())


def _profit(leg: ReservedLeg, factor: Factor) -> int:
    return leg.stake_minor - factor.payout_minor(leg.stake_minor, leg.price_milli)


def _at_score(leg: ReservedLeg, home: int, away: int) -> int:
    selection = TRADED[leg.selection_index]
    if isinstance(selection, SideSelection):
        return 0
    return _profit(leg, selection.factor(home, away))


def _worst(market: SideMarket, legs: list[ReservedLeg]) -> int:
    """The worst of a side market: of a half by its score, of another by who wins."""
    goals, outcomes = range(SIDE), [each.outcome for each in TRADED if each.market == market]
    worlds = outcomes if market.like is None else [(h, a) for h in goals for a in goals]
    return min(sum(_profit(leg, _factor(leg, world)) for leg in legs) for world in worlds)


def _factor(leg: ReservedLeg, world: str | tuple[int, int]) -> Factor:
    selection = TRADED[leg.selection_index]
    assert isinstance(selection, SideSelection)
    if isinstance(world, str):
        return WIN if world == selection.outcome else LOSE
    assert isinstance(selection.like, Selection)
    return selection.like.factor(*world)

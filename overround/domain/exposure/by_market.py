"""The exposure of a match whose markets stand each by itself, of any sport but football.

At most one outcome of a market wins, and where none does the stakes come back or are lost. So a
market is at its worst for the house when the outcome wins that costs most, or when nothing does.
The worst case of a match takes every market at its own worst: never better than the true one, and
it may be worse, as it does not know which of them exclude each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from overround.domain.exposure.decide import (
    greatest_stake,
    leg_liability_minor,
    narrowest,
    require_terms,
)
from overround.domain.exposure.model import TOTAL_STAKE_MINOR_MAX, Level, Limits, Room


@dataclass(frozen=True, slots=True)
class ExposureByMarket:
    """All reserved legs of a match in one currency, summed by selection; never changed in place.

    `stake_minor` is what the house keeps of a selection that loses, `liability_minor` what it pays
    beyond the stake on one that wins, each leg rounded as settlement does. Selections without legs
    are not there.
    """

    stake_minor: dict[str, int] = field(default_factory=dict)
    liability_minor: dict[str, int] = field(default_factory=dict)
    legs: int = 0
    total_stake_minor: int = 0


EMPTY_BY_MARKET = ExposureByMarket()
"""The exposure of a match without bets."""


def take(
    exposure: ExposureByMarket, selection: str, stake_minor: int, price_milli: int
) -> ExposureByMarket:
    """The exposure with one leg more.

    Raises:
        TypeError, ValueError: see `decide.require_terms`.
        OverflowError: the match has more stake than sums of 64 bits can hold.
    """
    require_terms(stake_minor, price_milli)
    total_minor = exposure.total_stake_minor + stake_minor
    if total_minor > TOTAL_STAKE_MINOR_MAX:
        raise OverflowError(f"total stake {total_minor} is over {TOTAL_STAKE_MINOR_MAX}")
    return _moved(exposure, selection, stake_minor, leg_liability_minor(stake_minor, price_milli))


def release(
    exposure: ExposureByMarket, selection: str, stake_minor: int, price_milli: int
) -> ExposureByMarket:
    """The exposure without a leg that `take` put in: its exact inverse, for voids.

    Raises:
        TypeError, ValueError: see `decide.require_terms`; ValueError too if that leg cannot be in
            it.
    """
    require_terms(stake_minor, price_milli)
    liability_minor = leg_liability_minor(stake_minor, price_milli)
    staked_minor = exposure.stake_minor.get(selection, 0)
    liable_minor = exposure.liability_minor.get(selection, 0)
    if exposure.legs < 1 or staked_minor < stake_minor or liable_minor < liability_minor:
        raise ValueError(f"selection {selection} holds no leg of {stake_minor}")
    return _moved(exposure, selection, -stake_minor, -liability_minor)


def _moved(
    exposure: ExposureByMarket, selection: str, stake_minor: int, liability_minor: int
) -> ExposureByMarket:
    return ExposureByMarket(
        _with(exposure.stake_minor, selection, stake_minor),
        _with(exposure.liability_minor, selection, liability_minor),
        exposure.legs + (1 if stake_minor > 0 else -1),
        exposure.total_stake_minor + stake_minor,
    )


def _with(sums: dict[str, int], selection: str, more: int) -> dict[str, int]:
    """The sums in order of their ids, whatever the order of the bets, and none that is nothing."""
    after = {**sums, selection: sums.get(selection, 0) + more}
    return {name: after[name] for name in sorted(after) if after[name]}


def worst_minor(exposure: ExposureByMarket) -> int:
    """The house's profit and loss with every market at its worst (below 0: a loss)."""
    return sum(_worst_of_markets(exposure).values())


def stake_that_fits(
    exposure: ExposureByMarket,
    limits: Limits,
    selection: str,
    *,
    price_milli: int,
    stake_minor: int,
    customer_loss_minor: int,
) -> Room:
    """The greatest stake, at most the one asked for, that breaks no limit; exact to one unit.

    By the same rules as in football (`decide.stake_that_fits`): a bet that lessens the worst case,
    or leaves it, fits even when a limit is exceeded already.

    Raises:
        TypeError, ValueError: see `decide.require_terms`; ValueError for a negative customer's
            loss.
    """
    require_terms(stake_minor, price_milli)
    if customer_loss_minor < 0:
        raise ValueError(f"a customer's loss so far is not negative: {customer_loss_minor}")
    profit_milli, market = price_milli - 1000, _market(selection)
    worst = _worst_of_markets(exposure)
    loss_minor = worst.pop(market, 0)
    # What the house has if the selection wins: only this falls with the stake.
    if_won_minor = _if_won(exposure, market, selection)
    market_floor_minor = min(-limits.market_minor, loss_minor)
    match_floor_minor = min(-limits.match_minor - sum(worst.values()), loss_minor)
    liable_minor = exposure.liability_minor.get(selection, 0)
    rooms = (
        (limits.selection_minor - liable_minor, Level.SELECTION),
        (if_won_minor - market_floor_minor, Level.MARKET),
        (if_won_minor - match_floor_minor, Level.MATCH),
        (limits.customer_minor - customer_loss_minor, Level.CUSTOMER),
    )
    stakes = [(greatest_stake(room_minor, profit_milli), level) for room_minor, level in rooms]
    return narrowest(stakes, stake_minor)


def _market(selection: str) -> str:
    return selection.rpartition("/")[0]


def _worst_of_markets(exposure: ExposureByMarket) -> dict[str, int]:
    """What the house has on each market at its worst: 0 if it loses nothing there."""
    stakes: dict[str, int] = {}
    for selection, stake_minor in exposure.stake_minor.items():
        stakes[_market(selection)] = stakes.get(_market(selection), 0) + stake_minor
    worst = dict.fromkeys(stakes, 0)
    for selection, stake_minor in exposure.stake_minor.items():
        market = _market(selection)
        paid_minor = stake_minor + exposure.liability_minor.get(selection, 0)
        worst[market] = min(worst[market], stakes[market] - paid_minor)
    return worst


def _if_won(exposure: ExposureByMarket, market: str, selection: str) -> int:
    """What the house has on a market if a selection wins: the others' stakes less its payout."""
    others_minor = sum(
        stake_minor
        for other, stake_minor in exposure.stake_minor.items()
        if _market(other) == market and other != selection
    )
    return others_minor - exposure.liability_minor.get(selection, 0)

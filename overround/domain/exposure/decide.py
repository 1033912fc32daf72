"""How a leg changes the exposure, and the greatest stake that the limits leave room for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from overround.domain.exposure.model import (
    FATE_OF,
    FATES,
    MARKET_OF,
    ON_SCORE,
    SELECTIONS,
    TOTAL_STAKE_MINOR_MAX,
    Exposure,
    Level,
    Limits,
    Room,
    sealed,
)
from overround.domain.kernel.market import HALF_WIN, INDEX, LOSE, PUSH, WIN
from overround.domain.kernel.money import STAKE_MINOR_MAX
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.side_market import SideSelection
from overround.domain.kernel.traded import TRADED, TRADED_MARKETS

_LOSE, _HALF_WIN, _WIN = FATES.index(LOSE), FATES.index(HALF_WIN), FATES.index(WIN)


def _fates_of(members: list[int]) -> NDArray[np.intp]:
    """Fates of a market's selections (rows) in all that may become of it (columns)."""
    selections = [TRADED[index] for index in members]
    likes = [each.like if isinstance(each, SideSelection) else each for each in selections]
    scores = [INDEX[like.id] for like in likes if like is not None]
    if scores:
        return FATE_OF[scores]
    # One wins and the others lose.
    return np.where(np.eye(len(members), dtype=np.bool_), _WIN, _LOSE)


def _outcomes_of(market: int) -> NDArray[np.intp]:
    """The outcomes of a market that differ: a row an outcome, places in `profit_minor`."""
    members = [index for index in range(SELECTIONS) if MARKET_OF[index] == market]
    fates = np.unique(_fates_of(members), axis=1).T
    return np.array(members, dtype=np.intp) * len(FATES) + fates


# What a bet meets, worked out once: its market's outcomes, and at which of them and at which
# final scores it wins whole or half. The other outcomes only ever gain from one more stake.
_OUTCOMES = tuple(_outcomes_of(market) for market in range(len(TRADED_MARKETS)))
_WINNING_CELLS = tuple(np.flatnonzero(row == _WIN) for row in FATE_OF)
_HALF_WINNING_CELLS = tuple(np.flatnonzero(row == _HALF_WIN) for row in FATE_OF)


def _outcomes_with(selection: int, fate: int) -> NDArray[np.intp]:
    outcomes = _OUTCOMES[MARKET_OF[selection]]
    return np.flatnonzero((outcomes == selection * len(FATES) + fate).any(axis=1))


_WINNING_OUTCOMES = tuple(_outcomes_with(index, _WIN) for index in range(SELECTIONS))
_HALF_WINNING_OUTCOMES = tuple(_outcomes_with(index, _HALF_WIN) for index in range(SELECTIONS))


def require_leg(selection_index: int, stake_minor: int, price_milli: int) -> None:
    """Refuse a leg that no exposure can hold.

    Raises:
        TypeError, ValueError: see `require_terms`; ValueError too for no such selection.
    """
    if not 0 <= selection_index < SELECTIONS:
        raise ValueError(f"no selection {selection_index}")
    require_terms(stake_minor, price_milli)


def require_terms(stake_minor: int, price_milli: int) -> None:
    """Refuse a stake and a price that no leg can have.

    Raises:
        TypeError: stake or price is not an int (a float amount is a bug).
        ValueError: stake or price outside what is taken.
    """
    if type(stake_minor) is not int or type(price_milli) is not int:
        raise TypeError("stake and price are integers")
    if not 0 < stake_minor <= STAKE_MINOR_MAX:
        raise ValueError(f"stake {stake_minor} is outside 1 to {STAKE_MINOR_MAX}")
    if not PRICE_MILLI_MIN <= price_milli <= PRICE_MILLI_MAX:
        raise ValueError(f"price {price_milli} is outside {PRICE_MILLI_MIN} to {PRICE_MILLI_MAX}")


def take(exposure: Exposure, selection_index: int, stake_minor: int, price_milli: int) -> Exposure:
    """The exposure with one leg more.

    Raises:
        TypeError, ValueError: see `require_leg`.
        OverflowError: the match has more stake than 64-bit sums can hold.
    """
    require_leg(selection_index, stake_minor, price_milli)
    total_minor = exposure.total_stake_minor + stake_minor
    if total_minor > TOTAL_STAKE_MINOR_MAX:
        raise OverflowError(f"total stake {total_minor} is over {TOTAL_STAKE_MINOR_MAX}")
    profit = _profit_by_fate(stake_minor, price_milli)
    return _moved(exposure, selection_index, profit, exposure.legs + 1, total_minor)


def release(
    exposure: Exposure, selection_index: int, stake_minor: int, price_milli: int
) -> Exposure:
    """The exposure without a leg that `take` put in: its exact inverse, for voids.

    Raises:
        TypeError, ValueError: see `require_leg`; ValueError too if that leg cannot be in it.
    """
    require_leg(selection_index, stake_minor, price_milli)
    profit = _profit_by_fate(stake_minor, price_milli)
    staked_minor = int(exposure.stake_minor[selection_index])
    liable_minor = int(exposure.liability_minor[selection_index])
    if exposure.legs < 1 or staked_minor < stake_minor or liable_minor < -int(profit[_WIN]):
        raise ValueError(f"selection {selection_index} holds no leg of {stake_minor}")
    total_minor = exposure.total_stake_minor - stake_minor
    return _moved(exposure, selection_index, -profit, exposure.legs - 1, total_minor)


def _profit_by_fate(stake_minor: int, price_milli: int) -> NDArray[np.int64]:
    paid_minor = [factor.payout_minor(stake_minor, price_milli) for factor in FATES]
    assert paid_minor[FATES.index(PUSH)] == stake_minor
    return np.array([stake_minor - paid for paid in paid_minor], dtype=np.int64)


def _moved(
    exposure: Exposure,
    selection_index: int,
    profit: NDArray[np.int64],
    legs: int,
    total_stake_minor: int,
) -> Exposure:
    profits = exposure.profit_minor.copy()
    start = selection_index * len(FATES)
    profits[start : start + len(FATES)] += profit
    if selection_index < ON_SCORE:
        pnl = sealed(exposure.pnl_minor + profit.take(FATE_OF[selection_index]))
        side_minor = exposure.side_worst_minor
    else:
        pnl = exposure.pnl_minor
        market = MARKET_OF[selection_index]
        side_minor = _sides_without(exposure, market) + _loss_minor(profits, market)
    return Exposure(pnl, sealed(profits), legs, total_stake_minor, side_minor)


def _loss_minor(profit_minor: NDArray[np.int64], market: int) -> int:
    """What the house has on a market at its worst outcome, 0 if it loses nothing there."""
    return min(0, int(np.minimum.reduce(_market_pnl(profit_minor, market))))


def _sides_without(exposure: Exposure, market: int) -> int:
    """What all side markets but one lose at the worst."""
    return exposure.side_worst_minor - _loss_minor(exposure.profit_minor, market)


def worst_minor(exposure: Exposure) -> int:
    """The house's profit and loss at the worst (below 0: a loss).

    At the final score that is worst for it, and with what each side market loses at its own worst.
    """
    return int(exposure.pnl_minor.min()) + exposure.side_worst_minor


def market_worst_minor(exposure: Exposure, market_index: int) -> int:
    """The house's profit and loss on a market's own bets at the market's worst outcome."""
    return int(_market_pnl(exposure.profit_minor, market_index).min())


def _market_pnl(profit_minor: NDArray[np.int64], market_index: int) -> NDArray[np.int64]:
    at_outcomes = profit_minor.take(_OUTCOMES[market_index])
    pnl: NDArray[np.int64] = np.add.reduce(at_outcomes, axis=1)
    assert pnl.dtype == np.int64
    return pnl


def leg_liability_minor(stake_minor: int, price_milli: int) -> int:
    """Payout minus stake of a winning leg: what it adds to a customer's loss so far."""
    return WIN.payout_minor(stake_minor, price_milli) - stake_minor


def stake_that_fits(
    exposure: Exposure,
    limits: Limits,
    selection_index: int,
    *,
    price_milli: int,
    stake_minor: int,
    customer_loss_minor: int,
) -> Room:
    """The greatest stake, at most the one asked for, that breaks no limit; exact to one unit.

    A stake breaks a limit when the loss with it is above the limit *and* above the loss without
    it. So a bet that lessens the worst case, or leaves it, fits even when the limit is already
    exceeded. `customer_loss_minor` is the sum of `leg_liability_minor` over the customer's legs
    on this match. When several limits bind alike, the narrowest is named.

    Raises:
        TypeError, ValueError: see `require_leg`; ValueError for a negative customer's loss.
    """
    require_leg(selection_index, stake_minor, price_milli)
    if customer_loss_minor < 0:
        raise ValueError(f"a customer's loss so far is not negative: {customer_loss_minor}")
    profit_milli = price_milli - 1000
    liability_minor = -int(exposure.profit_minor[selection_index * len(FATES) + _WIN])
    rooms = (
        (greatest_stake(limits.selection_minor - liability_minor, profit_milli), Level.SELECTION),
        (_market_stake(exposure, limits.market_minor, selection_index, profit_milli), Level.MARKET),
        (_match_stake(exposure, limits.match_minor, selection_index, profit_milli), Level.MATCH),
        (greatest_stake(limits.customer_minor - customer_loss_minor, profit_milli), Level.CUSTOMER),
    )
    return narrowest(rooms, stake_minor)


def narrowest(rooms: Iterable[tuple[int, Level]], stake_minor: int) -> Room:
    """Of the stakes that each level leaves room for the smallest, at most the one asked for."""
    fits_minor, level = min(rooms, key=lambda room: room[0])
    if fits_minor >= stake_minor:
        return Room(stake_minor, None)
    return Room(fits_minor, level)


def greatest_stake(room_minor: int, profit_milli: int, unit: int = 1000) -> int:
    """The greatest stake s with floor(s * profit_milli / unit) <= room; unit 2000: half wins.

    Payouts are floored, so a stake may run up to just under one more minor unit of loss.
    """
    return ((max(room_minor, 0) + 1) * unit - 1) // profit_milli


def _market_stake(
    exposure: Exposure, limit_minor: int, selection_index: int, profit_milli: int
) -> int:
    pnl = _market_pnl(exposure.profit_minor, MARKET_OF[selection_index])
    floor_minor = min(-limit_minor, int(np.minimum.reduce(pnl)))
    return _stake_in_market(pnl, selection_index, floor_minor, profit_milli)


def _match_stake(
    exposure: Exposure, limit_minor: int, selection_index: int, profit_milli: int
) -> int:
    on_score_minor = int(np.minimum.reduce(exposure.pnl_minor))
    if selection_index < ON_SCORE:
        floor_minor = min(-limit_minor - exposure.side_worst_minor, on_score_minor)
        return _stake_over(
            exposure.pnl_minor,
            _WINNING_CELLS[selection_index],
            _HALF_WINNING_CELLS[selection_index],
            floor_minor,
            profit_milli,
        )
    market = MARKET_OF[selection_index]
    rest_minor = on_score_minor + _sides_without(exposure, market)
    # What a side market wins makes nothing else better.
    floor_minor = min(-limit_minor - rest_minor, _loss_minor(exposure.profit_minor, market))
    pnl = _market_pnl(exposure.profit_minor, market)
    return _stake_in_market(pnl, selection_index, floor_minor, profit_milli)


def _stake_in_market(
    pnl_minor: NDArray[np.int64], selection_index: int, floor_minor: int, profit_milli: int
) -> int:
    return _stake_over(
        pnl_minor,
        _WINNING_OUTCOMES[selection_index],
        _HALF_WINNING_OUTCOMES[selection_index],
        floor_minor,
        profit_milli,
    )


def _stake_over(
    pnl_minor: NDArray[np.int64],
    wins: NDArray[np.intp],
    half_wins: NDArray[np.intp],
    floor_minor: int,
    profit_milli: int,
) -> int:
    """The greatest stake that keeps every outcome at or above the floor.

    Only outcomes that the bet wins, whole or half, fall with the stake; each falls by a whole
    number that never decreases, so the worst of each kind gives the bound in closed form.
    """
    room_minor = int(np.minimum.reduce(pnl_minor.take(wins))) - floor_minor
    stake_minor = greatest_stake(room_minor, profit_milli)
    if half_wins.size:
        half_room_minor = int(np.minimum.reduce(pnl_minor.take(half_wins))) - floor_minor
        stake_minor = min(stake_minor, greatest_stake(half_room_minor, profit_milli, unit=2000))
    return stake_minor

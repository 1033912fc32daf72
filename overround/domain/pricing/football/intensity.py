"""How many goals each side is still expected to score in regular time."""

from __future__ import annotations

from functools import lru_cache
from math import exp, log1p

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.evidence import shot_factors
from overround.domain.pricing.football.model import MICROS, Match, Parameters
from overround.domain.pricing.football.pull import pull_factors

_HALF_S = 2_700
_BIN_S = 300
# Twice a tick the share left is asked for, but all matches pass through the same seconds.
_MOMENTS_KEPT = 16_384
_QUARTER_S = 900
_EXTRA_TIME_S = 1_800


@lru_cache(maxsize=_MOMENTS_KEPT)
def share_left(period: Period, clock_s: int, parameters: Parameters) -> float:
    """The share of a match's goals that comes after this moment; 1 before kick-off, 0 after.

    Linear within each five minutes of play; stoppage time fades as `_stoppage_left` says.
    """
    if period is Period.NOT_STARTED:
        return 1.0
    p = parameters
    first, second = _goals_left(p)
    if period is Period.FIRST_HALF:
        return _left(first, clock_s, _BIN_S, p.first_stoppage_s, p.first_stoppage_spread_s)
    if period is Period.HALF_TIME:
        return second[0]
    if period is Period.SECOND_HALF:
        elapsed_s = clock_s - _HALF_S
        return _left(second, elapsed_s, _BIN_S, p.second_stoppage_s, p.second_stoppage_spread_s)
    return 0.0


@lru_cache(maxsize=8)
def _goals_left(parameters: Parameters) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The share of a match's goals left at each half's start, each five minutes on, and its end."""
    p = parameters
    halves = (
        (*p.first_half_goals, p.first_stoppage_goals),
        (*p.second_half_goals, p.second_stoppage_goals),
    )
    after = (sum(halves[1]), 0.0)
    whole = sum(halves[0]) + after[0]
    first, second = (
        tuple((sum(half[place:]) + rest) / whole for place in range(len(half) + 1))
        for half, rest in zip(halves, after, strict=True)
    )
    return first, second


def remaining_rates(match: Match, parameters: Parameters) -> tuple[float, float, float]:
    """Expected remaining goals of home and away at level scores, and the dependence between them.

    Rate = rate before kick-off x share of goals left x red cards x shots x exchange. What the
    score does to it from now on is the matter of `course`.

    The Dixon-Coles dependence is what prices before kick-off say beyond that: it fades with
    the share of goals left, and is gone once a side leads.
    """
    left = share_left(match.period, match.clock_s, parameters)
    home, away = strengths(match, parameters)
    level = match.home_goals == match.away_goals
    return home * left, away * left, match.rho_micro / MICROS * left if level else 0.0


def strengths(match: Match, parameters: Parameters) -> tuple[float, float]:
    """Goals that home and away would score in a whole match like this, were the scores level."""
    home_cards, away_cards = red_factors(match, parameters)
    home, away = shot_factors(match, parameters)
    home *= match.home_rate_micro / MICROS * home_cards
    away *= match.away_rate_micro / MICROS * away_cards
    if match.pull is not None:
        by_home, by_away = pull_factors(match.pull, match.clock_s, parameters.pulling)
        return home * by_home, away * by_away
    return home, away


def red_factors(match: Match, parameters: Parameters) -> tuple[float, float]:
    """What the red cards so far do to the rates of home and away."""
    home_reds, away_reds = match.home_reds, match.away_reds
    if home_reds == away_reds == 0:
        return 1.0, 1.0
    own, opponent = parameters.red_own, parameters.red_opponent
    home = own**home_reds * opponent**away_reds
    away = own**away_reds * opponent**home_reds
    return home, away


def extra_time_left(period: Period, clock_s: int) -> float:
    """The share of extra time that comes after this moment; 1 before it."""
    if period is Period.EXTRA_TIME:
        return min(1.0, max(0.0, 1.0 - (clock_s - 2 * _HALF_S) / _EXTRA_TIME_S))
    return 0.0 if period in (Period.PENALTIES, Period.ENDED) else 1.0


@lru_cache(maxsize=_MOMENTS_KEPT)
def cards_left(period: Period, clock_s: int, parameters: Parameters) -> float:
    """The share of a match's cards that comes after this moment; 1 before kick-off, 0 after."""
    return _counts_left(parameters.cards_left, period, clock_s, parameters)


@lru_cache(maxsize=_MOMENTS_KEPT)
def corners_left(period: Period, clock_s: int, parameters: Parameters) -> float:
    """The same share of a match's corners."""
    return _counts_left(parameters.corners_left, period, clock_s, parameters)


def _counts_left(
    after: tuple[float, ...], period: Period, clock_s: int, parameters: Parameters
) -> float:
    """What is left, from `after` each quarter of an hour and the stoppage of each half.

    Linear within a quarter; stoppage time fades as it does for goals.
    """
    if period is Period.NOT_STARTED:
        return 1.0
    p = parameters
    if period is Period.FIRST_HALF:
        left = (1.0, *after[:4])
        return _left(left, clock_s, _QUARTER_S, p.first_stoppage_s, p.first_stoppage_spread_s)
    if period is Period.HALF_TIME:
        return after[3]
    if period is Period.SECOND_HALF:
        elapsed_s = clock_s - _HALF_S
        stoppage_s = p.second_stoppage_s, p.second_stoppage_spread_s
        return _left(after[3:], elapsed_s, _QUARTER_S, *stoppage_s)
    return 0.0


def _left(
    left: tuple[float, ...], elapsed_s: int, bin_s: int, stoppage_s: float, spread_s: float
) -> float:
    """What is left so far into a half, from what is left at each bin's start and after stoppage."""
    if elapsed_s >= _HALF_S:
        share = _stoppage_left(elapsed_s - _HALF_S, stoppage_s, spread_s)
        return left[-1] + (left[-2] - left[-1]) * share
    place, into_s = divmod(max(0, elapsed_s), bin_s)
    return left[place] + (left[place + 1] - left[place]) * into_s / bin_s


def _stoppage_left(over_s: int, mean_s: float, spread_s: float) -> float:
    """The share of stoppage time still to come, `over_s` seconds into it.

    The length of stoppage is taken as logistic (mean, spread), so that what is left given that
    play goes on is E[T - s | T > s] = spread x log(1 + u) x (1 + u) / u, u = exp((mean - s) /
    spread): it shrinks but never reaches zero while the referee plays on.
    """
    if over_s <= 0:
        return 1.0
    return _residual_s(over_s, mean_s, spread_s) / _residual_s(0, mean_s, spread_s)


def _residual_s(over_s: int, mean_s: float, spread_s: float) -> float:
    # Past ten spreads the limit (one spread) is reached to five digits, and a runaway clock
    # must not underflow the exponential.
    u = exp(max(-10.0, (mean_s - over_s) / spread_s))
    return spread_s * log1p(u) * (1.0 + u) / u

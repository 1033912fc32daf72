"""How many goals each side is still expected to score in regular time."""

from __future__ import annotations

from functools import lru_cache
from math import exp, log1p

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.evidence import shot_factors
from overround.domain.pricing.football.model import MICROS, Match, Parameters

_HALF_S = 2_700
_BIN_S = 300
# Twice a tick the share left is asked for, but all matches pass through the same seconds.
_MOMENTS_KEPT = 16_384


@lru_cache(maxsize=_MOMENTS_KEPT)
def share_left(period: Period, clock_s: int, parameters: Parameters) -> float:
    """The share of a match's goals that comes after this moment; 1 before kick-off, 0 after.

    Linear within each five minutes of play; stoppage time fades as `_stoppage_left` says.
    """
    p = parameters
    second = sum(p.second_half_goals) + p.second_stoppage_goals
    first = sum(p.first_half_goals) + p.first_stoppage_goals
    if period is Period.NOT_STARTED:
        return 1.0
    if period is Period.FIRST_HALF:
        left = (
            second
            + _half_left(p.first_half_goals, clock_s)
            + p.first_stoppage_goals
            * (_stoppage_left(clock_s - _HALF_S, p.first_stoppage_s, p.first_stoppage_spread_s))
        )
        return left / (first + second)
    if period is Period.HALF_TIME:
        return second / (first + second)
    if period is Period.SECOND_HALF:
        elapsed_s = clock_s - _HALF_S
        left = _half_left(p.second_half_goals, elapsed_s) + p.second_stoppage_goals * (
            _stoppage_left(elapsed_s - _HALF_S, p.second_stoppage_s, p.second_stoppage_spread_s)
        )
        return left / (first + second)
    return 0.0


def remaining_rates(match: Match, parameters: Parameters) -> tuple[float, float, float]:
    """Expected remaining goals of home and away at level scores, and the dependence between them.

    Rate = rate before kick-off x share of goals left x red cards x shots. What the score does to
    it from now on is the matter of `course`.

    The Dixon-Coles dependence is what prices before kick-off say beyond that: it fades with
    the share of goals left, and is gone once a side leads.
    """
    p = parameters
    left = share_left(match.period, match.clock_s, p)
    home_cards, away_cards = red_factors(match, p)
    home, away = shot_factors(match, p)
    home *= left * match.home_rate_micro / MICROS * home_cards
    away *= left * match.away_rate_micro / MICROS * away_cards
    level = match.home_goals == match.away_goals
    return home, away, match.rho_micro / MICROS * left if level else 0.0


def red_factors(match: Match, parameters: Parameters) -> tuple[float, float]:
    """What the red cards so far do to the rates of home and away."""
    own, opponent = parameters.red_own, parameters.red_opponent
    home_reds, away_reds = match.home_reds, match.away_reds
    home = own**home_reds * opponent**away_reds
    away = own**away_reds * opponent**home_reds
    return home, away


def _half_left(goals: tuple[float, ...], elapsed_s: int) -> float:
    if elapsed_s >= _HALF_S:
        return 0.0
    index, into_s = divmod(max(0, elapsed_s), _BIN_S)
    return sum(goals[index + 1 :]) + goals[index] * (1.0 - into_s / _BIN_S)


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

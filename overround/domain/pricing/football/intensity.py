"""How many goals each side is still expected to score in regular time."""

from __future__ import annotations

from math import exp, log1p

from overround.domain.kernel.match import Period
from overround.domain.pricing.football.model import MICROS, Match, Parameters

_HALF_S = 2_700
_BIN_S = 300


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
    """Expected remaining goals of home and away, and the dependence between them.

    Rate = rate before kick-off x share of goals left x score state x red cards.

    The Dixon-Coles dependence sums up, before kick-off, that sides play differently at different
    scores. In play the score state says that outright, so what is left of the dependence is the
    part still to come: it fades with the share of goals left, and is gone once a side leads
    (keeping it whole would count the trailing side's push twice).
    """
    p = parameters
    left = share_left(match.period, match.clock_s, p)
    lead = match.home_goals - match.away_goals
    # A cubic follows the mean multiplier well: scores leave level fastest early in the match.
    base = left / (1.0 + p.score_state_excess * (1.0 - left**3)) / MICROS
    home_reds, away_reds = match.home_reds, match.away_reds
    home = base * match.home_rate_micro * _score_state(lead, p)
    away = base * match.away_rate_micro * _score_state(-lead, p)
    home *= p.red_own**home_reds * p.red_opponent**away_reds
    away *= p.red_own**away_reds * p.red_opponent**home_reds
    rho = match.rho_micro / MICROS * left if lead == 0 else 0.0
    return home, away, rho


def _score_state(lead: int, parameters: Parameters) -> float:
    return parameters.score_state[max(-2, min(2, lead)) + 2]


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

"""What shots say of the sides beyond the prices before kick-off: a gamma-Poisson filter.

A side's rate is a gamma variable of shape a, counted in shots, about the rate before kick-off. Each
shot adds its weight to the shape, and time adds the shots that were to be expected of such a side
at such a score; the posterior mean is (a + shots) / (a + expected) of the rate (the conjugate
pair, e.g. Gelman et al., Bayesian Data Analysis, 2.6). Goals themselves are no evidence: given the
prices and the score they say next to nothing more.
"""

from __future__ import annotations

from overround.domain.kernel.match import Incident, IncidentKind, Side
from overround.domain.kernel.replace import replace
from overround.domain.pricing.football.model import MICROS, Match, Parameters, Witness

# Of a shot whose expected goals are not told: the average.
_XG_MILLI = 100


def shot_factors(match: Match, parameters: Parameters) -> tuple[float, float]:
    """What the shots so far do to the rates of home and away; 1 and 1 as long as none is known."""
    seen = match.shots
    if seen is None:
        return 1.0, 1.0
    prior_micro = parameters.shots_prior * MICROS
    return (
        (prior_micro + seen.home_shots_micro) / (prior_micro + seen.home_expected_micro),
        (prior_micro + seen.away_shots_micro) / (prior_micro + seen.away_expected_micro),
    )


def with_shot(witness: Witness, incident: Incident, parameters: Parameters) -> Witness:
    """A provider's count with one more shot."""
    assert incident.kind is IncidentKind.SHOT, incident.kind
    xg_milli = _XG_MILLI if incident.xg_milli is None else incident.xg_milli
    xg = min(xg_milli / 1_000, parameters.shot_xg_max)
    shot_micro = round(MICROS * (parameters.shot_alone + parameters.shot_by_xg * xg))
    if incident.side is Side.HOME:
        return replace(witness, home_shots_micro=witness.home_shots_micro + shot_micro)
    return replace(witness, away_shots_micro=witness.away_shots_micro + shot_micro)


def with_time(
    witness: Witness, match: Match, left: float, cards: tuple[float, float], parameters: Parameters
) -> Witness:
    """A provider's count when `left` of the goals are still to come, and it was heard of again.

    Args:
        witness: what the provider had reported before.
        match: the match as it was until now: its rates and its score.
        left: share of goals left by the provider's clock.
        cards: what red cards do to both rates.
        parameters: the figures of the model.
    """
    left_micro = round(left * MICROS)
    if left_micro >= witness.left_micro:
        return witness
    p = parameters
    before, after = (share**p.shots_by_share for share in (witness.left_micro / MICROS, left))
    lead = match.home_goals - match.away_goals
    trails, level, leads = p.shots_by_lead
    home, away = (level, level) if lead == 0 else (leads, trails) if lead > 0 else (trails, leads)
    home *= p.shots * (match.home_rate_micro / MICROS) ** p.shots_by_rate * cards[0]
    away *= p.shots * (match.away_rate_micro / MICROS) ** p.shots_by_rate * cards[1]
    return replace(
        witness,
        home_expected_micro=witness.home_expected_micro + round(MICROS * home * (before - after)),
        away_expected_micro=witness.away_expected_micro + round(MICROS * away * (before - after)),
        left_micro=left_micro,
    )

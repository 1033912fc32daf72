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
from overround.domain.pricing.football.model import MICROS, Match, Parameters, Score
from overround.domain.pricing.football.witness import Witness

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
    span = witness.left_micro, left_micro
    rates = _shots_to_come(match, cards, parameters)
    home, away = _expected_micro(rates, match.lead, span, parameters)
    if match.before_goal is None:
        home_without, away_without = 0, 0
    else:
        home_without, away_without = _expected_micro(
            rates, match.before_goal.lead, span, parameters
        )
    return replace(
        witness,
        home_expected_micro=witness.home_expected_micro + home,
        away_expected_micro=witness.away_expected_micro + away,
        left_micro=left_micro,
        home_without_micro=witness.home_without_micro + home_without,
        away_without_micro=witness.away_without_micro + away_without,
    )


def _shots_to_come(
    match: Match, cards: tuple[float, float], parameters: Parameters
) -> tuple[float, float]:
    """Shots of home and away in a whole match at level scores, from the goals that are expected."""
    p = parameters
    home, away = match.home_rate_micro / MICROS, match.away_rate_micro / MICROS
    return (
        p.shots * home**p.shots_by_rate * cards[0],
        p.shots * away**p.shots_by_rate * cards[1],
    )


def _expected_micro(
    rates: tuple[float, float], lead: int, span: tuple[int, int], parameters: Parameters
) -> tuple[int, int]:
    """Shots of both sides while the share of goals left falls from the first to the second.

    A difference of whole numbers: however the reports part the time, their sum is the same.
    """
    trails, level, leads = parameters.shots_by_lead
    home, away = (level, level) if lead == 0 else (leads, trails) if lead > 0 else (trails, leads)
    before, after = (MICROS * (left / MICROS) ** parameters.shots_by_share for left in span)
    home, away = home * rates[0], away * rates[1]
    return round(home * before) - round(home * after), round(away * before) - round(away * after)


def with_score(before: Match, after: Match) -> Match:
    """The match after its score may have changed, with what that does to the shots expected.

    A side that leads shoots less. If the newest goal is taken back, it has never led, and all
    is as if that goal had not been: what an exchange said of that score is forgotten with it.
    """
    goals = after.home_goals, after.away_goals
    if goals == (before.home_goals, before.away_goals) or not before.is_priced:
        return after
    if before.before_goal == Score(*goals):
        undone = tuple(map(_without, after.witnesses))
        return _since(replace(after, witnesses=undone, pull=before.pull_before), None)
    is_goal = after.home_goals >= before.home_goals and after.away_goals >= before.away_goals
    return _since(after, Score(before.home_goals, before.away_goals) if is_goal else None)


def _without(witness: Witness) -> Witness:
    home, away = witness.home_without_micro, witness.away_without_micro
    return replace(witness, home_expected_micro=home, away_expected_micro=away)


def _since(match: Match, before_goal: Score | None) -> Match:
    """The match with what is expected without the newest goal counted from now on, or not."""
    witnesses = tuple(
        replace(
            w,
            home_without_micro=w.home_expected_micro if before_goal else 0,
            away_without_micro=w.away_expected_micro if before_goal else 0,
        )
        for w in match.witnesses
    )
    pull_before = match.pull if before_goal else None
    return replace(match, witnesses=witnesses, before_goal=before_goal, pull_before=pull_before)

"""What a provider's account of a match claims, and how claims differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from overround.domain.kernel.match import BEFORE_FULL_TIME, Period
from overround.domain.pricing.football.evidence import with_score
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.play import place_of
from overround.domain.pricing.football.scorers import with_scorers


class Claim(NamedTuple):
    """What providers have to agree on, because bets are priced or settled on it.

    All that comes after regular time is the phase `FULL_TIME`, in which dismissals are none:
    nothing is priced on them any more.
    """

    phase: Period
    home_goals: int
    away_goals: int
    home_reds: int
    away_reds: int
    abandoned: bool


def claim_of(match: Match) -> Claim:
    """The claim of an account; the goals are those of regular time."""
    goals = (match.regular_home_goals, match.regular_away_goals)
    if match.period not in BEFORE_FULL_TIME:
        return Claim(Period.FULL_TIME, *goals, 0, 0, match.abandoned)
    return Claim(match.period, *goals, match.home_reds, match.away_reds, match.abandoned)


def scene(match: Match) -> str:
    """The state of play that a person's opinion of a match is about, as a word."""
    phase, home, away, home_reds, away_reds, abandoned = claim_of(match)
    return f"{phase} {home}-{away} {home_reds}-{away_reds}{' abandoned' * abandoned}"


def followed(match: Match, account: Match) -> Match:
    """The match as an account tells it; within what both claim, its clock does not go back."""
    is_behind = place_of(account) < place_of(match)
    if is_behind and claim_of(account) == claim_of(match):
        return match
    stays = is_behind and claim_of(account).phase is claim_of(match).phase
    ahead = match if stays else account
    told = replace(
        account,
        period=ahead.period,
        clock_s=ahead.clock_s,
        extra_time=ahead.extra_time,
        witnesses=match.witnesses,
        home_rate_micro=match.home_rate_micro,
        away_rate_micro=match.away_rate_micro,
        rho_micro=match.rho_micro,
        before_goal=match.before_goal,
        needs_winner=match.needs_winner,
        pull=match.pull,
        pull_before=match.pull_before,
        scorers=match.scorers,
    )
    return with_scorers(match, with_score(match, told))


def exclude_each_other(claims: Sequence[Claim]) -> bool:
    """Whether one has a goal that another lacks and the other way round: no wait can mend it."""
    return any(
        (one.home_goals - other.home_goals) * (one.away_goals - other.away_goals) < 0
        for one in claims
        for other in claims
    )


def difference(claims: Sequence[Claim]) -> str:
    """The gravest of what claims differ in, as a word."""
    if len({each.abandoned for each in claims}) > 1:
        return "abandoned"
    phases = {each.phase for each in claims}
    if len(phases) > 1 and Period.FULL_TIME in phases:
        return "result"
    if len({(each.home_goals, each.away_goals) for each in claims}) > 1:
        return "goal"
    return "period" if len(phases) > 1 else "red_card"


def differences(claims: Sequence[tuple[str, Claim]]) -> str:
    """Who claims what, of all that they differ in: `score 1-0 (a) / 0-0 (b)`."""
    parts = []
    for name, text in _TEXTS:
        if len({text(claim) for _, claim in claims}) > 1:
            told = (f"{text(claim)} ({provider})" for provider, claim in claims)
            parts.append(f"{name} {' / '.join(told)}")
    return ", ".join(parts)


_TEXTS: tuple[tuple[str, Callable[[Claim], str]], ...] = (
    ("abandoned", lambda claim: "yes" if claim.abandoned else "no"),
    ("score", lambda claim: f"{claim.home_goals}-{claim.away_goals}"),
    ("period", lambda claim: claim.phase.value),
    ("reds", lambda claim: f"{claim.home_reds}-{claim.away_reds}"),
)

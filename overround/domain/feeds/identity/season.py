"""Which team of one provider is which of another, by the names and days of a whole season.

A name alone is weak evidence: `Ath Madrid` and `Atletico Madrid` differ more than `Man United` and
`Man City`. Providers that cover the same season agree on the days, though, and two teams are
rarely at home on the same days all through. Both kinds of evidence are weighed, and the rule says
why; it links only what is safe, hands doubt to a person, and takes the rest for new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from overround.domain.feeds.identity.model import Verdict
from overround.domain.feeds.identity.names import Similarity, plain, side_of

# Kick-off near midnight is on two days, by two clocks.
_DAYS_APART_MAX = 1

# Measured on 2017-18 of five leagues between three providers, 588 teams: true pairs have 0.72 and
# more and lead by 0.14 and more; a false one may have 0.81 (Manchester City, Stoke City), so that a
# score alone would not do.
SAFE_MIN, DOUBT_MIN = 0.70, 0.55
# The second-best candidate has to be this much worse.
_LEAD_MIN = 0.10
_NAME_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Listed:
    """A match as a provider lists it; `day` counts from any fixed day."""

    key: str
    country: str
    day: int
    home: str
    away: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A team of the left provider, the best candidate of the right one, and the evidence.

    Scores run from 0 to 1. `why` is for the person who reviews it.
    """

    country: str
    left: str
    right: str
    name_score: float
    schedule_score: float
    score: float
    verdict: Verdict
    why: str


def propose(
    left: Sequence[Listed], right: Sequence[Listed], similarity: Similarity
) -> list[Proposal]:
    """For each team of the left provider its best candidate, in order of country and name."""
    left_days, right_days = _days(left), _days(right)
    by_country: defaultdict[str, list[str]] = defaultdict(list)
    for country, team in sorted(right_days):
        by_country[country].append(team)
    proposals = []
    for country, team in sorted(left_days):
        ranked = sorted(
            (
                _scored(
                    left_days[country, team], right_days[country, other], team, other, similarity
                )
                for other in by_country[country]
                if side_of(team) == side_of(other)
            ),
            reverse=True,
        )
        proposals.append(_judged(country, team, ranked))
    return _without_rivals(proposals)


def _without_rivals(proposals: list[Proposal]) -> list[Proposal]:
    """Two teams cannot be one and the same team; who it is, a person says."""
    claims = Counter((p.country, p.right) for p in proposals if p.verdict is Verdict.LINK)
    return [
        replace(p, verdict=Verdict.REVIEW, why=f"{p.why}; another team is as near")
        if p.verdict is Verdict.LINK and claims[p.country, p.right] > 1
        else p
        for p in proposals
    ]


def link(
    left: Iterable[Listed], right: Iterable[Listed], teams: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """The matches that are one, by key; `teams` names the right team of (country, left team).

    A match of the right provider is used once; of two on neighbouring days the same day wins.
    """
    waiting: defaultdict[tuple[str, str, str], list[Listed]] = defaultdict(list)
    for match in right:
        waiting[match.country, match.home, match.away].append(match)
    linked: dict[str, str] = {}
    for match in left:
        home, away = (teams.get((match.country, team)) for team in (match.home, match.away))
        if home is None or away is None:
            continue
        candidates = waiting[match.country, home, away]
        near = [each for each in candidates if abs(each.day - match.day) <= _DAYS_APART_MAX]
        if near:
            best = min(near, key=lambda each: (abs(each.day - match.day), each.key))
            candidates.remove(best)
            linked[match.key] = best.key
    return linked


Days = tuple[frozenset[int], frozenset[int]]


def _days(matches: Iterable[Listed]) -> dict[tuple[str, str], Days]:
    """The days on which each team plays at home and away."""
    home: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    away: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for match in matches:
        home[match.country, match.home].add(match.day)
        away[match.country, match.away].add(match.day)
    return {team: (frozenset(home[team]), frozenset(away[team])) for team in sorted({*home, *away})}


def _scored(
    left: Days, right: Days, team: str, other: str, similarity: Similarity
) -> tuple[float, str, float, float]:
    name_score = similarity(plain(team), plain(other))
    shared = sum(_shared(mine, theirs) for mine, theirs in zip(left, right, strict=True))
    days = min(sum(map(len, left)), sum(map(len, right)))
    schedule_score = shared / days if days else 0.0
    score = _NAME_WEIGHT * name_score + (1 - _NAME_WEIGHT) * schedule_score
    return score, other, name_score, schedule_score


def _shared(left: frozenset[int], right: frozenset[int]) -> int:
    near = range(-_DAYS_APART_MAX, _DAYS_APART_MAX + 1)
    return sum(any(day + shift in right for shift in near) for day in left)


def _judged(country: str, team: str, ranked: Sequence[tuple[float, str, float, float]]) -> Proposal:
    if not ranked:
        return Proposal(country, team, "", 0.0, 0.0, 0.0, Verdict.NEW, "no team of its kind there")
    score, other, name_score, schedule_score = ranked[0]
    lead = score - ranked[1][0] if len(ranked) > 1 else score
    evidence = f"names {name_score:.0%} alike, {schedule_score:.0%} of the days"
    if score >= SAFE_MIN and lead >= _LEAD_MIN:
        verdict, why = Verdict.LINK, evidence
    elif score >= DOUBT_MIN:
        verdict, why = Verdict.REVIEW, f"{evidence}, {lead:.0%} ahead of the next"
    else:
        verdict, why = Verdict.NEW, f"nothing nearer than {other}: {evidence}"
    return Proposal(country, team, other, name_score, schedule_score, score, verdict, why)

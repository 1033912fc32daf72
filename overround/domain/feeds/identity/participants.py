"""Which participant a name is, of a kind whose names alone can tell: a competition or a player.

Teams are told by their matches (`decide.py`). The thresholds are the same: what is safe is linked,
what is in doubt goes to a person, and the rest is new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from overround.domain.feeds.identity import competitions, players
from overround.domain.feeds.identity.decide import (
    CANDIDATES_MAX,
    DOUBT_MIN,
    LEAD_MIN,
    SAFE_MIN,
    other_name,
)
from overround.domain.feeds.identity.model import Kind, Participant, Sought, Verdict
from overround.domain.feeds.identity.names import Similarity

_ALIKE: Mapping[Kind, Callable[[str, str, Similarity], float]] = {
    Kind.COMPETITION: competitions.alike,
    Kind.PLAYER: players.alike,
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """The evidence for a participant; the score runs from 0 to 1."""

    participant: Participant
    score: float
    objection: str
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What follows for a name; `ranked` has the candidates, best first."""

    verdict: Verdict
    ranked: tuple[Likeness, ...]
    why: str

    @property
    def score_percent(self) -> int:
        """How alike the best candidate is; 0 without one."""
        return round(100 * self.ranked[0].score) if self.ranked else 0


def judge(
    sought: Sought,
    known: Iterable[Participant],
    similarity: Similarity,
    rejected: Collection[str] = (),
) -> Judged:
    """Who a name is among those of its place; a team is new, as its name is not what tells it."""
    if sought.place.kind not in _ALIKE:
        return Judged(Verdict.NEW, (), "a new name")
    possible = (each for each in known if _is_possible(sought, each, rejected))
    weighed = [_weigh(sought, each, similarity) for each in possible]
    ranked = sorted(weighed, key=lambda each: (-each.score, each.participant.participant_id))
    near = tuple(each for each in ranked if each.score >= DOUBT_MIN)[:CANDIDATES_MAX]
    if not near:
        return Judged(Verdict.NEW, (), "a new name")
    best, lead = near[0], _lead(near)
    if lead < LEAD_MIN:
        return Judged(Verdict.REVIEW, near, f"{best.why}; {lead:.0%} ahead of the next")
    is_safe = best.score >= SAFE_MIN and not best.objection
    return Judged(Verdict.LINK if is_safe else Verdict.REVIEW, near, best.why)


def are_apart(left: str, right: str) -> bool:
    """Whether both of two birth dates are told, and differ."""
    return bool(left and right and left != right)


def _is_possible(sought: Sought, known: Participant, rejected: Collection[str]) -> bool:
    """Not another sex, age group or reserve team; not who was born another day, or is ruled out."""
    if not known.names or known.side != sought.side or known.participant_id in rejected:
        return False
    if are_apart(sought.birth_date, known.birth_date):
        return False
    # A provider tells its competitions apart by their names; of players it may write both forms.
    is_competition = sought.place.kind is Kind.COMPETITION
    return not (is_competition and other_name(sought.provider, sought.name, known.names))


def _weigh(sought: Sought, known: Participant, similarity: Similarity) -> Likeness:
    compare = _ALIKE[sought.place.kind]
    score = max(compare(sought.name, each.name, similarity) for each in known.names)
    names = f"{score:.0%} alike"
    if score >= DOUBT_MIN and sought.birth_date and sought.birth_date == known.birth_date:
        score, names = 1.0, f"{names}, born the same day"
    objection = _objection(sought, known)
    return Likeness(known, score, objection, f"{names}; but {objection}" if objection else names)


def _objection(sought: Sought, known: Participant) -> str:
    other = other_name(sought.provider, sought.name, known.names)
    if other:
        return f"{sought.provider} calls that one {other}"
    shirts = (sought.shirt_number, known.shirt_number)
    if all(shirts) and shirts[0] != shirts[1]:
        return f"that one wears {shirts[1]}, not {shirts[0]}"
    return ""


def _lead(ranked: Sequence[Likeness]) -> float:
    """By how much the best is ahead of the next."""
    return ranked[0].score - ranked[1].score if len(ranked) > 1 else ranked[0].score

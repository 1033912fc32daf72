"""Whether a provider's fixture is an event that is known: by its teams' names and its day.

The rule only links what is safe. A team plays once a day, so that of the few matches of a country
on a day one that has both names alike is it; one that has one team for sure and the other in doubt
goes to a person. The same doubt about the same two names, match after match against teams that are
sure, is the evidence that a single name cannot give (`VOTES_MIN`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from overround.domain.feeds.identity.model import (
    CanonicalEvent,
    Listing,
    Participant,
    ProviderName,
    Verdict,
)
from overround.domain.feeds.identity.names import Similarity, alike, plain
from overround.domain.kernel.time import MICROS_PER_SECOND

_DAY_US = 86_400 * MICROS_PER_SECOND

# Kick-off near midnight is on two days, by two clocks; some providers know no clock.
DAYS_APART_MAX = 1

# Measured on 2017-18 of five leagues between three providers, every pair of matches a day apart
# at most: of 43,158 false ones none has more than 0.50, and of 5,474 true ones those below 0.80
# (256) have a team that nobody could tell by its name (PSG, Athletic Club, FC Koln for FC Cologne).
SAFE_MIN, DOUBT_MIN = 0.80, 0.65
# The side that is less alike: true ones have 0.72 and more if they pass the rule above.
SAFE_SIDE_MIN = 0.60
# A person is asked only where one team at least looks like it.
DOUBT_SIDE_MIN = 0.80
# The second-best candidate has to be this much worse.
LEAD_MIN = 0.10

# A name that is as good as the same.
SURE_MIN = 0.95
# Three opponents who are known, on three days: two teams are rarely at home on the same days.
VOTES_MIN = 3

CANDIDATES_MAX = 3


@dataclass(frozen=True, slots=True)
class Rival:
    """An event that a fixture may be, with its teams."""

    event: CanonicalEvent
    home: Participant
    away: Participant


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence for a rival; scores run from 0 to 1."""

    rival: Rival
    home_score: float
    away_score: float
    days_apart: int
    objection: str

    @property
    def score(self) -> float:
        """Both sides together."""
        return (self.home_score + self.away_score) / 2

    @property
    def is_near(self) -> bool:
        """Whether a person should be asked at least."""
        strongest = max(self.home_score, self.away_score)
        return self.score >= DOUBT_MIN and strongest >= DOUBT_SIDE_MIN

    @property
    def why(self) -> str:
        """The evidence in words."""
        days = "the same day" if not self.days_apart else f"{self.days_apart} day apart"
        names = f"home {self.home_score:.0%} and away {self.away_score:.0%} alike, {days}"
        return f"{names}; but {self.objection}" if self.objection else names


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows for a fixture; `ranked` has the candidates, best first."""

    verdict: Verdict
    ranked: tuple[Weighed, ...]
    why: str

    @property
    def score_percent(self) -> int:
        """How alike the best candidate is; 0 without one."""
        return round(100 * self.ranked[0].score) if self.ranked else 0


def day_of(at_us: int) -> int:
    """The day of a time, counted from 1970 in UTC."""
    return at_us // _DAY_US


def is_possible(listing: Listing, known_as: Sequence[str], event: CanonicalEvent) -> bool:
    """Whether a fixture may be an event at all, whatever the names say.

    Not of another country or for another side (gender, age group, reserves); not one that a person
    has ruled out; not one that a provider lists, if it lists this one, too (`known_as` has the keys
    of every fixture that is known to be the same).
    """
    if event.merged_into or event.event_id in listing.rejected:
        return False
    if event.side != listing.side:
        return False
    if event.country and listing.country and event.country != listing.country:
        return False
    return not lists_both(known_as, event.listings)


def lists_both(left: Iterable[str], right: Iterable[str]) -> str:
    """A provider that has a fixture among both, which are therefore not one event; else empty."""
    providers = {key.partition("/")[0] for key in left}
    return next((p for key in right if (p := key.partition("/")[0]) in providers), "")


def judge(listing: Listing, rivals: Iterable[Rival], similarity: Similarity) -> Judgement:
    """What a fixture is, by the evidence for each event that it may be."""
    weighed = [_weigh(listing, rival, similarity) for rival in rivals]
    ranked = sorted(weighed, key=lambda each: (-each.score, each.rival.event.event_id))
    if not ranked or not ranked[0].is_near:
        nearest = f": {ranked[0].why}" if ranked else ""
        return Judgement(Verdict.NEW, (), f"nothing near enough{nearest}")
    best, kept = ranked[0], tuple(ranked[:CANDIDATES_MAX])
    lead = _lead(ranked)
    if lead < LEAD_MIN:
        return Judgement(Verdict.REVIEW, kept, f"{best.why}; {lead:.0%} ahead of the next")
    is_safe = best.score >= SAFE_MIN and min(best.home_score, best.away_score) >= SAFE_SIDE_MIN
    verdict = Verdict.LINK if is_safe and not best.objection else Verdict.REVIEW
    return Judgement(verdict, kept, best.why)


def doubtful_team(judgement: Judgement) -> tuple[str, Participant] | None:
    """The side (`home`, `away`) whose name alone is in doubt, and who it would be; else None."""
    if judgement.verdict is not Verdict.REVIEW:
        return None
    best = judgement.ranked[0]
    if best.objection or _lead(judgement.ranked) < LEAD_MIN:
        return None
    if best.home_score >= SURE_MIN:
        return "away", best.rival.away
    return ("home", best.rival.home) if best.away_score >= SURE_MIN else None


def is_elected(participant: Participant, provider: str, name: str) -> bool:
    """Whether enough matches say that a provider's name is this participant."""
    if any(each.provider == provider for each in participant.names):
        return False
    votes = {v.listing for v in participant.votes if (v.provider, v.name) == (provider, name)}
    return len(votes) >= VOTES_MIN


def _lead(ranked: Sequence[Weighed]) -> float:
    """By how much the best is ahead of the next that is other teams' match.

    Events of the same teams on the same day are one that was not known as such in time.
    """
    first = ranked[0].rival
    for each in ranked[1:]:
        if (each.rival.home, each.rival.away) != (first.home, first.away):
            return ranked[0].score - each.score
    return ranked[0].score


def _weigh(listing: Listing, rival: Rival, similarity: Similarity) -> Weighed:
    home = _side_score(listing.provider, listing.home, rival.home, similarity)
    away = _side_score(listing.provider, listing.away, rival.away, similarity)
    day = day_of(listing.kickoff_at_us)
    days_apart = min((abs(day - other) for other in rival.event.days), default=0)
    return Weighed(rival, home, away, days_apart, _objection(listing, rival))


def _side_score(provider: str, name: str, team: Participant, similarity: Similarity) -> float:
    """1 for a name that is known to be this team's, else how alike its likest name is."""
    if team.is_called(provider, name):
        return 1.0
    return max((alike(name, each.name, similarity) for each in team.names), default=0.0)


def _objection(listing: Listing, rival: Rival) -> str:
    for name, team in ((listing.home, rival.home), (listing.away, rival.away)):
        other = other_name(listing.provider, name, team.names)
        if other:
            return f"{listing.provider} calls that team {other}"
    known = listing.country and rival.event.country
    if not known and plain(listing.competition) != plain(rival.event.competition):
        return "a country is not known: add the competition to the alias table"
    return ""


def other_name(provider: str, name: str, names: Sequence[ProviderName]) -> str:
    """Another name that the provider has for the team, if it is not this one's spelling."""
    theirs = [each.name for each in names if each.provider == provider]
    if any(plain(name) == plain(other) for other in theirs):
        return ""
    return theirs[0] if theirs else ""

"""The state of a match as its incidents come in."""

from __future__ import annotations

from overround.domain.kernel.match import (
    BEFORE_FULL_TIME,
    Incident,
    IncidentKind,
    Period,
    Side,
    check_whole,
)
from overround.domain.kernel.play import PlaySignalled
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.replace import replace
from overround.domain.pricing.football.evidence import with_score, with_shot, with_time
from overround.domain.pricing.football.intensity import red_factors, share_left
from overround.domain.pricing.football.model import DEFAULTS, REDS_MAX, Match, Parameters
from overround.domain.pricing.football.scorers import with_scorers
from overround.domain.pricing.football.witness import Witness

_ORDER = {period: place for place, period in enumerate(Period)}
_AFTER_REGULAR_TIME = (Period.EXTRA_TIME, Period.PENALTIES)
_CHANGES_SCORE = (
    IncidentKind.GOAL,
    IncidentKind.GOAL_CANCELLED,
    IncidentKind.RESULT_CONFIRMED,
    IncidentKind.STATUS,
)
_BEFORE_SECOND_HALF = (Period.FIRST_HALF, Period.HALF_TIME)
_KICKS = (IncidentKind.SHOOT_OUT_GOAL, IncidentKind.SHOOT_OUT_MISS)
_NEEDS_SIDE = (IncidentKind.RED_CARD, IncidentKind.YELLOW_CARD, IncidentKind.SHOT, *_KICKS)
# No side has been shown as many.
_YELLOWS_MAX = 20
# A shot is one goal at the most.
_XG_MILLI_MAX = 1_000
# No football match has been near it; a score above is a feed's mistake.
_GOALS_MAX = 99


def observe(match: Match, incident: Incident, parameters: Parameters = DEFAULTS) -> Match:
    """The match after an incident; the same incident again changes nothing.

    Period and clock never go back. The score is the incident's, unless it is late: behind its own
    provider's sequence, or earlier in the match than we are (a slower provider) without being
    itself about the score. A red card counts however late, a shot only in its order: one shot
    is little evidence, and counting it twice would be worse. Which provider to believe is for the
    caller to decide (`quorum`); this believes what it is given.

    Raises:
        Refusal: see `witnessed`.
    """
    seen = _with_cards_of(match, _heard(match, incident, parameters), incident)
    if incident.kind is IncidentKind.ABANDONED:
        seen = replace(seen, abandoned=True)
    if not match.extra_time and incident.period not in _AFTER_REGULAR_TIME:
        seen = _with_cards(seen)
    if incident.sequence <= match.heard_of(incident.provider):
        return seen
    earlier = _is_earlier(incident, match)
    if incident.kind in _CHANGES_SCORE or not earlier:
        seen = with_score(match, _with_whole(_with_score(seen, incident), incident))
        seen = with_scorers(match, seen)
    if earlier:
        return seen
    if incident.kind in _KICKS:
        seen = _with_kick(seen, incident)
    extra_time = seen.extra_time or incident.period in _AFTER_REGULAR_TIME
    return replace(seen, period=incident.period, clock_s=incident.clock_s, extra_time=extra_time)


def witnessed(match: Match, incident: Incident, parameters: Parameters = DEFAULTS) -> Match:
    """The match when its provider is known to have said this, and is not believed yet.

    Raises:
        Refusal: `score_out_of_range`, `clock_out_of_range`, `xg_out_of_range`, `out_of_range` for
            another count, or for one of `_NEEDS_SIDE` its kind and `_without_side`.
    """
    witness = _heard(match, incident, parameters)
    return replace(match, witnesses=with_witness(match, witness))


def place_of(match: Match) -> tuple[int, int]:
    """How far a match has come: the number of its period, and its clock."""
    return _ORDER[match.period], match.clock_s


def forgotten(match: Match, provider: str) -> Match:
    """The match without what a provider has said in its own order, as it was of another match.

    The score stands until the next report of it, which others give whole; what exchanges have
    said may have been said of the other match.
    """
    witnesses = tuple(w for w in match.witnesses if w.provider != provider)
    return replace(match, witnesses=witnesses, pull=None, pull_before=None)


def _check(incident: Incident) -> None:
    goals = (incident.home_goals, incident.away_goals)
    if min(goals) < 0 or max(goals) > _GOALS_MAX:
        raise Refusal("score_out_of_range", f"{goals[0]}-{goals[1]}")
    if incident.clock_s < 0:
        raise Refusal("clock_out_of_range", f"{incident.clock_s} s")
    if incident.kind in _NEEDS_SIDE and incident.side is None:
        raise Refusal(f"{incident.kind}_without_side", f"sequence {incident.sequence}")
    if incident.whole is not None:
        check_whole(incident.whole)
    if incident.xg_milli is not None and not 0 <= incident.xg_milli <= _XG_MILLI_MAX:
        raise Refusal("xg_out_of_range", f"{incident.xg_milli}")


def signalled(match: Match, told: PlaySignalled) -> Match | None:
    """The match when its provider has given this sign; None if a newer one was there before."""
    witness = witness_of(match, told.provider)
    if told.sequence <= witness.signal_sequence:
        return None
    heard = replace(witness, signal_sequence=told.sequence)
    return replace(match, witnesses=with_witness(match, heard))


def witness_of(match: Match, provider: str) -> Witness:
    """What a provider has reported so far."""
    for witness in match.witnesses:
        if witness.provider == provider:
            return witness
    return Witness(provider, 0)


def _heard(match: Match, incident: Incident, parameters: Parameters) -> Witness:
    """The provider of an incident after it; raises what `witnessed` does."""
    _check(incident)
    witness = witness_of(match, incident.provider)
    if incident.kind is IncidentKind.RED_CARD:
        witness = _with_red(witness, incident)
    if incident.kind is IncidentKind.YELLOW_CARD:
        witness = _with_yellow(witness, incident)
    if incident.sequence <= witness.sequence:
        return witness
    witness = replace(witness, sequence=incident.sequence, whole=incident.whole or witness.whole)
    if not match.is_priced:
        return witness
    left = share_left(incident.period, incident.clock_s, parameters)
    witness = with_time(witness, match, left, red_factors(match, parameters), parameters)
    return with_shot(witness, incident, parameters) if _is_shot(incident) else witness


def _is_shot(incident: Incident) -> bool:
    return incident.kind is IncidentKind.SHOT and incident.period in BEFORE_FULL_TIME


def _with_red(witness: Witness, incident: Incident) -> Witness:
    if incident.side is Side.HOME:
        reds = _with_sequence(witness.home_reds, incident, REDS_MAX)
        return replace(witness, home_reds=reds)
    return replace(witness, away_reds=_with_sequence(witness.away_reds, incident, REDS_MAX))


def _with_yellow(witness: Witness, incident: Incident) -> Witness:
    if incident.side is Side.HOME:
        yellows = _with_sequence(witness.home_yellows, incident, _YELLOWS_MAX)
        return replace(witness, home_yellows=yellows)
    yellows = _with_sequence(witness.away_yellows, incident, _YELLOWS_MAX)
    return replace(witness, away_yellows=yellows)


def _with_cards_of(match: Match, witness: Witness, incident: Incident) -> Match:
    """The match with the cards that its providers have told, of each side the most that any has.

    A card that was told as an incident stays; a count may go back, and takes its card back.
    """
    witnesses = with_witness(match, witness)
    known = match.home_reds, match.away_reds, match.home_yellows, match.away_yellows
    counting = (witness,) if incident.whole is None else witnesses
    told = [(*each.dismissed, *each.cautioned) for each in counting]
    if incident.whole is None:
        told.append(known)
    most = tuple(map(max, zip(*told, strict=True)))
    if most == known:  # as nearly always
        return replace(match, witnesses=witnesses)
    home_reds, away_reds, home_yellows, away_yellows = most
    return replace(
        match,
        witnesses=witnesses,
        home_reds=home_reds,
        away_reds=away_reds,
        home_yellows=home_yellows,
        away_yellows=away_yellows,
    )


def _with_whole(match: Match, incident: Incident) -> Match:
    """The match with the goals of regular time and the kicks that a `STATUS` tells."""
    whole = incident.whole
    if whole is None or incident.period in BEFORE_FULL_TIME:
        return match
    if whole.home_regular_goals is not None and whole.away_regular_goals is not None:
        match = replace(
            match,
            extra_time=True,
            home_goals=incident.home_goals,
            away_goals=incident.away_goals,
            regular_home_goals=whole.home_regular_goals,
            regular_away_goals=whole.away_regular_goals,
        )
    if whole.home_kicks_scored is None or whole.away_kicks_scored is None:
        return match
    return replace(
        match,
        home_kicks_scored=whole.home_kicks_scored,
        away_kicks_scored=whole.away_kicks_scored,
    )


def _with_cards(match: Match) -> Match:
    home, away = match.cards_so_far
    if (home, away) == (match.home_cards, match.away_cards):
        return match
    return replace(match, home_cards=home, away_cards=away)


def _with_sequence(known: tuple[int, ...], incident: Incident, most: int) -> tuple[int, ...]:
    return tuple(sorted({*known, incident.sequence}))[:most]


def _with_kick(match: Match, incident: Incident) -> Match:
    scored = int(incident.kind is IncidentKind.SHOOT_OUT_GOAL)
    if incident.side is Side.HOME:
        return replace(
            match,
            home_kicks=match.home_kicks + 1,
            home_kicks_scored=match.home_kicks_scored + scored,
        )
    return replace(
        match,
        away_kicks=match.away_kicks + 1,
        away_kicks_scored=match.away_kicks_scored + scored,
    )


def with_witness(match: Match, heard: Witness) -> tuple[Witness, ...]:
    """The witnesses of a match with one of them as it is now, by provider."""
    others = [witness for witness in match.witnesses if witness.provider != heard.provider]
    return tuple(sorted([*others, heard], key=lambda witness: witness.provider))


def _is_earlier(incident: Incident, match: Match) -> bool:
    """Whether an incident is from before the moment that the match is known to have reached."""
    return (_ORDER[incident.period], incident.clock_s) < place_of(match)


def _with_score(match: Match, incident: Incident) -> Match:
    home, away = incident.home_goals, incident.away_goals
    if incident.period in _BEFORE_SECOND_HALF and match.half_goals != (home, away):
        match = replace(match, half_home_goals=home, half_away_goals=away)
    if home == match.home_goals and away == match.away_goals and not match.extra_time:
        return match
    extra_time = match.extra_time or incident.period in _AFTER_REGULAR_TIME
    regular = incident.period in (*BEFORE_FULL_TIME, Period.FULL_TIME)
    if regular and extra_time:
        # A correction of regular time that comes during extra time does not know its goals.
        return replace(match, regular_home_goals=home, regular_away_goals=away)
    if extra_time:
        return replace(match, home_goals=home, away_goals=away)
    # Without extra time the end of the match has the score of regular time.
    return replace(
        match,
        home_goals=home,
        away_goals=away,
        regular_home_goals=home,
        regular_away_goals=away,
    )

"""The state of a match as its scores and its clock come in."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import replace

from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.basketball.model import Clock, Incident, Match, Scored

# More than a period of any match, and far more than any basket.
_POINTS_MAX = 4
_PERIODS_MAX = 20


def observe(match: Match, incident: Incident) -> Match:
    """The match after an incident; the same incident again changes nothing.

    Scores count however late, each in its own period; the clock is that of the newest sequence,
    and may go back, as officials put time back.

    Raises:
        Refusal: `period_out_of_range`, `clock_out_of_range`, `points_out_of_range`,
            `sequence_reused` (another score had it), `match_is_over` or `unknown_score`.
    """
    if isinstance(incident, Clock):
        return _timed(match, incident)
    if isinstance(incident, Scored):
        return _scored(match, incident)
    place = bisect_left(match.log, (incident.sequence,))
    if place == len(match.log) or match.log[place][0] != incident.sequence:
        raise Refusal("unknown_score", str(incident.sequence))
    return _with_log(match, (*match.log[:place], *match.log[place + 1 :]))


def _scored(match: Match, incident: Scored) -> Match:
    if not 1 <= incident.points <= _POINTS_MAX:
        raise Refusal("points_out_of_range", str(incident.points))
    signed = incident.points if incident.side is Side.HOME else -incident.points
    entry = (incident.sequence, incident.period, signed)
    place = bisect_left(match.log, (incident.sequence,))
    if place < len(match.log) and match.log[place][0] == incident.sequence:
        if match.log[place] == entry:
            return match
        raise Refusal("sequence_reused", f"{incident.sequence}, cancel the first score before")
    if match.is_over and incident.period > match.period:
        raise Refusal("match_is_over", f"score {incident.sequence} of period {incident.period}")
    timed = _timed(match, Clock(incident.sequence, incident.period, incident.left_s))
    log = list(timed.log)
    insort(log, entry)
    return _with_log(timed, tuple(log))


def _timed(match: Match, clock: Clock) -> Match:
    if not 1 <= clock.period <= _PERIODS_MAX:
        raise Refusal("period_out_of_range", str(clock.period))
    if not 0 <= clock.left_s <= match.format.length_s(clock.period):
        raise Refusal("clock_out_of_range", f"{clock.left_s} s of period {clock.period}")
    if clock.sequence <= match.clock_sequence:
        return match
    return replace(match, period=clock.period, left_s=clock.left_s, clock_sequence=clock.sequence)


def _with_log(match: Match, log: tuple[tuple[int, int, int], ...]) -> Match:
    periods = max([match.period, *(period for _, period, _ in log)])
    scores = [[0, 0] for _ in range(periods)]
    for _, period, points in log:
        scores[period - 1][0 if points > 0 else 1] += abs(points)
    return replace(match, scores=tuple((home, away) for home, away in scores), log=log)

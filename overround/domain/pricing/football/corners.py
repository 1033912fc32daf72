"""Corners as providers count them: how many there are, and how many are still to come.

They are told as running counts and not as an incident each: one record makes good all that were
missed, and a count can be taken back. A count tells nothing of what came after it, so a price
goes on from the moment at which it was told. One provider may see a corner before another does:
of each side the most that any of them counts now is believed, as with cards, and a provider that
takes one back is believed as well.

Bets are on the corners of regular time. What decides them is what is counted when it is over; what
is told of extra time, or after it, counts other corners too, and is not taken.
"""

from __future__ import annotations

from typing import NamedTuple

from overround.domain.kernel.facts import BySide
from overround.domain.kernel.match import Period
from overround.domain.kernel.replace import replace
from overround.domain.kernel.statistics import StatisticsObserved, check
from overround.domain.pricing.football.intensity import corners_left
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match, Parameters
from overround.domain.pricing.football.play import with_witness, witness_of

_OVER = (Period.FULL_TIME, Period.ENDED)
_PAST_REGULAR_TIME = (Period.EXTRA_TIME, Period.PENALTIES)


class Corners(NamedTuple):
    """Corners of home and away so far, and the share of the match's that is still to come."""

    so_far: tuple[int, int]
    left: float


def with_corners(
    match: Match, observed: StatisticsObserved, parameters: Parameters = DEFAULTS
) -> Match:
    """The match after a provider's running counts; the same or older ones change nothing.

    They have an order of their own beside that of incidents: neither makes the other late.

    Raises:
        Refusal: see `check`.
    """
    check(observed)
    home, away = observed.home.corners, observed.away.corners
    witness = witness_of(match, observed.provider)
    if home is None or away is None or observed.sequence <= witness.corners_sequence:
        return match
    period, clock_s = observed.period, observed.clock_s
    if period is None or clock_s is None:
        period, clock_s = match.period, match.clock_s
    if period in _PAST_REGULAR_TIME or (match.extra_time and period is Period.ENDED):
        return match
    left_micro = round(corners_left(period, clock_s, parameters) * MICROS)
    heard = replace(
        witness,
        home_corners=home,
        away_corners=away,
        corners_sequence=observed.sequence,
        corners_left_micro=left_micro,
        corners_final=period in _OVER,
    )
    return replace(match, witnesses=with_witness(match, heard))


def final_corners(match: Match) -> BySide | None:
    """The corners of regular time; None while nobody has told them, or those who have differ.

    Who counts up to an earlier moment has no say. Bets are settled on it, so that nobody is
    believed against another: a trader has to look.
    """
    told = {(w.home_corners, w.away_corners) for w in match.witnesses if w.corners_final}
    if len(told) != 1:
        return None
    home, away = told.pop()
    return None if home is None or away is None else BySide(home, away)


def counts_of(match: Match) -> tuple[tuple[int | None, int | None], ...]:
    """The corners that each provider counts."""
    return tuple((w.home_corners, w.away_corners) for w in match.witnesses)


def corners_of(match: Match, parameters: Parameters) -> Corners | None:
    """What is known of a match's corners; None in play as long as nobody counts them."""
    told = [
        (w.home_corners, w.away_corners, w.corners_left_micro)
        for w in match.witnesses
        if w.home_corners is not None and w.away_corners is not None
    ]
    if match.period is Period.NOT_STARTED or not told:
        return Corners((0, 0), 1.0) if match.period is Period.NOT_STARTED else None
    home, away, left_micro = zip(*told, strict=True)
    # One that counts up to a later moment than the match has reached is not followed there.
    left = max(min(left_micro) / MICROS, corners_left(match.period, match.clock_s, parameters))
    return Corners((max(home), max(away)), left)

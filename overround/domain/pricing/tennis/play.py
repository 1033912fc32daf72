"""The score of a match as its points come in (ITF Rules of Tennis, 5 to 7 and 14)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import lru_cache

from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.tennis.model import (
    GAMES_TO_SET,
    Incident,
    Match,
    Point,
    PointCancelled,
)

_SIDES = (Side.HOME, Side.AWAY)
_POINTS_TO_GAME = 4
# The log has two more bits beside it, in 64.
_SEQUENCE_MAX = 2**61 - 1


def observe(match: Match, incident: Incident) -> Match:
    """The match after an incident; the same incident again changes nothing.

    A point that comes late, with a sequence before the newest, is put in its place, a cancelled
    one taken out, and the score told anew from the log. Between the two halves of a correction
    (cancel, play again) later points may seem to be served by the wrong player or played after the
    end: there the score decides who served, and what is past the end waits in the log.

    Raises:
        Refusal: `sequence_out_of_range`, `match_is_over`, `server_out_of_turn`,
            `sequence_reused` (another point had it) or `unknown_point`.
    """
    if isinstance(incident, Point):
        return _with_point(match, incident)
    if isinstance(incident, PointCancelled):
        return _without_point(match, incident.sequence)
    if match.retired is incident.side:
        return match
    if match.is_over:
        raise Refusal("match_is_over", f"{incident.side} retires")
    return replace(match, retired=incident.side)


def replayed(match: Match, log: tuple[int, ...]) -> Match:
    """The match with another log, from its first point on; a retirement stays."""
    anew = Match(match.format, match.belief)
    for entry in log:
        anew = _next(anew, entry)
    return replace(anew, retired=match.retired)


@lru_cache(maxsize=64)
def games_won(match: Match) -> tuple[tuple[Side, ...], ...]:
    """Who won each game that is over, set by set, tie-breaks included; from the log."""
    won: list[list[Side]] = [[]]
    anew = Match(match.format)
    for entry in match.log:
        before, anew = anew, _next(anew, entry)
        if (anew.sets, anew.games) != (before.sets, before.games):
            won[-1].append(_SIDES[entry & 1])
        if anew.sets != before.sets:
            won.append([])
    return tuple(map(tuple, won))


def _with_point(match: Match, point: Point) -> Match:
    if not 0 <= point.sequence <= _SEQUENCE_MAX:
        raise Refusal("sequence_out_of_range", str(point.sequence))
    entry = point.sequence << 2 | _SIDES.index(point.server) << 1 | _SIDES.index(point.winner)
    if match.log and point.sequence <= match.log[-1] >> 2:
        place = _place(match, point.sequence)
        if match.log[place] == entry:
            return match
        if match.log[place] >> 2 == point.sequence:
            raise Refusal("sequence_reused", f"{point.sequence}, cancel the first point before")
        return replayed(match, (*match.log[:place], entry, *match.log[place:]))
    if match.is_over:
        raise Refusal("match_is_over", f"point {point.sequence}")
    if match.server not in {None, point.server}:
        raise Refusal("server_out_of_turn", f"point {point.sequence}: {match.server} serves")
    return _next(match, entry)


def _without_point(match: Match, sequence: int) -> Match:
    place = _place(match, sequence)
    if place == len(match.log) or match.log[place] >> 2 != sequence:
        raise Refusal("unknown_point", str(sequence))
    return replayed(match, (*match.log[:place], *match.log[place + 1 :]))


def _place(match: Match, sequence: int) -> int:
    return bisect_left(match.log, sequence << 2)


def _next(match: Match, entry: int) -> Match:
    log = (*match.log, entry)
    if match.winner is not None:
        return replace(match, log=log)
    server = entry >> 1 & 1 if match.server is None else _SIDES.index(match.server)
    winner = entry & 1
    points = _plus_one(match.points, winner)
    served = _plus_one(match.served, server)
    won = _plus_one(match.won, server) if server == winner else match.won
    seen = Match(
        *(match.format, match.belief, match.sets, match.games, points, _SIDES[server]),
        *(won, served, match.retired, log),
    )
    to_win = match.tie_break_to or _POINTS_TO_GAME
    if points[winner] >= to_win and points[winner] - points[1 - winner] >= 2:
        return _after_game(seen, winner, server)
    # In a tie-break the serve changes after its first point and then after every second.
    if match.tie_break_to and sum(points) % 2 == 1:
        return replace(seen, server=_SIDES[1 - server])
    return seen


def _after_game(match: Match, winner: int, server: int) -> Match:
    # Who received the tie-break's first point serves first in the next set.
    first = server if not match.tie_break_to else _tie_break_opener(match, server)
    games = _plus_one(match.games, winner)
    ahead, behind = games[winner], games[1 - winner]
    is_set = match.tie_break_to > 0 or (ahead >= GAMES_TO_SET and ahead - behind >= 2)
    return replace(
        match,
        sets=(*match.sets, games) if is_set else match.sets,
        games=(0, 0) if is_set else games,
        points=(0, 0),
        server=_SIDES[1 - first],
    )


def _tie_break_opener(match: Match, server: int) -> int:
    """Who served the first point of a tie-break whose last point was `server`'s."""
    last = sum(match.points) - 1
    return server if (last + 1) // 2 % 2 == 0 else 1 - server


def _plus_one(pair: tuple[int, int], side: int) -> tuple[int, int]:
    return (pair[0] + 1, pair[1]) if side == 0 else (pair[0], pair[1] + 1)

"""The moment that is asked for: a time of the log, or the match clock as it is read out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from cli.explain.history import Moment, SportMoment
from overround.domain.kernel.match import Period
from overround.domain.kernel.time import from_datetime, to_datetime
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.play import place_of

_HALF_S = 2_700
_CLOCK = re.compile(r"(\d{1,3})(?:\+(\d{1,2}))?(?::([0-5]\d))?")


@dataclass(frozen=True, slots=True)
class MatchClock:
    """A moment by the match clock; `clock_s` runs on through the stoppage of a half."""

    period: Period
    clock_s: int


At = int | MatchClock | None
"""Microseconds of the log's time, the match clock, or None for the newest state."""


def parsed(_context: click.Context, _option: click.Parameter, text: str | None) -> At:
    """`63:10`, `45+2:30` (the first half's stoppage), or an ISO 8601 time, UTC without a zone."""
    if text is None:
        return None
    if clock := _CLOCK.fullmatch(text):
        minute, stoppage, second = (int(part or 0) for part in clock.groups())
        clock_s = 60 * (minute + stoppage) + second
        is_first = minute * 60 < _HALF_S or (clock[2] is not None and minute * 60 == _HALF_S)
        return MatchClock(Period.FIRST_HALF if is_first else Period.SECOND_HALF, clock_s)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is neither a match clock (63:10, 45+2:30) nor an ISO 8601 time"
        ) from error
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def moment_at(moments: Sequence[Moment] | Sequence[SportMoment], at: At) -> int:
    """The place of the newest moment that is not after a time.

    Raises:
        ClickException: all moments are after it, the match has not come so far, or it is asked by
            a clock that its sport does not have.
    """
    if at is None:
        return len(moments) - 1
    if isinstance(at, MatchClock):
        clocked = [moment for moment in moments if isinstance(moment, Moment)]
        if not clocked:
            raise click.ClickException("only football has a match clock: say an ISO 8601 time")
        places = [place_of(moment.match) for moment in clocked]
        asked = place_of(Match(period=at.period, clock_s=at.clock_s))
        if asked > max(places):
            far = clock_of(clocked[-1].match)
            raise click.ClickException(f"the match has only come to {far} in the log")
    else:
        places, asked = [(moment.at_us, 0) for moment in moments], (at, 0)
    found = next((n for n, place in enumerate(places) if place > asked), len(places)) - 1
    if found < 0:
        first = iso(moments[0].at_us)
        raise click.ClickException(
            f"nothing was known of the match then: its first record is of {first}"
        )
    return found


def clock_of(match: Match) -> str:
    """The clock of a match in words: `63:10`, `45+2:30`, or its period while no clock runs."""
    if match.period is Period.FIRST_HALF and match.clock_s >= _HALF_S:
        return f"45+{_clock(match.clock_s - _HALF_S)}"
    if match.period in (Period.FIRST_HALF, Period.SECOND_HALF, Period.EXTRA_TIME):
        return _clock(match.clock_s)
    return match.period.replace("_", " ")


def iso(at_us: int) -> str:
    """A time of the log, in UTC."""
    return to_datetime(at_us).isoformat(timespec="milliseconds")


def _clock(clock_s: int) -> str:
    return f"{clock_s // 60}:{clock_s % 60:02d}"

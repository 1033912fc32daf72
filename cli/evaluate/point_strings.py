"""Matches as strings of points: one row a match, one letter a point.

The column `pbp` has, in order, S or A (ace) for a point won on serve and R or D (double fault)
for one lost; `;` ends a game, `.` a set, and `/` a turn of service in a tie-break. `server1` serves
first; `winner` is 1 or 2. Each row is played through the product's own score, which has to come
to the same games, turns and winner.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.model import Belief, FinalSet, Format, Match, Point
from overround.domain.pricing.tennis.play import observe

COLUMNS = ("pbp_id", "date", "tny_name", "winner", "pbp", "score")

_WON, _LOST, _ENDS = frozenset("SA"), frozenset("RD"), frozenset(";./")
_PLAIN = str.maketrans("AD", "SR")
_DAY_FORMATS = ("%d %b %y", "%d %b %Y", "%Y-%m-%d", "%Y%m%d")
_ENDS_EARLY = ("RET", "DEF", "W/O", "ABN", "ABD", "UNF")
# Where a last set without a tie-break was played; only there it comes first among the formats.
_WITHOUT_TIE_BREAK = ("australian", "french", "roland", "wimbledon", "davis", "fed", "olympic")


class Reject(Exception):
    """A row that is not a match played to its end; the reason is its first argument."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A match that was played; home served first.

    `held` has a byte a point, 1: the server won it. `won` and `served` count both players' points
    on serve.
    """

    key: str
    day: date
    format: Format
    held: bytes
    has_home_won: bool
    won: tuple[int, int]
    served: tuple[int, int]


def read(path: Path) -> Iterator[Recorded | Reject]:
    """Each row of a file as a match, or as why it is none.

    Raises:
        ValueError: the file has no such columns.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        # No field of these files has a comma; a stray quotation mark must not swallow rows.
        rows = csv.DictReader(file, quoting=csv.QUOTE_NONE)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} has no column {', '.join(missing)}")
        seen: set[str] = set()
        for row in rows:
            try:
                yield _match({name: (row[name] or "").strip(' "') for name in COLUMNS}, seen)
            except Reject as reject:
                yield reject


def states(recorded: Recorded, belief: Belief) -> Iterator[Match]:
    """The match before its first point and after each, with a belief about both serves."""
    match = Match(recorded.format, belief)
    yield match
    yield from _played(recorded.held, match)


def _match(row: dict[str, str], seen: set[str]) -> Recorded:
    if row["pbp_id"] in seen:
        raise Reject("id_repeated")
    day = _day(row["date"])
    if row["winner"] not in {"1", "2"}:
        raise Reject("winner_unknown")
    text = row["pbp"].replace(" ", "").rstrip(";./")
    if not text:
        raise Reject("points_missing")
    if set(text) - _WON - _LOST - _ENDS:
        raise Reject("unknown_letter")
    held = bytes(letter in _WON for letter in text if letter not in _ENDS)
    last = _last(row, text.translate(_PLAIN), held)
    has_home_won = last.winner is Side.HOME
    if has_home_won != (row["winner"] == "1"):
        raise Reject("winner_differs")
    seen.add(row["pbp_id"])
    return Recorded(row["pbp_id"], day, last.format, held, has_home_won, last.won, last.served)


def _day(text: str) -> date:
    for known in _DAY_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, known).date()  # noqa: DTZ007 - a day has no zone
    raise Reject("date_unreadable")


def _last(row: dict[str, str], text: str, held: bytes) -> Match:
    """The end of the match, in the format in which the points make these games and turns.

    Several fit where the last set did not come to six all; then the tournament decides.
    """
    finals = [FinalSet.TIE_BREAK, FinalSet.TIE_BREAK_10, FinalSet.ADVANTAGE]
    if any(word in row["tny_name"].lower() for word in _WITHOUT_TIE_BREAK):
        finals.reverse()
    begins_well = False
    for form in (Format(to_win, final) for to_win in (2, 3) for final in finals):
        told, last = _told(held, form)
        if told == text and last.winner is not None:
            return last
        begins_well = begins_well or told == text
    if any(word in row["score"].upper() for word in _ENDS_EARLY):
        raise Reject("retired")
    raise Reject("unfinished" if begins_well else "games_differ")


def _told(held: bytes, form: Format) -> tuple[str, Match]:
    """The points as a row would write them in this format, up to the match's end, and that."""
    before, told = Match(form), list[str]()
    for match, is_held in zip(_played(held, before), held, strict=False):
        told.append("S" if is_held else "R")
        if len(match.sets) > len(before.sets):
            told.append(".")
        elif match.games != before.games:
            told.append(";")
        elif match.tie_break_to and sum(match.points) % 2 == 1:
            told.append("/")
        before = match
    return "".join(told).rstrip(";./"), before


def _played(held: bytes, match: Match) -> Iterator[Match]:
    """The match after each point, until it is over; points after that are left out."""
    for sequence, is_held in enumerate(held):
        if match.is_over:
            return
        server = match.server or Side.HOME
        receiver = Side.AWAY if server is Side.HOME else Side.HOME
        match = observe(match, Point(sequence, server, server if is_held else receiver))
        yield match

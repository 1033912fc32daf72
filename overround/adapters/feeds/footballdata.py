"""Results and closing prices as football-data.co.uk lays them out: CSV whose columns drift.

Its list of matches to come has the same columns but those that are known only at the end.

A record is the file's header and one of its rows, so that it can be read by itself whatever the
columns of that season are. The layout's own key (`notes.txt` of the site) names them; the contract
is `contracts/football-data-1.json`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from overround.adapters.feeds.contracts.columns import FOOTBALL_DATA
from overround.adapters.feeds.files import opened
from overround.adapters.feeds.polled import SETTINGS, Document, polled
from overround.adapters.feeds.provider import Provider, whole
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import (
    FixtureScheduled,
    Message,
    Normalised,
    ObservedPrice,
    PricesObserved,
)
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from overround.domain.kernel.time import from_datetime

FORMAT = "football-data.csv/1"

# Full-time goals.
_GOALS = ("FTHG", "FTAG")
# What is counted at the end of a match, by its columns of home and away.
_COUNTS = {
    "shots": ("HS", "AS"),
    "shots_on_target": ("HST", "AST"),
    "corners": ("HC", "AC"),
    "fouls": ("HF", "AF"),
    "yellow_cards": ("HY", "AY"),
    "red_cards": ("HR", "AR"),
    "first_half_goals": ("HTHG", "HTAG"),
}
# Columns whose bad cells have a word of their own.
_WORDS = {"Date": "bad_date", "Time": "bad_date", "FTHG": "bad_score", "FTAG": "bad_score"}
_WORDS |= {column: "bad_count" for columns in _COUNTS.values() for column in columns}
_FULL_TIME_S = 5_400

_RESULT = ("1x2/home", "1x2/draw", "1x2/away")
_TOTALS = ("totals:2.5/over", "totals:2.5/under")

# The sharpest price that a season has: the closing one before the early one, Pinnacle before the
# others, and the market's average before a single bookmaker.
_RESULT_COLUMNS = (
    ("PSCH", "PSCD", "PSCA"),
    ("AvgCH", "AvgCD", "AvgCA"),
    ("PSH", "PSD", "PSA"),
    ("BbAvH", "BbAvD", "BbAvA"),
    ("B365H", "B365D", "B365A"),
)
# A season that went through R has lost the signs: `BbAv>2.5` is `BbAv_2_5`, and `BbAv<2.5`, which
# would be the same, `BbAv_2_5_1`.
_TOTALS_COLUMNS = tuple(
    columns
    for book in ("PC", "AvgC", "P", "BbAv", "B365")
    for columns in ((f"{book}>2.5", f"{book}<2.5"), (f"{book}_2_5", f"{book}_2_5_1"))
)


def messages(path: Path) -> Iterator[bytes]:
    """A file's rows, each below the file's header.

    Raises:
        OSError: it cannot be read.
        EOFError: its compressed end is missing.
    """
    with opened(path) as file:
        _, rows = _parted(file.read())
    yield from rows


def _rows(body: bytes) -> list[bytes]:
    """The same of a document; raises Refusal for one that has not the layout's columns."""
    header, rows = _parted(body)
    FOOTBALL_DATA.check_header(next(csv.reader([header]), []))
    return rows


def _parted(raw: bytes) -> tuple[str, list[bytes]]:
    """The header, and the rows below it; UTF-8 with or without a mark, else Latin-1."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    # A quoted cell could hold a line's end; the layout has none, and a row stays as it came.
    header, *lines = text.splitlines() or [""]
    return header, [f"{header}\n{line}".encode() for line in lines]


def match_of(payload: bytes) -> str:
    """The match that a record is about: a digest of division, date and teams; "" if it has none."""
    try:
        row = _row(payload)
        named = (row["Div"], str(_played_at(row)), row["HomeTeam"], row["AwayTeam"])
    except Refusal:
        return ""
    return sha256("\n".join(named).encode()).hexdigest()[:16]


def decode(command: RecordFeed) -> Message:
    """Decode a row: fixture, prices where it has them, and how the match ended once it has.

    Times are the site's, taken as UTC; a season without times plays at midnight.

    Raises:
        Refusal: not_utf8, not_a_row, columns_missing, column_repeated, empty_row, field_empty,
            bad_text, bad_date, bad_score, bad_count.
    """
    row = _row(command.payload)
    head = (command.event_id, command.provider, max(command.sequence, 1))
    values: list[Normalised] = [
        FixtureScheduled(
            *head,
            competition=row["Div"],
            home=row["HomeTeam"],
            away=row["AwayTeam"],
            kickoff_at_us=from_datetime(_played_at(row)),
        )
    ]
    if prices := _prices(row):
        values.append(PricesObserved(*head, prices))
    if _is_over(row):
        home, away = (_side(row, side) for side in range(2))
        if home.counts or away.counts:
            # Before the result, which settles the match on what is counted by then.
            values.append(StatisticsObserved(*head, Period.FULL_TIME, _FULL_TIME_S, home, away))
        values.append(_result(row, head))
    return Message(None, tuple(values))


def _row(payload: bytes) -> Mapping[str, str]:
    try:
        lines = list(csv.reader(io.StringIO(payload.decode())))
    except UnicodeDecodeError as error:
        raise Refusal("not_utf8", str(error)) from error
    except csv.Error as error:
        raise Refusal("not_a_row", str(error)) from error
    header, *rows = lines or [[]]
    FOOTBALL_DATA.check_header(header)
    if len(rows) != 1:
        raise Refusal("not_a_row" if rows else "empty_row", f"{len(lines)} lines")
    row = {name: cell.strip() for name, cell in zip(header, rows[0], strict=False)}
    if not any(row.values()):
        raise Refusal("empty_row")
    FOOTBALL_DATA.check(row, _WORDS)
    return row


def _played_at(row: Mapping[str, str]) -> datetime:
    moment = f"{row['Date']} {row.get('Time') or '00:00'} +0000"
    # A year has two digits or four; days come first everywhere.
    year = "%Y" if len(row["Date"]) > len("dd/mm/yy") else "%y"
    try:
        return datetime.strptime(moment, f"%d/%m/{year} %H:%M %z")
    except ValueError as error:
        raise Refusal("bad_date", moment) from error


def _is_over(row: Mapping[str, str]) -> bool:
    """Whether a row has a result. One of a match to come tells nothing of the play at all."""
    told = [name for name in _GOALS if row.get(name)]
    counted = ["FTR", *(name for columns in _COUNTS.values() for name in columns)]
    is_part = 0 < len(told) < len(_GOALS) or (not told and any(row.get(name) for name in counted))
    if is_part:
        raise Refusal("field_empty", ", ".join(_GOALS))
    return bool(told)


def _side(row: Mapping[str, str], side: int) -> SideStatistics:
    cells = {name: row.get(columns[side], "") for name, columns in _COUNTS.items()}
    return SideStatistics(**{name: _whole(cell) for name, cell in cells.items() if cell})


def _whole(cell: str) -> int:
    """A count; a season that went through a spreadsheet has ones like `2.0`."""
    return int(cell.removesuffix(".0"))


def _result(row: Mapping[str, str], head: tuple[str, str, int]) -> Incident:
    home_goals, away_goals = (_whole(row[name]) for name in _GOALS)
    return Incident(
        *head,
        kind=IncidentKind.RESULT_CONFIRMED,
        period=Period.FULL_TIME,
        clock_s=_FULL_TIME_S,
        home_goals=home_goals,
        away_goals=away_goals,
        side=None,
        player=None,
    )


def _prices(row: Mapping[str, str]) -> tuple[ObservedPrice, ...]:
    result = _first_whole(row, _RESULT, _RESULT_COLUMNS)
    # Totals alone say nothing of the sides, and nobody can price a match by them.
    return result + _first_whole(row, _TOTALS, _TOTALS_COLUMNS) if result else ()


def _first_whole(
    row: Mapping[str, str], selections: tuple[str, ...], sources: tuple[tuple[str, ...], ...]
) -> tuple[ObservedPrice, ...]:
    for columns in sources:
        prices_milli = [_price_milli(row.get(column, "")) for column in columns]
        if all(prices_milli):
            return tuple(map(ObservedPrice, selections, prices_milli))
    return ()


def _price_milli(text: str) -> int:
    """A decimal price in thousandths; 0 for what is none, as in columns that a season lacks."""
    try:
        price_milli = round(float(text) * 1_000)
    except (ValueError, OverflowError):
        return 0
    return price_milli if PRICE_MILLI_MIN <= price_milli <= PRICE_MILLI_MAX else 0


_DOCUMENT = Document(
    # What servers call CSV.
    frozenset({"text/csv", "application/csv", "text/plain", "application/vnd.ms-excel"}),
    _rows,
    interval_s=60.0,
    interval_s_max=300.0,
)

PROVIDER = Provider(
    "football-data",
    FORMAT,
    decode,
    whole(match_of),
    messages,
    connect=polled(_DOCUMENT),
    silent_after_s=900.0,
    settings=SETTINGS,
)

"""The messages of `overround.match-feed/1`, as types: nothing may be left out, added or guessed.

`contracts/partner-1.json` is these types as JSON Schema. Beyond it, texts are printable, a
selection is one of its sport's and has one price, and no name occurs twice in an object. What is
told of the play in other sports than football follows from the records of each (`Live.incidents`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_type_hints

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from overround.contracts.derive import snake_case
from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.play import PlaySignalled
from overround.domain.kernel.statistics import COUNT_MAX
from overround.domain.pricing.quoting import FOLLOWED

TEXT_CHARS_MAX = 200  # the longest club and competition names stay below 100

# Avro's long; a sequence beyond it could not be stored.
SEQUENCE_MAX = 2**63 - 1

# Extra time ends at 7,200 s; an hour of stoppage on top is more than any match has had.
CLOCK_S_MAX = 10_800

# What pricing takes, too; no match that anyone bets on has been near it.
GOALS_MAX = 99

Text = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
Goals = Annotated[int, Meta(ge=0, le=GOALS_MAX)]
Clock = Annotated[int, Meta(ge=0, le=CLOCK_S_MAX)]
Count = Annotated[int, Meta(ge=0, le=COUNT_MAX)] | UnsetType
Moment = Annotated[
    str,
    Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", max_length=20),
]


SPORTS = ("football", *FOLLOWED)
SportName = Literal[SPORTS]  # type: ignore[valid-type]

# The most selections that one match of any sport has.
PRICES_MAX = max(len(CATALOGUE), *(len(sport.catalogue) for sport in FOLLOWED.values()))


class OfAMatch(Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """What every message begins with."""

    format: Literal["overround.match-feed/1"]
    match: Text
    sequence: Annotated[int, Meta(ge=1, le=SEQUENCE_MAX)]


class Fixture(OfAMatch, tag="fixture"):
    """A match will be played; the time is UTC, to the second."""

    competition: Text
    home: Text
    away: Text
    kickoff_at: Moment
    needs_winner: bool = False
    sport: SportName = "football"
    rules: Text | UnsetType = UNSET


class Happened(OfAMatch, tag="incident"):
    """The state of play after something happened."""

    kind: IncidentKind
    period: Period
    clock_s: Clock
    home_goals: Goals
    away_goals: Goals
    side: Side | UnsetType = UNSET
    player: Text | UnsetType = UNSET
    xg_milli: Annotated[int, Meta(ge=0, le=1_000)] | UnsetType = UNSET


class SideCounts(Struct, forbid_unknown_fields=True):
    """A side's running counts; what is left out is not told."""

    shots: Count = UNSET
    shots_on_target: Count = UNSET
    corners: Count = UNSET
    fouls: Count = UNSET
    yellow_cards: Count = UNSET
    red_cards: Count = UNSET
    first_half_goals: Count = UNSET


class Statistics(OfAMatch, tag="statistics"):
    """The running counts of a match at a moment of it."""

    period: Period
    clock_s: Clock
    home: SideCounts
    away: SideCounts


OddsMilli = Annotated[int, Meta(ge=PRICE_MILLI_MIN, le=PRICE_MILLI_MAX)]


class Price(Struct, forbid_unknown_fields=True):
    """A selection's decimal odds, in thousandths; of an exchange its lay price and size, too."""

    selection: Text
    price_milli: OddsMilli
    lay_milli: OddsMilli | UnsetType = UNSET
    size_minor: Annotated[int, Meta(ge=0, le=10**12)] | UnsetType = UNSET


class Prices(OfAMatch, tag="prices"):
    """The prices of a match, each selection once."""

    prices: Annotated[list[Price], Meta(min_length=1, max_length=PRICES_MAX)]
    sport: SportName = "football"


# What every record of the play has besides its own fields: the message's head, and FEEDS' order.
_OF_EVERY_RECORD = frozenset({"event_id", "provider", "sequence", "order"})
_SEQUENCE = Annotated[int, Meta(ge=0, le=SEQUENCE_MAX)]


def fields_of_play(record: type) -> dict[str, Any]:
    """A record's own fields and what they may be: texts, whole numbers from 0, words of a list.

    Raises:
        TypeError: a field is of another type.
    """
    hints = get_type_hints(record)
    return {name: _told(hint) for name, hint in hints.items() if name not in _OF_EVERY_RECORD}


def _told(hint: Any) -> Any:
    if hint is bool or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return hint
    if hint not in {str, int}:
        raise TypeError(f"a partner has no way to tell a {hint}")
    return Text if hint is str else _SEQUENCE


def _message(sport: str, record: type) -> type[OfAMatch]:
    """The message of a record: `tennis.point_played` of `PointPlayed`."""
    tag = ".".join(filter(None, (sport, snake_case(record.__name__))))
    made = defstruct(
        f"{sport.capitalize()}{record.__name__}",
        list(fields_of_play(record).items()),
        bases=(OfAMatch,),
        namespace={"__doc__": record.__doc__},
        tag=tag,
        kw_only=True,
    )
    assert issubclass(made, OfAMatch)
    return made


PLAY: dict[type[OfAMatch], type] = {
    _message(name, record): record
    for name, records in {
        "": (PlaySignalled,),
        **{name: tuple(each.live.incidents) for name, each in FOLLOWED.items() if each.live},
    }.items()
    for record in records
}
"""The messages of the play in other sports than football, each with the record that it becomes."""

PartnerMessage: Any = Union[(Fixture, Happened, Statistics, Prices, *PLAY)]

"""The messages of `overround.match-feed/1`, as types: nothing may be left out, added or guessed.

`contracts/partner-1.json` is these types as JSON Schema. Beyond it, texts are printable, a
selection is one of the catalogue and has one price, and no name occurs twice in an object.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import IncidentKind, Period, Side
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.statistics import COUNT_MAX

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


class _OfAMatch(Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    format: Literal["overround.match-feed/1"]
    match: Text
    sequence: Annotated[int, Meta(ge=1, le=SEQUENCE_MAX)]


class Fixture(_OfAMatch, tag="fixture"):
    """A match will be played; the time is UTC, to the second."""

    competition: Text
    home: Text
    away: Text
    kickoff_at: Moment
    needs_winner: bool = False


class Happened(_OfAMatch, tag="incident"):
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


class Statistics(_OfAMatch, tag="statistics"):
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


class Prices(_OfAMatch, tag="prices"):
    """The prices of a match, each selection once."""

    prices: Annotated[list[Price], Meta(min_length=1, max_length=len(CATALOGUE))]


PartnerMessage = Fixture | Happened | Statistics | Prices

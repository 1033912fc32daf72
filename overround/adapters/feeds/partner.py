"""The partner format `overround.match-feed/1`: one JSON object a message, decoded strictly.

Every field has one type and a range, all fields but `side` and `player` are required, and a
field that the format does not know is refused: a message means what the contract says or
nothing. The contract for partners is `docs/guides/partner-feed.md`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from overround.adapters.feeds.partner_live import live
from overround.adapters.feeds.provider import Provider
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import UNNUMBERED
from overround.domain.feeds.events import (
    FixtureScheduled,
    Message,
    Normalised,
    ObservedPrice,
    PricesObserved,
)
from overround.domain.kernel.market import CATALOGUE, INDEX
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.time import from_datetime

FORMAT = "overround.match-feed/1"

TEXT_CHARS_MAX = 200  # the longest club and competition names stay below 100

# Avro's long; a sequence beyond it could not be stored.
SEQUENCE_MAX = 2**63 - 1

# Extra time ends at 7,200 s; an hour of stoppage on top is more than any match has had.
CLOCK_S_MAX = 10_800

# What pricing takes, too; no match that anyone bets on has been near it.
GOALS_MAX = 99

Choice = TypeVar("Choice", bound=StrEnum)


def decode(command: RecordFeed) -> Message:
    """Decode a record's payload.

    Raises:
        Refusal: malformed_json, not_an_object, repeated_field, missing_field, unknown_field,
            wrong_type, bad_text, out_of_range, unknown_format, unknown_type, unknown_value,
            sequence_mismatch, bad_kickoff, unknown_selection, selection_repeated.
    """
    fields = _Fields(_object(command.payload))
    form = fields.text("format")
    if form != FORMAT:
        raise Refusal("unknown_format", form)
    kind = fields.text("type")
    match = fields.text("match")
    if fields.integer("sequence", 1, SEQUENCE_MAX) != command.sequence:
        raise Refusal("sequence_mismatch", f"the record says {command.sequence}")
    read = _READERS.get(kind)
    if read is None:
        raise Refusal("unknown_type", kind)
    value = read(fields, command)
    fields.done()
    return Message(match, (value,))


def _object(payload: bytes) -> dict[str, object]:
    try:
        value = json.loads(payload.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Refusal("malformed_json", str(error)) from error
    if not isinstance(value, dict):
        raise Refusal("not_an_object", type(value).__name__)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal("repeated_field", "a name occurs twice in one object")
    return fields


class _Fields:
    """The fields of one object; each is taken once, and what is left at the end is unknown."""

    def __init__(self, fields: dict[str, object]) -> None:
        self._left = fields

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise Refusal("missing_field", name)
        return self._left.pop(name)

    def text(self, name: str) -> str:
        value = self._take(name)
        if not isinstance(value, str):
            raise Refusal("wrong_type", f"{name} is not a string")
        # Unprintable covers control characters and lone surrogates, which UTF-8 cannot carry.
        if not 0 < len(value) <= TEXT_CHARS_MAX or not value.isprintable():
            raise Refusal("bad_text", name)
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        value = self._take(name)
        if type(value) is not int:  # a bool is an int to isinstance
            raise Refusal("wrong_type", f"{name} is not an integer")
        if not low <= value <= high:
            raise Refusal("out_of_range", f"{name} is outside {low} to {high}")
        return value

    def choice(self, name: str, words: type[Choice]) -> Choice:
        value = self.text(name)
        try:
            return words(value)
        except ValueError as error:
            raise Refusal("unknown_value", f"{name}: {value}") from error

    def objects(self, name: str, count_max: int) -> list[_Fields]:
        value = self._take(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Refusal("wrong_type", f"{name} is not an array of objects")
        if not 0 < len(value) <= count_max:
            raise Refusal("out_of_range", f"{name} has {len(value)} entries")
        return [_Fields(item) for item in value]

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def done(self) -> None:
        if self._left:
            raise Refusal("unknown_field", ", ".join(sorted(self._left))[:TEXT_CHARS_MAX])


def _fixture(fields: _Fields, command: RecordFeed) -> FixtureScheduled:
    return FixtureScheduled(
        event_id=command.event_id,
        provider=command.provider,
        sequence=command.sequence,
        competition=fields.text("competition"),
        home=fields.text("home"),
        away=fields.text("away"),
        kickoff_at_us=_kickoff_us(fields.text("kickoff_at")),
    )


def _kickoff_us(text: str) -> int:
    # Only `2022-12-18T15:00:00Z`: strptime alone takes other zones, digits and widths, too.
    if len(text) != 20 or not text.isascii() or not text.endswith("Z"):
        raise Refusal("bad_kickoff", text)
    try:
        return from_datetime(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z"))
    except ValueError as error:
        raise Refusal("bad_kickoff", text) from error


def _incident(fields: _Fields, command: RecordFeed) -> Incident:
    return Incident(
        event_id=command.event_id,
        provider=command.provider,
        sequence=command.sequence,
        kind=fields.choice("kind", IncidentKind),
        period=fields.choice("period", Period),
        clock_s=fields.integer("clock_s", 0, CLOCK_S_MAX),
        home_goals=fields.integer("home_goals", 0, GOALS_MAX),
        away_goals=fields.integer("away_goals", 0, GOALS_MAX),
        side=fields.choice("side", Side) if "side" in fields else None,
        player=fields.text("player") if "player" in fields else None,
    )


def _prices(fields: _Fields, command: RecordFeed) -> PricesObserved:
    prices = tuple(_price(entry) for entry in fields.objects("prices", len(CATALOGUE)))
    if len({price.selection for price in prices}) != len(prices):
        raise Refusal("selection_repeated", "a selection has two prices in one message")
    return PricesObserved(command.event_id, command.provider, command.sequence, prices)


def _price(fields: _Fields) -> ObservedPrice:
    selection = fields.text("selection")
    if selection not in INDEX:
        raise Refusal("unknown_selection", selection)
    price = ObservedPrice(
        selection, fields.integer("price_milli", PRICE_MILLI_MIN, PRICE_MILLI_MAX)
    )
    fields.done()
    return price


_READERS: dict[str, Callable[[_Fields, RecordFeed], Normalised]] = {
    "fixture": _fixture,
    "incident": _incident,
    "prices": _prices,
}


def _split(payload: bytes) -> list[tuple[str, int, bytes]]:
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return [("", UNNUMBERED, payload)]
    match = message.get("match") if isinstance(message, dict) else None
    sequence = message.get("sequence") if isinstance(message, dict) else None
    if not isinstance(match, str) or type(sequence) is not int or sequence < 1:
        return [("", UNNUMBERED, payload)]
    return [(match, sequence, payload)]


PROVIDER = Provider("partner", FORMAT, decode, lambda: _split, connect=live)

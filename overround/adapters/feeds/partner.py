"""The partner format `overround.match-feed/1`: one JSON object a message, decoded strictly.

Every field has one type and a range, all are required but those with a default in the contract,
and a field that the format does not know is refused: a message means what the contract says or
nothing. The contract for partners is `docs/guides/partner-feed.md`, its types are
`contracts/partner.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from overround.adapters.feeds.connection import Link, SettingRefused, Target
from overround.adapters.feeds.contracts.partner import (
    PLAY,
    TEXT_CHARS_MAX,
    Fixture,
    Happened,
    OfAMatch,
    PartnerMessage,
    Prices,
    SideCounts,
    Statistics,
    fields_of_play,
)
from overround.adapters.feeds.contracts.typed import refusal
from overround.adapters.feeds.partner_live import live
from overround.adapters.feeds.polled import SETTINGS, Document, polled
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
from overround.domain.kernel.market import INDEX
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from overround.domain.kernel.time import from_datetime
from overround.domain.pricing.quoting import FOLLOWED

FORMAT = "overround.match-feed/1"

# Fields whose bad values have a word of their own.
_WORDS = {
    "format": "unknown_format",
    "type": "unknown_type",
    "kickoff_at": "bad_kickoff",
    "sport": "unknown_sport",
}

_SELECTIONS: dict[str, frozenset[str]] = {"football": frozenset(INDEX)} | {
    name: frozenset(offer.id for offer in sport.catalogue) for name, sport in FOLLOWED.items()
}


def decode(command: RecordFeed) -> Message:
    """Decode a record's payload.

    Raises:
        Refusal: malformed_json, not_an_object, repeated_field, missing_field, unknown_field,
            wrong_type, bad_text, out_of_range, unknown_format, unknown_type, unknown_sport,
            unknown_value, sequence_mismatch, bad_kickoff, unknown_selection, selection_repeated.
    """
    message = _checked(_object(command.payload))
    if message.sequence != command.sequence:
        raise Refusal("sequence_mismatch", f"the record says {command.sequence}")
    _check_text("match", message.match)
    return Message(message.match, (_READERS[type(message)](message, command),))


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


def _checked(fields: dict[str, object]) -> OfAMatch:
    form = fields.get("format")
    if isinstance(form, str) and form != FORMAT:
        # Before all else: another version may have other fields.
        raise Refusal("unknown_format", form[:TEXT_CHARS_MAX])
    try:
        message: OfAMatch = msgspec.convert(fields, PartnerMessage)
    except msgspec.ValidationError as error:
        raise refusal(error, _WORDS) from error
    except UnicodeEncodeError as error:
        # A surrogate without its other half: in a name, which is then nobody's, or in a text.
        reason = "unknown_field" if error.object in fields else "bad_text"
        raise Refusal(reason, repr(error.object)[:TEXT_CHARS_MAX]) from error
    return message


def _check_text(name: str, text: str) -> None:
    if not text.isprintable():
        raise Refusal("bad_text", name)


def _fixture(message: Fixture, command: RecordFeed) -> FixtureScheduled:
    rules = "" if message.rules is UNSET else message.rules
    for name, text in (
        ("competition", message.competition),
        ("home", message.home),
        ("away", message.away),
        ("rules", rules),
    ):
        _check_text(name, text)
    return FixtureScheduled(
        event_id=command.event_id,
        provider=command.provider,
        sequence=command.sequence,
        competition=message.competition,
        home=message.home,
        away=message.away,
        kickoff_at_us=_kickoff_us(message.kickoff_at),
        needs_winner=message.needs_winner,
        sport=message.sport,
        rules=rules,
    )


def _kickoff_us(text: str) -> int:
    try:
        return from_datetime(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z"))
    except ValueError as error:
        raise Refusal("bad_kickoff", text) from error


def _incident(message: Happened, command: RecordFeed) -> Incident:
    player = None if message.player is UNSET else message.player
    _check_text("player", player or "")
    return Incident(
        event_id=command.event_id,
        provider=command.provider,
        sequence=command.sequence,
        kind=message.kind,
        period=message.period,
        clock_s=message.clock_s,
        home_goals=message.home_goals,
        away_goals=message.away_goals,
        side=None if message.side is UNSET else message.side,
        player=player,
        xg_milli=None if message.xg_milli is UNSET else message.xg_milli,
    )


def _statistics(message: Statistics, command: RecordFeed) -> StatisticsObserved:
    return StatisticsObserved(
        event_id=command.event_id,
        provider=command.provider,
        sequence=command.sequence,
        period=message.period,
        clock_s=message.clock_s,
        home=_counts(message.home),
        away=_counts(message.away),
    )


def _counts(side: SideCounts) -> SideStatistics:
    return SideStatistics(**msgspec.to_builtins(side))


def _prices(message: Prices, command: RecordFeed) -> PricesObserved:
    prices = tuple(
        ObservedPrice(
            each.selection, each.price_milli, _known(each.lay_milli), _known(each.size_minor)
        )
        for each in message.prices
    )
    for price in prices:
        if price.selection not in _SELECTIONS[message.sport]:
            raise Refusal("unknown_selection", price.selection)
    if len({price.selection for price in prices}) != len(prices):
        raise Refusal("selection_repeated", "a selection has two prices in one message")
    return PricesObserved(command.event_id, command.provider, command.sequence, prices)


def _known(figure: int | UnsetType) -> int | None:
    return None if figure is UNSET else figure


def _played(
    record: type, names: tuple[str, ...], message: OfAMatch, command: RecordFeed
) -> Normalised:
    own = {name: getattr(message, name) for name in names}
    for name, told in own.items():
        if type(told) is str:
            _check_text(name, told)
    made: Normalised = record(
        event_id=command.event_id, provider=command.provider, sequence=command.sequence, **own
    )
    return made


_READERS: dict[type, Callable[[Any, RecordFeed], Normalised]] = {
    Fixture: _fixture,
    Happened: _incident,
    Statistics: _statistics,
    Prices: _prices,
    **{
        each: partial(_played, record, tuple(fields_of_play(record)))
        for each, record in PLAY.items()
    },
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


def _entries(body: bytes) -> list[bytes]:
    """The messages of a JSON array, as the bytes that came."""
    try:
        return [bytes(each) for each in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except msgspec.DecodeError as error:
        raise Refusal("malformed_json", str(error)) from error


_poll = polled(Document(frozenset({"application/json"}), _entries, 2.0, 5.0))
_BY_SCHEME = {"ws": live, "wss": live, "http": _poll, "https": _poll}


async def _connect(target: Target, link: Link) -> None:
    """Over a websocket, or polled, by the scheme of the address."""
    scheme = urlsplit(target.url).scheme
    if scheme not in _BY_SCHEME:
        raise SettingRefused(f"an address of {', '.join(_BY_SCHEME)} is needed, not of {scheme!r}")
    await _BY_SCHEME[scheme](target, link)


PROVIDER = Provider("partner", FORMAT, decode, lambda: _split, connect=_connect, settings=SETTINGS)

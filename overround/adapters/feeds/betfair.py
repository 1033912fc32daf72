"""Betfair's Exchange Stream: one JSON object a message, CRLF-delimited on the wire.

Source: Betfair, Exchange Stream API specification and `ESASwaggerSchema.json`. Further fields are
let through, as Betfair announces that it adds some; an operation, a kind of change or a value that
the contract does not know is refused. The contract is `contracts/betfair.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import orjson

from overround.adapters.feeds.betfair_football import fixture, selections
from overround.adapters.feeds.betfair_live import SETTINGS, SILENT_AFTER_S, live
from overround.adapters.feeds.contracts.betfair import (
    LevelStep,
    MarketChange,
    MarketDefinition,
    PriceStep,
    RunnerChange,
    StreamMessage,
)
from overround.adapters.feeds.contracts.typed import refusal
from overround.adapters.feeds.provider import Provider
from overround.domain.feeds.books import (
    Definition,
    LadderKind,
    MarketUpdate,
    RunnerUpdate,
    Step,
)
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import UNNUMBERED
from overround.domain.feeds.events import Message, Normalised
from overround.domain.kernel.refusal import Refusal

FORMAT = "betfair.stream/1"

# Messages about the connection, not about a market; they say that the source lives.
_OF_THE_CONNECTION = frozenset({"connection", "status"})
# What a value that is not among those of its field is called.
_UNKNOWN = {"op": "unknown_op", "ct": "unknown_change_type", "status": "unknown_status"}
_DECODER = msgspec.json.Decoder(StreamMessage)


def decode(command: RecordFeed) -> Message:
    """Decode one message: an update for each market that it is about, and the matches it names.

    Raises:
        Refusal: malformed_json, not_an_object, missing_field, wrong_type, bad_text, out_of_range,
            unknown_op, unsupported_op, unknown_change_type, unknown_status, bad_kickoff.
    """
    message = _decoded(command.payload)
    sent_at_us = None if message.pt is None else message.pt * 1_000
    values = _fixtures(message, command)
    values.extend(_updates(message))
    return Message(None, tuple(values), sent_at_us=sent_at_us)


def read(payload: bytes) -> dict[str, Any]:
    """The message as JSON, whatever it is about.

    Raises:
        Refusal: `malformed_json` or `not_an_object`.
    """
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise Refusal("malformed_json", str(error)) from error
    if not isinstance(message, dict):
        raise Refusal("not_an_object", type(message).__name__)
    return message


def came_at_us(payload: bytes) -> int | None:
    """When Betfair published the message; None if it does not say."""
    try:
        published_ms = read(payload).get("pt")
    except Refusal:
        return None
    return published_ms * 1_000 if isinstance(published_ms, int) else None


def updates(payload: bytes) -> list[MarketUpdate]:
    """What one message says, market by market; raises as `decode`."""
    return _updates(_decoded(payload))


def _decoded(payload: bytes) -> StreamMessage:
    try:
        return _DECODER.decode(payload)
    except msgspec.DecodeError as error:
        raise refusal(error, _UNKNOWN) from error


def _updates(message: StreamMessage) -> list[MarketUpdate]:
    if message.op == "mcm":
        is_image = message.ct == "SUB_IMAGE"
        return [_market(market, is_image=is_image) for market in message.mc or ()]
    if message.op in _OF_THE_CONNECTION:
        return []
    # Our own orders, cricket and race streams: known to Betfair, of no use to a price.
    raise Refusal("unsupported_op", message.op)


def _fixtures(message: StreamMessage, command: RecordFeed) -> list[Normalised]:
    found: list[Normalised] = []
    for market in message.mc or ():
        if market.market_definition is not None:
            named = fixture(market.market_definition, command)
            found.extend([named] if named is not None else [])
    return found


def _market(market: MarketChange, *, is_image: bool) -> MarketUpdate:
    definition = market.market_definition
    return MarketUpdate(
        market.id,
        is_image or market.img is True,
        None if definition is None else _definition(definition),
        [_runner(runner) for runner in market.rc or ()],
    )


def _definition(definition: MarketDefinition) -> Definition:
    runners = [
        (_selection(runner.id, runner.hc), runner.status) for runner in definition.runners or ()
    ]
    return Definition(
        definition.status,
        definition.in_play is True,
        definition.version,
        definition.bet_delay,
        tuple(runners),
        selections(definition),
    )


def _runner(runner: RunnerChange) -> RunnerUpdate:
    changes: list[tuple[LadderKind, Sequence[Step]]] = []
    if runner.atb:
        changes.append((LadderKind.BACK, _price_steps(runner.atb)))
    if runner.atl:
        changes.append((LadderKind.LAY, _price_steps(runner.atl)))
    if runner.batb:
        changes.append((LadderKind.BACK_LEVELS, _level_steps(runner.batb)))
    if runner.batl:
        changes.append((LadderKind.LAY_LEVELS, _level_steps(runner.batl)))
    if runner.bdatb:
        changes.append((LadderKind.VIRTUAL_BACK, _level_steps(runner.bdatb)))
    if runner.bdatl:
        changes.append((LadderKind.VIRTUAL_LAY, _level_steps(runner.bdatl)))
    return _selection(runner.id, runner.hc), changes


def _selection(id_: int, handicap: float | None) -> str:
    """The runner's id; in a market with handicap lines, the id and its line."""
    return f"{id_}:{handicap:g}" if handicap else str(id_)


def _price_steps(entries: list[PriceStep]) -> list[Step]:
    return [
        (price_milli := round(price * 1_000), price_milli, round(size * 100))
        for price, size in entries
    ]


def _level_steps(entries: list[LevelStep]) -> list[Step]:
    return [(level, round(price * 1_000), round(size * 100)) for level, price, size in entries]


class _Splitter:
    """Says which of Betfair's events a message is about, and parts what is about several.

    Deltas name only their market; its event is known from the definition that came before. What
    belongs to no market, or to one that was never defined, is the connection's own.
    """

    def __init__(self) -> None:
        self._event_of: dict[str, str] = {}

    def split(self, payload: bytes) -> list[tuple[str, int, bytes]]:
        """Betfair's event (empty: the connection's own), no number, and a message for it."""
        try:
            message = read(payload)
        except Refusal:
            return [("", UNNUMBERED, payload)]
        markets = message.get("mc")
        if not isinstance(markets, list) or not markets:
            return [("", UNNUMBERED, payload)]
        if len(markets) == 1:
            return [(self._event(markets[0]), UNNUMBERED, payload)]
        return [
            (self._event(market), UNNUMBERED, orjson.dumps(message | {"mc": [market]}))
            for market in markets
        ]

    def _event(self, market: Any) -> str:
        if not isinstance(market, dict) or not isinstance(market_id := market.get("id"), str):
            return ""
        definition = market.get("marketDefinition")
        if isinstance(definition, dict) and isinstance(definition.get("eventId"), str):
            self._event_of[market_id] = definition["eventId"]
        return self._event_of.get(market_id, "")


PROVIDER = Provider(
    "betfair",
    FORMAT,
    decode,
    lambda: _Splitter().split,
    came_at_us=came_at_us,
    connect=live,
    silent_after_s=SILENT_AFTER_S,
    settings=SETTINGS,
    is_exchange=True,
)

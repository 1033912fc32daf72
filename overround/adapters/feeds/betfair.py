"""Betfair's Exchange Stream: one JSON object a message, CRLF-delimited on the wire.

Source: Betfair, Exchange Stream API specification and `ESASwaggerSchema.json`. Further fields are
let through, as Betfair announces that it adds some; an operation, a kind of change or a value that
this file does not know is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

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
from overround.domain.feeds.events import Message
from overround.domain.kernel.refusal import Refusal

FORMAT = "betfair.stream/1"

# Messages about the connection, not about a market; they say that the source lives.
_OF_THE_CONNECTION = frozenset({"connection", "status"})
_CHANGE_TYPES = frozenset({"SUB_IMAGE", "RESUB_DELTA", "HEARTBEAT"})
_STATUSES = frozenset({"INACTIVE", "OPEN", "SUSPENDED", "CLOSED"})
# A decimal price of 1,000 is the ladder's end; sizes beyond a trillion are a broken feed.
_PRICE_MAX = 1_000.0
_SIZE_MAX = 1e12
_LEVEL_MAX = 1_000


def decode(command: RecordFeed) -> Message:
    """Decode one message: an update for each market that it is about.

    Raises:
        Refusal: malformed_json, not_an_object, missing_field, wrong_type, out_of_range,
            unknown_op, unsupported_op, unknown_change_type, unknown_status.
    """
    return Message(None, tuple(updates(command.payload)))


def read(payload: bytes) -> dict[str, Any]:
    """The message as JSON.

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
    message = read(payload)
    op = message.get("op")
    if op != "mcm":
        return _other_than_markets(op)
    kind = message.get("ct")
    if kind is not None and kind not in _CHANGE_TYPES:
        raise Refusal("unknown_change_type", str(kind))
    is_image = kind == "SUB_IMAGE"
    return [_market(market, is_image=is_image) for market in _objects(message, "mc")]


def _other_than_markets(op: Any) -> list[MarketUpdate]:
    if op in _OF_THE_CONNECTION:
        return []
    if op in ("ocm", "ccm", "rcm"):
        # Our own orders, cricket and race streams: known to Betfair, of no use to a price.
        raise Refusal("unsupported_op", op)
    if op is None:
        raise Refusal("missing_field", "op")
    raise Refusal("unknown_op", str(op))


def _market(market: dict[str, Any], *, is_image: bool) -> MarketUpdate:
    definition = market.get("marketDefinition")
    if definition is not None and not isinstance(definition, dict):
        raise Refusal("wrong_type", "marketDefinition is not an object")
    return MarketUpdate(
        _text(market, "id"),
        is_image or market.get("img") is True,
        None if definition is None else _definition(definition),
        [_runner(runner) for runner in _objects(market, "rc")],
    )


def _definition(definition: dict[str, Any]) -> Definition:
    status = _text(definition, "status")
    if status not in _STATUSES:
        raise Refusal("unknown_status", status)
    return Definition(
        status,
        definition.get("inPlay") is True,
        _integer(definition.get("version", 0), "version"),
        _integer(definition.get("betDelay", 0), "betDelay"),
        tuple(
            [
                (_selection(runner), _text(runner, "status"))
                for runner in _objects(definition, "runners")
            ]
        ),
    )


def _runner(runner: dict[str, Any]) -> RunnerUpdate:
    changes: list[tuple[LadderKind, list[Step]]] = []
    for name, entries in runner.items():
        if name not in _LADDERS or entries is None:
            continue
        kind, steps = _LADDERS[name]
        try:
            changes.append((kind, steps(entries)))
        except (TypeError, ValueError) as error:
            raise Refusal("wrong_type", f"{name}: {error}") from error
    return _selection(runner), changes


def _selection(runner: dict[str, Any]) -> str:
    """The runner's id; in a market with handicap lines, the id and its line."""
    id_, handicap = runner.get("id"), runner.get("hc")
    if type(id_) is not int:
        _integer(id_, "id")
    if not handicap:
        return str(id_)
    if type(handicap) not in (int, float):
        raise Refusal("wrong_type", "hc is not a number")
    return f"{id_}:{handicap:g}"


def _price_steps(entries: Any) -> list[Step]:
    steps = []
    for price, size in entries:
        if not (0 <= price <= _PRICE_MAX and 0 <= size <= _SIZE_MAX):
            raise Refusal("out_of_range", f"{size} at {price}")
        price_milli = round(price * 1_000)
        steps.append((price_milli, price_milli, round(size * 100)))
    return steps


def _level_steps(entries: Any) -> list[Step]:
    steps = []
    for level, price, size in entries:
        if not (0 <= price <= _PRICE_MAX and 0 <= size <= _SIZE_MAX):
            raise Refusal("out_of_range", f"{size} at {price}")
        if type(level) is not int or not 0 <= level <= _LEVEL_MAX:
            raise Refusal("out_of_range", f"level {level}")
        steps.append((level, round(price * 1_000), round(size * 100)))
    return steps


_LADDERS: dict[str, tuple[LadderKind, Callable[[Any], list[Step]]]] = {
    "atb": (LadderKind.BACK, _price_steps),
    "atl": (LadderKind.LAY, _price_steps),
    "batb": (LadderKind.BACK_LEVELS, _level_steps),
    "batl": (LadderKind.LAY_LEVELS, _level_steps),
    "bdatb": (LadderKind.VIRTUAL_BACK, _level_steps),
    "bdatl": (LadderKind.VIRTUAL_LAY, _level_steps),
}


def _objects(owner: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = owner.get(name)
    if value is None:
        return []
    if type(value) is list:
        for item in value:
            if type(item) is not dict:
                break
        else:
            return value
    raise Refusal("wrong_type", f"{name} is not an array of objects")


def _text(owner: dict[str, Any], name: str) -> str:
    value = owner.get(name)
    if value is None:
        raise Refusal("missing_field", name)
    if not isinstance(value, str) or not value:
        raise Refusal("wrong_type", f"{name} is not a string")
    return value


def _integer(value: Any, name: str) -> int:
    if value is None:
        raise Refusal("missing_field", name)
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise Refusal("wrong_type", f"{name} is not a whole number")
    return value


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


PROVIDER = Provider("betfair", FORMAT, decode, lambda: _Splitter().split, came_at_us=came_at_us)

"""Betfair's Exchange Stream, live: CRLF-delimited JSON over a socket, resumed by its clocks.

Source: Betfair, Exchange Stream API specification and `ESASwaggerSchema.json`.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import orjson

from overround.adapters.feeds.connection import ConnectionOver, Link, SettingRefused, Target

logger = logging.getLogger(__name__)

SETTINGS = {
    "app_key": "the application's key",
    "session": "the session token that a login gave; a secret",
    "market_filter": "which markets, as JSON; all that the account may see by default",
    "data_filter": "what of them, as JSON; the whole ladders and the definitions by default",
    "heartbeat_ms": "how often Betfair says that it lives, 500 to 5000 (default)",
    "conflate_ms": "changes within so long come as one, 0 (default) to 120000",
    "segmentation": "large images in parts: true (default) or false",
    "ca_file": "a PEM file of the certificates to trust instead of the system's",
}

# An image of 200 markets in full depth, not segmented, has some MB. Twice this is read ahead at
# most; after that Betfair sees a slow reader, and conflates.
LINE_BYTES_MAX = 4 << 20
_OPEN_S_MAX = 10.0
_END = b"\r\n"
_AUTHENTICATION = 1
_HEARTBEAT_MS_USUAL = 5_000
_DATA_USUAL = {"fields": ["EX_ALL_OFFERS", "EX_MARKET_DEF"]}
# Silence for two heartbeats means that the connection is of no use (specification, heartbeat).
_HEARTBEATS_MISSED = 2
_IMAGES = frozenset({"SUB_IMAGE", "RESUB_DELTA"})
# The errors after which the connection goes on.
_LIMIT, _CLOCK = "SUBSCRIPTION_LIMIT_EXCEEDED", "INVALID_CLOCK"

SILENT_AFTER_S = _HEARTBEATS_MISSED * _HEARTBEAT_MS_USUAL / 1_000


def criteria_of(settings: Mapping[str, str]) -> dict[str, Any]:
    """What a subscription asks for; it has to be the same when the stream is resumed.

    Raises:
        SettingRefused: a setting makes no sense.
    """
    segmentation = settings.get("segmentation", "true")
    if segmentation not in ("true", "false"):
        raise SettingRefused("segmentation is true or false")
    return {
        "marketFilter": _object(settings, "market_filter", {}),
        "marketDataFilter": _object(settings, "data_filter", _DATA_USUAL),
        "heartbeatMs": _number(settings, "heartbeat_ms", _HEARTBEAT_MS_USUAL, range(500, 5_001)),
        "conflateMs": _number(settings, "conflate_ms", 0, range(120_001)),
        "segmentationEnabled": segmentation == "true",
    }


async def live(target: Target, link: Link) -> None:
    """Run one connection: authenticate, subscribe from the last clocks, and hand on what comes.

    `link.resume` keeps `initialClk` and `clk` of the last change that was handed on whole.

    Raises:
        ConnectionOver: `garbage`, `line_too_long`, or Betfair's `errorCode`.
        SettingRefused: a setting is missing or makes no sense.
        OSError: the socket failed.
    """
    keys = {"appKey": target.needed("app_key"), "session": target.needed("session")}
    criteria = criteria_of(target.settings)
    async with _opened(target) as (reader, writer):
        stream = _Stream(writer, link, criteria)
        stream.send({"op": "authentication", "id": _AUTHENTICATION, **keys})
        while True:
            try:
                line = await reader.readuntil(_END)
            except asyncio.LimitOverrunError as error:
                raise ConnectionOver("line_too_long", f"over {LINE_BYTES_MAX} bytes") from error
            await stream.take(line.removesuffix(_END))


@asynccontextmanager
async def _opened(
    target: Target,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    url = urlsplit(target.url)
    if url.scheme not in ("tls", "tcp") or not url.hostname:
        raise SettingRefused("the URL is tls://HOST:PORT, or tcp://HOST:PORT without encryption")
    try:
        context = (
            ssl.create_default_context(cafile=target.settings.get("ca_file"))
            if url.scheme == "tls"
            else None
        )
    except OSError as error:
        raise SettingRefused(f"ca_file cannot be read: {error}") from error
    async with asyncio.timeout(_OPEN_S_MAX):
        reader, writer = await asyncio.open_connection(
            url.hostname, url.port or 443, ssl=context, limit=LINE_BYTES_MAX
        )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # who is silent would not answer a farewell


class _Stream:
    """One connection: what it asked for, and how far its answer is to be relied on."""

    def __init__(self, writer: asyncio.StreamWriter, link: Link, criteria: dict[str, Any]) -> None:
        self._writer, self._link, self._criteria = writer, link, criteria
        self._subscription = _AUTHENTICATION
        self._clocks: dict[str, str] = {}
        self._is_whole = False
        self._trouble = ""
        self._told = "recovering"  # as the connector has, when it began to connect
        self._is_conflated = False

    def send(self, request: dict[str, Any]) -> None:
        """Send a request; there are too few for the socket to be full of them."""
        self._writer.write(orjson.dumps(request) + _END)

    async def take(self, line: bytes) -> None:
        """Take one message; raises as `live`."""
        message = _parsed(line)
        if message is None:
            # What it was is not known, and nothing has a number: only a new image makes it good.
            await self._link.message(line)
            raise ConnectionOver("garbage", f"{len(line)} bytes that are no JSON object")
        op = message.get("op")
        if op == "mcm":
            await self._changed(line, message)
        elif op == "status":
            self._answered(message)
        elif op == "connection":
            self._link.heard()
            logger.info("connection %s", message.get("connectionId"))
        else:
            await self._link.message(line)

    # -- requests and their answers

    def _subscribe(self) -> None:
        self._subscription += 1
        self._clocks, self._is_whole = {}, False
        request = {"op": "marketSubscription", "id": self._subscription, **self._criteria}
        self.send(request | self._link.resume)

    def _answered(self, status: dict[str, Any]) -> None:
        self._link.heard()
        if status.get("statusCode") == "SUCCESS":
            if status.get("id") == _AUTHENTICATION:
                self._subscribe()
            elif status.get("id") == self._subscription:
                self._agree(self._criteria)
            return
        code = str(status.get("errorCode") or "UNEXPECTED_ERROR")
        if code == _CLOCK:
            self._link.resume.clear()
        if status.get("connectionClosed") or code not in (_LIMIT, _CLOCK):
            raise ConnectionOver(code, str(status.get("errorMessage") or ""))
        if code == _CLOCK:
            self._subscribe()
            return
        logger.error("%s: the filter matches more markets than the account may follow", code)
        self._trouble = code
        self._tell()

    def _agree(self, said: dict[str, Any]) -> None:
        """Betfair may keep to another rhythm than the one asked for."""
        if isinstance(heartbeat_ms := said.get("heartbeatMs"), int) and heartbeat_ms > 0:
            self._link.contract(_HEARTBEATS_MISSED * heartbeat_ms / 1_000)

    # -- changes of markets

    async def _changed(self, line: bytes, message: dict[str, Any]) -> None:
        if message.get("id") != self._subscription:
            self._link.heard()  # of an earlier subscription: it would undo what came since
            return
        kind, segment = message.get("ct"), message.get("segmentType")
        is_first, is_last = segment in (None, "SEG_START"), segment in (None, "SEG_END")
        self._agree(message)
        self._note_conflation(message)
        status = message.get("status")
        self._trouble = "" if status is None else f"stream_{status}"
        if kind in _IMAGES and is_first:
            self._is_whole = is_last
        self._clocks |= _clocks_of(message)
        if kind == "HEARTBEAT":
            self._link.heard()
        else:
            if not self._is_reliable():
                self._tell()
            await self._link.message(line, self._clocks.get("clk"))
        if is_last:
            self._link.resume |= self._clocks
            self._is_whole = self._is_whole or kind in _IMAGES
        self._tell()

    def _is_reliable(self) -> bool:
        return self._is_whole and not self._trouble

    def _tell(self) -> None:
        """Tell how the stream stands, when that is news: only behind a whole image it is live."""
        stands = "live" if self._is_reliable() else self._trouble or "recovering"
        if stands == self._told:
            return
        self._told = stands
        if stands == "live":
            self._link.live()
        else:
            self._link.lost(stands)

    def _note_conflation(self, message: dict[str, Any]) -> None:
        """Warn once: changes come merged that were not asked to, as to a slow reader."""
        if self._is_conflated or self._criteria["conflateMs"]:
            return
        markets = message.get("mc")
        is_merged = isinstance(markets, list) and any(
            isinstance(market, dict) and market.get("con") is True for market in markets
        )
        if is_merged or message.get("conflateMs"):
            self._is_conflated = True
            logger.warning(
                "conflated by Betfair (conflateMs %s): this connection is read too slowly, or its "
                "key is a delayed one",
                message.get("conflateMs"),
            )


def _clocks_of(message: dict[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name in ("initialClk", "clk")
        if isinstance(value := message.get(name), str) and value
    }


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None


def _object(settings: Mapping[str, str], name: str, usual: dict[str, Any]) -> dict[str, Any]:
    text = settings.get(name)
    found = usual if text is None else _parsed(text.encode())
    if found is None:
        raise SettingRefused(f"{name} is not a JSON object")
    return found


def _number(settings: Mapping[str, str], name: str, usual: int, allowed: range) -> int:
    text = settings.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and int(text) in allowed):
        raise SettingRefused(f"{name} is a whole number from {allowed[0]} to {allowed[-1]}")
    return int(text)

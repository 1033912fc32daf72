"""The live feed of partners: frames of the partner format over a websocket.

The contract for partners is `docs/guides/partner-live.md`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from zlib import crc32

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from overround.adapters.feeds.connection import ConnectionOver, Link, Target
from overround.domain.feeds.events import GapFound

# A message of the format has up to 768 KiB, and its frame some bytes more.
_FRAME_BYTES_MAX = 1 << 20
# Frames that wait in this process while the log takes no more; then the socket is not read on.
_FRAMES_MAX = 16
_OPEN_S_MAX = 10.0
_CRC_CHARS = 8


def framed(payload: bytes) -> bytes:
    """A payload with its CRC-32 before it, as eight hexadecimal digits and a space."""
    return b"%08x %s" % (crc32(payload), payload)


def unframed(frame: bytes) -> bytes | None:
    """The payload of a frame, None if it is not what was sent."""
    payload = frame[_CRC_CHARS + 1 :]
    return payload if framed(payload) == frame else None


class Tail:
    """How far each match was handed on, against what the partner says it has sent.

    A gap shows by what comes after it; the loss of the last message shows only here, once the
    partner `has_caught_up`: until then it has named more than it has sent.
    """

    def __init__(self, resume: dict[str, str]) -> None:
        self._resume = resume
        self.has_caught_up = False

    def handed_on(self, payload: dict[str, Any]) -> None:
        """A message of a match went by."""
        match, sequence = payload.get("match"), payload.get("sequence")
        if isinstance(match, str) and type(sequence) is int and sequence > self.last(match):
            self._resume[match] = str(sequence)

    def last(self, match: str) -> int:
        """The highest sequence of a match that was handed on, 0 before the first."""
        return int(self._resume.get(match, "0"))

    def missing(self, heartbeat: dict[str, Any]) -> list[dict[str, Any]]:
        """What to ask for, when a heartbeat names later messages than came."""
        sent = heartbeat.get("last")
        if not self.has_caught_up or not isinstance(sent, dict):
            return []
        return [
            resend(match, self.last(match) + 1, sequence)
            for match, sequence in sorted(sent.items())
            if type(sequence) is int and sequence > self.last(match)
        ]


def resend(match: str, first: int, last: int) -> dict[str, Any]:
    """The request for messages of a match, both ends included."""
    return {"type": "resend", "match": match, "from": first, "to": last}


async def live(target: Target, link: Link) -> None:
    """Run one connection: subscribe from where the last one ended, and hand on what comes.

    Raises:
        ConnectionOver: `refused`, `closed`.
        SettingRefused: there is no token.
        OSError: the socket failed.
    """
    headers = {"Authorization": f"Bearer {target.needed('token')}"}
    try:
        async with connect(
            target.url,
            additional_headers=headers,
            max_size=_FRAME_BYTES_MAX,
            max_queue=_FRAMES_MAX,
            open_timeout=_OPEN_S_MAX,
            ping_interval=None,  # silence is judged by what the feed says, for every provider alike
            compression=None,
        ) as socket:
            tail = Tail(link.resume)
            after = {match: tail.last(match) for match in sorted(link.resume)}
            await _send(socket, {"type": "subscribe", "after": after})
            asker = asyncio.create_task(_ask(socket, link))
            try:
                async for frame in socket:
                    await _take(frame, socket, link, tail)
            finally:
                socket.transport.abort()  # who is silent would not answer a farewell
                asker.cancel()
                await asyncio.gather(asker, return_exceptions=True)
    except (InvalidHandshake, InvalidURI) as error:
        raise ConnectionOver("refused", str(error)) from error
    except ConnectionClosed as error:
        raise ConnectionOver("closed", str(error)) from error
    raise ConnectionOver("closed")


async def _take(frame: str | bytes, socket: ClientConnection, link: Link, tail: Tail) -> None:
    raw = frame.encode() if isinstance(frame, str) else frame
    payload = unframed(raw)
    fields = _object(payload)
    kind = fields.get("type")
    if kind == "heartbeat":
        link.heard()
        for request in tail.missing(fields):
            await _send(socket, request)
    elif kind == "snapshot_complete":
        tail.has_caught_up = True
        link.live()
    elif payload is None:
        # Kept as it came, among the dead letters; its number is missing and asked for again.
        await link.message(raw, is_sound=False)
    else:
        await link.message(payload)
        tail.handed_on(fields)


def _object(payload: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(payload or b"{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


async def _ask(socket: ClientConnection, link: Link) -> None:
    while True:
        gap: GapFound = await link.gap()
        # The house's id of a match is the provider's name and the partner's own id.
        match = gap.event_id.removeprefix(f"{gap.provider}-")
        await _send(socket, resend(match, gap.expected, gap.got - 1))


async def _send(socket: ClientConnection, message: dict[str, Any]) -> None:
    await socket.send(json.dumps(message))

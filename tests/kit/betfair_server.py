"""Betfair's Exchange Stream as a server: plays a recording, and fails in its ways.

    python -m tests.kit.betfair_server PORT CONTROL_PORT RECORDING

plays a recording, fifty messages a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import sys
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from overround.adapters.feeds.providers import PROVIDERS
from tests.kit.exchange import follow_all, image_of
from tests.kit.faults import control, reset

APP_KEY, SESSION = "app-1", "session-1"
KEYS = {"app_key": APP_KEY, "session": SESSION}
_CRITERIA = ("marketFilter", "marketDataFilter", "heartbeatMs", "conflateMs")
_SEGMENT_MARKETS = 20
# What waits in this process for a slow reader; past it, changes are conflated.
_UNSENT_BYTES_MAX = 64 * 1024


@dataclass(eq=False)
class Peer:
    """A connection: its subscription, and how much of the recording it was given."""

    writer: asyncio.StreamWriter
    subscription: int = 0
    position: int = -1
    heartbeat_s: float = 5.0
    is_segmented: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    wants_image: str = ""


class BetfairServer:
    """Serves the messages of a recording up to where it was played."""

    def __init__(self, messages: Iterable[dict[str, Any]] = ()) -> None:
        self.messages = [_changes_of(each) for each in messages if each.get("mc")]
        self.played = 0
        self.markets: dict[str, Any] = {}
        self.requests: list[dict[str, Any]] = []
        self.port = 0
        self.skew_ms = 0
        self._faults: set[str] = set()
        self._initial = "init-1"
        self._criteria: dict[str, Any] = {}
        self._peers: list[Peer] = []

    @contextlib.asynccontextmanager
    async def running(
        self, port: int = 0, context: ssl.SSLContext | None = None
    ) -> AsyncIterator[BetfairServer]:
        """Serve on 127.0.0.1 until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            for peer in self._peers:
                peer.writer.transport.abort()
            server.close()

    def play(self, count: int) -> None:
        """Let so many more messages happen."""
        for message in self.messages[self.played : self.played + count]:
            follow_all(self.markets, message)
            self.played += 1
        for peer in self._peers:
            peer.moved.set()

    def unsent_bytes(self) -> int:
        """What waits in this process for the slowest reader."""
        waiting = (peer.writer.transport.get_write_buffer_size() for peer in self._peers)
        return max(waiting, default=0)

    def fault(self, name: str, value: str = "") -> None:
        """Fail.

        `reset`: end the connections, `mute`: send nothing more on them, `garbage`: a line that is
        none, `foreign`: a change of another subscription, `endless`: a line without an end,
        `image`: everything anew, `unreliable`: status 503 until `heal`, `skew MS`: a clock that is
        off, `forget`: the clocks that were given, `limit`, `expired`: refuse who subscribes, or
        authenticates.
        """
        if name == "heal":
            self._faults.clear()
            self.skew_ms = 0
        elif name == "skew":
            self.skew_ms = int(value)
        elif name == "forget":
            self._initial += "'"
        elif name == "mute":
            self._peers.clear()
        else:
            self._faults.add(name)
            for peer in self._peers:
                self._fail(peer, name)

    def _fail(self, peer: Peer, name: str) -> None:
        if name == "reset":
            reset(peer.writer.transport)
        elif name == "garbage":
            peer.writer.write(b'{"op":"mcm","id":2,"mc":[{"id"\r\n')
        elif name == "endless":
            peer.writer.write(b"[" * (5 << 20))
        elif name == "foreign":
            gone = [image_of(id_, market) | {"rc": []} for id_, market in self.markets.items()]
            self._put(peer, {"id": peer.subscription + 7, "mc": gone})
        elif name == "image":
            peer.wants_image = "SUB_IMAGE"
        peer.moved.set()

    # -- requests

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(writer)
        writer.transport.set_write_buffer_limits(_UNSENT_BYTES_MAX)
        self._peers.append(peer)
        self._write(peer, {"op": "connection", "connectionId": "002-1"})
        sending = asyncio.create_task(self._send(peer))
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    request = json.loads(line)
                    self.requests.append(request)
                    self._answer(peer, request)
        finally:
            sending.cancel()
            self._peers = [each for each in self._peers if each is not peer]
            writer.transport.abort()

    def _answer(self, peer: Peer, request: dict[str, Any]) -> None:
        code = self._refusal(request)
        status = {"op": "status", "id": request["id"], "statusCode": "SUCCESS"}
        if code:
            is_closed = code != "SUBSCRIPTION_LIMIT_EXCEEDED"
            status |= {"statusCode": "FAILURE", "errorCode": code, "connectionClosed": is_closed}
        self._write(peer, status)
        if code and is_closed:
            peer.writer.close()
        elif not code and request["op"] == "marketSubscription":
            self._begin(peer, request)

    def _refusal(self, request: dict[str, Any]) -> str:
        if request["op"] == "authentication":
            is_known = (request["appKey"], request["session"]) == (APP_KEY, SESSION)
            return (
                "" if is_known and "expired" not in self._faults else "INVALID_SESSION_INFORMATION"
            )
        if "limit" in self._faults:
            return "SUBSCRIPTION_LIMIT_EXCEEDED"
        criteria = {name: request[name] for name in _CRITERIA}
        if "clk" in request:
            is_ours = request["initialClk"] == self._initial and criteria == self._criteria
            return "" if is_ours else "INVALID_CLOCK"
        self._criteria = criteria
        return ""

    def _begin(self, peer: Peer, request: dict[str, Any]) -> None:
        peer.subscription = request["id"]
        peer.heartbeat_s = request["heartbeatMs"] / 1_000
        peer.is_segmented = request["segmentationEnabled"]
        peer.position = int(request.get("clk", self.played))
        peer.wants_image = "RESUB_DELTA" if "clk" in request else "SUB_IMAGE"
        peer.moved.set()

    # -- changes

    async def _send(self, peer: Peer) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(peer.moved.wait(), peer.heartbeat_s)
            is_due = not peer.moved.is_set()
            peer.moved.clear()
            if peer not in self._peers or peer.position < 0:
                continue
            if peer.wants_image:
                self._send_image(peer)
            elif is_due:
                self._put(peer, {"ct": "HEARTBEAT"})
            while peer.position < self.played:
                await self._send_next(peer)

    async def _send_next(self, peer: Peer) -> None:
        """The next change; who reads slowly gets all that came meanwhile as one."""
        unsent = peer.writer.transport.get_write_buffer_size()
        if unsent > _UNSENT_BYTES_MAX:
            await peer.writer.drain()
            self._put(peer, {"mc": _conflated(self._since(peer))})
        else:
            peer.position += 1
            self._put(peer, self.messages[peer.position - 1])

    def _send_image(self, peer: Peer) -> None:
        kind, peer.wants_image = peer.wants_image, ""
        changes = (
            self._since(peer)
            if kind == "RESUB_DELTA"
            else [image_of(id_, market) for id_, market in self.markets.items()]
        )
        peer.position = self.played
        head = {"ct": kind, "initialClk": self._initial}
        size = _SEGMENT_MARKETS if peer.is_segmented else max(1, len(changes))
        parts = [changes[at : at + size] for at in range(0, len(changes), size)] or [[]]
        for number, part in enumerate(parts):
            segment = "SEG"
            if number in (0, len(parts) - 1):
                segment = "SEG_END" if number else "SEG_START"
            self._put(
                peer, head | ({"segmentType": segment} if len(parts) > 1 else {}) | {"mc": part}
            )

    def _since(self, peer: Peer) -> list[dict[str, Any]]:
        messages = self.messages[peer.position : self.played]
        peer.position = self.played
        return [change for message in messages for change in message["mc"]]

    def _put(self, peer: Peer, fields: dict[str, Any]) -> None:
        head = {
            "op": "mcm",
            "id": peer.subscription,
            "clk": str(peer.position),
            "pt": int(time.time() * 1_000) + self.skew_ms,
        }
        bad = {"status": 503} if "unreliable" in self._faults else {}
        self._write(peer, head | fields | bad)

    def _write(self, peer: Peer, message: dict[str, Any]) -> None:
        peer.writer.write(json.dumps(message).encode() + b"\r\n")


def _changes_of(message: dict[str, Any]) -> dict[str, Any]:
    """What a message changes, without its connection's own: clocks, and that it is an image."""
    image = {"img": True} if message.get("ct") == "SUB_IMAGE" else {}
    return {"mc": [{**change, **image} for change in message["mc"]]}


def _conflated(changes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One change a market, which does what all of them did one after the other."""
    merged: dict[str, dict[str, Any]] = {}
    for change in changes:
        before = {} if change.get("img") else merged.get(change["id"], {})
        runners = [*(before.get("rc") or []), *(change.get("rc") or [])]
        merged[change["id"]] = {**before, **change, "rc": runners, "con": True}
    return list(merged.values())


def recorded(path: Path) -> list[dict[str, Any]]:
    """A recording's messages."""
    return [json.loads(line) for line in PROVIDERS["betfair"].messages(path)]


async def play(port: int, control_port: int, path: Path) -> None:
    """Serve until killed."""
    server = BetfairServer(recorded(path))
    async with server.running(port), control(control_port, server.fault):
        print("serving", flush=True)
        while server.played < len(server.messages):
            server.play(1)
            await asyncio.sleep(0.02)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(play(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))

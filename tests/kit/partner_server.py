"""A partner's server: the contract of `docs/guides/partner-live.md`, and ways to break it.

    python -m tests.kit.partner_server PORT CONTROL_PORT MATCH...

plays matches whose clock goes on by a second with each message, ten messages a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from overround.adapters.feeds.partner import FORMAT
from overround.adapters.feeds.partner_live import framed
from tests.kit.faults import control, reset
from tests.kit.match import fixture_fields, incident_fields, price_fields

TOKEN = "open-sesame"
CLOCK_S_MAX = 10_000


class PartnerServer:
    """Keeps every message of its matches and sends it to who subscribed."""

    def __init__(self, heartbeat_s: float = 0.1) -> None:
        self.heartbeat_s = heartbeat_s
        self.sent: dict[str, list[bytes]] = {}
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        self._faults: set[str] = set()
        self._peers: dict[ServerConnection, asyncio.Queue[bytes]] = {}
        self._half_open: list[ServerConnection] = []

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[PartnerServer]:
        """Serve on 127.0.0.1 until the block ends."""
        async with serve(
            self._serve, "127.0.0.1", port, process_request=self._admit, ping_interval=None
        ) as server:
            number = next(iter(server.sockets)).getsockname()[1]
            self.url = f"ws://127.0.0.1:{number}/live"
            try:
                yield self
            finally:
                for peer in (*self._peers, *self._half_open):
                    peer.transport.abort()

    # -- what the partner does

    def publish(self, match: str, fields: dict[str, Any]) -> bytes:
        """A match's next message, to everyone; a fault may keep or break it."""
        kept = self.sent.setdefault(match, [])
        head = {"format": FORMAT, "match": match, "sequence": len(kept) + 1}
        kept.append(json.dumps(head | fields).encode())
        frame = framed(kept[-1])
        if "garble" in self._faults:
            self._faults.discard("garble")
            frame = frame.replace(b"m", b"w")
        if "drop" in self._faults:
            self._faults.discard("drop")
        else:
            self._send_all(frame)
        return kept[-1]

    def fault(self, name: str) -> None:
        """Break the contract.

        `mute`: neither send nor read on these connections, which stay half open, `reset`: end
        them, `drop` and `garble`: the next message, `garbage`: every frame, `refuse`: whoever
        comes, `no_snapshot`: never say that it is complete, `flood`: ten thousand frames at once,
        `heal`: none of these from now on.
        """
        if name == "reset":
            for peer in self._peers:
                reset(peer.transport)
        elif name == "mute":
            for peer in self._peers:
                peer.transport.pause_reading()
            self._half_open += self._peers
            self._peers.clear()
        elif name == "flood":
            for _ in range(10_000):
                self._send_all(b"no frame of the contract " * 8)
        elif name == "heal":
            self._faults.clear()
        else:
            self._faults.add(name)

    # -- the contract

    def _admit(self, _peer: ServerConnection, request: Request) -> Response | None:
        right = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if right and "refuse" not in self._faults:
            return None
        return Response(HTTPStatus.UNAUTHORIZED, "Unauthorized", request.headers.__class__())

    async def _serve(self, peer: ServerConnection) -> None:
        self._peers[peer] = asyncio.Queue()
        tasks = [asyncio.create_task(part) for part in (self._send(peer), self._beat(peer))]
        try:
            with contextlib.suppress(ConnectionClosed):
                async for text in peer:
                    self._answer(peer, json.loads(text))
        finally:
            self._peers.pop(peer, None)
            for task in tasks:
                task.cancel()

    def _answer(self, peer: ServerConnection, request: dict[str, Any]) -> None:
        self.asked.append(request)
        if request["type"] == "subscribe":
            for match, messages in self.sent.items():
                for payload in messages[request["after"].get(match, 0) :]:
                    self._put(peer, framed(payload))
            if "no_snapshot" not in self._faults:
                self._put(peer, framed(b'{"type": "snapshot_complete"}'))
        else:
            messages = self.sent[request["match"]]
            for payload in messages[request["from"] - 1 : request["to"]]:
                self._put(peer, framed(payload))

    async def _beat(self, peer: ServerConnection) -> None:
        while True:
            last = {match: len(messages) for match, messages in self.sent.items()}
            self._put(peer, framed(json.dumps({"type": "heartbeat", "last": last}).encode()))
            await asyncio.sleep(self.heartbeat_s)

    async def _send(self, peer: ServerConnection) -> None:
        queue = self._peers[peer]
        with contextlib.suppress(ConnectionClosed):
            while True:
                await peer.send(await queue.get(), text=True)

    def _send_all(self, frame: bytes) -> None:
        for peer in self._peers:
            self._put(peer, frame)

    def _put(self, peer: ServerConnection, frame: bytes) -> None:
        if peer in self._peers:
            self._peers[peer].put_nowait(frame[::-1] if "garbage" in self._faults else frame)


async def play(port: int, control_port: int, matches: list[str]) -> None:
    """Serve until killed: fixtures, prices, kick-off, and then the clock."""
    server = PartnerServer(heartbeat_s=0.5)
    async with server.running(port), control(control_port, server.fault):
        print("serving", flush=True)
        for match in matches:
            server.publish(match, fixture_fields())
            server.publish(match, price_fields())
            server.publish(match, incident_fields("period", "first_half", 0))
        for clock_s in range(1, CLOCK_S_MAX):
            for match in matches:
                server.publish(match, incident_fields("clock", "first_half", clock_s))
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(play(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))

"""A stand-in for a provider's AMQP 0-9-1 broker, on a port of its own, with faults.

It speaks as much as a consumer needs: a connection, channels, a queue of its own on an exchange,
delivery within the prefetch, acknowledgements, heartbeats. Frames are pamqp's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from pamqp import body, commands, frame, header, heartbeat
from pamqp.exceptions import UnmarshalingException

_PROTOCOL_HEADER_BYTES = 8
_FRAME_BYTES_MAX = 131_072
EXCHANGE = "unifiedfeed"


class Broker:
    """One exchange; every queue that is bound to it gets every message."""

    def __init__(self) -> None:
        self.logins: list[str] = []
        self.vhosts: list[str] = []
        self.routing_keys: list[str] = []
        self.acknowledged = 0
        self.is_silent = False
        self.sessions: list[Session] = []
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Broker]:
        """Listen until the end, then close whatever is open."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()
            self.reset()

    def publish(self, payload: bytes) -> None:
        """Send to every consumer; what its prefetch does not allow waits."""
        for session in self.sessions:
            session.waiting.append(payload)
            session.deliver()

    def reset(self) -> None:
        """Break every connection off, without a goodbye."""
        for session in self.sessions:
            session.writer.transport.abort()
        self.sessions.clear()

    def close(self, code: int = 320, text: str = "CONNECTION_FORCED") -> None:
        """End every connection as a broker does that is shut down."""
        for session in self.sessions:
            session.send(0, commands.Connection.Close(code, text, 0, 0))
        self.sessions.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readexactly(_PROTOCOL_HEADER_BYTES)
            capabilities = {"capabilities": {"basic.nack": True}}
            session.send(0, commands.Connection.Start(0, 9, capabilities, "PLAIN", "en_US"))
            buffer = b""
            while received := await reader.read(65_536):
                buffer = session.take(buffer + received)
        if session in self.sessions:
            self.sessions.remove(session)
        writer.close()


class Session:
    """One client's connection."""

    def __init__(self, broker: Broker, writer: asyncio.StreamWriter) -> None:
        self.broker, self.writer = broker, writer
        self.waiting: deque[bytes] = deque()
        self.unacknowledged = 0
        self._channel, self._consumer, self._tag, self._prefetch = 1, "", 0, 0

    def send(self, channel: int, *frames: Any) -> None:
        """Write frames, unless the broker is to be silent."""
        if not self.broker.is_silent:
            self.writer.write(b"".join(frame.marshal(each, channel) for each in frames))

    def take(self, buffer: bytes) -> bytes:
        """Answer the whole frames of a buffer; gives what is left of it."""
        while buffer:
            try:
                consumed, channel, received = frame.unmarshal(buffer)
            except UnmarshalingException:
                break
            if not consumed:
                break
            buffer = buffer[consumed:]
            answer = _ANSWERS.get(type(received))
            if answer is not None and not self.broker.is_silent:
                answer(self, channel, received)
        return buffer

    def deliver(self) -> None:
        """Hand out what the prefetch allows."""
        while self._consumer and self.waiting:
            if self._prefetch and self.unacknowledged >= self._prefetch:
                return
            payload = self.waiting.popleft()
            self._tag += 1
            self.unacknowledged += 1
            self.send(
                self._channel,
                commands.Basic.Deliver(self._consumer, self._tag, False, EXCHANGE, "x"),
                header.ContentHeader(0, len(payload), commands.Basic.Properties()),
                body.ContentBody(payload),
            )

    # -- the answers, by what was asked

    def _login(self, channel: int, asked: Any) -> None:
        self.broker.logins.append(asked.response)
        self.send(channel, commands.Connection.Tune(0, _FRAME_BYTES_MAX, 60))

    def _open(self, channel: int, asked: Any) -> None:
        self.broker.vhosts.append(asked.virtual_host)
        self.send(channel, commands.Connection.OpenOk())

    def _bind(self, channel: int, asked: Any) -> None:
        if asked.exchange != EXCHANGE:
            text = f"NOT_FOUND - no exchange '{asked.exchange}'"
            self.send(channel, commands.Channel.Close(404, text, 50, 20))
            return
        self.broker.routing_keys.append(asked.routing_key)
        self.send(channel, commands.Queue.BindOk())

    def _qos(self, channel: int, asked: Any) -> None:
        self._prefetch = asked.prefetch_count
        self.send(channel, commands.Basic.QosOk())

    def _consume(self, channel: int, asked: Any) -> None:
        self._channel, self._consumer = channel, asked.consumer_tag
        self.send(channel, commands.Basic.ConsumeOk(asked.consumer_tag))
        self.broker.sessions.append(self)
        self.deliver()

    def _ack(self, _channel: int, _asked: Any) -> None:
        self.broker.acknowledged += 1
        self.unacknowledged -= 1
        self.deliver()


def _with(answer: Callable[[], Any]) -> Callable[[Session, int, Any], None]:
    return lambda session, channel, _asked: session.send(channel, answer())


_ANSWERS: dict[type, Callable[[Session, int, Any], None]] = {
    commands.Connection.StartOk: Session._login,
    commands.Connection.Open: Session._open,
    commands.Connection.Close: _with(commands.Connection.CloseOk),
    commands.Channel.Open: _with(commands.Channel.OpenOk),
    commands.Channel.Close: _with(commands.Channel.CloseOk),
    commands.Queue.Declare: _with(lambda: commands.Queue.DeclareOk("amq.gen-1", 0, 0)),
    commands.Queue.Bind: Session._bind,
    commands.Basic.Qos: Session._qos,
    commands.Basic.Consume: Session._consume,
    commands.Basic.Ack: Session._ack,
    heartbeat.Heartbeat: _with(heartbeat.Heartbeat),
}

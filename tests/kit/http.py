"""A stand-in for a provider's HTTP server, on a port of its own, with faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked, and when by the loop's clock; names of headers are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says; `is_cut` ends the body in its middle, `is_held` never answers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_held: bool = False


class HttpServer:
    """Answers each request by a function, one to a connection; keeps what was asked."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.left = 0  # clients that had enough of waiting
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[HttpServer]:
        """Listen until the end."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        at_s = asyncio.get_running_loop().time()
        request = Request(method, parts.path, query, headers, at_s)
        self.requests.append(request)
        answer = self.answer(request)
        if answer.is_held:
            await reader.read()
            self.left += 1
        else:
            _write(writer, answer)
        writer.close()


def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {answer.status} told\r\n{lines}\r\n".encode("latin-1"))
    writer.write(answer.body[: len(answer.body) // 2] if answer.is_cut else answer.body)

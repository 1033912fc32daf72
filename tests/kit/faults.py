"""Faults of a provider's server, told over a port of their own or called in the same process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

_RESET_NOT_CLOSED = struct.pack("ii", 1, 0)


def reset(transport: Any) -> None:
    """End a connection with a TCP reset, whatever waits to be sent."""
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, _RESET_NOT_CLOSED
    )
    transport.abort()


@contextlib.asynccontextmanager
async def control(port: int, do: Callable[..., None]) -> AsyncIterator[None]:
    """Takes lines of words, calls `do(*words)` for each, and answers `done`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            do(*line.decode().split())
            writer.write(b"done\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", port):
        yield


def tell(port: int, *words: str) -> None:
    """Have a server's process do something, and wait until it did."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(" ".join(words).encode() + b"\n")
        assert peer.recv(16) == b"done\n"

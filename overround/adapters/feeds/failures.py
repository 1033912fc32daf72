"""How a connection ends: what is raised, which word it is told by, and who is first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from overround.adapters.feeds.connection import ConnectionOver

# What a socket, or a protocol on it, raises when it is over. Others are bugs and end the process.
FAILURES = (ConnectionError, OSError, TimeoutError, EOFError, ValueError)

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "reset"),
    (EOFError, "closed"),
    (TimeoutError, "timeout"),
    (OSError, "unreachable"),
)


def word_of(error: BaseException) -> str:
    """The kind of a failure, as a word for those who are told."""
    for kind, word in _WORDS:
        if isinstance(error, kind):
            return word
    return "protocol"


async def first_over(*parts: Awaitable[None]) -> BaseException:
    """Run parts side by side until one raises; the others are cancelled, and it is given."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        error = next(iter(done)).exception()
        return error or ConnectionOver("closed")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

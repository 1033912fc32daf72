"""What a live connection to a provider is given, and what it has to tell.

A provider's `connect` speaks its protocol and nothing else: it hands on what comes, says when the
source was heard and when everything missed has been sent again, and raises when it is over. When
to try again, when silence is too long, and who is told, is `connector.py`'s.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from overround.domain.feeds.events import GapFound


class ConnectionOver(ConnectionError):
    """A connection ended or is of no use; `reason` is a word for those who are told."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class SettingRefused(LookupError):
    """A setting is missing or makes no sense: trying again cannot help. Never has its value."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a provider is, and the provider's own settings by name.

    Secrets are among the settings, so they are not shown.
    """

    url: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    def needed(self, name: str) -> str:
        """A setting that the provider cannot do without.

        Raises:
            SettingRefused: it was not given; says how to give it.
        """
        value = self.settings.get(name)
        if not value:
            raise SettingRefused(f"{name} is needed: --set {name}=..., or in the environment")
        return value

    def number(self, name: str, usual: float, at_most: float = math.inf) -> float:
        """A setting that is a number above 0, or what is usual.

        Raises:
            SettingRefused: it is none, or too high.
        """
        value = self.settings.get(name)
        try:
            given = usual if value is None else float(value)
        except ValueError:
            given = math.nan
        if not 0 < given <= at_most:
            raise SettingRefused(f"{name} is to be a number above 0, and at most {at_most:g}")
        return given


class Link(Protocol):
    """A connection's way into the house. It stays the same when the connection is made again."""

    resume: dict[str, str]
    """What the provider's protocol resumes after; the provider's own, kept over connections."""

    async def message(
        self, payload: bytes, token: str | None = None, *, is_sound: bool = True
    ) -> None:
        """Hand on what came, as it came; waits while the log takes no more (backpressure).

        What is not `is_sound`, as its protocol can tell, does not say that the source lives: one
        that sends nothing but noise is as silent as one that sends nothing.
        """

    def heard(self, producer: str = "") -> None:
        """The source lives (a heartbeat); every sound message says so by itself."""

    def live(self, producer: str = "") -> None:
        """All that was missed came before this."""

    def lost(self, reason: str, producer: str = "") -> None:
        """It cannot be relied on, though the connection goes on; `live` ends it."""

    def contract(self, silent_after_s: float) -> None:
        """What was agreed for this connection: silence for longer than this ends it."""

    async def gap(self) -> GapFound:
        """The next gap that the provider is to be asked for, in the provider's own terms."""


Connect = Callable[[Target, Link], Awaitable[None]]
"""Runs one connection until it is over.

Raises `ConnectionOver`, or what the socket or protocol library raises (`OSError` and
`asyncio.IncompleteReadError` are understood); `SettingRefused` ends the program. It never returns.
"""

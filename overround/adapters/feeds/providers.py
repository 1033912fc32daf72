"""The providers by name: how a recording is read, and whom each message is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from overround.adapters.feeds import betfair, footballdata, partner, uof
from overround.adapters.feeds.files import json_lines
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import UNNUMBERED


class Split(Protocol):
    """Parts a provider's message by the match that it is about; may learn from what came before."""

    def __call__(self, payload: bytes) -> list[tuple[str, int, bytes]]:
        """Triples of the provider's match (empty: none), its sequence, and the message for it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: its format, how its recordings are read, and how messages are split.

    `came_at_us` is the provider's time of a message, by which a recording is paced; None if it
    has none.
    """

    name: str
    format: str
    messages: Callable[[Path], Iterator[bytes]]
    splitter: Callable[[], Split]
    came_at_us: Callable[[bytes], int | None] = lambda _message: None


class Ingress:
    """One connection of a provider: makes records of its messages, with their provenance."""

    def __init__(self, provider: Provider, connection: str) -> None:
        self._provider = provider
        self._connection = connection
        self._split = provider.splitter()

    def records(self, message: bytes, received_at_us: int, mono_us: int) -> Iterator[RecordFeed]:
        """The records of one message, one for each match that it is about."""
        name, format_ = self._provider.name, self._provider.format
        for match, sequence, payload in self._split(message):
            yield RecordFeed(
                f"{name}-{match}" if match else name,
                name,
                sequence,
                received_at_us,
                payload,
                sha256(payload).digest(),
                format_,
                self._connection,
                None,
                mono_us,
            )


def _betfair() -> Split:
    splitter = betfair.Splitter()

    def split(payload: bytes) -> list[tuple[str, int, bytes]]:
        return [(event, UNNUMBERED, part) for event, part in splitter.split(payload)]

    return split


def _whole(match_of: Callable[[bytes], str]) -> Callable[[], Split]:
    """A splitter for messages that are about one match each and say which."""

    def split(payload: bytes) -> list[tuple[str, int, bytes]]:
        return [(match_of(payload), UNNUMBERED, payload)]

    return lambda: split


def _partner() -> Split:
    def split(payload: bytes) -> list[tuple[str, int, bytes]]:
        try:
            message = json.loads(payload)
        except (ValueError, RecursionError):
            return [("", UNNUMBERED, payload)]
        match = message.get("match") if isinstance(message, dict) else None
        sequence = message.get("sequence") if isinstance(message, dict) else None
        if not isinstance(match, str) or type(sequence) is not int or sequence < 1:
            return [("", UNNUMBERED, payload)]
        return [(match, sequence, payload)]

    return split


PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider("betfair", betfair.FORMAT, json_lines, _betfair, betfair.came_at_us),
        Provider(
            "football-data",
            footballdata.FORMAT,
            footballdata.messages,
            _whole(footballdata.match_of),
        ),
        Provider("partner", partner.FORMAT, json_lines, _partner),
        Provider("uof", uof.FORMAT, uof.messages, _whole(uof.match_of)),
    )
}
"""Every provider, by the name that the command line knows it by."""

"""What a provider of feeds is to the house: a format, and whom each of its messages is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from overround.adapters.feeds.connection import Connect
from overround.adapters.feeds.files import json_lines
from overround.adapters.feeds.identities import Identities
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import UNNUMBERED
from overround.domain.feeds.events import Message
from overround.domain.feeds.identity.model import own_event_id

Split = Callable[[bytes], list[tuple[str, int, bytes]]]
"""Parts a message by the match that it is about, and may learn from what came before.

Gives the provider's match (empty: none), its sequence (0: it numbers nothing), and the message.
"""


def whole(match_of: Callable[[bytes], str]) -> Callable[[], Split]:
    """A splitter of messages without numbers that are about one match each and say which."""

    def split(payload: bytes) -> list[tuple[str, int, bytes]]:
        return [(match_of(payload), UNNUMBERED, payload)]

    return lambda: split


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider by its name; an adapter's file has one, named `PROVIDER`.

    `format` names the format and its version, a new version is a new name. `decode` is pure, and
    refuses what it does not know. `splitter` begins a connection. `messages` reads a recording.
    `came_at_us` is the provider's time of a message, by which a recording is paced.
    `connect` runs a live connection, with the `settings` that it knows (name: what it is); a source
    that is silent for `silent_after_s` cannot be relied on, unless its connection agrees otherwise.
    What an exchange sends changes its books and has no number: it stays under the id of its own
    event, so that one writer has a book from its image on, whatever event that turns out to be.
    """

    name: str
    format: str
    decode: Callable[[RecordFeed], Message]
    splitter: Callable[[], Split]
    messages: Callable[[Path], Iterator[bytes]] = json_lines
    came_at_us: Callable[[bytes], int | None] = lambda _message: None
    connect: Connect | None = None
    silent_after_s: float = 20.0
    settings: Mapping[str, str] = field(default_factory=dict)
    is_exchange: bool = False


class Ingress:
    """One connection of a provider: makes records of its messages, with their provenance.

    A record is for the event that its match is by what `identities` has heard of it, an exchange's
    for its own.
    """

    def __init__(
        self, provider: Provider, connection: str, identities: Identities | None = None
    ) -> None:
        self._provider = provider
        self._identities = identities if identities is not None else Identities()
        self._connection = connection
        self._split = provider.splitter()

    def records(
        self, message: bytes, received_at_us: int, mono_us: int, token: str | None = None
    ) -> Iterator[RecordFeed]:
        """The records of one message, one for each match that it is about."""
        name, format_ = self._provider.name, self._provider.format
        for match, sequence, payload in self._split(message):
            yield RecordFeed(
                self._event_id(match) if match else name,
                name,
                sequence,
                received_at_us,
                payload,
                sha256(payload).digest(),
                format_,
                self._connection,
                token,
                mono_us,
                match,
            )

    def _event_id(self, match: str) -> str:
        if self._provider.is_exchange:
            return own_event_id(self._provider.name, match)
        return self._identities.event_id(self._provider.name, match)

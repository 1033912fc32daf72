"""Which event each provider's match is, as a connection knows it."""

from __future__ import annotations

from overround.domain.feeds.identity.events import EventLinked
from overround.domain.feeds.identity.model import own_event_id


class Identities:
    """The links that were heard of; a match without one is an event of its own."""

    def __init__(self) -> None:
        self._event_ids: dict[tuple[str, str], str] = {}
        self._matches: dict[tuple[str, str], str] = {}

    def __len__(self) -> int:
        return len(self._event_ids)

    def take(self, told: object) -> None:
        """Hear of a link; what else is told of identities changes nothing here."""
        if isinstance(told, EventLinked):
            before = self.event_id(told.provider, told.match)
            if self._matches.get((told.provider, before)) == told.match:
                del self._matches[told.provider, before]
            self._event_ids[told.provider, told.match] = told.event_id
            self._matches[told.provider, told.event_id] = told.match

    def event_id(self, provider: str, match: str) -> str:
        """The event of a provider's match."""
        return self._event_ids.get((provider, match)) or own_event_id(provider, match)

    def match(self, provider: str, event_id: str) -> str:
        """The provider's match of an event, which is how the provider is asked for it."""
        known = self._matches.get((provider, event_id))
        return event_id.removeprefix(own_event_id(provider, "")) if known is None else known

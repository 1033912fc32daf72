"""A sportsbook in process that hears of its match from the raw bytes of a provider."""

from __future__ import annotations

from typing import Any

from overround.adapters.feeds.provider import Ingress, Provider
from overround.contracts import topics
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.kernel.match import Incident
from overround.domain.kernel.statistics import StatisticsObserved
from overround.domain.settlement.events import Certainty, ResultRecorded
from tests.kit.match import Sportsbook


class House(Sportsbook):
    """A sportsbook and a connection of one provider."""

    def __init__(self, provider: Provider, match: str, **options: Any) -> None:
        super().__init__(**options)
        self.match = f"{provider.name}-{match}"
        self._ingress = Ingress(provider, "c1")

    def comes(self, *payloads: bytes) -> None:
        """Each message of the provider, as its connection hands it in."""
        for payload in payloads:
            for record in self._ingress.records(payload, self.engine.now_us, 0):
                self.tell(topics.FEEDS_INBOX, record.event_id, record)

    def home_price(self) -> int:
        return self.price("1x2/home", self.match)

    def book(self) -> Any:
        return self.engine.table("books")[self.match]

    def told_to_markets(self) -> list[Any]:
        """What FEEDS has told the match's writer, in its order."""
        told = (FixtureScheduled, PricesObserved, Incident, StatisticsObserved)
        return [each for each in self.engine.read(topics.MARKETS_INBOX) if isinstance(each, told)]

    def results(self) -> list[tuple[int, int, Certainty]]:
        told = self.told(topics.MARKET_EVENTS, ResultRecorded)
        return [(each.home_goals, each.away_goals, each.certainty) for each in told]

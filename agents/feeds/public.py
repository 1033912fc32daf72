"""Which public topic carries which part of what a provider says."""

from __future__ import annotations

from dataclasses import replace

from overround.contracts import topics
from overround.contracts.topics import Topic
from overround.domain.feeds.events import (
    FixtureScheduled,
    GapFound,
    Normalised,
    PricesObserved,
    RecordsLost,
)
from overround.domain.feeds.fixed_odds import (
    BetsStopped,
    MarketDescribed,
    MarketRolledBack,
    MarketSettled,
    MarketVoided,
    OddsChanged,
    ParticipantNamed,
)
from overround.domain.kernel.match import Incident
from overround.domain.kernel.statistics import StatisticsObserved
from overround.runtime.topology import Outbox

_TOPIC: dict[type, Topic] = {
    FixtureScheduled: topics.FIXTURES,
    Incident: topics.INCIDENTS,
    StatisticsObserved: topics.STATISTICS,
    RecordsLost: topics.GAPS,
    GapFound: topics.GAPS,
    PricesObserved: topics.PRICES,
    OddsChanged: topics.PRICES,
    BetsStopped: topics.PRICES,
    MarketSettled: topics.INCIDENTS,
    MarketVoided: topics.INCIDENTS,
    MarketRolledBack: topics.INCIDENTS,
    MarketDescribed: topics.PARTICIPANTS,
    ParticipantNamed: topics.PARTICIPANTS,
}


def tell(
    event_id: str, value: Normalised | GapFound | RecordsLost, out: Outbox, *, is_late: bool = False
) -> None:
    """Put it into the public topic of its kind; an incident says it if it is late."""
    if is_late and isinstance(value, Incident):
        value = replace(value, is_late=True)
    out.send(_TOPIC[type(value)], event_id, value)

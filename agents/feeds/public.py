"""Which public topic carries which part of what a provider says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from overround.contracts import topics
from overround.contracts.plays import PLAYS
from overround.contracts.topic import Topic
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
from overround.domain.kernel.play import Order, placed
from overround.domain.kernel.statistics import StatisticsObserved
from overround.runtime.topology import Outbox

_TOPIC: dict[type, Topic] = {
    FixtureScheduled: topics.FIXTURES,
    Incident: topics.INCIDENTS,
    StatisticsObserved: topics.STATISTICS,
    **dict.fromkeys(PLAYS, topics.INCIDENTS),
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


_PLAYS = frozenset(PLAYS)


def tell(
    event_id: str,
    value: Normalised | GapFound | RecordsLost,
    out: Outbox,
    *,
    is_late: bool = False,
    lost_before: int = 0,
) -> None:
    """Put it into the public topic of its kind; an incident says it if it is late.

    What is told of the play in other sports than football goes to the match's writer here, too:
    it takes these records in their order, with how many of the provider's were lost before.
    """
    if type(value) in _PLAYS:
        value = placed(value, Order(is_late=is_late, lost_before=lost_before))
        out.publish(topics.MARKETS_INBOX, event_id, value)
    elif is_late and isinstance(value, Incident):
        value = replace(value, is_late=True)
    out.send(_TOPIC[type(value)], event_id, value)


def warn_early(event_id: str, values: Iterable[Normalised | GapFound], out: Outbox) -> None:
    """Tell a match's writer that records are missing before these, which wait for them."""
    for value in values:
        if type(value) in _PLAYS:
            out.publish(topics.MARKETS_INBOX, event_id, placed(value, Order(is_early=True)))

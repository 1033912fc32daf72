"""The table `sport_books`: how a match of another sport than football is followed and traded."""

from __future__ import annotations

from dataclasses import dataclass, field

from overround.domain.betting.following import Following
from overround.domain.betting.trading import Trading
from overround.domain.control.model import UNTOUCHED, Control
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.settings import Setting
from overround.runtime.topology import Table


@dataclass(frozen=True, slots=True)
class SportBook:
    """A match beside its score, which is the sport's own and lies in `sport_matches`.

    `rules` is the way in which it is played, as the fixture of `ruled_by` says. `priced_at` has the
    sequence of each provider's newest prices; `is_priced` tells whether any make up its belief.
    `version` is that of the last quotes, published or not, and `parameters_version` and `settings`
    are what they were made with. On `voided_markets` no bet is taken any more (empty id: on none);
    `control` has those that a trader holds back. Prices are as wide as for a match that was not
    heard of for `age_us`.
    """

    event_id: str
    sport: str
    rules: str
    ruled_by: str
    trading: Trading
    following: Following
    status: TradingStatus
    reason: str
    version: int
    is_priced: bool = False
    priced_at: dict[str, int] = field(default_factory=dict)
    voided_markets: tuple[str, ...] = ()
    parameters_version: int = 0
    settings: tuple[Setting, ...] = ()
    control: Control = UNTOUCHED
    age_us: int = 0

    @classmethod
    def empty(cls, event_id: str, sport: str, rules: str, ruled_by: str) -> SportBook:
        """A match of which no more is known than how it is played."""
        head, suspended = (event_id, sport, rules, ruled_by), TradingStatus.SUSPENDED
        return cls(*head, Trading(), Following(), suspended, "no_prices", 0)


SPORT_BOOKS = Table("sport_books", SportBook, key="event_id")
"""Owner: the agent `markets`.

Key: the match's event id. Cost: about 120 bytes; one write for each record of a match.
"""

"""The table `books`: a match as its one writer sees it."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.betting.trading import Trading
from overround.domain.control.model import UNTOUCHED, Control
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.settings import Setting
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.quorum import ALONE, Quorum
from overround.runtime.topology import Table


@dataclass(frozen=True, slots=True)
class Book:
    """A match's play and trading; its prices follow from it alone.

    `version` is that of the last quotes, published or not. `result_revision` counts the results
    that were recorded, `is_confirmed` whether the last one was. On `voided_markets` no bet is
    taken any more; an empty id in it stands for the whole match. `match` is what is believed of
    it, and `quorum` has each provider's own account of it if several tell of it. `settings` are
    the parameters of the version `parameters_version` that it is priced with, and `control` is
    what traders have changed. `age_us` is how long the match was not heard of, as far as prices
    are wider for it.
    """

    event_id: str
    match: Match
    trading: Trading
    status: TradingStatus
    reason: str
    version: int
    result_revision: int = 0
    is_confirmed: bool = False
    voided_markets: tuple[str, ...] = ()
    quorum: Quorum = ALONE
    parameters_version: int = 0
    settings: tuple[Setting, ...] = ()
    control: Control = UNTOUCHED
    age_us: int = 0
    side_version: int = 0

    @classmethod
    def empty(cls, event_id: str) -> Book:
        """A match that nothing is known of but its id."""
        return cls(
            event_id=event_id,
            match=Match(),
            trading=Trading(),
            status=TradingStatus.SUSPENDED,
            reason="no_prices",
            version=0,
        )


BOOKS = Table("books", Book, key="event_id")
"""Owner: the agent `markets`.

Key: the match's event id. Cost: about 150 bytes, about 75 for each provider if several tell of the
match, and 40 for each parameter that is not the default; one write for each record of a match,
which the changelog gets once a commit.
"""

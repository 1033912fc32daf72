"""What the market sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from overround.domain.kernel.market import TradingStatus


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one selection in thousandths; `market` and `outcome` as in the catalogue."""

    market: str
    outcome: str
    price_milli: int


@dataclass(frozen=True, slots=True)
class Quotes:
    """Every price of a match at one moment.

    Versions of a match rise by one with each change. Of changes that came together only the newest
    is published; a reader drops a version that is not above the last one that it took. While
    `status` is not open the prices are only informative.
    """

    event_id: str
    version: int
    status: TradingStatus
    reason: str
    clock_s: int
    home_goals: int
    away_goals: int
    lines: Sequence[Quote]


@dataclass(frozen=True, slots=True)
class SportQuotes:
    """Every price of a match of another sport than football at one moment, as `Quotes` of that.

    `score` is the score in the sport's own words, as `Live.score` of the sport has it.
    """

    event_id: str
    sport: str
    version: int
    status: TradingStatus
    reason: str
    score: str
    lines: Sequence[Quote]


@dataclass(frozen=True, slots=True)
class SideQuotes:
    """Every price of a match's side markets at one moment: the halves, the next goal, cards, ...

    They are told at once when the match changes what it is about (a goal, a card, a period, a
    suspension), and else once a second. `version` is that of the `Quotes` of the same state; it
    rises from one to the next, with gaps. A reader drops one that is not above the last one of
    these that it took. A bet is checked against the price of the moment, which may be newer.
    """

    event_id: str
    version: int
    status: TradingStatus
    reason: str
    clock_s: int
    home_goals: int
    away_goals: int
    lines: Sequence[Quote]

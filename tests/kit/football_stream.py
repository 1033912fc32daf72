"""A made-up football match on an exchange, in the bytes of its stream."""

from __future__ import annotations

import json
from typing import Any

EVENT = "34000001"
HOME, AWAY, DRAW = 1001, 1002, 58_805
UNDER, OVER = 47_972, 47_973
RUNNERS: dict[str, tuple[int, ...]] = {
    "MATCH_ODDS": (HOME, AWAY, DRAW),
    "OVER_UNDER_25": (UNDER, OVER),
    "BOTH_TEAMS_TO_SCORE": (30_246, 110_503),
}
MARKET_IDS = {type_: f"1.34{number}" for number, type_ in enumerate(RUNNERS)}
OPEN_DATE = "2026-03-01T15:00:00.000Z"

Book = dict[int, tuple[float, float]]
"""By runner, the best prices to back and to lay."""


def definition(type_: str = "MATCH_ODDS", **changed: Any) -> dict[str, Any]:
    """A market's definition; a recording's names by `eventName`."""
    runners = [
        {"id": id_, "status": "ACTIVE", "sortPriority": place}
        for place, id_ in enumerate(RUNNERS.get(type_, (1, 2)), 1)
    ]
    return {
        "eventId": EVENT,
        "eventTypeId": "1",
        "marketType": type_,
        "openDate": OPEN_DATE,
        "countryCode": "IT",
        "status": "OPEN",
        "inPlay": False,
        "version": 1,
        "runners": runners,
        **changed,
    }


class Stream:
    """Messages of the match's markets, each later than the one before."""

    def __init__(self) -> None:
        self._pt = 1_772_000_000_000

    def define(self, type_: str = "MATCH_ODDS", **changed: Any) -> bytes:
        """A market is defined anew."""
        return self._message(type_, marketDefinition=definition(type_, **changed))

    def offer(
        self, book: Book, type_: str = "MATCH_ODDS", size: float = 2_000.0, **changed: Any
    ) -> bytes:
        """Every offer of a market is replaced by these."""
        runners = [
            {"id": id_, "atb": [[back, size]] * bool(back), "atl": [[lay, size]] * bool(lay)}
            for id_, (back, lay) in book.items()
        ]
        return self._message(
            type_, img=True, marketDefinition=definition(type_, **changed), rc=runners
        )

    def trade(self, type_: str = "MATCH_ODDS") -> bytes:
        """A bet is matched, which moves no price."""
        return self._message(type_, rc=[{"id": RUNNERS[type_][0], "trd": [[2.0, 10.0]]}])

    def change(self, type_: str = "MATCH_ODDS", **change: Any) -> bytes:
        """Whatever changes of a market."""
        return self._message(type_, **change)

    def _message(self, type_: str, **change: Any) -> bytes:
        self._pt += 1_000
        market = {"id": MARKET_IDS.get(type_, "1.999"), **change}
        return json.dumps({"op": "mcm", "pt": self._pt, "mc": [market]}).encode()


def book_of(home: float, draw: float, away: float, spread: float = 0.01) -> Book:
    """Offers around these probabilities, so far apart in probability."""
    half = spread / 2
    return {
        id_: (round(1 / (p + half), 3), round(1 / (p - half), 3))
        for id_, p in ((HOME, home), (AWAY, away), (DRAW, draw))
    }

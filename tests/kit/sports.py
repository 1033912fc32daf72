"""Matches of other sports than football, as a partner tells them, through FEEDS and MARKETS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.domain.feeds.commands import RecordFeed
from overround.domain.kernel.match import Side
from overround.domain.pricing.basketball.model import Clock, Incident, Scored
from overround.domain.pricing.events import SportQuotes
from overround.domain.pricing.tennis.model import Match
from overround.runtime.in_process import InProcess, LogRecord
from tests.kit.match import wire
from topologies.sportsbook import MATCH_DAY

MATCH = "m-1"
SECOND_US = 1_000_000
_SIDES = (Side.HOME, Side.AWAY)


def fixture(sport: str, rules: str = "", **fields: Any) -> dict[str, Any]:
    """The message that a match will be played."""
    return {
        "type": "fixture",
        "sport": sport,
        **({"rules": rules} if rules else {}),
        "competition": "Cup",
        "home": "A",
        "away": "B",
        "kickoff_at": "2026-05-01T15:00:00Z",
        **fields,
    }


def prices(sport: str, of: Mapping[str, int]) -> dict[str, Any]:
    """A message of prices, thousandths by selection."""
    lines = [{"selection": name, "price_milli": price} for name, price in of.items()]
    return {"type": "prices", "sport": sport, "prices": lines}


def signal(kind: str) -> dict[str, Any]:
    """A message that something, or nothing, goes on."""
    return {"type": "play_signalled", "signal": kind}


class Partner:
    """A partner's connection to a sportsbook in process; a message takes a second."""

    def __init__(
        self, codec: Codec | None = None, engine: InProcess | None = None, **options: Any
    ) -> None:
        own = {"partitions": 1, **options}
        self.engine = engine or InProcess(MATCH_DAY, codec or wire(), **own)
        self.match, self.provider = MATCH, "partner"
        self.sequence = 0

    def tell(self, *messages: Mapping[str, Any]) -> int:
        """Send messages with the next numbers; the last number."""
        for message in messages:
            self.sequence += 1
            self.send(message, self.sequence)
        return self.sequence

    def send(self, message: Mapping[str, Any], sequence: int, provider: str = "") -> None:
        """Send a message under a number of one's own."""
        head = {"format": FORMAT, "match": self.match, "sequence": sequence}
        payload = json.dumps(head | dict(message)).encode()
        record = RecordFeed(
            self.match,
            provider or self.provider,
            sequence,
            0,
            payload,
            sha256(payload).digest(),
        )
        at_us = self.engine.now_us + SECOND_US
        self.engine.pipe(topics.FEEDS_INBOX, self.match, record, at_us=at_us)
        self.engine.run()

    def quotes(self) -> list[SportQuotes]:
        """Every version that was published."""
        found = self.engine.read(topics.QUOTES)
        return [each for each in found if isinstance(each, SportQuotes)]

    def newest(self) -> SportQuotes:
        """The version that holds now."""
        return self.quotes()[-1]

    def standing(self) -> tuple[str, str]:
        """Status and reason of the newest quotes."""
        return self.newest().status.value, self.newest().reason

    def price(self, market: str, outcome: str) -> int:
        """The newest price of a selection, 0 if it is not offered."""
        for line in self.newest().lines:
            if (line.market, line.outcome) == (market, outcome):
                return line.price_milli
        return 0

    def inbox(self) -> list[LogRecord]:
        """What MARKETS was told."""
        return self.engine.log.read(topics.MARKETS_INBOX.name, 0)

    def bytes_quoted(self) -> list[bytes]:
        """The bytes of each version."""
        return [record.value or b"" for record in self.engine.log.read(topics.QUOTES.name, 0)]


def tennis_messages(states: Iterable[Match]) -> Iterator[dict[str, Any]]:
    """A tennis match's points as a partner tells them, from its state after each."""
    for match in states:
        entry = match.log[-1]
        server, winner = (str(_SIDES[entry >> bit & 1]) for bit in (1, 0))
        yield {"type": "tennis.point_played", "server": server, "winner": winner}


def basketball_messages(incidents: Iterable[Incident]) -> Iterator[dict[str, Any]]:
    """A basketball match as a partner tells it."""
    for each in incidents:
        if isinstance(each, Clock):
            clock = {"period": each.period, "left_s": each.left_s}
            yield {"type": "basketball.clock_told", **clock}
        elif isinstance(each, Scored):
            own = {"side": str(each.side), "points": each.points}
            clock = {"period": each.period, "left_s": each.left_s}
            yield {"type": "basketball.points_scored", **clock, **own}

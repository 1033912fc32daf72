"""Bets as bytes, and their way through ACCOUNTS and MARKETS in one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.accounts import ACCOUNTS
from agents.markets import MARKETS
from overround.contracts import topics
from overround.domain.betting.commands import BetLeg, PlaceBet, PricePolicy
from overround.domain.feeds.events import FixtureScheduled, ObservedPrice, PricesObserved
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.runtime.in_process import LogRecord
from overround.runtime.records import Headers, Lanes, Wire
from overround.runtime.shell import Task

AT_US = 1_767_452_400_000_000  # 2026-01-03 15:00 UTC

# Many customers, so that none comes to the limit of 5,000 euros on a match.
CUSTOMERS = 1_000
MATCHES = 100
STAKE_MINOR = 100

# The three ways a match can end take turns: what one side's bets could cost, the others' pay for,
# and no limit of a match is reached.
SELECTIONS = ("1x2/home", "1x2/draw", "1x2/away")

PRICES = (
    ("1x2/home", 2_600),
    ("1x2/draw", 3_300),
    ("1x2/away", 2_800),
    ("totals:2.5/over", 1_950),
    ("totals:2.5/under", 1_950),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """The matches and customers of one run; `run` is in their names, so that runs do not meet."""

    run: str = ""

    def event_id(self, number: int) -> str:
        """A match."""
        return f"match{self.run}-{number % MATCHES:03}"

    def customer_id(self, number: int) -> str:
        """A customer."""
        return f"customer{self.run}-{number % CUSTOMERS:04}"

    def matches(self) -> list[Any]:
        """Each match scheduled, priced and kicked off, for the inbox of MARKETS."""
        records: list[Any] = []
        prices = tuple(ObservedPrice(selection, price) for selection, price in PRICES)
        for name in map(self.event_id, range(MATCHES)):
            records += [
                FixtureScheduled(name, "bench", 1, "League", f"{name} Home", f"{name} Away", AT_US),
                PricesObserved(name, "bench", 2, prices),
                Incident(name, "bench", 3, IncidentKind.PERIOD, Period.FIRST_HALF, 0, 0, 0),
            ]
        return records

    def clock(self, number: int, sequence: int, clock_s: int) -> Incident:
        """A match's clock, which keeps its trading open."""
        kind, period = IncidentKind.CLOCK, Period.FIRST_HALF
        return Incident(self.event_id(number), "bench", sequence, kind, period, clock_s, 0, 0)

    def accounts(self) -> list[Any]:
        """Each account opened and filled."""
        records: list[Any] = []
        for name in map(self.customer_id, range(CUSTOMERS)):
            records += [OpenAccount(name, "EUR"), Deposit(name, f"{name}-1", "EUR", 10_000_00)]
        return records

    def bet(self, number: int) -> PlaceBet:
        """A bet that any price satisfies: the bench is about the path, not about the price."""
        selection = SELECTIONS[number // MATCHES % len(SELECTIONS)]
        leg = BetLeg(self.event_id(number), selection, 1_010)
        customer, policy = self.customer_id(number * 7), PricePolicy.ANY
        return PlaceBet(customer, f"bet-{number}", "EUR", STAKE_MINOR, (leg,), price_policy=policy)


class BetPath:
    """Both agents' tasks of partition 0, each one's answers carried to the other's inbox."""

    def __init__(self, wire: Wire, lanes: Lanes) -> None:
        self._cast = Cast()
        self._lanes = lanes
        self._wire = wire
        self._waiting: list[tuple[str, bytes | None, bytes | None]] = []
        self._offset = 0
        self.accepted = 0
        self._tasks = {
            agent.inbox.name: Task(agent, 0, wire, self) for agent in (ACCOUNTS, MARKETS)
        }

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Carry to the other inbox, and to the lanes in any case."""
        self._lanes.send(topic, key, value, headers)
        if topic in self._tasks:
            self._waiting.append((topic, key, value))
        self.accepted += topic == topics.BET_EVENTS.name

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """To the lanes."""
        self._lanes.publish(topic, key, value, headers)

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """To the lanes."""
        self._lanes.store(changelog, key, value, partition)

    def open(self, wire: Wire) -> None:
        """Matches and accounts, as if they had been there."""
        for value in self._cast.matches():
            self._take(topics.MARKETS_INBOX.name, value.event_id, value, wire)
        for value in self._cast.accounts():
            self._take(topics.ACCOUNTS_INBOX.name, value.customer_id, value, wire)
        self.accepted = 0

    def bet(self, number: int) -> None:
        """One bet from its bytes to its answer's bytes."""
        placed = self._cast.bet(number)
        self._take(topics.ACCOUNTS_INBOX.name, placed.customer_id, placed, self._wire)

    def flush(self) -> None:
        """Both agents' changed keys to their changelogs."""
        for task in self._tasks.values():
            task.flush()

    def dead_letters(self) -> int:
        """Events that were refused; none, if all is well."""
        return sum(task.dead_letters for task in self._tasks.values())

    def _take(self, topic: str, key: str, value: Any, wire: Wire) -> None:
        payload = wire.encode(value, id=f"bench:{self._offset}", at_us=AT_US, caused_by=None)
        self._waiting.append((topic, key.encode(), payload))
        while self._waiting:
            inbox, name, content = self._waiting.pop(0)
            record = LogRecord(inbox, 0, self._offset, AT_US // 1000, name, content)
            self._offset += 1
            self._tasks[inbox].process(record)

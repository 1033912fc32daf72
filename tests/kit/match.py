"""A sportsbook in process with a match, its customers and their bets, and an auditor for it."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

from cli.verification.exposures import check_customer_exposures, check_exposures
from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.contracts.topic import Topic
from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled, ObservedPrice, PricesObserved
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.ledger.audit import audit
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.ledger.model import Balance, available_minor, currency_of
from overround.domain.pricing.events import Quotes, SideQuotes
from overround.runtime.in_process import InProcess
from overround.runtime.topology import Topology
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire

Value = TypeVar("Value")

MATCH = "m1"
PROVIDER = "partner"

# Home 2.70, draw 3.10, away 2.95; over 2.20 and under 1.70 on 2.5 goals.
OPENING = (
    ObservedPrice("1x2/home", 2700),
    ObservedPrice("1x2/draw", 3100),
    ObservedPrice("1x2/away", 2950),
    ObservedPrice("totals:2.5/over", 2200),
    ObservedPrice("totals:2.5/under", 1700),
)

FUNDS_MINOR = 100_000


@lru_cache(maxsize=1)
def wire() -> Codec:
    """The real codec; compiled once, as making it takes tens of milliseconds."""
    return sportsbook_wire()


class Sportsbook:
    """The whole topology over a log in memory; every step is run to its end."""

    def __init__(self, topology: Topology = SPORTSBOOK, **options: Any) -> None:
        self.engine = InProcess(topology, wire(), **options)
        self._sequences: Counter[tuple[str, str]] = Counter()

    def tell(self, topic: Topic, key: str, value: object) -> None:
        """Write a record into an inbox and run until nothing waits."""
        self.engine.pipe(topic, key, value)
        self.engine.run()

    # -- the match

    def schedule(self, match: str = MATCH, *, is_priced: bool = True) -> None:
        """A fixture and, unless told otherwise, its opening prices."""
        fixture = FixtureScheduled(match, PROVIDER, self._next(match), "Cup", "A", "B", 0)
        self.tell(topics.MARKETS_INBOX, match, fixture)
        if is_priced:
            prices = PricesObserved(match, PROVIDER, self._next(match), OPENING)
            self.tell(topics.MARKETS_INBOX, match, prices)

    def report(
        self,
        kind: IncidentKind,
        period: Period,
        clock_s: int,
        score: tuple[int, int] = (0, 0),
        side: Side | None = None,
        *,
        match: str = MATCH,
        sequence: int | None = None,
        provider: str = PROVIDER,
    ) -> Incident:
        """An incident with the provider's next sequence, or a given one."""
        number = self._next(match, provider) if sequence is None else sequence
        incident = Incident(match, provider, number, kind, period, clock_s, *score, side)
        self.tell(topics.MARKETS_INBOX, match, incident)
        return incident

    def kick_off(self, match: str = MATCH) -> None:
        """The first half begins."""
        self.report(IncidentKind.PERIOD, Period.FIRST_HALF, 0, match=match)

    def full_time(self, home: int, away: int, match: str = MATCH) -> None:
        """Regular time is over at this score."""
        self.report(IncidentKind.PERIOD, Period.FULL_TIME, 5_700, (home, away), match=match)

    def confirm(self, home: int, away: int, match: str = MATCH) -> None:
        """The competition confirms the result."""
        kind = IncidentKind.RESULT_CONFIRMED
        self.report(kind, Period.ENDED, 5_700, (home, away), match=match)

    def _next(self, match: str, provider: str = PROVIDER) -> int:
        self._sequences[match, provider] += 1
        return self._sequences[match, provider]

    # -- customers

    def customer(
        self, name: str = "c1", funds_minor: int = FUNDS_MINOR, currency: str = "EUR"
    ) -> None:
        """A customer with an account and money in it."""
        self.tell(topics.ACCOUNTS_INBOX, name, OpenAccount(name, currency))
        self.tell(topics.ACCOUNTS_INBOX, name, Deposit(name, "first", currency, funds_minor))

    def bet(
        self,
        bet_id: str,
        selection: str,
        stake_minor: int = 1_000,
        *,
        customer: str = "c1",
        match: str = MATCH,
        seen_milli: int | None = None,
        currency: str = "EUR",
        **terms: Any,
    ) -> Any:
        """Bet at the price that stands now, or at one seen earlier; the answer to it."""
        price = self.price(selection, match) if seen_milli is None else seen_milli
        leg = BetLeg(match, selection, price)
        command = PlaceBet(customer, bet_id, currency, stake_minor, (leg,), **terms)
        self.tell(topics.ACCOUNTS_INBOX, customer, command)
        return self.answers(bet_id, customer)[-1]

    # -- what came of it

    def told(self, topic: Topic, kind: type[Value]) -> list[Value]:
        """The records of one type in a topic."""
        return [value for value in self.engine.read(topic) if isinstance(value, kind)]

    def answers(self, bet_id: str, customer: str = "c1") -> list[Any]:
        """Everything that was told of a bet, in order."""
        events = self.engine.read(topics.BET_EVENTS)
        return [e for e in events if (e.customer_id, e.bet_id) == (customer, bet_id)]

    def quotes(self, match: str = MATCH) -> list[Quotes]:
        """Every quotes message of a match, in order."""
        return [q for q in self.told(topics.QUOTES, Quotes) if q.event_id == match]

    def side_quotes(self, match: str = MATCH) -> list[SideQuotes]:
        """Every message of a match's side markets, in order."""
        return [q for q in self.told(topics.SIDE_QUOTES, SideQuotes) if q.event_id == match]

    def price(self, selection: str, match: str = MATCH) -> int:
        """The price of a selection that was last quoted, in thousandths."""
        newest = (self.quotes(match)[-1], *self.side_quotes(match)[-1:])
        lines = {f"{q.market}/{q.outcome}": q.price_milli for each in newest for q in each.lines}
        return lines[selection]

    def available(self, customer: str = "c1", currency: str = "EUR") -> int:
        """What a customer can spend now, in minor units."""
        return available_minor(self.engine.table("balances")[f"customer:{customer}:{currency}"])

    def dead_letters(self) -> list[str]:
        """The reasons of all dead letters of all inboxes."""
        return [reason for inbox in topics.INBOXES for reason, _ in self.engine.dead_letters(inbox)]

    def check_books(self) -> None:
        """Derive money and exposure again from the log, and compare with the tables.

        The ledger replays from nothing to the balances; the control total of every currency is 0
        and no customer is below 0; no hold is open; each exposure is the recount of its legs.
        """
        balances: dict[str, Balance] = self.engine.table("balances")
        books = audit(self.engine.read(topics.LEDGER_ENTRIES))
        assert _moved(books.balances) == _moved(balances)
        control: Counter[str] = Counter()
        for account, balance in balances.items():
            control[currency_of(account)] += balance.credits_posted - balance.debits_posted
            if account.startswith("customer:"):
                assert available_minor(balance) >= 0, account
        assert not any(control.values()), control
        assert books.holds.keys() == {h.pending_id for h in self.engine.table("holds").values()}
        self._check_exposures()

    def _check_exposures(self) -> None:
        legs, exposures = self.engine.table("legs"), self.engine.table("exposures")
        kept = self.engine.table("customer_exposures")
        liabilities = {key: row.liability_minor for key, row in kept.items()}
        checks = [
            check_exposures(legs, exposures, self.engine.table("sport_books")),
            check_customer_exposures(legs, liabilities),
        ]
        assert [check.differences for check in checks] == [[], []]


def _moved(balances: dict[str, Balance]) -> dict[str, Balance]:
    """The accounts that anything stands on; one that was only opened has no entry."""
    return {account: balance for account, balance in balances.items() if balance != Balance()}


def feed(match: str, sequence: int, fields: dict[str, Any], provider: str = PROVIDER) -> RecordFeed:
    """A provider's message in the partner format, as its connection hands it in."""
    head = {"format": FORMAT, "match": f"{provider}-{match}", "sequence": sequence}
    payload = json.dumps(head | fields).encode()
    return RecordFeed(match, provider, sequence, 0, payload, sha256(payload).digest())


def fixture_fields() -> dict[str, Any]:
    """The fields of a fixture, beyond the head that every message has."""
    return {
        "type": "fixture",
        "competition": "Cup",
        "home": "A",
        "away": "B",
        "kickoff_at": "2022-12-18T15:00:00Z",
    }


def price_fields() -> dict[str, Any]:
    """The opening prices."""
    prices = [{"selection": p.selection, "price_milli": p.price_milli} for p in OPENING]
    return {"type": "prices", "prices": prices}


def incident_fields(
    kind: str, period: str, clock_s: int, home: int = 0, away: int = 0, **more: str
) -> dict[str, Any]:
    """An incident."""
    play = {"kind": kind, "period": period, "clock_s": clock_s}
    return {"type": "incident", **play, "home_goals": home, "away_goals": away, **more}

"""What the demonstration has seen: public records, folded into what a screen and a report need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from overround.domain.betting.commands import PlaceBet
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    RejectReason,
)
from overround.domain.betting.model import bet_key
from overround.domain.exposure.events import ExposureChanged
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.kernel.match import Incident, IncidentKind
from overround.domain.ledger.events import (
    EntryKind,
    FundsDeposited,
    LedgerEntry,
    MoneyRefused,
)
from overround.domain.ledger.model import HouseKind
from overround.domain.pricing.events import Quotes
from overround.domain.settlement.events import (
    BetResettled,
    BetSettled,
    Certainty,
    ResultRecorded,
)

_MOVES_MONEY = (EntryKind.TRANSFER, EntryKind.POST)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that an inbox refused: where it stood, the reason, and what it said of it."""

    source: str
    reason: str
    detail: str


class Scoreboard:
    """One match and its punters as their own records tell it; others' records change nothing.

    A bet is one (customer, bet id), however often it was sent. An id that is used again with
    another body is refused beside the bet that has it, and counted in `reused`.
    """

    def __init__(self, event_id: str, customers: Iterable[str]) -> None:
        self.event_id = event_id
        self.customers = frozenset(customers)
        self.fixture: FixtureScheduled | None = None
        self.incident: Incident | None = None
        self.last_news: Incident | None = None
        self.quotes: Quotes | None = None
        self.prices: dict[str, int] = {}
        self.moves: dict[str, int] = {}
        self.result: ResultRecorded | None = None
        self.credited: set[str] = set()
        self.refused = 0
        self.sent = 0
        self.placed: set[str] = set()
        self.answers: dict[str, str] = {}
        self.rejections: Counter[str] = Counter()
        self.reused = 0
        self.settled: set[str] = set()
        self.exposures: dict[str, ExposureChanged] = {}
        self.lowest_worst_minor: dict[str, int] = {}
        self.house_minor: dict[str, int] = {}
        self.dead_letters: list[DeadLetter] = []

    def send(self, bet: PlaceBet) -> None:
        """Note a bet that was sent."""
        self.sent += 1
        self.placed.add(bet_key(bet.customer_id, bet.bet_id))

    def see(self, records: Iterable[object]) -> None:
        """Take records in; a partition's records come in their order."""
        for record in records:
            if isinstance(record, DeadLetter):
                self.dead_letters.append(record)
            elif self._is_ours(record):
                step = self._steps.get(type(record))
                if step is not None:
                    step(self, record)

    @property
    def taken(self) -> set[str]:
        """The bets of which the whole stake or a part stands."""
        return {key for key, outcome in self.answers.items() if outcome != "rejected"}

    @property
    def unanswered(self) -> set[str]:
        """Bets that nobody has heard of again."""
        return self.placed - self.answers.keys()

    @property
    def unsettled(self) -> set[str]:
        """Bets that stand and were not paid or lost yet."""
        return self.taken - self.settled

    @property
    def is_confirmed(self) -> bool:
        """Whether the competition has confirmed the result."""
        return self.result is not None and self.result.certainty is Certainty.CONFIRMED

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to happen: a result, and every bet answered and settled."""
        return self.is_confirmed and not self.unanswered and not self.unsettled

    def outcomes(self) -> Counter[str]:
        """How many bets ended in each of accepted, partly accepted and rejected."""
        return Counter(self.answers.values())

    def _is_ours(self, record: Any) -> bool:
        if hasattr(record, "customer_id"):
            return record.customer_id in self.customers
        return bool(getattr(record, "event_id", None) == self.event_id)

    def _fixture(self, fixture: FixtureScheduled) -> None:
        self.fixture = fixture

    def _incident(self, incident: Incident) -> None:
        self.incident = incident
        if incident.kind is not IncidentKind.CLOCK:
            self.last_news = incident

    def _quotes(self, quotes: Quotes) -> None:
        if self.quotes is not None and quotes.version <= self.quotes.version:
            return  # published again after a crash: a version is only seen once
        self.quotes = quotes
        for line in quotes.lines:
            selection = f"{line.market}/{line.outcome}"
            before = self.prices.get(selection, line.price_milli)
            if line.price_milli != before:
                self.moves[selection] = 1 if line.price_milli > before else -1
            self.prices[selection] = line.price_milli

    def _exposure(self, changed: ExposureChanged) -> None:
        self.exposures[changed.currency] = changed
        lowest = self.lowest_worst_minor.get(changed.currency, 0)
        self.lowest_worst_minor[changed.currency] = min(lowest, changed.worst_minor)

    def _result(self, result: ResultRecorded) -> None:
        self.result = result

    def _credited(self, deposited: FundsDeposited) -> None:
        self.credited.add(deposited.customer_id)

    def _refused(self, _refused: MoneyRefused) -> None:
        self.refused += 1

    def _taken(self, answer: BetAccepted | BetPartlyAccepted) -> None:
        outcome = "accepted" if isinstance(answer, BetAccepted) else "partly accepted"
        self.answers[bet_key(answer.customer_id, answer.bet_id)] = outcome

    def _rejected(self, answer: BetRejected) -> None:
        if answer.reason is RejectReason.DUPLICATE_WITH_OTHER_BODY:
            self.reused += 1
            return
        key = bet_key(answer.customer_id, answer.bet_id)
        if key not in self.answers:
            self.rejections[answer.reason] += 1
        self.answers[key] = "rejected"

    def _settled(self, settled: BetSettled | BetResettled) -> None:
        self.settled.add(bet_key(settled.customer_id, settled.bet_id))

    def _entry(self, entry: LedgerEntry) -> None:
        if entry.kind in _MOVES_MONEY:
            change_minor = entry.amount_minor * (
                _is_house(entry.credit_account) - _is_house(entry.debit_account)
            )
            so_far_minor = self.house_minor.get(entry.currency, 0)
            self.house_minor[entry.currency] = so_far_minor + change_minor

    _steps: ClassVar[dict[type, Callable[[Scoreboard, Any], None]]] = {
        FixtureScheduled: _fixture,
        Incident: _incident,
        Quotes: _quotes,
        ExposureChanged: _exposure,
        ResultRecorded: _result,
        FundsDeposited: _credited,
        MoneyRefused: _refused,
        BetAccepted: _taken,
        BetPartlyAccepted: _taken,
        BetRejected: _rejected,
        BetSettled: _settled,
        BetResettled: _settled,
        LedgerEntry: _entry,
    }


def _is_house(account: str) -> bool:
    """Whether an account holds what the house won or lost; the cashier's money is customers'."""
    return account.startswith("house:") and not account.endswith(f":{HouseKind.CASHIER}")


def dead_letter(headers: Mapping[str, bytes | None]) -> DeadLetter:
    """What a dead letter's headers say."""
    texts = {name: (value or b"").decode(errors="replace") for name, value in headers.items()}
    return DeadLetter(texts.get("source", ""), texts.get("reason", ""), texts.get("detail", ""))

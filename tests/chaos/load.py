"""The load of a chaos run: matches that are played and punters who bet on them, from a seed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from random import Random
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from cli.demo.match import TimedRecord, synthetic
from cli.demo.punters import Habits, Population
from overround.contracts import topics
from overround.contracts.clients import producer_settings
from overround.contracts.topic import PARTITIONS, Topic
from overround.domain.betting.commands import PlaceBet, ReopenTrading, SuspendTrading
from overround.domain.pricing.events import Quotes
from overround.domain.settlement.commands import VoidMarket
from topologies.sportsbook import MATCH_DAY
from topologies.wire import sportsbook_wire

PUNTERS = 600
# A match is played some 45 times as fast as in life: a clock message each minute of it is one
# each 1.3 s of the run, often enough not to count as silence.
CLOCK_EVERY_S = 60
STEP_S = 0.02

# Betting time that passes between two looks at whether enough was bet: one bet or so in all.
BET_STEP_S = 0.05

# Wrong in every way that is answered; a tenth of the bets is sent twice or with another body.
HABITS = Habits(
    bets_per_s=1.0, late=0.08, oversized=0.04, repeated=0.06, reused_id=0.03, malformed=0.03
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: `bets` commands in `seconds`, on `matches` matches, everything by a seed."""

    seed: int
    bets: int
    seconds: float
    matches: int = 20


@dataclass(frozen=True, slots=True)
class _Due:
    """A record and when it is sent, in seconds since the start of the load."""

    at_s: float
    topic: Topic
    key: str
    value: Any


def script(plan: Plan) -> list[_Due]:
    """Every record but accounts and bets, in time: the feeds, and what traders do."""
    rng = Random(f"{plan.seed}/script")
    names = [f"chaos-{plan.seed}-{number:02d}" for number in range(plan.matches)]
    matches = [_match(name, plan, rng) for name in names]
    orders = sorted(_orders(names, plan, rng), key=lambda due: due.at_s)
    return list(merge(*matches, orders, key=lambda due: due.at_s))


def _match(name: str, plan: Plan, rng: Random) -> list[_Due]:
    """A match squeezed into the run: some are over early, most play on to its end."""
    records: list[TimedRecord] = synthetic(name, rng.randrange(2**32), CLOCK_EVERY_S)
    start_s = rng.uniform(0, 0.1) * plan.seconds
    end_s = rng.choice((0.6, 0.9, 1.02, 1.02)) * plan.seconds
    pace = (end_s - start_s) / records[-1].at_s
    return [
        _Due(start_s + timed.at_s * pace, topics.FEEDS_INBOX, name, timed.record)
        for timed in records
    ]


def _orders(names: list[str], plan: Plan, rng: Random) -> Iterator[_Due]:
    inbox = topics.MARKETS_INBOX
    for name in rng.sample(names, k=min(len(names), 6)):
        at_s = rng.uniform(0.3, 0.9) * plan.seconds
        market = rng.choice(("both_teams_to_score", "totals:2.5", "1x2", ""))
        yield _Due(at_s, inbox, name, VoidMarket(name, market, "trader-1", "palpable error"))
    for name in rng.sample(names, k=min(len(names), 6)):
        at_s = rng.uniform(0.2, 0.8) * plan.seconds
        yield _Due(at_s, inbox, name, SuspendTrading(name, "trader-2", "a look at it"))
        yield _Due(at_s + 3, inbox, name, ReopenTrading(name, "trader-2"))
    for number in range(6):
        name = f"nobody-{number}"
        at_s = rng.uniform(0.1, 0.9) * plan.seconds
        yield _Due(at_s, inbox, name, VoidMarket(name, "", "trader-3", "no such match"))


class Load(threading.Thread):
    """Sends a plan at its pace; `error` is set when it could not."""

    def __init__(self, bootstrap: str, plan: Plan) -> None:
        super().__init__(daemon=True)
        self.plan = plan
        self.sent = 0
        self.bets: set[tuple[str, str]] = set()
        self.poison: set[bytes] = set()
        self.error: BaseException | None = None
        self._wire = sportsbook_wire()
        self._population = Population(plan.seed, PUNTERS, habits=HABITS)
        self._quotes: dict[str, Quotes] = {}
        self._bet_time_s = 0.0
        self.records = 0
        self._failures: list[Any] = []
        self._producer = Producer(
            # One at a time: what the load sends must arrive, or the count of it is wrong.
            producer_settings(bootstrap, linger_ms=5, max_in_flight_requests_per_connection=1)
            | {"on_delivery": lambda error, _: self._failures.append(error) if error else None}
        )
        self._reader = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "chaos-load",
                "isolation.level": "read_uncommitted",  # quotes are published, not committed
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,
            }
        )

    def run(self) -> None:
        """Send everything; a failure is kept for the run to report."""
        try:
            self._run()
        except BaseException as error:
            self.error = error
            raise
        finally:
            self._reader.close()
            # The client would complain on and on once the cluster is gone.
            del self._producer

    def _run(self) -> None:
        for command in self._population.opening_commands():
            self._send(topics.ACCOUNTS_INBOX, command.customer_id, command)
        quotes = topics.QUOTES.name
        self._reader.assign(
            [TopicPartition(quotes, number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
        )
        waiting = script(self.plan)[::-1]
        started = time.monotonic()
        while waiting or self.sent < self.plan.bets:
            now_s = time.monotonic() - started
            while waiting and waiting[-1].at_s <= now_s:
                self._await_match(waiting[-1])
                due = waiting.pop()
                self._send(due.topic, due.key, due.value)
            self._look()
            self._bet(self.plan.bets * min(1.0, now_s / self.plan.seconds))
            if now_s > 2 * self.plan.seconds:
                # A slow machine quotes late, and on a match that is over nobody bets.
                assert not waiting, f"{len(waiting)} records of the script were not sent"
                break
            time.sleep(STEP_S)
        assert not self._producer.flush(30), "records were not acknowledged"
        assert not self._failures, self._failures[0]

    def _await_match(self, due: _Due) -> None:
        """A trader orders nothing about a match that nobody has quoted yet."""
        is_order = due.topic is topics.MARKETS_INBOX and not due.key.startswith("nobody")
        deadline = time.monotonic() + 60
        while is_order and due.key not in self._quotes and time.monotonic() < deadline:
            self._look()

    def _look(self) -> None:
        for message in self._reader.consume(500, 0.001):
            if message.error() is None:
                quotes = self._wire.decode(message.value()).value
                known = self._quotes.get(quotes.event_id)
                if known is None or quotes.version > known.version:
                    self._quotes[quotes.event_id] = quotes

    def _bet(self, target: float) -> None:
        for _ in range(1_000):
            if self.sent >= target:
                return
            self._bet_time_s += BET_STEP_S
            for event_id in sorted(self._quotes):
                for bet in self._population.bets(self._quotes[event_id], self._bet_time_s):
                    self._place(bet)

    def _place(self, bet: PlaceBet) -> None:
        self.sent += 1
        self.bets.add((bet.customer_id, bet.bet_id))
        self._send(topics.ACCOUNTS_INBOX, bet.customer_id, bet)
        if self.sent % 2_500 == 0:
            for inbox in (agent.inbox for agent in MATCH_DAY.agents):
                poison = f"poison {self.sent} of {inbox.name}".encode()
                self.poison.add(poison)
                self._producer.produce(inbox.name, poison, b"poison")

    def _send(self, topic: Topic, key: str, value: object) -> None:
        self.records += 1
        now_us = time.time_ns() // 1000
        payload = self._wire.encode(value, id=f"chaos-{self.records}", at_us=now_us, caused_by=None)
        if key.startswith("nobody"):
            self.poison.add(payload)
        self._producer.produce(topic.name, payload, key)
        self._producer.poll(0)

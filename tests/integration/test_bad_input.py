"""The same bad input on a real Kafka: workers live, keep every bad record, and do the good ones."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from confluent_kafka import Producer

from overround.contracts import topics
from overround.contracts.clients import producer_settings
from overround.contracts.topic import Topic
from overround.contracts.topics import PUBLIC
from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.ledger.commands import Deposit, OpenAccount
from tests.kit.bad_input import PARTNER, dead_letters, payload, rejected_bets
from tests.kit.kafka import Record, Worker, Workers, read_to_end, sportsbook_broker
from tests.kit.match import (
    Sportsbook,
    feed,
    fixture_fields,
    incident_fields,
    price_fields,
    wire,
)
from topologies.sportsbook import MATCH_DAY

pytestmark = pytest.mark.kafka

MATCH, CUSTOMER, CARELESS = "m1", "c1", "careless"
AGENTS = ("feeds", "markets", "accounts")
WAIT_S = 60
TRACE = ("traceparent", b"00-4bf92f-00f067-01")

Step = tuple[Topic, str, Any]

BAD = dead_letters(MATCH, CUSTOMER)


def bet(bet_id: str) -> Step:
    command = PlaceBet(CUSTOMER, bet_id, "EUR", 1_000, (BetLeg(MATCH, "1x2/draw", 1_500),))
    return topics.ACCOUNTS_INBOX, CUSTOMER, command


def message(sequence: int, fields: dict[str, Any]) -> Step:
    return topics.FEEDS_INBOX, MATCH, feed(MATCH, sequence, fields, PARTNER)


# Each step with the topic and the number of records that are there once it was handled.
GOOD: tuple[tuple[Step, Topic, int], ...] = (
    ((topics.ACCOUNTS_INBOX, CUSTOMER, OpenAccount(CUSTOMER, "EUR")), topics.ACCOUNT_EVENTS, 1),
    (
        (topics.ACCOUNTS_INBOX, CUSTOMER, Deposit(CUSTOMER, "d", "EUR", 100_000)),
        topics.ACCOUNT_EVENTS,
        2,
    ),
    (message(1, fixture_fields()), topics.FIXTURES, 1),
    (message(2, price_fields()), topics.QUOTES, 1),
    (bet("b1"), topics.BET_EVENTS, 1),
    (message(3, incident_fields("period", "first_half", 0)), topics.QUOTES, 2),
    (
        message(4, incident_fields("goal", "first_half", 600, 1, 0, side="home")),
        topics.QUOTES,
        3,
    ),
    (bet("b2"), topics.BET_EVENTS, 2),
    (message(5, incident_fields("period", "full_time", 5_700, 1, 0)), topics.BET_EVENTS, 4),
)
FEED_IS_KNOWN = 4  # steps, until the bad records can be told from the first of a match


@dataclass(slots=True)
class Played:
    """What is left after good and bad records went through real workers."""

    bootstrap: str
    producer: Producer
    workers: list[Worker] = field(default_factory=list)

    def values(self, topic: Topic) -> list[tuple[str, Any]]:
        """The key and value of each record of a topic, in the order of their partitions."""
        return [
            ((record.key or b"").decode(), wire().decode(record.value or b"").value)
            for record in read_to_end(self.bootstrap, topic.name)
        ]

    def wait_for(self, topic: Topic, count: int, is_meant: Callable[[str], bool]) -> None:
        """Wait until so many records of those keys are in a topic."""
        assert self.producer.flush(WAIT_S) == 0
        deadline = time.monotonic() + WAIT_S
        while sum(is_meant(key) for key, _ in self.values(topic)) < count:
            assert time.monotonic() < deadline, f"{count} records did not come to {topic.name}"
            assert all(worker.process.poll() is None for worker in self.workers)
            time.sleep(0.2)

    def send(self, inbox: Topic, key: bytes | None, value: bytes | None) -> None:
        """Write a record; it is with the broker at the next `wait_for`."""
        self.producer.produce(inbox.name, value, key, headers=[TRACE])


def is_good(key: str) -> bool:
    return key in (MATCH, CUSTOMER)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The good steps with the whole list of bad records between, and all workers still alive."""
    with sportsbook_broker() as bootstrap:
        workers = Workers(tmp_path_factory.mktemp("logs"))
        settings = producer_settings(bootstrap, compression_type="lz4")
        left = Played(bootstrap, Producer(settings))
        try:
            left.workers = [_started(workers, name, bootstrap) for name in AGENTS]
            _play(left)
            yield left
        except BaseException:
            workers.show_logs()
            raise
        finally:
            workers.end_all()


def _started(workers: Workers, agent: str, bootstrap: str) -> Worker:
    command = [sys.executable, "-m", "cli.main", "worker", agent, "--once"]
    return workers.start([*command, "--bootstrap", bootstrap], name=agent)


def _play(left: Played) -> None:
    for place, ((inbox, key, value), told, count) in enumerate(GOOD):
        if place == FEED_IS_KNOWN:
            _send_bad(left)
        left.send(inbox, key.encode(), payload(value))
        left.wait_for(told, count, is_good)
    left.wait_for(topics.BET_EVENTS, len(rejected_bets(MATCH, CARELESS)), CARELESS.__eq__)


def _send_bad(left: Played) -> None:
    for bad in BAD:
        left.send(bad.inbox, bad.key, bad.value)
    for value in (
        OpenAccount(CARELESS, "EUR"),
        Deposit(CARELESS, "d", "EUR", 100_000),
        *(bet for bet, _ in rejected_bets(MATCH, CARELESS)),
    ):
        left.send(topics.ACCOUNTS_INBOX, CARELESS.encode(), payload(value))


def letters(left: Played, inbox: Topic) -> list[Record]:
    return read_to_end(left.bootstrap, inbox.dead_letters)


def header(record: Record, name: str) -> bytes:
    value = dict(record.headers)[name]
    assert isinstance(value, bytes)
    return value


@pytest.mark.parametrize("inbox", topics.INBOXES, ids=lambda inbox: inbox.name)
def test_every_bad_record_is_kept_as_it_came_with_its_reason(played: Played, inbox: Topic) -> None:
    wanted = [(bad.key, bad.value, bad.reason) for bad in BAD if bad.inbox is inbox]
    found = [(r.key, r.value, header(r, "reason").decode()) for r in letters(played, inbox)]
    assert Counter(found) == Counter(wanted)


@pytest.mark.parametrize("inbox", topics.INBOXES, ids=lambda inbox: inbox.name)
def test_every_dead_letter_names_its_source_and_keeps_its_headers(
    played: Played, inbox: Topic
) -> None:
    stood = {(r.partition, r.offset): r for r in read_to_end(played.bootstrap, inbox.name)}
    for letter in letters(played, inbox):
        name, partition, offset = header(letter, "source").decode().rsplit(":", 2)
        source = stood[int(partition), int(offset)]
        assert (name, source.key, source.value) == (inbox.name, letter.key, letter.value)
        assert header(letter, "appended_at_ms") == b"%d" % source.timestamp_ms
        assert header(letter, TRACE[0]) == TRACE[1]


def test_every_bad_bet_is_answered_with_its_reason(played: Played) -> None:
    told = {e.bet_id: str(e.reason) for k, e in played.values(topics.BET_EVENTS) if k == CARELESS}
    assert told == {bet.bet_id: reason for bet, reason in rejected_bets(MATCH, CARELESS)}


def test_the_good_records_have_the_same_results_as_without_the_bad_ones(played: Played) -> None:
    alone = Sportsbook(MATCH_DAY)  # the agents that the workers ran
    for (inbox, key, value), _, _ in GOOD:
        alone.tell(inbox, key, value)
    for topic in PUBLIC:
        found = [value for key, value in played.values(topic) if is_good(key)]
        # The match has answered the careless customer's bets as well.
        good = [value for value in found if getattr(value, "customer_id", CUSTOMER) == CUSTOMER]
        assert good == alone.engine.read(topic), topic.name


def test_the_workers_never_ended_and_stop_in_order(played: Played) -> None:
    assert [worker.process.poll() for worker in played.workers] == [None] * len(AGENTS)
    assert [worker.stop() for worker in played.workers] == [0] * len(AGENTS)

"""Bad input in process: a typed answer to each, and the good traffic around it untouched."""

from __future__ import annotations

import pytest

from overround.contracts import topics
from overround.contracts.topics import TOPICS
from overround.domain.betting.events import BetRejected
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.ledger.commands import Deposit
from overround.domain.ledger.events import MoneyRefused
from tests.kit.bad_input import PARTNER, Bad, dead_letters, payload, rejected_bets
from tests.kit.match import (
    FUNDS_MINOR,
    MATCH,
    Sportsbook,
    feed,
    fixture_fields,
    incident_fields,
    price_fields,
)

BAD = dead_letters(MATCH, "c1")
TRACE = ("traceparent", b"00-4bf92f-00f067-01")

FEED = (
    fixture_fields(),
    price_fields(),
    incident_fields("period", "first_half", 0),
    incident_fields("goal", "first_half", 600, 1, 0, side="home"),
    incident_fields("period", "half_time", 2_800, 1, 0),
    incident_fields("period", "full_time", 5_700, 1, 0),
)


@pytest.fixture
def house() -> Sportsbook:
    sportsbook = Sportsbook()
    sportsbook.customer()
    report(sportsbook, 0, 2)
    return sportsbook


def report(house: Sportsbook, start: int, end: int) -> None:
    """Hand in the feed's messages from one place to another."""
    for sequence, fields in enumerate(FEED[start:end], start=start + 1):
        house.tell(topics.FEEDS_INBOX, MATCH, feed(MATCH, sequence, fields, PARTNER))


def send(house: Sportsbook, bad: Bad) -> None:
    place = {"partition": 3} if bad.key is None else {}
    house.engine.append(bad.inbox.name, bad.key, bad.value, headers=(TRACE,), **place)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_each_bad_record_is_kept_as_it_came_with_its_reason_and_source(
    house: Sportsbook, bad: Bad
) -> None:
    before = house.engine.state_hash()
    send(house, bad)
    house.engine.run()
    ((reason, letter),) = house.engine.dead_letters(bad.inbox)
    headers = dict(letter.headers)
    inbox, partition, offset = headers["source"].decode().rsplit(":", 2)
    source = house.engine.log.read(inbox, int(partition))[int(offset)]
    assert reason == bad.reason
    assert (letter.key, letter.value) == (bad.key, bad.value) == (source.key, source.value)
    assert headers["traceparent"] == TRACE[1]
    assert house.engine.state_hash() == before


def test_good_traffic_is_the_same_with_all_of_it_between() -> None:
    alone, among = Sportsbook(), Sportsbook()
    for house, bads in ((alone, []), (among, BAD)):
        house.customer()
        report(house, 0, 2)
        for stage, (start, end) in enumerate(((2, 4), (4, 6))):
            for bad in bads:
                send(house, bad)
            house.bet(f"b{stage}", "1x2/draw", seen_milli=1_500)
            report(house, start, end)
    # In play no prices are taken from others, so two of them are not refused again.
    assert len(among.dead_letters()) == 2 * len(BAD) - 2
    assert among.engine.state_hash() == alone.engine.state_hash()
    for topic in TOPICS:
        if topic not in topics.INBOXES:
            assert among.engine.read(topic) == alone.engine.read(topic), topic.name
    among.check_books()


@pytest.mark.parametrize(("bet", "reason"), rejected_bets(MATCH, "c1"))
def test_each_bad_bet_is_answered_and_moves_nothing(
    house: Sportsbook, bet: object, reason: str
) -> None:
    house.tell(topics.ACCOUNTS_INBOX, "c1", bet)
    (answer,) = house.engine.read(topics.BET_EVENTS)
    assert isinstance(answer, BetRejected)
    assert answer.reason == reason
    assert house.available() == FUNDS_MINOR
    assert house.dead_letters() == []
    house.check_books()


@pytest.mark.parametrize(
    ("deposit", "reason"),
    [
        (Deposit("c1", "d", "EUR", 0), "amount_not_positive"),
        (Deposit("c1", "d", "EUR", -5), "amount_not_positive"),
        (Deposit("c1", "d", "EUR", 10**13 + 1), "amount_too_large"),
        (Deposit("c1", "d", "GBP", 5), "unknown_account"),
        (Deposit("nobody", "d", "EUR", 5), "unknown_account"),
    ],
)
def test_each_bad_deposit_is_answered_and_moves_nothing(
    house: Sportsbook, deposit: Deposit, reason: str
) -> None:
    house.tell(topics.ACCOUNTS_INBOX, deposit.customer_id, deposit)
    (refused,) = house.told(topics.ACCOUNT_EVENTS, MoneyRefused)
    assert refused.reason == reason
    house.check_books()


def test_a_log_whose_time_goes_back_suspends_nobody_and_stops_nothing(house: Sportsbook) -> None:
    report(house, 2, 3)
    now_ms = house.engine.now_us // 1000
    late = Incident(MATCH, PARTNER, 9, IncidentKind.CLOCK, Period.FIRST_HALF, 10, 0, 0)
    inbox = topics.MARKETS_INBOX.name
    house.engine.log.append(inbox, b"m1", payload(late), timestamp=now_ms - 3_600_000)
    house.engine.run()
    house.engine.advance(20)
    assert house.quotes()[-1].status == "open"
    assert house.dead_letters() == []


def test_a_repeat_of_a_providers_message_is_counted_and_tells_nothing(house: Sportsbook) -> None:
    count = len(house.engine.read(topics.MARKETS_INBOX))
    report(house, 0, 2)
    assert house.engine.table("feeds")[MATCH].providers[PARTNER].duplicates == 2
    assert len(house.engine.read(topics.MARKETS_INBOX)) == count
    assert house.dead_letters() == []

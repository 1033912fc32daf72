"""Everything that must not be taken: the bytes, the key they come under, and the answer to each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from overround.contracts import topics
from overround.contracts.topic import INBOX_RECORD_BYTES_MAX, Topic
from overround.domain.betting.commands import BetLeg, PlaceBet, SuspendTrading
from overround.domain.betting.events import LegReserved
from overround.domain.feeds.events import FixtureScheduled, ObservedPrice, PricesObserved
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.events import Certainty, LegSettled
from tests.kit.match import feed, fixture_fields, incident_fields, price_fields, wire

PARTNER = "bad-partner"


@dataclass(frozen=True, slots=True)
class Bad:
    """A record for an inbox, and the reason that it must get there."""

    name: str
    inbox: Topic
    key: bytes | None
    value: bytes | None
    reason: str


def payload(value: object) -> bytes:
    """The bytes of a record as a client writes it."""
    return wire().encode(value, id="bad", at_us=0, caused_by=None)


def dead_letters(match: str, customer: str) -> list[Bad]:
    """What ends in the dead letters, around a match and a customer that are known.

    The match is known by two messages of `PARTNER` at sequences 1 and 2, and has not begun.
    """
    return [*_no_records(match, customer), *_no_feeds(match), *_no_reports(match), *_no_money()]


def _no_records(match: str, customer: str) -> Iterator[Bad]:
    goods: tuple[tuple[Topic, str, Any, str], ...] = (
        (topics.FEEDS_INBOX, match, _feed(match, 3), "unexpected_record"),
        (topics.MARKETS_INBOX, match, _incident(match), "key_is_not_event_id"),
        (
            topics.ACCOUNTS_INBOX,
            customer,
            OpenAccount(customer, "EUR"),
            "key_is_not_customer_id",
        ),
    )
    strangers = {
        topics.FEEDS_INBOX: Deposit(customer, "bad", "EUR", 5),
        topics.MARKETS_INBOX: Deposit(customer, "bad", "EUR", 5),
        topics.ACCOUNTS_INBOX: _incident(match),
    }
    for inbox, key, value, no_key_reason in goods:
        good, name = payload(value), key.encode()
        wrong_key = "wrong_event" if inbox is topics.FEEDS_INBOX else no_key_reason
        for what, record, reason in (
            ("nothing", None, "empty_record"),
            ("no bytes", b"", "not_wire_format"),
            ("text", b"hello there", "not_wire_format"),
            ("an unknown schema", b"\x00\x7f\xff\xff\xff" + good[5:], "unknown_schema_id"),
            ("half a record", good[: len(good) // 2], "truncated_record"),
            ("all but a byte", good[:-1], "truncated_record"),
            ("a byte too many", good + b"\x00", "trailing_bytes"),
            # Compressed it is small, and no broker would refuse it.
            ("a record too large", b"\x00" * (INBOX_RECORD_BYTES_MAX + 1), "record_too_large"),
            ("another inbox's record", payload(strangers[inbox]), "unexpected_record"),
        ):
            yield Bad(f"{inbox.name}: {what}", inbox, name, record, reason)
        yield Bad(f"{inbox.name}: a key of none", inbox, None, good, no_key_reason)
        yield Bad(f"{inbox.name}: another's key", inbox, b"else", good, wrong_key)
        yield Bad(f"{inbox.name}: no text as key", inbox, b"\xff\xfe", good, "invalid_key")


def _feed(match: str, sequence: int, **changes: Any) -> Any:
    fields = incident_fields("clock", "not_started", 0) | changes
    return feed(match, sequence, fields, PARTNER)


def _incident(match: str, **changes: Any) -> Incident:
    first = Incident(match, PARTNER, 99, IncidentKind.CLOCK, Period.NOT_STARTED, 0, 0, 0)
    return replace(first, **changes)


def _no_feeds(match: str) -> Iterator[Bad]:
    whole = _feed(match, 3)
    for what, value, reason in (
        ("a sequence again", feed(match, 2, fixture_fields(), PARTNER), "sequence_reused"),
        ("a sequence far ahead", _feed(match, 10**9), "sequence_jump"),
        ("no sequence", replace(whole, sequence=0), "sequence_mismatch"),
        ("an absurd score", _feed(match, 3, home_goals=100), "out_of_range"),
        ("a score without a goal", _feed(match, 3, home_goals=2), "score_without_goal"),
        ("a clock before its period", _feed(match, 3, period="full_time"), "clock_before_period"),
        ("a clock below zero", _feed(match, 3, clock_s=-1), "out_of_range"),
        ("a goal of no side", _feed(match, 3, kind="goal", home_goals=1), "side_missing"),
        ("an unknown kind", _feed(match, 3, kind="throw_in"), "unknown_value"),
        ("an unknown field", _feed(match, 3, referee="X"), "unknown_field"),
        ("a field no UTF-8 has", _feed(match, 3, **{"\ud800": 1}), "unknown_field"),
        ("more on target than shots", feed(match, 3, _ON_TARGET, PARTNER), "on_target_above_shots"),
        ("a price of 1.0", feed(match, 3, _price_of(1_000), PARTNER), "out_of_range"),
        ("other bytes than hashed", replace(whole, payload=b"{}"), "hash_mismatch"),
        ("another match", replace(whole, event_id="elsewhere"), "wrong_event"),
    ):
        yield Bad(f"feed: {what}", topics.FEEDS_INBOX, match.encode(), payload(value), reason)
    slash = feed("a/b", 1, fixture_fields(), PARTNER)
    yield Bad("feed: a slash", topics.FEEDS_INBOX, b"a/b", payload(slash), "malformed_id")


_ON_TARGET = {
    "type": "statistics",
    "period": "first_half",
    "clock_s": 60,
    "home": {"shots": 1, "shots_on_target": 2},
    "away": {},
}


def _price_of(price_milli: int) -> dict[str, Any]:
    fields = price_fields()
    fields["prices"][0]["price_milli"] = price_milli
    return fields


def _no_reports(match: str) -> Iterator[Bad]:
    no_side = _incident(match, kind=IncidentKind.RED_CARD)
    even = tuple(ObservedPrice(f"1x2/{side}", 1_000) for side in ("home", "draw", "away"))
    for what, value, reason in (
        ("an absurd score", _incident(match, home_goals=100), "score_out_of_range"),
        ("a score below zero", _incident(match, away_goals=-1), "score_out_of_range"),
        ("a clock below zero", _incident(match, clock_s=-1), "clock_out_of_range"),
        ("a card of no side", no_side, "red_card_without_side"),
        ("corners below zero", _corners(match, -1), "out_of_range"),
        ("prices of 1.0", PricesObserved(match, PARTNER, 99, even), "price_out_of_range"),
        ("one price", PricesObserved(match, PARTNER, 99, even[:1]), "result_prices_missing"),
        ("a halt by nobody", SuspendTrading(match, "", "x"), "malformed_id"),
        ("a void of no market", VoidMarket(match, "totals:2.51", "t", "x"), "unknown_market"),
    ):
        yield Bad(f"match: {what}", topics.MARKETS_INBOX, match.encode(), payload(value), reason)
    for event_id, stray, reason in (
        ("nowhere", _incident("nowhere"), "unknown_event"),
        ("a/b", FixtureScheduled("a/b", PARTNER, 1, "Cup", "A", "B", 0), "malformed_id"),
    ):
        name = f"match: {event_id}"
        yield Bad(name, topics.MARKETS_INBOX, event_id.encode(), payload(stray), reason)


def _corners(match: str, corners: int) -> StatisticsObserved:
    side = SideStatistics(corners=corners)
    return StatisticsObserved(match, PARTNER, 99, Period.FIRST_HALF, 60, side, side)


def _no_money() -> Iterator[Bad]:
    who = "nobody"
    leg = (who, "b1", f"{who}/b1/0", "m", "1x2/home")
    for what, customer, value, reason in (
        ("a currency of none", who, OpenAccount(who, "XXX"), "unknown_currency"),
        ("a customer with a slash", "a/b", OpenAccount("a/b", "EUR"), "malformed_id"),
        ("a customer of no name", "", OpenAccount("", "EUR"), "malformed_id"),
        ("a deposit with a slash", who, Deposit(who, "d/1", "EUR", 5), "malformed_id"),
        ("a bet with a slash", who, PlaceBet(who, "b/1", "EUR", 5, ()), "malformed_id"),
        ("an answer to no bet", who, LegReserved(*leg, 5, 2_000, 1), "unknown_bet"),
        ("a fate of no bet", who, LegSettled(*leg, 2, 0, Certainty.LIVE, 1, ""), "unknown_bet"),
    ):
        yield Bad(
            f"money: {what}", topics.ACCOUNTS_INBOX, customer.encode(), payload(value), reason
        )


def rejected_bets(match: str, customer: str) -> list[tuple[PlaceBet, str]]:
    """Bets that are answered with a rejection, for a customer in euros, each with its reason."""
    return [
        (
            PlaceBet(
                customer,
                f"bad-{number}",
                terms.get("currency", "EUR"),
                terms.get("stake", 500),
                (
                    BetLeg(
                        terms.get("match", match),
                        terms.get("selection", "1x2/home"),
                        terms.get("price", 1_500),
                    ),
                ),
            ),
            reason,
        )
        for number, (terms, reason) in enumerate(_REJECTED)
    ]


_REJECTED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"stake": 0}, "stake_not_positive"),
    ({"stake": -500}, "stake_not_positive"),
    ({"stake": 10**10 + 1}, "stake_too_large"),
    ({"stake": 2**63 - 1}, "stake_too_large"),
    ({"price": 1_000}, "price_out_of_range"),
    ({"price": -1}, "price_out_of_range"),
    ({"price": 900_000}, "price_changed"),
    ({"currency": "GBP"}, "currency_mismatch"),
    ({"currency": ""}, "currency_mismatch"),
    ({"match": "nowhere"}, "unknown_event"),
    ({"match": ""}, "unknown_event"),
    ({"match": "a/b"}, "unknown_event"),
    ({"selection": "totals:2.51/over"}, "unknown_selection"),
    ({"selection": ""}, "unknown_selection"),
)

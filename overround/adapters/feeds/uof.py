"""Betradar's Unified Odds Feed: one XML document a message.

Source: the feed's public documentation (docs.sportradar.com/uof). Attributes and elements that are
not known are let through, as the documentation announces new ones; a message, a status or a result
that is not known is refused. The contract is `contracts/uof-1`, one XSD a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from overround.adapters.feeds import uof_football as football
from overround.adapters.feeds.contracts import xsd
from overround.adapters.feeds.files import opened
from overround.adapters.feeds.provider import Provider, whole
from overround.adapters.feeds.uof_live import SETTINGS, live
from overround.adapters.feeds.uof_statistics import statistics
from overround.adapters.feeds.xml import (
    TEXT_CHARS_MAX,
    integer,
    milli,
    milliseconds_us,
    optional_integer,
    parsed,
    text,
    time_us,
)
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled, Message, Normalised
from overround.domain.feeds.fixed_odds import (
    BetsStopped,
    Correction,
    MarketDescribed,
    MarketRolledBack,
    MarketSettled,
    MarketStatus,
    MarketVoided,
    OddsChanged,
    Outcome,
    OutcomeDescribed,
    OutcomeOdds,
    OutcomeSettled,
    ParticipantNamed,
)
from overround.domain.kernel.refusal import Refusal

FORMAT = "uof.xml/1"

_STATUS = {
    "1": MarketStatus.ACTIVE,
    "0": MarketStatus.DEACTIVATED,
    "-1": MarketStatus.SUSPENDED,
    "-2": MarketStatus.HANDED_OVER,
    "-3": MarketStatus.SETTLED,
    "-4": MarketStatus.CANCELLED,
}
_RESULT = {"1": Outcome.WON, "0": Outcome.LOST, "-1": Outcome.UNDECIDED}
# About the producers, or to say that a fixture is to be asked for: nothing of a match.
_SAYS_NOTHING = frozenset({"alive", "snapshot_complete", "fixture_change"})
_PRICE_MAX = 100_000.0
_SPORTS = {"sr:sport:1": "football", "sr:sport:2": "basketball", "sr:sport:5": "tennis"}
# Of a fixture that says none. Nobody follows it: to take it for football would be a guess.
_NO_SPORT = "unknown"


class _Head(NamedTuple):
    """What every record of a message begins with."""

    event_id: str
    provider: str
    sequence: int


def messages(path: Path) -> Iterator[bytes]:
    """The XML documents of a file, one after the other.

    Raises:
        OSError: it cannot be read.
        EOFError: its compressed end is missing.
    """
    with opened(path) as file:
        raw = file.read()
    declaration = b"<?xml"
    for part in raw.split(declaration):
        if part.strip():
            yield declaration + part if declaration in raw else part


def match_of(payload: bytes) -> str:
    """The provider's id of the event that a message is about; "" if it is about none."""
    try:
        root = parsed(payload)
    except Refusal:
        return ""
    named = root.get("event_id")
    if named is None and (fixture := root.find("fixture")) is not None:
        named = fixture.get("id")
    return (named or "").replace("/", "-")


def decode(command: RecordFeed) -> Message:
    """Decode one message.

    Raises:
        Refusal: malformed_xml, doctype, unknown_message, missing_field, wrong_type, out_of_range,
            bad_text, bad_time, unknown_status, unknown_result, unknown_value, contract_broken.
    """
    root = parsed(command.payload)
    values: tuple[Normalised, ...] = ()
    if root.tag not in _SAYS_NOTHING:
        read = _READERS.get(root.tag)
        if read is None:
            raise Refusal("unknown_message", str(root.tag)[:TEXT_CHARS_MAX])
        head = _Head(command.event_id, command.provider, max(command.sequence, 1))
        values = tuple(read(root, head))
    # Behind the reading, whose reasons are the more precise ones.
    xsd.UOF.check(root)
    producer = str(_product(root)) if "product" in root.attrib else ""
    sent_ms = root.get("timestamp", "")
    sent_at_us = int(sent_ms) * 1_000 if sent_ms.isdecimal() else None
    return Message(None, values, producer, sent_at_us)


def _odds_change(root: Any, head: _Head) -> Iterator[Normalised]:
    product, at_us = _product(root), milliseconds_us(root, "timestamp")
    # Counts first: a status that closes the match settles it, on what is counted by then.
    if (counts := statistics(root, *head)) is not None:
        yield counts
    if (played := football.status(root, *head)) is not None:
        yield played
    is_in_play = football.in_play(root, product)
    for market in root.iterfind("odds/market"):
        status, house = _status(market.get("status", "1")), football.house_market(market)
        outcomes = tuple(_odds(each, house) for each in market.iterfind("outcome"))
        own = *head, product, at_us, _market(market)
        yield OddsChanged(*own, status, outcomes, is_in_play, house)


def _odds(outcome: Any, house: str) -> OutcomeOdds:
    id_ = text(outcome, "id")
    price = outcome.get("odds")
    price_milli = None if price is None else milli(price, "odds", _PRICE_MAX)
    is_active = outcome.get("active", "1") == "1"
    return OutcomeOdds(id_, price_milli, is_active, football.selection(house, id_))


def _bet_stop(root: Any, head: _Head) -> Iterator[Normalised]:
    groups = tuple(sorted(text(root, "groups").split("|")))
    status = _status(root.get("market_status", "-1"))
    yield BetsStopped(*head, _product(root), milliseconds_us(root, "timestamp"), groups, status)


def _bet_settlement(root: Any, head: _Head) -> Iterator[Normalised]:
    product, at_us = _product(root), milliseconds_us(root, "timestamp")
    certainty = integer(root, "certainty")
    for market in root.iterfind("outcomes/market"):
        outcomes = tuple(map(_settled, market.iterfind("outcome")))
        reason = optional_integer(market, "void_reason")
        yield MarketSettled(*head, product, at_us, _market(market), certainty, reason, outcomes)


def _settled(outcome: Any) -> OutcomeSettled:
    result = _RESULT.get(text(outcome, "result"))
    if result is None:
        raise Refusal("unknown_result", outcome.get("result"))
    void, dead_heat = outcome.get("void_factor", "0"), outcome.get("dead_heat_factor", "1")
    return OutcomeSettled(
        text(outcome, "id"),
        result,
        milli(void, "void_factor", 1.0),
        milli(dead_heat, "dead_heat_factor", 1.0),
    )


def _bet_cancel(root: Any, head: _Head) -> Iterator[Normalised]:
    product, at_us, window = _product(root), milliseconds_us(root, "timestamp"), _window(root)
    for market in root.iterfind("market"):
        reason = optional_integer(market, "void_reason")
        yield MarketVoided(*head, product, at_us, _market(market), reason, *window)


def _rollback(what: Correction) -> Callable[[Any, _Head], Iterator[Normalised]]:
    def read(root: Any, head: _Head) -> Iterator[Normalised]:
        product, at_us, window = _product(root), milliseconds_us(root, "timestamp"), _window(root)
        for market in root.iterfind("market"):
            yield MarketRolledBack(*head, product, at_us, _market(market), what, *window)

    return read


def _fixture(root: Any, head: _Head) -> Iterator[Normalised]:
    """A fixture. One without a tournament is a fixture all the same: its competition is empty."""
    fixture = root.find("fixture")
    if fixture is None:
        raise Refusal("missing_field", "fixture")
    tournament = fixture.find("tournament")
    yield FixtureScheduled(
        *head,
        competition="" if tournament is None else text(tournament, "name"),
        home=_competitor(fixture, "home"),
        away=_competitor(fixture, "away"),
        kickoff_at_us=time_us(text(fixture, "start_time")),
        sport=_sport(tournament),
        needs_winner=_needs_winner(fixture.find("tournament_round")),
    )


def _sport(tournament: Any) -> str:
    """The house's name of a sport; another one's own, so that it is refused by that name."""
    sport = None if tournament is None else tournament.find("sport")
    if sport is None:
        return _NO_SPORT
    return _SPORTS.get(sport.get("id", ""), text(sport, "name").lower())


def _needs_winner(tournament_round: Any) -> bool:
    """Whether a match is all of its round in a cup; of two legs neither need have a winner."""
    if tournament_round is None or tournament_round.get("type") != "cup":
        return False
    return optional_integer(tournament_round, "cup_round_matches") == 1


def _competitor(fixture: Any, side: str) -> str:
    competitor = fixture.find(f"competitors/competitor[@qualifier='{side}']")
    if competitor is None:
        raise Refusal("missing_field", f"{side} competitor")
    return text(competitor, "name")


def _descriptions(root: Any, head: _Head) -> Iterator[Normalised]:
    for market in root.iterfind("market"):
        outcomes = tuple(
            OutcomeDescribed(text(outcome, "id"), text(outcome, "name"))
            for outcome in market.iterfind("outcomes/outcome")
        )
        groups = tuple(sorted(filter(None, market.get("groups", "").split("|"))))
        named = text(market, "id"), market.get("variant", ""), text(market, "name")
        yield MarketDescribed(*head, *named, groups, outcomes)


def _player(root: Any, head: _Head) -> Iterator[Normalised]:
    player = root.find("player")
    if player is None:
        raise Refusal("missing_field", "player")
    more = player.get("country_code", ""), player.get("gender", "")
    yield ParticipantNamed(*head, text(player, "id"), text(player, "name"), *more)


_READERS: dict[str, Callable[[Any, _Head], Iterator[Normalised]]] = {
    "odds_change": _odds_change,
    "bet_stop": _bet_stop,
    "bet_settlement": _bet_settlement,
    "bet_cancel": _bet_cancel,
    "rollback_bet_settlement": _rollback(Correction.SETTLEMENT),
    "rollback_bet_cancel": _rollback(Correction.CANCEL),
    "fixtures_fixture": _fixture,
    "market_descriptions": _descriptions,
    "player_profile": _player,
}


def _market(market: Any) -> str:
    specifiers = sorted(filter(None, market.get("specifiers", "").split("|")))
    number = text(market, "id")
    return f"{number}?{'&'.join(specifiers)}" if specifiers else number


def _status(code: str) -> MarketStatus:
    if code not in _STATUS:
        raise Refusal("unknown_status", code)
    return _STATUS[code]


def _product(root: Any) -> int:
    # A rollback may leave it out; 0 is nobody's number.
    return integer(root, "product") if "product" in root.attrib else 0


def _window(root: Any) -> tuple[int | None, int | None]:
    start, end = (
        milliseconds_us(root, name) if name in root.attrib else None
        for name in ("start_time", "end_time")
    )
    return start, end


PROVIDER = Provider(
    "uof", FORMAT, decode, whole(match_of), messages, connect=live, settings=SETTINGS
)

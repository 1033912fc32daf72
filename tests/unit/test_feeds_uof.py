from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cli.ingest.summary import Run
from overround.adapters.feeds import uof
from overround.adapters.feeds.contracts import xsd
from overround.adapters.feeds.providers import PROVIDERS
from overround.adapters.feeds.xml import opening
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled
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
    OutcomeOdds,
    OutcomeSettled,
    ParticipantNamed,
)
from overround.domain.kernel.match import Incident, IncidentKind, Period, WholePlay
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from topologies.wire import sportsbook_wire

HEAD = ("e-1", "uof", 1)


def read(payload: bytes) -> Any:
    digest = sha256(payload).digest()
    return uof.decode(RecordFeed("e-1", "uof", 0, 0, payload, digest, uof.FORMAT)).values


def reason(payload: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read(payload)
    return caught.value.reason


@pytest.fixture
def recorded(recordings: Path) -> Path:
    return recordings / "uof_xml" / "go_uof_mit"


@pytest.mark.recordings
def test_an_odds_change_gives_each_market_with_its_status_and_prices(recorded: Path) -> None:
    _, _, *changes = read((recorded / "odds_change-0.xml").read_bytes())
    assert {type(change) for change in changes} == {OddsChanged}
    by_market = {change.market: change for change in changes}
    assert by_market["47?score=41.5"] == OddsChanged(
        *HEAD,
        2,
        1_234_000,
        "47?score=41.5",
        MarketStatus.ACTIVE,
        (OutcomeOdds("1", 1120, True), OutcomeOdds("2", 1920, True)),
        in_play=True,
    )
    assert by_market["49"].status is MarketStatus.DEACTIVATED
    assert by_market["123?game=3&point=1&set=2"].status is MarketStatus.SUSPENDED
    assert by_market["145?variant=sr:point_range:76+"].status is MarketStatus.CANCELLED
    assert OutcomeOdds("sr:player:4322", 1500, False) in by_market["188"].outcomes


@pytest.mark.recordings
def test_an_odds_change_brings_the_running_counts_of_the_match(recorded: Path) -> None:
    counts, *_ = read((recorded / "odds_change-0.xml").read_bytes())
    assert counts == StatisticsObserved(
        *HEAD,
        Period.SECOND_HALF,
        75 * 60 + 2,
        SideStatistics(corners=5, yellow_cards=1, red_cards=0),
        SideStatistics(corners=7, yellow_cards=1, red_cards=0),
    )


@pytest.mark.recordings
def test_an_odds_change_tells_the_state_of_play_as_a_whole(recorded: Path) -> None:
    _, told, *_ = read((recorded / "odds_change-0.xml").read_bytes())
    whole = WholePlay(home_reds=0, away_reds=0, home_yellows=1, away_yellows=1)
    state = Period.SECOND_HALF, 75 * 60 + 2, 2, 2
    assert told == Incident(*HEAD, IncidentKind.STATUS, *state, whole=whole)


STATUS = (
    b'<odds_change event_id="sr:match:1" timestamp="5" product="1">'
    b'<sport_event_status match_status="%s">%s<statistics>%s</statistics></sport_event_status>'
    b"</odds_change>"
)


def test_a_second_yellow_card_is_a_dismissal_and_one_count_alone_tells_none() -> None:
    red, second = b'<red_cards home="1" away="0"/>', b'<yellow_red_cards home="1" away="1"/>'
    both, alone = (read(STATUS % (b"6", b"", each))[0] for each in (red + second, red))
    assert (both.home.red_cards, both.away.red_cards) == (2, 1)
    assert (alone.home.red_cards, alone.away.red_cards) == (None, None)


def test_how_far_counts_reach_is_null_where_the_status_is_no_part_of_a_match() -> None:
    corners = b'<corners home="1" away="0"/>'
    interrupted = read(STATUS % (b"80", b'<clock stopped="true"/>', corners))[0]
    assert (interrupted.period, interrupted.clock_s, interrupted.home.corners) == (None, None, 1)


@pytest.mark.parametrize(
    ("clock", "counts", "expected"),
    [
        (b"", b'<corners home="-1" away="0"/>', "wrong_type"),
        (b"", b'<corners home="1"/>', "missing_field"),
        (b"", b'<green_cards home="x"/>', None),
        (b'<clock match_time="half past"/>', b'<corners home="1" away="0"/>', "bad_time"),
    ],
)
def test_counts_that_cannot_be_read_refuse_the_message(
    clock: bytes, counts: bytes, expected: str | None
) -> None:
    payload = STATUS % (b"6", clock, counts)
    assert (reason(payload) if expected else read(payload)[0].home.corners) == expected


@pytest.mark.recordings
def test_a_settlement_keeps_voids_and_dead_heats_as_factors(recorded: Path) -> None:
    settled = read((recorded / "bet_settlement.xml").read_bytes())
    by_market = {each.market: each for each in settled}
    first = by_market["193"]
    assert (first.product, first.published_at_us, first.certainty) == (3, 1_547_538_073_717_000, 2)
    assert by_market["201"].outcomes == (
        OutcomeSettled("863", Outcome.LOST, 1000, 1000),
        OutcomeSettled("864", Outcome.LOST, 500, 1000),
        OutcomeSettled("861", Outcome.WON, 500, 1000),
        OutcomeSettled("862", Outcome.LOST, 0, 1000),
    )
    heat = by_market["535?variant=pre:markettext:52751"].outcomes[0]
    assert heat == OutcomeSettled("pre:outcometext:6388892", Outcome.WON, 0, 500)
    assert "204?setnr=1&total=9.5" in by_market


@pytest.mark.recordings
def test_a_cancel_and_its_rollback_name_market_reason_and_window(recorded: Path) -> None:
    cancel = MarketVoided(
        *HEAD,
        1,
        1_564_602_448_841_000,
        "62?goalnr=1",
        12,
        1_564_597_838_000_000,
        1_564_598_513_000_000,
    )
    assert read((recorded / "bet_cancel.xml").read_bytes()) == (cancel,)
    rollback = MarketRolledBack(*HEAD, 0, 1_239_000, "48?score=41.5", Correction.CANCEL, None, None)
    assert read((recorded / "rollback_bet_cancel.xml").read_bytes()) == (rollback,)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "fixture-0.xml",
            FixtureScheduled(
                *HEAD,
                "UEFA Champions League",
                "Ajax Amsterdam",
                "Tottenham Hotspur",
                1_557_342_000_000_000,
            ),
        ),
        (
            "fixture-1.xml",
            FixtureScheduled(
                *HEAD, "Div 1 Sodra", "IK Oddevold", "Tvaakers IF", 1_477_936_800_000_000
            ),
        ),
        (
            "fixture-2.xml",
            FixtureScheduled(
                *HEAD,
                "ITF Egypt F2, Men Doubles",
                "Hossam Y / Taweel I H",
                "Goldhoff G / Gornet A",
                1_516_699_800_000_000,
                sport="tennis",
            ),
        ),
        (
            "fixture-3.xml",
            FixtureScheduled(
                *HEAD,
                "",
                "Hossam Y / Taweel I H",
                "Goldhoff G / Gornet A",
                1_516_699_800_000_000,
                sport="unknown",
            ),
        ),
        (
            "player_profile_f.xml",
            ParticipantNamed(*HEAD, "sr:player:948", "Jessica, Lee", "ENG", "female"),
        ),
        (
            "player_profile_m.xml",
            ParticipantNamed(*HEAD, "sr:player:947", "Barnard, Lee", "ENG", "male"),
        ),
        (
            "player_profile_u.xml",
            ParticipantNamed(*HEAD, "sr:player:949", "Chan, Jack", "CHN", "unknown"),
        ),
    ],
)
def test_fixtures_and_players_are_named_as_recorded(
    recorded: Path, name: str, expected: object
) -> None:
    assert read((recorded / name).read_bytes()) == (expected,)


@pytest.mark.recordings
def test_descriptions_give_each_market_and_variant_with_its_outcomes(recorded: Path) -> None:
    described = read((recorded / "markets-0.xml").read_bytes())
    one_x_two = described[0]
    assert isinstance(one_x_two, MarketDescribed)
    assert (one_x_two.market, one_x_two.name) == ("1", "1x2")
    assert one_x_two.groups == ("all", "regular_play", "score")
    assert [each.name for each in one_x_two.outcomes] == [
        "{$competitor1}",
        "draw",
        "{$competitor2}",
    ]
    variants = [each for each in described if each.market == "21"]
    assert [each.variant for each in variants] == ["", "sr:exact_goals:6+"]
    assert len(read((recorded / "markets-1.xml").read_bytes())) == 4


# What each recorded message comes to; the market elements were counted by hand.
EVENTS = {
    "bet_cancel": {"MarketVoided": 1},
    "bet_settlement": {"MarketSettled": 5},
    "fixture-0": {"FixtureScheduled": 1},
    "fixture-1": {"FixtureScheduled": 1},
    "fixture-2": {"FixtureScheduled": 1},
    "fixture-3": {"FixtureScheduled": 1},
    "markets-0": {"MarketDescribed": 7},
    "markets-1": {"MarketDescribed": 4},
    "odds_change-0": {"Incident": 1, "StatisticsObserved": 1, "OddsChanged": 9},
    "player_profile_f": {"ParticipantNamed": 1},
    "player_profile_m": {"ParticipantNamed": 1},
    "player_profile_u": {"ParticipantNamed": 1},
    "rollback_bet_cancel": {"MarketRolledBack": 1},
}


@pytest.mark.slow
@pytest.mark.recordings
def test_every_recorded_message_comes_through_feeds(recorded: Path) -> None:
    wire, letters, read_count = sportsbook_wire(), Counter[str](), 0
    events: dict[str, dict[str, int]] = {}
    for path in sorted(recorded.glob("*.xml")):
        run = Run(PROVIDERS["uof"], wire)
        run.feed(PROVIDERS["uof"].messages(path), lambda _messages: None)
        read_count += run.summary()["messages"]
        letters.update(run.summary()["dead_letters"])
        events[path.stem] = dict(Counter(type(each).__name__ for each in read(path.read_bytes())))
    assert (read_count, letters) == (13, Counter())
    assert events == EVENTS


FIXTURE = (
    b'<fixtures_fixture><fixture id="sr:match:1" start_time="2019-05-08T19:00:00+00:00">%s'
    b'<competitors><competitor qualifier="home" name="A"/>'
    b'<competitor qualifier="away" name="B"/></competitors></fixture></fixtures_fixture>'
)


@pytest.mark.parametrize(
    ("stage", "needs_winner"),
    [
        (b'<tournament_round type="cup" name="final" cup_round_matches="1"/>', True),
        (b'<tournament_round type="cup" cup_round_matches="2" cup_round_match_number="2"/>', False),
        (b'<tournament_round type="cup" name="round_of_16"/>', False),
        (b'<tournament_round type="group" number="25"/>', False),
        (b"", False),
    ],
)
def test_the_only_match_of_a_cups_round_needs_a_winner(stage: bytes, needs_winner: bool) -> None:
    assert read(FIXTURE % stage)[0].needs_winner is needs_winner


def test_a_cups_round_of_no_number_of_matches_is_refused() -> None:
    assert reason(FIXTURE % b'<tournament_round type="cup" cup_round_matches="x"/>') == "wrong_type"
    assert reason(FIXTURE % b'<tournament_round type="no" cup_round_matches="x"/>') == "wrong_type"


def test_a_bet_stop_names_its_groups_and_what_markets_become() -> None:
    stop = read(b'<bet_stop timestamp="5" product="1" event_id="sr:match:1" groups="score|all"/>')
    assert stop == (BetsStopped(*HEAD, 1, 5_000, ("all", "score"), MarketStatus.SUSPENDED),)


def test_a_market_left_without_status_is_active_and_one_name_whatever_the_order() -> None:
    change = read(
        b'<odds_change event_id="sr:match:1" timestamp="5" product="1"><odds>'
        b'<market id="18" specifiers="b=2|a=1"/></odds></odds_change>'
    )
    assert (change[0].market, change[0].status) == ("18?a=1&b=2", MarketStatus.ACTIVE)


def test_a_settlement_taken_back_is_a_settlement() -> None:
    back = read(
        b'<rollback_bet_settlement event_id="sr:match:1" timestamp="5" product="1">'
        b'<market id="1"/></rollback_bet_settlement>'
    )
    assert back[0].what is Correction.SETTLEMENT


@pytest.mark.parametrize("name", [b"alive", b"snapshot_complete", b"fixture_change"])
def test_what_is_about_a_producer_or_announces_a_fixture_says_nothing_of_a_match(
    name: bytes,
) -> None:
    assert read(b"<%s product='1' timestamp='5' event_id='sr:match:1'/>" % name) == ()


def test_a_message_names_the_producer_that_it_depends_on() -> None:
    stop = b'<bet_stop event_id="sr:match:1" timestamp="5" product="3" groups="all"/>'
    digest = sha256(stop).digest()
    record = RecordFeed("e-1", "uof", 0, 0, stop, digest, uof.FORMAT)
    assert uof.decode(record).producer == "3"


def test_what_the_feed_may_add_is_let_through() -> None:
    change = read(
        b'<odds_change event_id="sr:match:1" timestamp="5" product="1" mood="good"><weather/><odds>'
        b'<market id="1" favourite="1"><note/></market></odds></odds_change>'
    )
    assert [each.market for each in change] == ["1"]


EVENT = b'event_id="sr:match:1" timestamp="5" product="1"'
ODDS = b"<odds_change " + EVENT + b"><odds>%s</odds></odds_change>"
SETTLED = (
    b"<bet_settlement " + EVENT + b' certainty="1"><outcomes><market id="1">'
    b"%s</market></outcomes></bet_settlement>"
)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "malformed_xml"),
        (b"<alive", "malformed_xml"),
        (b"<weather/>", "unknown_message"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><alive>&x;</alive>', "doctype"),
        (b'<odds_change product="1"/>', "missing_field"),
        (b'<odds_change product="x" timestamp="5"/>', "wrong_type"),
        (ODDS % b'<market id="1" status="7"/>', "unknown_status"),
        (ODDS % b'<market status="1"/>', "missing_field"),
        (ODDS % b'<market id="1"><outcome id="1" odds="x"/></market>', "wrong_type"),
        (ODDS % b'<market id="1"><outcome id="1" odds="-2"/></market>', "out_of_range"),
        (ODDS % b'<market id="1"><outcome id="1" odds="nan"/></market>', "out_of_range"),
        (SETTLED % b'<outcome id="1" result="2"/>', "unknown_result"),
        (SETTLED % b'<outcome id="1" result="1" void_factor="2"/>', "out_of_range"),
        (b"<fixtures_fixture/>", "missing_field"),
        (b"<player_profile/>", "missing_field"),
        # What only the contract says.
        (b'<odds_change timestamp="5" product="1"/>', "missing_field"),
        (b"<odds_change " + EVENT + b' request_id="x"/>', "wrong_type"),
        (ODDS % b'<market id="one"/>', "wrong_type"),
        (ODDS % b'<market id="1" specifiers="total"/>', "bad_text"),
        (ODDS % b'<market id="1"><outcome id="1" active="yes"/></market>', "unknown_value"),
        (b'<alive product="1" timestamp="5" subscribed="2"/>', "unknown_value"),
        (b'<alive product="1" timestamp="soon" subscribed="1"/>', "wrong_type"),
        (b"<bet_settlement " + EVENT + b' certainty="3"/>', "unknown_value"),
    ],
)
def test_what_is_no_message_of_the_feed_is_refused_with_its_reason(
    payload: bytes, expected: str
) -> None:
    assert reason(payload) == expected


def test_every_message_that_is_read_has_a_contract() -> None:
    assert xsd.UOF.messages == {*uof._READERS, *uof._SAYS_NOTHING}


def test_an_entity_never_reads_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("1.5")
    attack = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><alive>&x;</alive>'
    assert reason(attack.encode()) == "doctype"


def test_a_file_may_hold_several_messages(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    one = b'<?xml version="1.0"?>\n<alive product="1" timestamp="5"/>\n'
    path.write_bytes(one * 3)
    assert list(uof.messages(path)) == [one] * 3


@pytest.mark.slow
def test_settled_markets_are_records_of_the_wire() -> None:
    settled = read(SETTLED % b'<outcome id="1" result="-1"/>')[0]
    assert isinstance(settled, MarketSettled)
    wire = sportsbook_wire()
    payload = wire.encode(settled, id="i", at_us=1, caused_by=None)
    assert wire.decode(payload).value == settled


@pytest.mark.parametrize("lead", [b"", b'<?xml version="1.0"?>\n', b"<!--" + b" x" * 900 + b"-->"])
def test_a_root_is_known_by_its_beginning(lead: bytes) -> None:
    fields = {"product": "1", "timestamp": "5"}
    assert opening(lead + b'<a:alive xmlns:a="u" product="1" timestamp="5">') == ("alive", fields)


@pytest.mark.parametrize("payload", [b"", b"alive", b"\xff", b"<alive", b" " * 9_999 + b"<a/>"])
def test_what_has_no_root_at_its_beginning_has_none(payload: bytes) -> None:
    assert opening(payload) is None

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from overround.adapters.feeds.contracts.partner import PRICES_MAX
from overround.adapters.feeds.partner import FORMAT, decode
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled, ObservedPrice, PricesObserved
from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved

HEAD = {"format": FORMAT, "match": "m-1", "sequence": 1}
FIXTURE = HEAD | {
    "type": "fixture",
    "competition": "Cup",
    "home": "Ajax",
    "away": "Brøndby",
    "kickoff_at": "1970-01-01T00:00:02Z",
}
GOAL = HEAD | {
    "type": "incident",
    "kind": "goal",
    "period": "first_half",
    "clock_s": 61,
    "home_goals": 0,
    "away_goals": 1,
    "side": "away",
    "player": "Ø. Núñez",
}
STATISTICS = HEAD | {
    "type": "statistics",
    "period": "second_half",
    "clock_s": 3_000,
    "home": {"corners": 4, "shots": 9, "shots_on_target": 3},
    "away": {"corners": 0, "red_cards": 1},
}
PRICES = HEAD | {"type": "prices", "prices": [{"selection": "1x2/home", "price_milli": 2700}]}

WHOLE = [FIXTURE, GOAL, STATISTICS, PRICES]


def record_of(payload: bytes, sequence: int = 1) -> RecordFeed:
    return RecordFeed("e-1", "partner", sequence, 0, payload, sha256(payload).digest())


def value_of(fields: dict[str, Any]) -> object:
    return decode(record_of(json.dumps(fields).encode())).values[0]


def reason(payload: bytes | dict[str, Any]) -> str:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(Refusal) as refused:
        decode(record_of(raw))
    return refused.value.reason


def test_a_fixture_is_decoded_with_its_kick_off_in_microseconds() -> None:
    assert value_of(FIXTURE) == FixtureScheduled(
        "e-1", "partner", 1, "Cup", "Ajax", "Brøndby", 2_000_000
    )


def test_a_fixture_may_say_that_it_needs_a_winner() -> None:
    assert value_of(FIXTURE | {"needs_winner": True}) == FixtureScheduled(
        *("e-1", "partner", 1, "Cup", "Ajax", "Brøndby", 2_000_000), needs_winner=True
    )
    assert reason(FIXTURE | {"needs_winner": "yes"}) == "wrong_type"


def test_an_incident_is_decoded_with_its_side_and_player() -> None:
    assert value_of(GOAL) == Incident(
        "e-1",
        "partner",
        1,
        IncidentKind.GOAL,
        Period.FIRST_HALF,
        61,
        0,
        1,
        Side.AWAY,
        "Ø. Núñez",
    )


def test_side_and_player_may_be_left_out() -> None:
    clock = {k: v for k, v in GOAL.items() if k not in ("side", "player")} | {"kind": "clock"}
    decoded = value_of(clock)
    assert isinstance(decoded, Incident)
    assert (decoded.side, decoded.player) == (None, None)


def test_prices_of_the_whole_catalogue_are_decoded_in_their_order() -> None:
    entries = [{"selection": s.id, "price_milli": 1001 + i} for i, s in enumerate(CATALOGUE)]
    decoded = value_of(PRICES | {"prices": entries})
    assert isinstance(decoded, PricesObserved)
    assert decoded.prices == tuple(ObservedPrice(s.id, 1001 + i) for i, s in enumerate(CATALOGUE))


def test_running_counts_are_decoded_and_what_is_left_out_is_not_told() -> None:
    assert value_of(STATISTICS) == StatisticsObserved(
        "e-1",
        "partner",
        1,
        Period.SECOND_HALF,
        3_000,
        SideStatistics(shots=9, shots_on_target=3, corners=4),
        SideStatistics(corners=0, red_cards=1),
    )


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ({"corners": -1}, "out_of_range"),
        ({"corners": 201}, "out_of_range"),
        ({"corners": None}, "wrong_type"),
        ({"corners": 1.0}, "wrong_type"),
        ({"throw_ins": 3}, "unknown_field"),
        (None, "wrong_type"),
    ],
)
def test_a_count_that_cannot_be_is_refused(side: Any, expected: str) -> None:
    assert reason(STATISTICS | {"away": side}) == expected


def test_the_providers_id_of_the_match_is_kept() -> None:
    assert decode(record_of(json.dumps(FIXTURE).encode())).match == "m-1"


@pytest.mark.parametrize("whole", WHOLE, ids=[str(each["type"]) for each in WHOLE])
def test_every_required_field_that_is_missing_is_refused(whole: dict[str, Any]) -> None:
    for name in set(whole) - {"side", "player"}:
        assert reason({k: v for k, v in whole.items() if k != name}) == "missing_field"


@pytest.mark.parametrize("whole", WHOLE, ids=[str(each["type"]) for each in WHOLE])
def test_every_field_of_another_type_is_refused(whole: dict[str, Any]) -> None:
    others: list[Any] = [None, 1.5, True, {}, []]
    for name in whole:
        for other in others:
            if whole is STATISTICS and name in ("home", "away") and other == {}:
                continue  # a side of which nothing is counted
            is_empty_array = name == "prices" and other == []
            expected = "out_of_range" if is_empty_array else "wrong_type"
            assert reason(whole | {name: other}) == expected, (name, other)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff{}", "malformed_json"),
        (b"[" * 60_000, "malformed_json"),
        (b"{} {}", "malformed_json"),
        (b'{"sequence": ' + b"9" * 5_000 + b"}", "malformed_json"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"format": "a", "format": "b"}', "repeated_field"),
        (b"{}", "missing_field"),
    ],
)
def test_bytes_that_are_no_message_are_refused(payload: bytes, expected: str) -> None:
    assert reason(payload) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (FIXTURE | {"format": "overround.match-feed/2"}, "unknown_format"),
        (FIXTURE | {"format": "\ud800" * 1_000}, "unknown_format"),
        (FIXTURE | {"\ud800": 1}, "unknown_field"),
        (FIXTURE | {"type": "lineup"}, "unknown_type"),
        (FIXTURE | {"sequence": 2}, "sequence_mismatch"),
        (FIXTURE | {"sequence": 0}, "out_of_range"),
        (FIXTURE | {"venue": "Lusail"}, "unknown_field"),
        (FIXTURE | {"home": ""}, "bad_text"),
        (FIXTURE | {"home": "A" * 201}, "bad_text"),
        (FIXTURE | {"home": "\ud800"}, "bad_text"),
        (FIXTURE | {"home": "A\nB"}, "bad_text"),
        (FIXTURE | {"kickoff_at": "2022-12-18 15:00"}, "bad_kickoff"),
        (FIXTURE | {"kickoff_at": "2022-12-18T18:00:00+03:00"}, "bad_kickoff"),
        (FIXTURE | {"kickoff_at": "2022-02-30T15:00:00Z"}, "bad_kickoff"),
        (FIXTURE | {"kickoff_at": "٢022-12-18T15:00:00Z"}, "bad_kickoff"),
        (GOAL | {"kind": "own_goal"}, "unknown_value"),
        (GOAL | {"period": "third_half"}, "unknown_value"),
        (GOAL | {"side": "left"}, "unknown_value"),
        (GOAL | {"side": None}, "wrong_type"),
        (GOAL | {"clock_s": -1}, "out_of_range"),
        (GOAL | {"clock_s": 10_801}, "out_of_range"),
        (GOAL | {"home_goals": -1}, "out_of_range"),
        (GOAL | {"away_goals": 100}, "out_of_range"),
        (PRICES | {"prices": []}, "out_of_range"),
        (PRICES | {"prices": [1]}, "wrong_type"),
        (PRICES | {"prices": [{"selection": "1x2/win", "price_milli": 2700}]}, "unknown_selection"),
        (PRICES | {"prices": [{"selection": "1x2/home", "price_milli": 1000}]}, "out_of_range"),
        (PRICES | {"prices": [{"selection": "1x2/home", "price_milli": 2.7}]}, "wrong_type"),
        (PRICES | {"prices": [PRICES["prices"][0] | {"book": "x"}]}, "unknown_field"),  # type: ignore[index]
        (PRICES | {"prices": PRICES["prices"] * 2}, "selection_repeated"),  # type: ignore[operator]
    ],
)
def test_a_message_outside_the_contract_is_refused(fields: dict[str, Any], expected: str) -> None:
    assert reason(fields) == expected


def test_more_prices_than_there_are_selections_are_refused() -> None:
    entries = [{"selection": "1x2/home", "price_milli": 2700}] * (PRICES_MAX + 1)
    assert reason(PRICES | {"prices": entries}) == "out_of_range"

"""Which of an exchange's football markets are the house's, and what their prices say."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from overround.adapters.feeds.betfair import FORMAT, decode
from overround.adapters.feeds.files import opened
from overround.domain.feeds.books import MarketBook, MarketUpdate, evolve
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.feeds.exchange import best_of, offered, with_market
from overround.domain.kernel.market import INDEX
from overround.domain.kernel.refusal import Refusal
from tests.kit.football_stream import AWAY, DRAW, HOME, RUNNERS, Stream, book_of

RECORDINGS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "betfair_stream"
EVEN = book_of(0.45, 0.28, 0.27)


def values(payload: bytes) -> tuple[Any, ...]:
    digest = sha256(payload).digest()
    return decode(RecordFeed("e-1", "betfair", 0, 0, payload, digest, FORMAT)).values


def update(payload: bytes) -> MarketUpdate:
    found = values(payload)[-1]
    assert isinstance(found, MarketUpdate)
    return found


def book(*payloads: bytes) -> MarketBook:
    state: MarketBook | None = None
    for payload in payloads:
        state = evolve(state, update(payload))
    assert state is not None
    return state


def selections(type_: str, **changed: Any) -> dict[str, str]:
    told = update(Stream().define(type_, **changed)).definition
    assert told is not None
    return {each.runner: each.selection for each in told.selections}


def test_runners_are_the_selections_that_recordings_show() -> None:
    assert selections("MATCH_ODDS") == {
        str(HOME): "1x2/home",
        str(AWAY): "1x2/away",
        str(DRAW): "1x2/draw",
    }
    assert selections("OVER_UNDER_25") == {"47972": "totals:2.5/under", "47973": "totals:2.5/over"}
    assert set(selections("BOTH_TEAMS_TO_SCORE").values()) == {
        "both_teams_to_score/yes",
        "both_teams_to_score/no",
    }
    for type_ in RUNNERS:
        assert set(selections(type_).values()) <= INDEX.keys()


def runner(id_: int, place: int | None, **more: Any) -> dict[str, Any]:
    return {"id": id_, "status": "ACTIVE", "sortPriority": place, **more}


@pytest.mark.parametrize(
    ("type_", "changed"),
    [
        ("MATCH_ODDS", {"eventTypeId": "2"}),
        ("MATCH_ODDS", {"eventTypeId": None}),
        ("MATCH_ODDS", {"runners": [runner(HOME, 1), runner(AWAY, 2)]}),
        ("MATCH_ODDS", {"runners": [runner(HOME, 1), runner(DRAW, 2), runner(AWAY, 3)]}),
        ("MATCH_ODDS", {"runners": [runner(i, None) for i in (HOME, AWAY, DRAW)]}),
        ("MATCH_ODDS", {"runners": [runner(i, 1) for i in (HOME, AWAY, DRAW)]}),
        (
            "MATCH_ODDS",
            {
                "eventName": "Roma v Lazio",
                "runners": [
                    runner(HOME, 1, name="Lazio"),
                    runner(AWAY, 2, name="Roma"),
                    runner(DRAW, 3),
                ],
            },
        ),
        ("OVER_UNDER_25", {"runners": [runner(47_972, 1), runner(5, 2)]}),
        ("OVER_UNDER_25", {"runners": [runner(47_972, 1)]}),
        ("OVER_UNDER_65", {}),
        ("CORRECT_SCORE", {}),
        ("ASIAN_HANDICAP", {}),
    ],
)
def test_what_is_not_sure_is_left_alone(type_: str, changed: dict[str, Any]) -> None:
    assert selections(type_, **changed) == {}


def test_an_open_book_with_both_sides_gives_prices_and_sizes() -> None:
    home = next(p for p in offered(book(Stream().offer(EVEN))) if p.selection == "1x2/home")
    assert (home.price_milli, home.lay_milli) == tuple(round(1_000 * p) for p in EVEN[HOME])
    assert (home.size_minor, home.lay_size_minor) == (200_000, 200_000)


@pytest.mark.parametrize(
    ("offers", "changed"),
    [
        (EVEN, {"status": "SUSPENDED"}),
        (EVEN, {"status": "CLOSED"}),
        (EVEN, {"eventTypeId": "7522"}),
        (EVEN | {DRAW: (3.4, 0.0)}, {}),
        (EVEN | {DRAW: (0.0, 3.6)}, {}),
        (book_of(0.45, 0.28, 0.27, spread=0.25), {}),
        (book_of(0.45, 0.28, 0.27, spread=-0.01), {}),
        (book_of(0.55, 0.38, 0.37), {}),
        (EVEN, {"runners": [runner(HOME, 1), runner(AWAY, 2), runner(DRAW, 3, status="REMOVED")]}),
    ],
)
def test_a_book_that_says_nothing_gives_none(offers: Any, changed: dict[str, Any]) -> None:
    assert offered(book(Stream().offer(offers, **changed))) == ()


def test_only_prices_that_change_are_news_and_markets_stand_side_by_side() -> None:
    stream = Stream()
    first = with_market((), book(stream.offer(EVEN)))
    assert first is not None
    assert with_market(first, book(stream.offer(EVEN, size=5.0))) is None
    goals = {47_972: (1.9, 1.94), 47_973: (2.06, 2.12)}
    both = with_market(first, book(stream.offer(goals, "OVER_UNDER_25")))
    assert both is not None
    assert [each.selection for each in both][:3] == [each.selection for each in first]
    assert len(both) == 5
    gone = with_market(both, book(stream.offer(EVEN, status="SUSPENDED")))
    assert gone is not None
    assert {each.selection for each in gone} == {"totals:2.5/under", "totals:2.5/over"}


def test_a_recording_names_the_match_and_a_live_stream_does_not() -> None:
    named = values(Stream().define(eventName="Roma v Lazio"))[0]
    assert isinstance(named, FixtureScheduled)
    assert (named.home, named.away, named.country) == ("Roma", "Lazio", "Italy")
    assert named.kickoff_at_us == 1_772_377_200_000_000
    assert len(values(Stream().define())) == 1
    assert len(values(Stream().define("OVER_UNDER_25", eventName="Roma v Lazio"))) == 1
    assert len(values(Stream().define(eventName="Serie A 2025/26"))) == 1
    with pytest.raises(Refusal, match="bad_kickoff"):
        values(Stream().define(eventName="Roma v Lazio", openDate="tomorrow"))


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not here")
def test_recorded_markets_of_football_are_mapped_and_the_home_side_is_home() -> None:
    books: dict[str, MarketBook] = {}
    for name in ("betfair_parser_1.242971311.bz2", "bfdb_1.145405534.bz2"):
        with opened(RECORDINGS / name) as file:
            for line in file:
                for told in values(line):
                    if isinstance(told, MarketUpdate):
                        books[told.market_id] = evolve(books.get(told.market_id), told)
    kinds = Counter(tuple(sorted(s.selection for s in each.selections)) for each in books.values())
    assert kinds == {
        ("1x2/away", "1x2/draw", "1x2/home"): 140,
        ("both_teams_to_score/no", "both_teams_to_score/yes"): 1,
        (): 60,  # handicaps
    }
    backs = []
    for each in books.values():
        by = {s.selection: best_of(s.runner, each).back_milli for s in each.selections}
        backs.append((by.get("1x2/home") or 0, by.get("1x2/away") or 0))
    shorter = sum(home < away for home, away in backs if home and away)
    longer = sum(home > away for home, away in backs if home and away)
    assert shorter > 1.8 * longer

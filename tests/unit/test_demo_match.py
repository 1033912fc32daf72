from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from cli.demo.match import TimedRecord, synthetic, timeline
from overround.adapters.feeds.partner import decode
from overround.domain.feeds.decide import record
from overround.domain.feeds.events import FixtureScheduled, GapFound, PricesObserved
from overround.domain.feeds.model import Feed
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side

FINAL = Path(__file__).resolve().parents[2] / "examples/world_cup_2022_final.jsonl"


def events(records: list[TimedRecord]) -> list[object]:
    """What the domain makes of the records; any refusal fails the test."""
    state = Feed(records[0].record.event_id)
    happened: list[object] = []
    for timed in records:
        decision = record(state, timed.record, decode)
        state = decision.state
        happened.extend(decision.events)
    return happened


def incidents(records: list[TimedRecord], *kinds: IncidentKind) -> list[Incident]:
    return [e for e in events(records) if isinstance(e, Incident) and e.kind in kinds]


def test_the_final_is_recorded_whole_and_in_order() -> None:
    happened = events(timeline(FINAL, "final"))
    assert isinstance(happened[0], FixtureScheduled)
    assert (happened[0].home, happened[0].away) == ("Argentina", "France")
    assert [e.sequence for e in happened if not isinstance(e, GapFound)] == list(  # type: ignore[attr-defined]
        range(1, len(happened) + 1)
    )


def test_the_goals_of_the_final_are_those_of_the_record() -> None:
    goals = incidents(timeline(FINAL, "final"), IncidentKind.GOAL)
    assert [(g.clock_s // 60 + 1, g.player, g.home_goals, g.away_goals) for g in goals] == [
        (23, "Lionel Messi", 1, 0),
        (36, "Ángel Di María", 2, 0),
        (80, "Kylian Mbappé", 2, 1),
        (81, "Kylian Mbappé", 2, 2),
        (108, "Lionel Messi", 3, 2),
        (118, "Kylian Mbappé", 3, 3),
    ]


def test_the_final_is_2_2_at_full_time_and_4_2_on_penalties() -> None:
    records = timeline(FINAL, "final")
    whistles = incidents(records, IncidentKind.PERIOD)
    full_time = next(w for w in whistles if w.period is Period.FULL_TIME)
    assert (full_time.home_goals, full_time.away_goals) == (2, 2)
    kicks = incidents(records, IncidentKind.SHOOT_OUT_GOAL)
    assert [sum(k.side is side for k in kicks) for side in Side] == [4, 2]
    confirmed = incidents(records, IncidentKind.RESULT_CONFIRMED)
    assert [(c.home_goals, c.away_goals) for c in confirmed] == [(3, 3)]


def test_a_possible_goal_comes_before_each_goal_and_is_cleared_after_it() -> None:
    kinds = (IncidentKind.POSSIBLE_GOAL, IncidentKind.GOAL, IncidentKind.CLEARED)
    moments = [i.kind for i in incidents(timeline(FINAL, "final"), *kinds)]
    assert moments == list(kinds) * 6


def test_the_feed_is_never_silent_for_longer_than_the_clocks_interval() -> None:
    records = timeline(FINAL, "final", clock_every_s=10)
    ended_s = records[-2].at_s
    gaps_s = [b.at_s - a.at_s for a, b in pairwise(records) if b.at_s <= ended_s]
    assert max(gaps_s) == 10
    assert min(gaps_s) >= 0


def test_no_clock_is_reported_after_the_end() -> None:
    clocks = incidents(timeline(FINAL, "final"), IncidentKind.CLOCK)
    assert {clock.period for clock in clocks} == set(Period) - {Period.ENDED}


def test_the_clock_runs_with_play_and_stands_in_breaks() -> None:
    records = timeline(FINAL, "final", clock_every_s=30)
    at_s = {t.record.sequence: t.at_s for t in records}
    kickoff_s = next(at_s[i.sequence] for i in incidents(records, IncidentKind.PERIOD))
    for clock in incidents(records, IncidentKind.CLOCK):
        if clock.period is Period.FIRST_HALF:
            assert at_s[clock.sequence] - kickoff_s == clock.clock_s
        if clock.period is Period.HALF_TIME:
            assert clock.clock_s == 2820
        if clock.period in (Period.FIRST_HALF, Period.SECOND_HALF, Period.EXTRA_TIME):
            assert clock.clock_s % 30 == 0


def test_breaks_are_a_minute_and_play_is_as_long_as_its_clock() -> None:
    records = timeline(FINAL, "final")
    # 20 to the prices, 60 to kick-off; 2,820 + 2,940 + 1,800 of play; breaks of 60 before the
    # second half and extra time; 8 kicks, each 20 after the last; 60 to the end, 20 to the
    # confirmation.
    assert records[-1].at_s == 20 + 60 + 2820 + 60 + 2940 + 60 + 1800 + 8 * 20 + 60 + 20


def test_the_connections_clock_follows_the_timeline() -> None:
    records = timeline(FINAL, "final")
    first_us = records[0].record.received_at_us
    assert all(t.record.received_at_us - first_us == t.at_s * 1_000_000 for t in records)


def test_a_clock_that_is_never_reported_is_refused() -> None:
    with pytest.raises(ValueError, match="each 0 s"):
        timeline(FINAL, "final", clock_every_s=0)


def test_event_and_provider_are_the_callers() -> None:
    records = timeline(FINAL, "e-9", provider="scout")
    assert {(t.record.event_id, t.record.provider) for t in records} == {("e-9", "scout")}


def test_equal_seeds_make_equal_matches_and_other_seeds_others() -> None:
    assert synthetic("e-1", 7) == synthetic("e-1", 7)
    assert synthetic("e-1", 7) != synthetic("e-1", 8)


@pytest.mark.parametrize("seed", range(10))
def test_a_synthetic_match_is_a_feed_without_a_refusal(seed: int) -> None:
    happened = events(synthetic("e-1", seed, clock_every_s=60))
    assert isinstance(happened[1], PricesObserved)
    assert isinstance(happened[-1], Incident)
    assert happened[-1].kind is IncidentKind.RESULT_CONFIRMED
    assert not any(isinstance(event, GapFound) for event in happened)


def test_synthetic_matches_have_goals_at_the_rate_of_football() -> None:
    finals = [json.loads(synthetic("e", s, 600)[-1].record.payload) for s in range(200)]
    goals = sum(f["home_goals"] + f["away_goals"] for f in finals) / len(finals)
    # Rates are uniform on 0.9 to 2.1 and 0.7 to 1.7: 2.7 a match, less the time that stoppages
    # and cancelled goals take. Four standard errors of 200 matches are about 0.5.
    assert 2.1 < goals < 3.1


def test_a_synthetic_books_opening_prices_hold_a_margin_of_five_percent() -> None:
    for seed in range(10):
        prices = json.loads(synthetic("e", seed, 600)[1].record.payload)["prices"]
        result = sum(1000 / p["price_milli"] for p in prices if p["selection"].startswith("1x2"))
        totals = sum(1000 / p["price_milli"] for p in prices if p["selection"].startswith("tot"))
        assert result == pytest.approx(1.05, abs=0.005)
        assert totals == pytest.approx(1.05, abs=0.005)

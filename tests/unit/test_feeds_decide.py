from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from overround.adapters.feeds.partner import FORMAT, decode
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import JUMP_MAX, PAYLOAD_BYTES_MAX, PROVIDERS_MAX, record
from overround.domain.feeds.events import GapFound, Message, PricesObserved
from overround.domain.feeds.model import DIGEST_BYTES, RECENT_MAX, Feed
from overround.domain.feeds.order import Waiting
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal


def command(sequence: int, *, provider: str = "partner", **fields: Any) -> RecordFeed:
    """An incident in the first half at 0-0 unless `fields` say otherwise."""
    message = {
        "format": FORMAT,
        "type": "incident",
        "match": "m-1",
        "sequence": sequence,
        "kind": "clock",
        "period": "first_half",
        "clock_s": 60,
        "home_goals": 0,
        "away_goals": 0,
    } | fields
    payload = json.dumps(message).encode()
    return RecordFeed("e-1", provider, sequence, 0, payload, sha256(payload).digest())


def after(*commands: RecordFeed) -> Feed:
    state = Feed("e-1")
    for each in commands:
        state = record(state, each, decode).state
    return state


def reason(state: Feed, refused: RecordFeed) -> str:
    with pytest.raises(Refusal) as caught:
        record(state, refused, decode)
    return caught.value.reason


def test_records_in_order_become_events_in_order() -> None:
    first = record(Feed("e-1"), command(1), decode)
    second = record(first.state, command(2, clock_s=70), decode)
    assert [type(event) for event in first.events + second.events] == [Incident, Incident]
    assert second.state.providers["partner"].next_sequence == 3


def counted(sequence: int, home: dict[str, int], **fields: Any) -> RecordFeed:
    message = {
        "format": FORMAT,
        "type": "statistics",
        "match": "m-1",
        "sequence": sequence,
        "period": "second_half",
        "clock_s": 2_700,
        "home": home,
        "away": {},
    } | fields
    payload = json.dumps(message).encode()
    return RecordFeed("e-1", "partner", sequence, 0, payload, sha256(payload).digest())


def test_running_counts_are_news_like_any_record_and_may_go_back() -> None:
    state = after(command(1), counted(2, {"corners": 5}))
    decision = record(state, counted(3, {"corners": 4}), decode)
    assert [event.home.corners for event in decision.events] == [4]
    assert record(decision.state, counted(2, {"corners": 5}), decode).events == ()


def test_counts_that_contradict_each_other_are_refused_and_leave_the_feed_as_it_was() -> None:
    state = after(command(1))
    assert reason(state, counted(2, {"shots": 3, "shots_on_target": 4})) == "on_target_above_shots"
    assert reason(state, counted(2, {"shots_on_target": 4}, clock_s=60)) == "clock_before_period"
    assert len(record(state, counted(2, {"shots_on_target": 4}), decode).events) == 1


def test_counts_of_a_provider_that_numbers_nothing_are_in_the_order_in_which_they_came() -> None:
    def numberless(command: RecordFeed) -> Message:
        return Message(None, decode(replace(command, sequence=1)).values)

    state, sequences = Feed("e-1"), []
    for corners in (1, 2, 2, 3):
        decision = record(state, replace(counted(1, {"corners": corners}), sequence=0), numberless)
        state, sequences = decision.state, [*sequences, *(e.sequence for e in decision.events)]
    assert sequences == [1, 2, 3]


def test_a_repeat_is_dropped_and_counted() -> None:
    state = after(command(1), command(2))
    again = record(state, command(1), decode)
    assert again.events == ()
    assert again.state.providers["partner"] == replace(state.providers["partner"], duplicates=1)


def test_a_repeat_with_other_content_is_refused() -> None:
    assert reason(after(command(1), command(2)), command(1, clock_s=61)) == "sequence_reused"


def test_a_repeat_older_than_the_window_is_dropped_unread() -> None:
    state = after(*(command(n) for n in range(1, RECENT_MAX + 2)))
    old = record(state, command(1, clock_s=61), decode)
    assert (old.events, old.state.providers["partner"].duplicates) == ((), 1)
    assert reason(state, command(2, clock_s=61)) == "sequence_reused"


def test_a_jump_reports_the_gap_and_goes_on_with_the_newest() -> None:
    decision = record(after(command(1)), command(5), decode)
    assert decision.events[0] == GapFound("e-1", "partner", expected=2, got=5)
    assert isinstance(decision.events[1], Incident)
    assert decision.state.providers["partner"].missing == 3
    assert len(record(decision.state, command(6), decode).events) == 1


def test_a_feed_that_starts_late_reports_the_gap_before_it() -> None:
    assert record(Feed("e-1"), command(3), decode).events[0] == GapFound("e-1", "partner", 1, 3)


def test_a_record_that_fills_a_gap_is_taken_once_and_leaves_the_score() -> None:
    state = after(command(1), command(3, home_goals=1))
    goal = command(2, kind="goal", side="home", home_goals=1)
    filled = record(state, goal, decode)
    assert [type(event) for event in filled.events] == [Incident]
    seen = filled.state.providers["partner"]
    assert (seen.missing, seen.next_sequence, seen.home_goals) == (0, 4, 1)
    again = record(filled.state, goal, decode)
    assert (again.events, again.state.providers["partner"].duplicates) == ((), 1)


def test_what_fills_a_gap_must_still_be_an_incident_of_the_match() -> None:
    state = after(command(1), command(4))
    assert reason(state, command(2, match="m-2")) == "match_changed"
    assert reason(state, command(2, kind="goal")) == "side_missing"


def test_a_gap_older_than_the_window_is_filled_only_while_it_is_waited_for() -> None:
    state = after(command(1), *(command(n) for n in range(3, RECENT_MAX + 5)))
    assert record(state, command(2), decode).events == ()
    waiting = Waiting(2, (), 0, 1)
    assert len(record(state, command(2), decode, waiting=waiting).events) == 1


def test_a_jump_too_far_is_a_broken_counter() -> None:
    state = after(command(1))
    assert reason(state, command(2 + JUMP_MAX + 1)) == "sequence_jump"
    assert (
        record(state, command(2 + JUMP_MAX), decode).state.providers["partner"].missing == JUMP_MAX
    )


def test_the_window_keeps_a_fixed_size_over_a_gap() -> None:
    state = after(command(1), command(1000), command(1001))
    assert len(state.providers["partner"].recent) == RECENT_MAX * DIGEST_BYTES


def test_providers_have_sequences_and_scores_of_their_own() -> None:
    state = after(
        command(1), command(2, kind="goal", side="home", home_goals=1), command(1, provider="b")
    )
    assert state.providers["b"].next_sequence == 2
    assert state.providers["partner"].home_goals == 1
    assert state.providers["b"].home_goals == 0


def test_one_provider_too_many_is_refused() -> None:
    state = after(*(command(1, provider=f"p{n}") for n in range(PROVIDERS_MAX)))
    assert reason(state, command(1, provider="one-more")) == "too_many_providers"
    assert record(state, command(2, provider="p0"), decode).events


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (replace(command(1), event_id="e-2"), "wrong_event"),
        (replace(command(1), provider=""), "bad_provider"),
        (replace(command(1), provider="p" * 65), "bad_provider"),
        (replace(command(1), sequence=-1), "out_of_range"),
        (replace(command(1), sequence=0), "sequence_mismatch"),
        (replace(command(1), sequence=2), "sequence_mismatch"),
        (replace(command(1), content_sha256=b""), "hash_mismatch"),
        (replace(command(1), payload=command(1).payload + b" "), "hash_mismatch"),
        (replace(command(1), payload=b" " * (PAYLOAD_BYTES_MAX + 1)), "payload_too_large"),
    ],
)
def test_a_record_whose_provenance_is_broken_is_refused(broken: RecordFeed, expected: str) -> None:
    assert reason(Feed("e-1"), broken) == expected


def test_a_payload_of_just_the_limit_is_read() -> None:
    small = command(1)
    payload = small.payload + b" " * (PAYLOAD_BYTES_MAX - len(small.payload))
    full = replace(small, payload=payload, content_sha256=sha256(payload).digest())
    assert record(Feed("e-1"), full, decode).events


def test_another_match_under_the_same_event_is_refused() -> None:
    assert reason(after(command(1)), command(2, match="m-2")) == "match_changed"


@pytest.mark.parametrize(
    "kind",
    ["goal", "goal_cancelled", "yellow_card", "red_card", "shoot_out_goal", "shoot_out_miss"],
)
def test_what_a_side_did_is_refused_without_the_side(kind: str) -> None:
    assert reason(after(command(1)), command(2, kind=kind)) == "side_missing"


@pytest.mark.parametrize(
    ("period", "clock_s"),
    [("half_time", 2699), ("second_half", 2699), ("full_time", 5399), ("extra_time", 5399)],
)
def test_a_clock_before_its_period_is_refused(period: str, clock_s: int) -> None:
    state = after(command(1))
    assert reason(state, command(2, period=period, clock_s=clock_s)) == "clock_before_period"
    assert record(state, command(2, period=period, clock_s=clock_s + 1), decode).events


ONE_NIL = (command(1), command(2, kind="goal", side="home", home_goals=1))


def test_a_score_that_goes_back_is_refused_with_or_without_a_gap() -> None:
    state = after(*ONE_NIL)
    assert reason(state, command(3)) == "score_went_back"
    assert reason(state, command(9)) == "score_went_back"
    away = after(command(1), command(2, kind="goal", side="away", away_goals=1))
    assert reason(away, command(9, home_goals=1)) == "score_went_back"


def test_a_cancelled_goal_takes_the_score_back() -> None:
    state = after(*ONE_NIL, command(3, kind="goal_cancelled", side="home"), command(4))
    assert state.providers["partner"].home_goals == 0


def test_a_cancelled_goal_of_the_other_side_is_refused() -> None:
    cancelled = command(3, kind="goal_cancelled", side="away")
    assert reason(after(*ONE_NIL), cancelled) == "score_without_goal"


def test_a_cancellation_that_was_missed_can_be_said_again() -> None:
    state = after(*ONE_NIL, command(5, kind="goal_cancelled", side="home"))
    assert state.providers["partner"].home_goals == 0


@pytest.mark.parametrize(
    "wrong",
    [
        command(2, home_goals=1),
        command(2, kind="goal", side="home", home_goals=2),
        command(2, kind="goal", side="home", away_goals=1),
        command(2, kind="goal", side="home"),
        command(2, kind="red_card", side="home", home_goals=1),
    ],
)
def test_a_score_that_no_goal_explains_is_refused(wrong: RecordFeed) -> None:
    assert reason(after(command(1)), wrong) == "score_without_goal"


def test_a_higher_score_after_a_gap_is_believed() -> None:
    state = after(command(1), command(4, home_goals=2, away_goals=1))
    assert state.providers["partner"].home_goals == 2


def test_the_confirmed_result_may_correct_the_score() -> None:
    confirmed = command(3, kind="result_confirmed", period="ended", clock_s=5400)
    assert after(*ONE_NIL, confirmed).providers["partner"].home_goals == 0


def test_a_refused_record_leaves_a_gap_behind_it() -> None:
    state = after(command(1))
    assert reason(state, command(2, home_goals=1)) == "score_without_goal"
    assert record(state, command(3), decode).events[0] == GapFound("e-1", "partner", 2, 3)


def test_prices_leave_the_score_alone() -> None:
    entry = {"selection": "1x2/home", "price_milli": 2700}
    fields = {"format": FORMAT, "type": "prices", "match": "m-1", "sequence": 3, "prices": [entry]}
    payload = json.dumps(fields).encode()
    prices = RecordFeed("e-1", "partner", 3, 0, payload, sha256(payload).digest())
    decision = record(after(*ONE_NIL), prices, decode)
    assert isinstance(decision.events[0], PricesObserved)
    assert decision.state.providers["partner"].home_goals == 1

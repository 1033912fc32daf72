from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overround.adapters.feeds.partner import FORMAT, decode
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import record
from overround.domain.feeds.events import GapFound, RecordsLost
from overround.domain.feeds.model import Feed
from overround.domain.feeds.order import LATENESS_US, Tell, Waiting, arrive, due
from overround.domain.kernel.refusal import Refusal


def clock(sequence: int) -> RecordFeed:
    message = {
        "format": FORMAT,
        "type": "incident",
        "match": "m-1",
        "sequence": sequence,
        "kind": "clock",
        "period": "first_half",
        "clock_s": sequence,
        "home_goals": 0,
        "away_goals": 0,
    }
    payload = json.dumps(message).encode()
    return RecordFeed("e-1", "partner", sequence, 0, payload, sha256(payload).digest())


def run(sequences: list[int]) -> tuple[Feed, list[object], int]:
    """The state, what is told in order when all is over, and what was told late."""
    state, waiting, late = Feed("e-1"), None, 0
    told: list[object] = []
    for at_us, sequence in enumerate(sequences):
        seen = state.providers.get("partner")
        expected = seen.next_sequence if seen is not None else 1
        decision = record(state, clock(sequence), decode, waiting=waiting)
        state = decision.state
        if not decision.events:
            continue
        waiting, steps = arrive(waiting, expected, clock(sequence), at_us)
        late += sum(isinstance(step, Tell) and step.is_late for step in steps)
        told.extend(steps)
    if waiting is not None:
        waiting, steps = due(waiting, len(sequences) + LATENESS_US + 1)
        told.extend(steps)
    assert waiting is None or not waiting.held
    return state, told, late


arrivals = st.lists(st.integers(1, 100), min_size=1, max_size=60)


@given(arrivals)
def test_whatever_the_arrival_records_are_told_in_order_each_once(sequences: list[int]) -> None:
    _, told, late = run(sequences)
    left = [step.record.sequence for step in told if isinstance(step, Tell)]
    assert left == sorted(set(sequences))
    assert late == 0


@given(arrivals)
def test_what_is_told_and_what_is_lost_account_for_every_sequence(sequences: list[int]) -> None:
    state, told, _ = run(sequences)
    covered: list[int] = []
    for step in told:
        if isinstance(step, RecordsLost):
            covered.extend(range(step.from_sequence, step.to_sequence + 1))
        elif isinstance(step, Tell):
            covered.append(step.record.sequence)
    seen = state.providers["partner"]
    assert covered == list(range(1, seen.next_sequence))
    assert seen.missing == seen.next_sequence - 1 - len(set(sequences))
    assert seen.duplicates == len(sequences) - len(set(sequences))


@given(arrivals)
def test_a_jump_asks_for_all_that_is_missing_and_for_nothing_else(sequences: list[int]) -> None:
    state, asked = Feed("e-1"), set()
    came: set[int] = set()
    for sequence in sequences:
        decision = record(state, clock(sequence), decode, waiting=Waiting(1, (), 0, 1))
        state = decision.state
        for event in decision.events:
            if isinstance(event, GapFound):
                asked |= set(range(event.expected, event.got))
        came.add(sequence)
        assert asked - came == set(range(1, max(came))) - came


@pytest.mark.slow
@given(st.integers(1, 60), st.data())
def test_repeats_of_records_in_order_change_no_event(count: int, choices: st.DataObject) -> None:
    plain = list(range(1, count + 1))
    noisy: list[int] = []
    for sequence in plain:
        noisy.append(sequence)
        noisy.extend(choices.draw(st.lists(st.integers(1, sequence), max_size=2)))
    noisy_told, plain_told = (
        [step.record.payload for step in run(each)[1] if isinstance(step, Tell)]
        for each in (noisy, plain)
    )
    assert noisy_told == plain_told


words = st.dictionaries(st.sampled_from(["format", "type", "match", "sequence", "x"]), st.none())


@given(st.one_of(st.binary(max_size=80), words.map(lambda w: json.dumps(w).encode())))
def test_no_bytes_get_anything_but_a_typed_refusal(payload: bytes) -> None:
    with pytest.raises(Refusal):
        decode(RecordFeed("e-1", "partner", 1, 0, payload, b""))

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overround.adapters.feeds.partner import FORMAT, decode
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.decide import record
from overround.domain.feeds.events import GapFound
from overround.domain.feeds.model import Feed
from overround.domain.kernel.match import Incident
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
    """The state, the events and the count of refusals after the records arrive so."""
    state, refused = Feed("e-1"), 0
    events: list[object] = []
    for sequence in sequences:
        try:
            decision = record(state, clock(sequence), decode)
        except Refusal as refusal:
            if refusal.reason != "sequence_late":
                raise
            refused += 1
            continue
        state = decision.state
        events.extend(decision.events)
    return state, events, refused


arrivals = st.lists(st.integers(1, 100), min_size=1, max_size=60)


@given(arrivals)
def test_whatever_the_arrival_incidents_leave_in_rising_order_each_once(
    sequences: list[int],
) -> None:
    _, events, _ = run(sequences)
    left = [event.sequence for event in events if isinstance(event, Incident)]
    assert left == sorted(set(left))


@given(arrivals)
def test_incidents_and_gaps_together_account_for_every_sequence(sequences: list[int]) -> None:
    state, events, refused = run(sequences)
    covered: list[int] = []
    for event in events:
        if isinstance(event, GapFound):
            covered.extend(range(event.expected, event.got))
        elif isinstance(event, Incident):
            covered.append(event.sequence)
    seen = state.providers["partner"]
    assert covered == list(range(1, seen.next_sequence))
    incidents = sum(isinstance(event, Incident) for event in events)
    assert incidents + seen.missing == seen.next_sequence - 1
    assert incidents + seen.duplicates + refused == len(sequences)


@given(st.integers(1, 60), st.data())
def test_repeats_of_records_in_order_change_no_event(count: int, choices: st.DataObject) -> None:
    plain = list(range(1, count + 1))
    noisy: list[int] = []
    for sequence in plain:
        noisy.append(sequence)
        noisy.extend(choices.draw(st.lists(st.integers(1, sequence), max_size=2)))
    assert run(noisy)[1] == run(plain)[1]


words = st.dictionaries(st.sampled_from(["format", "type", "match", "sequence", "x"]), st.none())


@given(st.one_of(st.binary(max_size=80), words.map(lambda w: json.dumps(w).encode())))
def test_no_bytes_get_anything_but_a_typed_refusal(payload: bytes) -> None:
    with pytest.raises(Refusal):
        decode(RecordFeed("e-1", "partner", 1, 0, payload, b""))

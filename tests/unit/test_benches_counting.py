from __future__ import annotations

from itertools import count

from benches.counting.log import KEYS, Verdict, judge, key_of

EVENTS = 2 * KEYS + 5  # so five keys have three events, the others two


def outputs() -> list[tuple[bytes, bytes, int]]:
    """What an exact engine writes: event n is its key's n // KEYS + 1st, one a millisecond."""
    return [(key_of(n), b"%d,%d" % (n, n // KEYS + 1), 1_000 + n) for n in range(EVENTS)]


def table() -> dict[bytes, int]:
    return {key_of(n): 3 if n < 5 else 2 for n in range(KEYS)}


def test_an_exact_engine_is_exact() -> None:
    verdict = judge(outputs(), table(), EVENTS)
    assert verdict == Verdict(EVENTS, EVENTS, 0, 0, 0, 0, 1_000, 1_000 + EVENTS - 1)
    assert verdict.is_exact
    assert round(verdict.events_s) == 1_001  # 1,999 records in 1,998 ms


def test_a_repeated_output_is_a_duplicate_and_breaks_the_sequence() -> None:
    twice = outputs()
    verdict = judge([*twice, twice[-1]], table(), EVENTS)
    assert (verdict.duplicates, verdict.lost, verdict.sequence_breaks) == (1, 0, 1)
    assert not verdict.is_exact


def test_an_event_counted_twice_with_its_next_number_is_still_a_duplicate() -> None:
    again = (key_of(0), b"0,4", 9_000)
    verdict = judge([*outputs(), again], table(), EVENTS)
    assert (verdict.duplicates, verdict.sequence_breaks) == (1, 0)


def test_a_missing_output_is_lost_and_breaks_what_follows() -> None:
    verdict = judge(outputs()[1:], table(), EVENTS)
    # Event 0 is the first of its key's three: the second looks like a jump, the third follows it.
    assert (verdict.lost, verdict.sequence_breaks, verdict.duplicates) == (1, 1, 0)


def test_a_table_that_lags_behind_is_a_mismatch_for_each_key() -> None:
    behind = table() | {key_of(0): 2}
    del behind[key_of(7)]
    assert judge(outputs(), behind, EVENTS).table_mismatches == 2


def test_no_outputs_are_all_lost() -> None:
    verdict = judge([], {}, EVENTS)
    assert (verdict.lost, verdict.table_mismatches) == (EVENTS, KEYS)
    assert verdict.events_s == 0.0


def test_keys_take_turns() -> None:
    first = [key_of(n) for n, _ in zip(count(), range(KEYS), strict=False)]
    assert len(set(first)) == KEYS
    assert key_of(KEYS) == first[0]

"""A partition of a table: what is read, what a commit writes, what an undo takes back."""

from __future__ import annotations

import pytest

from overround.runtime.tables import PartitionTable, Undo, take_back


class Decoded(Exception):
    """A value was decoded that nobody read."""


def table(stored: dict[bytes, bytes] | None = None) -> tuple[PartitionTable, list[Undo]]:
    undo: list[Undo] = []
    made = PartitionTable(bytes.decode, str.encode, undo)
    made.load(dict(stored or {}))
    return made, undo


def drained(made: PartitionTable) -> list[tuple[bytes, bytes | None]]:
    written: list[tuple[bytes, bytes | None]] = []
    made.drain(lambda key, value: written.append((key, value)))
    return written


def test_a_value_is_read_as_it_was_put() -> None:
    made, _ = table({b"a": b"1"})
    made["b"] = "2"
    assert (made["a"], made["b"], made.get("c")) == ("1", "2", None)
    assert ("a" in made, "c" in made, 5 in made, len(made)) == (True, False, False, 2)


def test_a_missing_key_raises_when_read_or_removed() -> None:
    made, undo = table()
    with pytest.raises(KeyError):
        made["a"]
    with pytest.raises(KeyError):
        del made["a"]
    assert (undo, drained(made)) == ([], [])


def test_keys_come_in_sorted_order_and_may_change_under_the_loop() -> None:
    made, _ = table({b"c": b"", b"a": b""})
    made["b"] = "2"
    for key in made:
        made[f"{key}{key}"] = "new"
    assert list(made) == ["a", "aa", "b", "bb", "c", "cc"]


def test_nothing_is_decoded_before_it_is_read() -> None:
    def never(_payload: bytes) -> object:
        raise Decoded

    made = PartitionTable(never, str.encode)
    made.load({b"m/1": b"x", b"m/2": b"y"})
    assert (len(made), list(made), made.within("m")) == (2, ["m/1", "m/2"], ["m/1", "m/2"])
    assert made.stored() == {b"m/1": b"x", b"m/2": b"y"}
    with pytest.raises(Decoded):
        made.get("m/1")


def test_a_value_is_decoded_once() -> None:
    made, _ = table({b"a": b"1"})
    assert made.get("a") is made.get("a")


def test_a_drain_writes_each_changed_key_once_with_its_last_value() -> None:
    made, _ = table({b"untouched": b"0"})
    for count in range(10):
        made["a"] = str(count)
    made["b"] = "1"
    assert drained(made) == [(b"a", b"9"), (b"b", b"1")]
    assert drained(made) == []


def test_reading_writes_nothing() -> None:
    made, _ = table({b"a": b"1"})
    made.get("a")
    assert drained(made) == []


def test_a_removed_key_is_written_as_a_tombstone() -> None:
    made, _ = table({b"a": b"1"})
    del made["a"]
    assert ("a" in made, drained(made)) == (False, [(b"a", None)])


def test_a_key_that_came_back_is_written_with_its_value() -> None:
    made, _ = table({b"a": b"1"})
    del made["a"]
    made["a"] = "2"
    assert drained(made) == [(b"a", b"2")]


def test_an_undo_takes_back_changes_newest_first_over_several_tables() -> None:
    undo: list[Undo] = []
    first = PartitionTable(bytes.decode, str.encode, undo)
    second = PartitionTable(bytes.decode, str.encode, undo)
    first.load({b"a": b"1", b"gone": b"kept"})
    first["a"] = "2"
    second["b"] = "x"
    first["a"] = "3"
    first["new"] = "n"
    del first["gone"]
    del first["new"]
    take_back(undo)
    assert dict(first.stored()) == {b"a": b"1", b"gone": b"kept"}
    assert dict(second.stored()) == {}
    assert undo == []


def test_after_an_undo_a_drain_writes_only_what_was_there_before() -> None:
    made, undo = table({b"a": b"1"})
    made["a"] = "2"
    made["b"] = "3"
    take_back(undo)
    assert set(drained(made)) <= {(b"a", b"1"), (b"b", None)}


def test_an_undo_leaves_the_changes_of_earlier_events() -> None:
    made, undo = table()
    made["a"] = "1"
    undo.clear()
    made["a"] = "2"
    take_back(undo)
    assert (made["a"], drained(made)) == ("1", [(b"a", b"1")])


def test_a_group_has_the_keys_under_it_and_no_others() -> None:
    made, _ = table({b"m1/b": b"", b"m1/a": b"", b"m10/a": b"", b"m1": b"", b"m2/m1/a": b""})
    assert made.within("m1") == ["m1", "m1/a", "m1/b"]
    assert made.within("m2") == ["m2/m1/a"]
    assert made.within("nowhere") == []


def test_a_group_follows_what_is_put_and_removed() -> None:
    made, _ = table({b"m/a": b"1"})
    assert made.within("m") == ["m/a"]
    made["m/b"] = "2"
    del made["m/a"]
    made["n/a"] = "3"
    assert (made.within("m"), made.within("n")) == (["m/b"], ["n/a"])


def test_a_group_is_right_after_an_undo() -> None:
    made, undo = table({b"m/a": b"1"})
    made.within("m")
    del made["m/a"]
    made["m/b"] = "2"
    take_back(undo)
    assert made.within("m") == ["m/a"]


def test_a_group_is_right_after_another_load() -> None:
    made, _ = table({b"m/a": b"1"})
    made.within("m")
    made.load({b"m/z": b"1"})
    assert made.within("m") == ["m/z"]


def test_a_table_with_changes_of_its_own_is_not_restored_over() -> None:
    made, _ = table()
    made["a"] = "1"
    with pytest.raises(AssertionError, match="not restored over"):
        made.load({})


def test_what_is_stored_is_what_the_changelog_holds_or_is_about_to() -> None:
    made, _ = table({b"a": b"1", b"b": b"2"})
    made["b"] = "3"
    del made["a"]
    assert made.stored() == {b"b": b"3"}

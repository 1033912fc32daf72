"""Outputs of which only the newest counts: fewer are made when a worker is behind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from overround.contracts.topic import Topic
from overround.runtime import shell
from overround.runtime.in_process import LogRecord
from overround.runtime.shell import RAISED_IN_A_ROW_MAX, HandlerBroken, Task
from overround.runtime.topology import Event, Outbox
from tests.unit.test_shell import (
    NEWEST,
    PUBLISHED,
    SENT,
    TICK,
    Outputs,
    Tables,
    reasons,
    record,
    task_of,
)


class Making:
    """A handler that stores each word and leaves its output to be made; counts what it made."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.calls = 0

    def __call__(self, event: Event, tables: Tables, out: Outbox) -> None:
        word, key = event.value, event.key or ""
        tables.first[key] = word
        out.send(SENT, key, word)
        out.publish_newest(NEWEST, key, self.make, word)

    def make(self, words: Sequence[str]) -> Sequence[str]:
        if "unmade" in words:
            raise ZeroDivisionError("a bug")
        self.made += words
        self.calls += 1
        return words


def words(*texts: str, keys: str = "k") -> list[LogRecord]:
    return [
        record(f"r{place}|{text}".encode(), key=keys[place % len(keys)].encode(), offset=place)
        for place, text in enumerate(texts)
    ]


def published(lanes: Outputs) -> list[str]:
    return [value.decode() for _, _, value, _ in lanes.published]


def making() -> tuple[Making, Task, Outputs]:
    handler = Making()
    return (handler, *task_of(handler))


def test_of_records_that_came_together_only_the_newest_is_made_and_published() -> None:
    handler, task, lanes = making()
    task.process_batch(words("a", "b", "c"))
    assert handler.made == ["c"]
    assert published(lanes) == ["words:3:2:1|1500000|words:3:2|c"]
    assert len(lanes.sent) == 3


def test_the_newest_of_each_key_is_published() -> None:
    handler, task, _ = making()
    task.process_batch(words("a", "b", "c", "d", "e", keys="xy"))
    assert sorted(map(str, handler.made)) == ["d", "e"]


def test_what_is_published_of_a_batch_has_the_bytes_that_it_has_alone() -> None:
    _, together, of_batch = making()
    _, alone, of_each = making()
    records = words("a", "b", "c", "d", keys="xyz")
    together.process_batch(records)
    for each in records:
        alone.process(each)
    assert set(published(of_batch)) < set(published(of_each))
    assert of_batch.sent == of_each.sent
    assert published(of_batch)[-1] == published(of_each)[-1]


def test_an_output_waits_for_later_records_of_its_key_and_for_a_few_other_outputs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shell, "TOGETHER_MAX", 2)
    handler, task, _ = making()
    made = []
    for _ in task.steps(words("a", "b", "c", "d", "e", keys="xyzwx")):
        made.append(list(handler.made))
    # The keys are x y z w x: x waits for the fifth record, y for the third.
    assert made == [[], [], ["b", "c"], ["b", "c"], ["b", "c", "d", "e"]]
    assert handler.calls == 2


def test_a_later_record_of_the_key_that_makes_nothing_lets_the_output_out() -> None:
    handler, task, lanes = making()
    task.process_batch([*words("a"), record(b"nonsense", offset=1)])
    assert handler.made == ["a"]
    assert reasons(lanes) == ["not_wire_format"]


def test_an_output_under_another_key_than_its_records_waits_for_that_key() -> None:
    told: list[str] = []

    def of_all(event: Event, _tables: Tables, out: Outbox) -> None:
        word = event.value if isinstance(event.value, str) else "tick"
        told.append(word)
        for key in "xy":
            out.publish_newest(NEWEST, key, list, word[:1])

    task, lanes = task_of(of_all)
    task.process_batch([record(TICK, key=None, offset=0), record(b"r1|c", key=b"x", offset=1)])
    assert told == ["tick", "c"]
    assert [key for _, key, _, _ in lanes.published] == [b"y", b"x", b"y"]


def test_a_refused_record_does_not_take_the_newest_with_it() -> None:
    handler, task, lanes = making()
    task.process_batch([*words("a"), record(b"nonsense", offset=1)])
    assert handler.made == ["a"]
    assert reasons(lanes) == ["not_wire_format"]


def test_an_output_that_cannot_be_made_refuses_its_record_and_no_other() -> None:
    _, task, lanes = making()
    task.process_batch(words("a", "unmade", "b", keys="xyz"))
    assert reasons(lanes) == ["handler_raised"]
    assert [text[-1] for text in published(lanes)] == ["a", "b"]
    task.process_batch(words("c", keys="y"))
    assert published(lanes)[-1].endswith("|c")


def test_outputs_that_can_never_be_made_stop_the_worker() -> None:
    _, task, lanes = making()
    *first, last = words(*(["unmade"] * RAISED_IN_A_ROW_MAX))
    for each in first:
        task.process(each)
    with pytest.raises(HandlerBroken):
        task.process(last)
    assert len(reasons(lanes)) == RAISED_IN_A_ROW_MAX - 1


@pytest.mark.parametrize("topic", [SENT, PUBLISHED])
def test_only_what_is_declared_can_be_published_so(topic: Topic) -> None:
    def undeclared(event: Event, _tables: Tables, out: Outbox) -> None:
        out.publish_newest(topic, event.key or "", list, event.value)

    task, lanes = task_of(undeclared)
    task.process(record())
    assert reasons(lanes) == ["handler_raised"]


def test_what_is_declared_so_can_not_be_published_past_what_waits() -> None:
    def past(event: Event, _tables: Tables, out: Outbox) -> None:
        out.publish(NEWEST, event.key or "", event.value)

    task, lanes = task_of(past)
    task.process(record())
    assert reasons(lanes) == ["handler_raised"]

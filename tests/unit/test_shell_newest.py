"""Outputs of which only the newest counts: fewer are made when a worker is behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from overround.runtime.in_process import LogRecord
from overround.runtime.shell import NEWEST_RECORDS_MAX, RAISED_IN_A_ROW_MAX, HandlerBroken, Task
from overround.runtime.topology import Event, Outbox
from tests.unit.test_shell import PUBLISHED, SENT, Outputs, Tables, reasons, record, task_of


class Making:
    """A handler that stores each word and leaves its output to be made; counts what it made."""

    def __init__(self) -> None:
        self.made: list[object] = []

    def __call__(self, event: Event, tables: Tables, out: Outbox) -> None:
        word, key = event.value, event.key or ""
        tables.first[key] = word
        out.send(SENT, key, word)
        out.publish_newest(PUBLISHED, key, self._maker(word))

    def _maker(self, word: str) -> Callable[[], object]:
        def make() -> object:
            self.made.append(word)
            if word == "unmade":
                raise ZeroDivisionError("a bug")
            return word

        return make


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


def test_a_long_batch_publishes_on_its_way() -> None:
    handler, task, _ = making()
    most = NEWEST_RECORDS_MAX
    task.process_batch(words(*(f"w{n}" for n in range(2 * most + 1))))
    assert handler.made == [f"w{n}" for n in (most - 1, 2 * most - 1, 2 * most)]


def test_a_refused_record_does_not_take_the_newest_with_it() -> None:
    handler, task, lanes = making()
    task.process_batch([*words("a"), record(b"nonsense", offset=1)])
    assert handler.made == ["a"]
    assert reasons(lanes) == ["not_wire_format"]


def test_an_output_that_cannot_be_made_refuses_its_record_and_no_other() -> None:
    _, task, lanes = making()
    task.process_batch(words("a", "unmade", keys="xy"))
    assert reasons(lanes) == ["handler_raised"]
    assert published(lanes) == ["words:3:0:1|1500000|words:3:0|a"]
    task.process_batch(words("b", keys="y"))
    assert published(lanes)[-1].endswith("|b")


def test_outputs_that_can_never_be_made_stop_the_worker() -> None:
    _, task, lanes = making()
    *first, last = words(*(["unmade"] * RAISED_IN_A_ROW_MAX))
    for each in first:
        task.process(each)
    with pytest.raises(HandlerBroken):
        task.process(last)
    assert len(reasons(lanes)) == RAISED_IN_A_ROW_MAX - 1


def test_only_what_is_declared_can_be_published_so() -> None:
    def undeclared(event: Event, _tables: Tables, out: Outbox) -> None:
        out.publish_newest(SENT, event.key or "", lambda: event.value)

    task, lanes = task_of(undeclared)
    task.process(record())
    assert reasons(lanes) == ["handler_raised"]

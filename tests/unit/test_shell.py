"""One event through the shell: all of its effects happen, or its dead letter does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from overround.contracts.refusal import ContractError
from overround.contracts.topic import Kind, Topic
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import Position
from overround.domain.kernel.refusal import Refusal
from overround.runtime.in_process import LogRecord
from overround.runtime.records import Headers
from overround.runtime.shell import RAISED_IN_A_ROW_MAX, HandlerBroken, Task, restore
from overround.runtime.topology import Agent, Event, Outbox, Table, TableView

INBOX = Topic("words", Kind.INBOX, "key", (str,))
SENT = Topic("sent", Kind.PUBLIC, "key", (str,))
PUBLISHED = Topic("published", Kind.PUBLIC, "key", (str,))
NEWEST = Topic("newest", Kind.PUBLIC, "key", (str,))
TICK = b"tick"


class Word(NamedTuple):
    value: object
    id: str


class Words:
    """A wire of plain words: `id|value` in, `id|at|cause|value` out."""

    def decode(self, payload: bytes) -> Word:
        if payload == TICK:
            return Word(Tick(0), "")
        name, bar, text = payload.decode().partition("|")
        if not bar:
            raise ContractError("not_wire_format", payload.decode())
        return Word(text, name)

    def encode(self, value: object, *, id: str, at_us: int, caused_by: Position | None) -> bytes:
        if not isinstance(value, str):
            raise ContractError("unregistered_type", type(value).__name__)
        return f"{id}|{at_us}|{caused_by}|{value}".encode()

    def decode_state(self, payload: bytes) -> object:
        return payload.decode()

    def encode_state(self, value: object) -> bytes:
        assert isinstance(value, str)
        return value.encode()


class Outputs:
    """Lanes that keep what goes into them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]] = []
        self.published: list[tuple[str, bytes, bytes, list[tuple[str, bytes]]]] = []
        self.stored: list[tuple[str, bytes, bytes | None, int]] = []

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.sent.append((topic, key, value, list(headers)))

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        self.published.append((topic, key, value, list(headers)))

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        self.stored.append((changelog, key, value, partition))


class Tables(NamedTuple):
    first: TableView[str]
    second: TableView[str]


def task_of(
    handle: Callable[[Event, Tables, Outbox], None],
    on_refusal: Callable[[str], None] = lambda _reason: None,
) -> tuple[Task, Outputs]:
    agent = Agent(
        "speller",
        inbox=INBOX,
        handle=handle,
        tables=Tables,
        owns=(Table("first", str, "key"), Table("second", str, "key")),
        sends=(SENT,),
        publishes=(PUBLISHED, NEWEST),
        newest=(NEWEST,),
    )
    lanes = Outputs()
    return Task(agent, 3, Words(), lanes, on_refusal), lanes


def record(
    value: bytes | None = b"r1|hello",
    *,
    key: bytes | None = b"k",
    offset: int = 7,
    headers: Headers = (),
) -> LogRecord:
    return LogRecord(INBOX.name, 3, offset, 1_500, key, value, headers)


def writing(event: Event, tables: Tables, out: Outbox) -> None:
    """Write everything that can be written, and then do what the word says."""
    key = event.key or ""
    tables.first[key] = f"{event.value}!"
    tables.second[f"{key}/2"] = event.value
    if "old" in tables.first:
        del tables.first["old"]
    out.send(SENT, key, event.value)
    out.publish(PUBLISHED, key, event.value)
    if event.value == "refuse":
        raise Refusal("not_wanted", "for a reason")
    if event.value == "raise":
        raise ZeroDivisionError("a bug")


def contents(task: Task) -> dict[str, dict[bytes, bytes]]:
    return {name: dict(table.stored()) for name, table in task.tables.items()}


def reasons(lanes: Outputs) -> list[str]:
    return [
        dict(headers)["reason"].decode() for topic, _, _, headers in lanes.sent if "dlq" in topic
    ]


def test_each_dead_letter_is_told_by_its_reason_and_nothing_else_is() -> None:
    told: list[str] = []
    task, lanes = task_of(writing, told.append)
    for value in (b"r1|hello", b"r2|refuse", b"r3|raise", None, b"r4|refuse"):
        task.process(record(value))
    assert told == ["not_wanted", "handler_raised", "empty_record", "not_wanted"]
    assert told == reasons(lanes)


def test_an_event_is_what_stands_in_the_log() -> None:
    seen: list[Event] = []
    task, _ = task_of(lambda event, _tables, _out: seen.append(event))
    task.process(record())
    (event,) = seen
    assert (event.key, event.value, event.id) == ("k", "hello", "r1")
    assert (event.at_us, event.position) == (1_500_000, Position("words", 3, 7))


def test_outputs_carry_ids_time_and_cause_of_their_event_and_no_clock() -> None:
    task, lanes = task_of(writing)
    task.process(record())
    cause = "words:3:7"
    assert lanes.sent == [("sent", b"k", f"{cause}:0|1500000|{cause}|hello".encode(), [])]
    assert lanes.published == [("published", b"k", f"{cause}:1|1500000|{cause}|hello".encode(), [])]


def test_the_same_record_makes_the_same_bytes_again() -> None:
    outputs = []
    for _ in range(2):
        task, lanes = task_of(writing)
        task.process(record())
        task.flush()
        outputs.append((lanes.sent, lanes.published, lanes.stored))
    assert outputs[0] == outputs[1]


def test_the_traceparent_goes_on_and_other_headers_stay_behind() -> None:
    task, lanes = task_of(writing)
    trace = ("traceparent", b"00-4bf92f-00f067-01")
    task.process(record(headers=[("colour", b"red"), trace]))
    assert [headers for *_, headers in lanes.sent + lanes.published] == [[trace], [trace]]


@pytest.mark.parametrize("word", [b"r1|refuse", b"r1|raise"])
def test_a_failed_event_leaves_no_table_write_and_no_output_but_its_dead_letter(
    word: bytes,
) -> None:
    task, lanes = task_of(writing)
    restore(task, {"first": {b"old": b"kept", b"k": b"before"}, "second": {}})
    before = contents(task)
    task.process(record(word))
    assert contents(task) == before
    assert lanes.published == []
    assert [topic for topic, *_ in lanes.sent] == ["words.dlq"]
    task.flush()
    left = {key: value for name, key, value, _ in lanes.stored if "first" in name}
    assert left in ({}, {b"old": b"kept", b"k": b"before"}), "the changelog ends as it was"
    task.process(record(b"r2|fine", offset=8))
    assert [topic for topic, *_ in lanes.sent] == ["words.dlq", "sent"]


def test_a_dead_letter_has_the_original_bytes_and_headers_and_says_why_and_whence() -> None:
    task, lanes = task_of(writing)
    task.process(record(b"r1|refuse", headers=[("colour", b"red")]))
    ((topic, key, value, headers),) = lanes.sent
    assert (topic, key, value) == ("words.dlq", b"k", b"r1|refuse")
    assert headers == [
        ("colour", b"red"),
        ("reason", b"not_wanted"),
        ("detail", b"for a reason"),
        ("source", b"words:3:7"),
        ("appended_at_ms", b"1500"),
    ]
    assert task.dead_letters == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(None), "empty_record"),
        (record(b"no bar"), "not_wire_format"),
        (record(key=b"\xff\xfe"), "invalid_key"),
        (record(b"r1|raise"), "handler_raised"),
    ],
)
def test_every_kind_of_bad_record_has_a_typed_reason(bad: LogRecord, reason: str) -> None:
    task, lanes = task_of(writing)
    task.process(bad)
    assert reasons(lanes) == [reason]
    assert lanes.sent[0][1:3] == (bad.key, bad.value)


def test_a_detail_that_utf_8_cannot_carry_does_not_stop_the_worker() -> None:
    def handle(_event: Event, _tables: Tables, _out: Outbox) -> None:
        raise Refusal("unknown_field", "\ud800" * 2_000)

    task, lanes = task_of(handle)
    task.process(record())
    assert reasons(lanes) == ["unknown_field"]
    assert len(dict(lanes.sent[0][3])["detail"]) <= 3_000, "cut; the original is not"


@pytest.mark.parametrize("lane", ["send", "publish"])
def test_a_topic_that_the_agent_does_not_declare_is_refused(lane: str) -> None:
    other = Topic("other", Kind.PUBLIC, "key", (str,))

    def handle(event: Event, _tables: Tables, out: Outbox) -> None:
        getattr(out, lane)(other, event.key, event.value)

    task, lanes = task_of(handle)
    task.process(record())
    assert reasons(lanes) == ["handler_raised"]
    assert b"does not declare" in dict(lanes.sent[0][3])["detail"]


def test_a_lane_is_declared_for_itself() -> None:
    def handle(_event: Event, _tables: Tables, out: Outbox) -> None:
        out.publish(SENT, "k", "hello")

    task, lanes = task_of(handle)
    task.process(record())
    assert (reasons(lanes), lanes.published) == (["handler_raised"], [])


def test_an_output_that_cannot_be_written_is_the_handlers_fault_and_not_the_inputs() -> None:
    def handle(event: Event, tables: Tables, out: Outbox) -> None:
        tables.first["k"] = "written"
        out.send(SENT, "k", 5)

    task, lanes = task_of(handle)
    task.process(record())
    assert reasons(lanes) == ["handler_raised"]
    assert b"unregistered_type" in dict(lanes.sent[0][3])["detail"]
    assert contents(task)["first"] == {}


def test_a_handler_that_raises_on_everything_stops_the_worker() -> None:
    task, lanes = task_of(writing)
    for offset in range(RAISED_IN_A_ROW_MAX - 1):
        task.process(record(b"r1|raise", offset=offset))
    with pytest.raises(HandlerBroken, match=r"speller raised on 20 events in a row.*words:3:19"):
        task.process(record(b"r1|raise", offset=19))
    assert len(reasons(lanes)) == RAISED_IN_A_ROW_MAX - 1


def test_an_event_that_is_handled_begins_the_count_anew() -> None:
    task, lanes = task_of(writing)
    for offset in range(3 * RAISED_IN_A_ROW_MAX):
        task.process(record(b"r1|fine" if offset % 10 == 9 else b"r1|raise", offset=offset))
    assert len(reasons(lanes)) == 3 * RAISED_IN_A_ROW_MAX * 9 // 10


def test_bad_input_alone_never_stops_the_worker() -> None:
    task, lanes = task_of(writing)
    for offset in range(3 * RAISED_IN_A_ROW_MAX):
        task.process(record(b"r1|refuse", offset=offset))
    assert set(reasons(lanes)) == {"not_wanted"}


def broken_but_for_ticks(event: Event, _tables: Tables, _out: Outbox) -> None:
    if not isinstance(event.value, Tick):
        raise ZeroDivisionError("a bug")


def test_a_tick_each_second_does_not_hide_a_broken_handler() -> None:
    # On Kafka a quiet partition sees a tick between any two events, and most agents ignore it.
    task, _ = task_of(broken_but_for_ticks)

    def run() -> None:
        for offset in range(0, 4 * RAISED_IN_A_ROW_MAX, 2):
            task.process(record(offset=offset))
            task.process(record(TICK, key=None, offset=offset + 1))

    with pytest.raises(HandlerBroken):
        run()


def test_refusals_between_do_not_hide_a_broken_handler() -> None:
    task, _ = task_of(writing)

    def run() -> None:
        for offset in range(2 * RAISED_IN_A_ROW_MAX):
            task.process(record(b"r1|raise" if offset % 2 else b"nonsense", offset=offset))

    with pytest.raises(HandlerBroken):
        run()


def test_a_flush_writes_each_changed_key_once_to_its_own_changelog_and_partition() -> None:
    task, lanes = task_of(writing)
    for offset in range(3):
        task.process(record(f"r{offset}|w{offset}".encode(), offset=offset))
    task.flush()
    assert lanes.stored == [
        ("overround-speller-first-changelog", b"k", b"w2!", 3),
        ("overround-speller-second-changelog", b"k/2", b"w2", 3),
    ]
    task.flush()
    assert len(lanes.stored) == 2


def test_the_handler_sees_the_tables_as_they_were_restored() -> None:
    seen: list[Any] = []
    task, _ = task_of(lambda _event, tables, _out: seen.append(tables.second["k"]))
    restore(task, {"first": {}, "second": {b"k": b"kept"}})
    task.process(record())
    assert seen == ["kept"]

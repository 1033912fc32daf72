"""The agents once more: tables and outputs as a replay of the inboxes makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cli.verification.model import Check, Journal, source_of
from overround.contracts.topics import PUBLIC
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.refusal import Refusal
from overround.runtime.records import InboxRecord, Wire
from overround.runtime.replay import Collected, Contents, Output, contents, replay
from overround.runtime.topology import Agent

# Inside one process equal bytes have equal hashes, and 64 bits keep a million outputs small.
Print = int

_COMPACTED = frozenset(topic.name for topic in PUBLIC if topic.is_compacted)


def check_agent(journal: Journal, agent: Agent) -> dict[str, Check]:
    """Replay an agent's inbox and compare its tables and outputs with what it left."""
    tables = Check(f"{agent.name} tables equal a replay", "keys")
    behind = Check(f"{agent.name} has handled its inbox", "records")
    lanes = Collected()
    recorded = journal.recorded
    ends: dict[int, int] = {}
    for partition in range(recorded.partitions):
        standing = recorded.standing(agent, partition)
        ends[partition] = standing.handled
        records = recorded.read(agent.inbox.name, partition)
        handled = [record for record in records if record.offset < standing.handled]
        task = replay(agent, partition, journal.wire, handled, lanes)
        _compare_tables(tables, partition, contents(task), standing.tables)
        waiting = [r for r in records[len(handled) :] if not _is_tick(journal.wire, r)]
        behind.counted += len(handled)
        if waiting:
            behind.different(f"partition {partition} is {len(waiting)} records behind")
    outputs = Check(f"{agent.name} outputs equal a replay", "records")
    for topic in sorted({*_topics(agent), *(output.topic for output in lanes.sent)}):
        _compare_outputs(outputs, journal, agent, topic, lanes, ends)
    return {
        f"{agent.name}.tables": tables,
        f"{agent.name}.outputs": outputs,
        f"{agent.name}.offsets": behind,
    }


def _topics(agent: Agent) -> tuple[str, ...]:
    named = (topic.name for topic in (*agent.sends, *agent.publishes))
    return (*named, agent.inbox.dead_letters)


def _is_tick(wire: Wire, record: InboxRecord) -> bool:
    try:
        return isinstance(wire.decode(record.value or b"").value, Tick)
    except Refusal:
        return False


def _compare_tables(check: Check, partition: int, wanted: Contents, found: Contents) -> None:
    for changelog in sorted(wanted):
        keys = wanted[changelog].keys() | found[changelog].keys()
        check.counted += len(keys)
        for key in sorted(keys):
            left, right = found[changelog].get(key), wanted[changelog].get(key)
            if left != right:
                place = f"{changelog}:{partition} {key.decode(errors='replace')}"
                check.different(f"{place}: {_bytes(left)}, must be {_bytes(right)}")


def _bytes(value: bytes | None) -> str:
    return "nothing" if value is None else f"{len(value)} bytes {value[:16].hex()}.."


def _compare_outputs(  # noqa: PLR0917
    check: Check,
    journal: Journal,
    agent: Agent,
    topic: str,
    lanes: Collected,
    ends: Mapping[int, int],
) -> None:
    """Each sent record is there once, each published one at least once, and no other.

    A published record that no replay makes may be of an event that is not committed yet; what
    was sent may not. Compaction may have taken what a later record of its key replaces. Of what
    an agent publishes newest, records that came together have left out all but the last of a
    key: nobody knows any more which these were, but the last of all is never left out.
    """
    sent = _prints(lanes.sent, topic)
    replaced = _replaced(lanes.sent, topic) if topic in _COMPACTED else Counter()
    published = _prints(lanes.published, topic)
    awaited = published
    if topic in {newest.name for newest in agent.newest}:
        awaited = published - _replaced(lanes.published, topic)
    found: Counter[Print] = Counter()
    order: dict[tuple[int, str], tuple[int, int]] = {}
    for record in journal.raw(topic):
        origin = _origin(journal, agent, record)
        if origin is None:
            continue
        mark = _print(record.key, record.value, source_of(record))
        found[mark] += 1
        if mark in sent:
            _check_order(check, order, record, origin)
        elif mark not in published and not _is_ahead(agent, topic, origin, ends):
            check.duplicated(f"{topic} {origin}: no event of the inbox makes it")
    for mark, times in sent.items():
        check.counted += times
        if found[mark] < times - replaced[mark]:
            check.lost(f"{topic}: an output that a replay makes is not there")
        elif found[mark] > times:
            check.duplicated(f"{topic}: an output is there {found[mark]} times")
    check.counted += len(awaited)
    for _ in awaited.keys() - found.keys():
        check.lost(f"{topic}: a published output is not there")


def _is_ahead(agent: Agent, topic: str, origin: str, ends: Mapping[int, int]) -> bool:
    """Whether an output was published for an event that is not committed yet."""
    partition, offset, _ = origin.split(":")
    is_published = topic in {published.name for published in agent.publishes}
    return is_published and int(offset) >= ends[int(partition)]


def _check_order(
    check: Check,
    order: dict[tuple[int, str], tuple[int, int]],
    record: InboxRecord,
    origin: str,
) -> None:
    """What one inbox partition caused stands in each partition in the order of its causes."""
    partition, offset, index = origin.split(":")
    lane = (record.partition, partition)
    cause = (int(offset), int(index))
    if cause <= order.get(lane, (-1, -1)):
        check.different(f"output {origin} stands behind a later one")
    order[lane] = cause


def _origin(journal: Journal, agent: Agent, record: InboxRecord) -> str | None:
    """`partition:offset:index` of the event that made a record; None if it is not this agent's."""
    source = source_of(record)
    if source:
        return source.removeprefix(f"{agent.inbox.name}:") + ":0"
    try:
        made_by = journal.wire.decode(record.value or b"").id
    except Refusal:
        return None
    inbox, _, place = made_by.partition(":")
    return place if inbox == agent.inbox.name else None


def _replaced(outputs: Sequence[Output], topic: str) -> Counter[Print]:
    newest = {output.key: output for output in outputs if output.topic == topic}
    return _prints((o for o in outputs if newest.get(o.key) is not o), topic)


def _prints(outputs: Iterable[Output], topic: str) -> Counter[Print]:
    return Counter(_print(o.key, o.value, _source(o)) for o in outputs if o.topic == topic)


def _source(output: Output) -> str:
    return next((value.decode() for name, value in output.headers if name == "source"), "")


def _print(key: bytes | None, value: bytes | None, source: str) -> Print:
    return hash((key, value, source))

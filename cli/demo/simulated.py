"""The sportsbook on the in-process engine: no broker, no Java, and the time of the match."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from cli.demo.house import SEEN, Ends
from cli.demo.scoreboard import dead_letter
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.ledger.model import Balance
from overround.runtime.in_process import InProcess, LogRecord
from overround.runtime.records import Wire
from overround.sinks.batch import Batches, Record
from overround.sinks.manifest import PartitionLog
from overround.sinks.schema import locked_schemas
from topologies.sportsbook import SPORTSBOOK

# The match is stepped through by the second, so a bet sees quotes at most a second old. Rules
# that wait for time count in tens of seconds; a tick a second would double the run for nothing.
_TICK_EVERY_S = 10

# The log's own name: a lake tells by it that a topic was made anew.
_TOPIC_ID = "in-process"


class SimulatedHouse:
    """The in-process engine, stepped by the second of the match.

    `speed` is in seconds of the match a second; None goes as fast as it can. Equal seeds and
    equal calls give equal records.
    """

    def __init__(self, wire: Wire, lake: Path, *, seed: int, speed: float | None) -> None:
        self._wire = wire
        self._lake = lake
        self._speed = speed
        self._engine = InProcess(SPORTSBOOK, wire, seed=seed)
        self._start_us = self._engine.now_us
        self._began_s = time.monotonic()
        self._match_s = 0
        self._taken: dict[tuple[str, int], int] = {}

    def start_clock(self) -> None:
        """Begin at 0 s."""
        self._match_s = 0
        self._start_us = self._engine.now_us
        self._began_s = time.monotonic()

    def next_s(self) -> float:
        """One second on; waits for it when the run is paced."""
        self._match_s += 1
        self._engine.now_us = self._start_us + self._match_s * MICROS_PER_SECOND
        if self._match_s % _TICK_EVERY_S == 0:
            self._engine.now_us -= MICROS_PER_SECOND
            self._engine.advance(1)
        if self._speed is not None:
            due_s = self._began_s + self._match_s / self._speed
            time.sleep(max(0.0, due_s - time.monotonic()))
        return float(self._match_s)

    def send(self, topic: Topic, key: str, value: object, id: str) -> None:
        """Write a record at the engine's time."""
        self._engine.pipe(topic, key, value, id=id)

    def take(self) -> list[object]:
        """Run until nothing waits, then hand over what is new, topic after topic."""
        self._engine.run()
        found: list[object] = [self._decoded(r) for topic in SEEN for r in self._new(topic.name)]
        for inbox in topics.INBOXES:
            found += [dead_letter(dict(r.headers)) for r in self._new(inbox.dead_letters)]
        return found

    def ends(self) -> Ends:
        """No inbox is looked at: nothing waits there."""
        return {}

    def lags(self, ends: Ends) -> dict[str, int]:
        """Nothing waits: `take` runs to the end."""
        return {inbox.name: 0 for inbox in topics.INBOXES}

    def is_ready(self) -> bool:
        """At once."""
        return True

    def balances(self) -> dict[str, Balance]:
        """The committed table."""
        return self._engine.table("balances")

    def write_lake(self) -> None:
        """One batch of each partition, by the sink's own files and manifests."""
        schema_of = locked_schemas()
        for topic in topics.PUBLIC:
            batches = Batches(topic.name, schema_of)
            for partition in range(self._engine.log.partitions):
                records = self._engine.log.read(topic.name, partition)
                if records:
                    self._commit(batches, topic.name, partition, records)

    def stop(self) -> None:
        """Nothing was started."""

    def _commit(
        self, batches: Batches, topic: str, partition: int, records: list[LogRecord]
    ) -> None:
        rows = [Record(r.offset, r.timestamp, r.key, r.value) for r in records]
        files, rejects = batches.files(partition, rows)
        log = PartitionLog(self._lake, topic, partition, topic_id=_TOPIC_ID)
        try:
            log.commit(files, next_offset=rows[-1].offset + 1, rejects=rejects)
        finally:
            log.close()

    def _decoded(self, record: LogRecord) -> object:
        return self._wire.decode(record.value or b"").value

    def _new(self, topic: str) -> Iterator[LogRecord]:
        for partition in range(self._engine.log.partitions):
            start = self._taken.get((topic, partition), 0)
            end = self._engine.log.end(topic, partition)
            if end > start:
                self._taken[topic, partition] = end
                yield from self._engine.log.read(topic, partition, start)

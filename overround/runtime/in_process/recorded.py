"""An in-process run as recorded topics, for a replay or a verification of it."""

from __future__ import annotations

from overround.runtime.in_process.engine import InProcess
from overround.runtime.in_process.log import LogRecord
from overround.runtime.replay import Standing
from overround.runtime.topology import Agent


class RecordedRun:
    """The log of a run that is over, as `overround.runtime.replay.Recorded`."""

    def __init__(self, engine: InProcess) -> None:
        self._engine = engine

    @property
    def partitions(self) -> int:
        """How many partitions every topic of the run has."""
        return self._engine.log.partitions

    def read(self, topic: str, partition: int) -> list[LogRecord]:
        """The records of a partition; what a step held back when it died never was in it."""
        return self._engine.log.read(topic, partition)

    def standing(self, agent: Agent, partition: int) -> Standing:
        """How far the agent has come, and its tables."""
        tables = {
            agent.changelog(table): self._engine.log.newest(agent.changelog(table), partition)
            for table in agent.owns
        }
        return Standing(self._engine.committed(agent, partition), tables)

"""Samples how far worker groups are on their inboxes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, if not by name
    AdminClient,
    OffsetSpec,
)

from overround.contracts.topic import PARTITIONS
from overround.runtime.lag import GroupWindow, Sampled
from overround.runtime.topology import Agent
from topologies.app import group_of

_ANSWER_S_MAX = 10.0


class Groups:
    """The worker groups of some agents, and what was seen of each."""

    def __init__(
        self, bootstrap: str, agents: Iterable[Agent], partitions: int = PARTITIONS
    ) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self.windows = {agent: GroupWindow() for agent in agents}
        self._partitions = partitions

    def sample(self) -> None:
        """Ask the broker once, and add what it says to each group's window.

        Raises:
            KafkaException: it does not answer, or has no such topic.
        """
        ends = self._ends()
        at_ms = time.time_ns() // 1_000_000
        for agent, window in self.windows.items():
            committed, owners = self._committed(agent), self._owners(agent)
            seen = {
                number: Sampled(
                    committed.get(number), ends[agent.inbox.name, number], owners.get(number, "")
                )
                for number in range(self._partitions)
            }
            window.sample(at_ms, seen)

    def _ends(self) -> dict[tuple[str, int], int]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {place: latest for agent in self.windows for place in self._of(agent)}
        # Where records of open transactions lie, too: they are behind as well.
        asked: Any = self._admin.list_offsets(
            wanted,
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=_ANSWER_S_MAX,
        )
        return {
            (place.topic, place.partition): answer.result().offset
            for place, answer in asked.items()
        }

    def _committed(self, agent: Agent) -> dict[int, int]:
        group = group_of(agent)
        wanted = [ConsumerGroupTopicPartitions(group, self._of(agent))]
        # Not the stable ones: a worker that died inside a commit would block the answer.
        asked: Any = self._admin.list_consumer_group_offsets(
            wanted, require_stable=False, request_timeout=_ANSWER_S_MAX
        )
        try:
            places = asked[group].result().topic_partitions
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return {}
            raise
        return {place.partition: place.offset for place in places if place.offset >= 0}

    def _owners(self, agent: Agent) -> dict[int, str]:
        group = group_of(agent)
        asked: Any = self._admin.describe_consumer_groups([group], request_timeout=_ANSWER_S_MAX)
        try:
            members = asked[group].result().members
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return {}
            raise
        return {
            place.partition: member.member_id
            for member in members
            if member.assignment is not None
            for place in member.assignment.topic_partitions
            if place.topic == agent.inbox.name
        }

    def _of(self, agent: Agent) -> list[TopicPartition]:
        return [TopicPartition(agent.inbox.name, n) for n in range(self._partitions)]

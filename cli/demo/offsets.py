"""Where topics end and where groups stand, asked of a cluster that may still be starting."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, if not by name
    AdminClient,
    OffsetSpec,
)

from overround.contracts.topic import PARTITIONS
from topologies.app import group_of
from topologies.sportsbook import MATCH_DAY

# A new cluster acknowledges topics before its broker leads them: 288 partitions took it 1 to 14 s,
# the latter on two cores under a load of 10. Coordinators of groups come up in the same seconds.
_STARTING_S_MAX = 60.0
_ASK_AGAIN_S = 0.2
_ANSWER_S_MAX = 10.0
_NOT_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
)

Place = tuple[str, int]
Answer = TypeVar("Answer")


class Offsets:
    """Asks for the ends of topics and for what the agents' groups have committed."""

    def __init__(self, bootstrap: str) -> None:
        quiet: dict[str, Any] = {"bootstrap.servers": bootstrap, "log_level": 0}
        self._admin = AdminClient(quiet)
        # A consumer for each group: `AdminClient.list_consumer_group_offsets` of librdkafka 2.12
        # ends the process when a group's coordinator is not there yet.
        self._groups = {
            agent.inbox.name: Consumer(
                {**quiet, "group.id": group_of(agent), "enable.auto.commit": False}
            )
            for agent in MATCH_DAY.agents
        }

    def ends(self, names: Sequence[str]) -> dict[Place, int]:
        """The high watermark of every partition; raises KafkaException."""
        return _patiently(lambda: self._ends(names))

    def committed(self) -> dict[Place, int]:
        """Where each agent's group goes on in its inbox, 0 where it never committed."""
        found: dict[Place, int] = {}
        for inbox, group in self._groups.items():
            places = [TopicPartition(inbox, partition) for partition in range(PARTITIONS)]
            for answer in _patiently(lambda g=group, p=places: g.committed(p, _ANSWER_S_MAX)):  # type: ignore[misc]
                found[inbox, answer.partition] = max(0, answer.offset)
        return found

    def close(self) -> None:
        """Leave the cluster."""
        for group in self._groups.values():
            group.close()

    def _ends(self, names: Sequence[str]) -> dict[Place, int]:
        asked = {
            TopicPartition(name, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for name in names
            for partition in range(PARTITIONS)
        }
        answers = self._admin.list_offsets(asked, request_timeout=_ANSWER_S_MAX)
        return {(p.topic, p.partition): a.result().offset for p, a in answers.items()}


def _patiently(ask: Callable[[], Answer]) -> Answer:
    """The answer, asked again while the cluster says that it is not that far yet."""
    deadline = time.monotonic() + _STARTING_S_MAX
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in _NOT_YET or time.monotonic() > deadline:
                raise
        time.sleep(_ASK_AGAIN_S)

"""What is watched beside a chaos run: the committed offsets, and when everything is handled."""

from __future__ import annotations

import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from cli.topic_reader import committed, ends
from overround.contracts.topic import PARTITIONS
from overround.runtime.topology import Agent
from topologies.app import group_of
from topologies.sportsbook import MATCH_DAY

DRAIN_S_MAX = 90.0

# Bets go from ACCOUNTS to MARKETS and back, results from FEEDS over MARKETS to ACCOUNTS: after
# this round nothing is under way.
ROUND = ("feeds", "accounts", "markets", "accounts")


class OffsetWatch(threading.Thread):
    """Asks again and again where the groups stand; `faults` has every step backwards."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(daemon=True)
        self.faults: list[str] = []
        self.looks = 0
        self._over = threading.Event()
        self._seen: dict[tuple[str, int], int] = {}
        self._readers = {
            agent.inbox.name: Consumer(
                {
                    "bootstrap.servers": bootstrap,
                    "group.id": group_of(agent),
                    "enable.auto.commit": False,
                    "isolation.level": "read_uncommitted",
                }
            )
            for agent in MATCH_DAY.agents
        }

    def run(self) -> None:
        """Look each half second until told to end."""
        while not self._over.wait(0.5):
            for inbox, reader in self._readers.items():
                self._look(inbox, reader)
        for reader in self._readers.values():
            reader.close()

    def _look(self, inbox: str, reader: Consumer) -> None:
        try:
            answered = reader.committed([TopicPartition(inbox, p) for p in range(PARTITIONS)], 10)
        except KafkaException:
            return  # the coordinator was busy; the next look asks again
        self.looks += 1
        for place in answered:
            before = self._seen.get((inbox, place.partition), 0)
            if 0 <= place.offset < before:
                self.faults.append(f"{inbox}:{place.partition} from {before} to {place.offset}")
            self._seen[inbox, place.partition] = max(before, place.offset)

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()


def drain(bootstrap: str) -> float:
    """Wait until everything that is in the inboxes now, and what it causes, is handled.

    The seconds that it took. Relies on ticks: the end of an inbox is a control record, which
    only a later record lets the group's offset pass.

    Raises:
        TimeoutError: a group stands still.
    """
    started = time.monotonic()
    for name in ROUND:
        _wait_for(bootstrap, MATCH_DAY.agent(name), started + DRAIN_S_MAX)
    return time.monotonic() - started


def _wait_for(bootstrap: str, agent: Agent, deadline: float) -> None:
    wanted = ends(bootstrap, agent.inbox.name, range(PARTITIONS))
    while True:
        found = committed(bootstrap, group_of(agent), agent.inbox.name, range(PARTITIONS))
        behind = {p: (found[p], end) for p, end in wanted.items() if found[p] < end}
        if not behind:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{agent.name} stands still: {behind}")
        time.sleep(0.2)

"""`overround monitor`: the pipeline's figures for Prometheus, read from its topics."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from typing import Any

import click
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from cli.group_lag import Groups
from cli.metrics_port import metrics_options, show_metrics
from cli.options import bootstrap_option
from cli.topic_reader import ends
from overround.contracts.codec import Codec
from overround.contracts.topic import PARTITIONS
from overround.contracts.topics import HEALTH, IDENTITIES, INBOXES, UNRESOLVED
from overround.domain.feeds.events import FeedQualityMeasured, SourceChanged
from overround.domain.feeds.identity.events import EventLinked, LinkDecided, LinkProposed
from overround.domain.kernel.refusal import Refusal
from overround.runtime.pipeline_metrics import PipelineMetrics
from topologies.app import group_of
from topologies.sportsbook import SPORTSBOOK

logger = logging.getLogger(__name__)

_PUBLIC = (HEALTH.name, IDENTITIES.name, UNRESOLVED.name)
TOPICS = (*_PUBLIC, *(inbox.dead_letters for inbox in INBOXES))

# As often as the workers' ticks come; Burrow's window is then 15 s.
_SAMPLE_S = 1.0
_END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001 - not exported otherwise


@click.command(epilog="Example: overround monitor --bootstrap 127.0.0.1:9092 --metrics-port 9470")
@bootstrap_option
@metrics_options("Where Prometheus finds the figures.", default=9470, least=1)
def monitor(bootstrap: str, metrics_port: int, metrics_host: str) -> None:
    """Show Prometheus how the feeds and the workers do, until stopped.

    Reads what FEEDS tells of its providers, and the dead letters, from their beginning, and then
    follows them; judges the workers' lag each second by Burrow's rules. It shows nothing before
    it has read everything: a restart is no reset. One for a cluster is enough, and it can go
    away at any time. Exit status: 0 stopped, 1 Kafka does not answer or the port is taken.
    """
    metrics, stopped = PipelineMetrics(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        followed = Followed(bootstrap, metrics)
        followed.catch_up(stopped)
        groups = Groups(bootstrap, SPORTSBOOK.agents)
        show_metrics(metrics.registry, metrics_host, metrics_port)
        click.echo(f"metrics on http://{metrics_host}:{metrics_port}/metrics", err=True)
        while not stopped.is_set():
            _judge(groups, metrics)
            followed.follow(_SAMPLE_S)
    except KafkaException as error:
        raise click.ClickException(
            f"{error.args[0].str()}; is {bootstrap} up, and are its topics made "
            "(overround topics create)?"
        ) from error


def _judge(groups: Groups, metrics: PipelineMetrics) -> None:
    try:
        groups.sample()
    except KafkaException as error:
        # Who watches has to outlast what is watched: the age of the last answer tells of it.
        logger.warning("the brokers do not tell how far the groups are: %s", error.args[0].str())
        return
    now_ms = time.time_ns() // 1_000_000
    for agent, window in groups.windows.items():
        lags = {n: each.last.lag for n, each in window.partitions.items() if each.last}
        metrics.judged(group_of(agent), lags, window.states(now_ms))
    metrics.sampled(now_ms / 1_000)


class Followed:
    """The topics that the figures come from, read by one consumer without a group's offsets."""

    def __init__(self, bootstrap: str, metrics: PipelineMetrics) -> None:
        self._metrics, self._codec = metrics, Codec()
        self._left = {
            (topic, number): end
            for topic in TOPICS
            for number, end in ends(bootstrap, topic, range(PARTITIONS)).items()
            if end > 0
        }
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "overround-monitor",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        places = [TopicPartition(topic, n, 0) for topic in TOPICS for n in range(PARTITIONS)]
        self._consumer.assign(places)

    def catch_up(self, stopped: threading.Event) -> None:
        """Read all that there is."""
        is_seen, count = sys.stderr.isatty(), 0
        while self._left and not stopped.is_set():
            count += self.follow(0.5)
            if is_seen:
                print(f"\r{count:,} records read", end="", file=sys.stderr, flush=True)
        if is_seen:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def follow(self, seconds: float) -> int:
        """Take what comes within so many seconds; how much that was."""
        deadline_s, count = time.monotonic() + seconds, 0
        while (left_s := deadline_s - time.monotonic()) > 0:
            messages = self._consumer.consume(10_000, min(left_s, 0.2))
            for message in messages:
                self._take(message)
            count += len(messages)
        return count

    def _take(self, message: Message) -> None:
        error, place = message.error(), (message.topic() or "", message.partition() or 0)
        if error is None:
            self._tell(message)
        elif error.code() == _END_OF_PARTITION:
            # Short of it behind a dead worker's open transaction, which may hold back the rest.
            if (message.offset() or 0) >= self._left.get(place, 0):
                self._left.pop(place, None)
        elif error.fatal() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise KafkaException(error)
        else:
            logger.warning("%s cannot be read for now: %s", place[0], error.str())

    def _tell(self, message: Message) -> None:
        topic = message.topic() or ""
        if topic in _PUBLIC:
            self._told(topic, message.value() or b"")
        else:
            headers: Any = message.headers() or ()  # typed as if they could be a mapping
            reason = dict(headers).get("reason") or b"unknown"
            self._metrics.dead_letter(topic, reason.decode(errors="replace"))

    def _told(self, topic: str, payload: bytes) -> None:
        try:
            told = self._codec.decode(payload).value
        except Refusal as refusal:
            logger.warning("a record of %s cannot be read: %s", topic, refusal)
            return
        match told:
            case FeedQualityMeasured():
                self._metrics.measured(told)
            case SourceChanged():
                self._metrics.changed(told)
            case EventLinked():
                self._metrics.linked(told.provider, told.match)
            case LinkProposed():
                self._metrics.proposed(told.provider, told.match)
            case LinkDecided():
                self._metrics.decided(told.provider, told.match)

"""Recordings of an exchange's stream through ingress and FEEDS: messages a second, and memory.

    python -m benches.ingest          about 4 min; reads ../shared/data/betfair_stream

Claims: in process at least 15,000 messages a second on a core; exactly once on Kafka at least
5,000; memory flat over a million messages; building the books alone at least as fast as
betfairlightweight's lightweight mode on the same messages in the same run.

Method: all messages of the recordings of one market (a stream of many markets has an image of
200 in one message). In process: from a message's bytes through the record's bytes to FEEDS'
outputs, as `overround ingest --summary` does it, CPU time of the thread. Memory: the same
recordings again and again under new market and event ids, each market's book closed when it is
over; resident size after the first tenth and at the end. On Kafka: the records lie in
`feeds.inbox`; one worker; from the first to the last committed offset that was seen. Books: ours
is `updates` and `change`; betfairlightweight's is its historical stream, `lightweight=True`, one
list of books a message. It is skipped if that is not installed: `pip install betfairlightweight`.
"""

from __future__ import annotations

import importlib.util
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from benches.processes import Process
from benches.report import Report, table
from cli.ingest.summary import Run
from cli.ingest.to_kafka import Inbox, Pace, replay
from cli.local_kafka import cluster
from cli.topics import create_all
from overround.adapters.feeds.betfair import FORMAT, updates
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.domain.feeds.books import MarketBook
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.exchange import change
from topologies.wire import sportsbook_wire

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "data" / "betfair_stream"
NAMES = (
    "adapter_rs_tennis_29788105.jsonl",
    "betfair_parser_1.127236622.bz2",
    "flumine_1.200806927.jsonl",
    "flumine_SELF-1.181223995.jsonl",
)
MESSAGES_FOR_MEMORY = 1_000_000
IN_PROCESS_MIN, ON_KAFKA_MIN, GROWTH_MAX = 15_000, 5_000, 1.1

BETFAIR = PROVIDERS["betfair"]
_RUN_S_MAX = 180.0


def recordings() -> dict[str, list[bytes]]:
    return {name: list(BETFAIR.messages(RECORDINGS / name)) for name in NAMES}


def in_process(messages: list[bytes]) -> float:
    """Messages a second of one core."""
    run = Run(BETFAIR, sportsbook_wire())
    began_s = time.thread_time()
    run.feed(messages, lambda _messages: None)
    return len(messages) / (time.thread_time() - began_s)


def books(messages: list[bytes]) -> float:
    """Messages a second of decoding and following alone."""
    book: MarketBook | None = None
    command = RecordFeed("e", "betfair", 0, 0, b"", b"", FORMAT)
    began_s = time.thread_time()
    for payload in messages:
        for update in updates(payload):
            book = change(book, update, command, 1).state
    return len(messages) / (time.thread_time() - began_s)


def peer_books(messages: list[bytes]) -> float | None:
    """The same by betfairlightweight; None if it is not installed."""
    if importlib.util.find_spec("betfairlightweight") is None:
        return None
    import betfairlightweight  # noqa: PLC0415 - a peer, not a dependency

    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(messages) + b"\n")
        file.flush()
        client = betfairlightweight.APIClient("user", "password", "key", lightweight=True)
        listener = betfairlightweight.StreamListener(max_latency=None, lightweight=True)
        stream = client.streaming.create_historical_generator_stream(file.name, listener)
        began_s = time.thread_time()
        for _books in stream.get_generator()():
            pass
        return len(messages) / (time.thread_time() - began_s)


def renamed(all_messages: dict[str, list[bytes]]) -> Iterator[bytes]:
    """The recordings for ever, each time under new ids, so that no message is a repeat."""
    for round_ in range(1, sys.maxsize):
        for name, messages in all_messages.items():
            old = name.rsplit("_", 1)[1].split(".j")[0].removesuffix(".bz2").encode()
            ids = [(old, b"%s%d" % (old, round_))] if old.startswith(b"1.") else []
            for message in messages:
                payload = message.replace(b'"pt":', b'"pt":%d' % round_, 1)
                for before, after in ids:
                    payload = payload.replace(b'"%s"' % before, b'"%s"' % after)
                yield payload


def pooled(rates: list[tuple[int, float]]) -> float:
    """Messages a second over all recordings, of each one's number and rate."""
    return sum(count for count, _ in rates) / sum(count / rate for count, rate in rates)


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def memory(all_messages: dict[str, list[bytes]]) -> tuple[float, float]:
    """Resident size after a tenth of the messages and after all of them."""
    run, source = Run(BETFAIR, sportsbook_wire()), renamed(all_messages)

    def part(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield next(source)

    run.feed(part(MESSAGES_FOR_MEMORY // 10), lambda _messages: None)
    first_mb = resident_mb()
    run.feed(part(MESSAGES_FOR_MEMORY * 9 // 10), lambda _messages: None)
    return first_mb, resident_mb()


def on_kafka(messages: list[bytes]) -> float:
    """Messages a second of one worker, exactly once."""
    with cluster() as bootstrap:
        create_all(bootstrap)
        replay(BETFAIR, messages, Inbox(bootstrap, sportsbook_wire()), Pace(0), lambda _count: None)
        command = [sys.executable, "-m", "cli.main", "worker", "feeds", "--once"]
        with Process("feeds", [*command, "--bootstrap", bootstrap]) as worker:
            return _rate(bootstrap, worker, len(messages))


def _rate(bootstrap: str, worker: Process, count: int) -> float:
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "overround-feeds"})
    places = [TopicPartition(topics.FEEDS_INBOX.name, number) for number in range(PARTITIONS)]
    first: tuple[float, int] | None = None
    deadline_s = time.monotonic() + _RUN_S_MAX
    try:
        while time.monotonic() < deadline_s:
            worker.check()
            done = sum(max(0, place.offset) for place in reader.committed(places, 10))
            now_s = time.monotonic()
            if first is None and done:
                first = now_s, done
            if first is not None and done >= count:
                return (done - first[1]) / (now_s - first[0])
            time.sleep(0.05)
    finally:
        reader.close()
    raise TimeoutError(worker.tail())


def main() -> None:
    """Run, print, write."""
    logging.getLogger("overround.runtime.shell").setLevel(logging.ERROR)
    report = Report("ingest", "Recordings of an exchange through ingress and FEEDS.")
    each = recordings()
    whole = [message for messages in each.values() for message in messages]
    rows = []
    for name, messages in each.items():
        ours, peer = books(messages), peer_books(messages)
        told = "not installed" if peer is None else f"{peer:,.0f}"
        rows.append(
            (name, f"{len(messages):,}", f"{in_process(messages):,.0f}", f"{ours:,.0f}", told)
        )
    header = ("recording", "messages", "ingress and FEEDS /s", "books /s", "betfairlightweight /s")
    report.add("Messages a second of one core", table(header, rows))
    rate = pooled([(len(messages), in_process(messages)) for messages in each.values()])
    peer_rates = [(len(messages), peer_books(messages)) for messages in each.values()]
    ratio = None
    if all(peer for _, peer in peer_rates):
        ours = pooled([(len(messages), books(messages)) for messages in each.values()])
        ratio = ours / pooled([(count, peer or 0.0) for count, peer in peer_rates])
    kafka_rate = on_kafka(whole)
    first_mb, last_mb = memory(each)
    report.add(
        "All of them",
        f"{rate:,.0f} messages/s in process; {kafka_rate:,.0f} exactly once on Kafka with one "
        f"worker. Resident {first_mb:.0f} MB after {MESSAGES_FOR_MEMORY // 10:,} messages, "
        f"{last_mb:.0f} MB after {MESSAGES_FOR_MEMORY:,}.",
    )
    report.figures = {
        "in_process_s": rate,
        "on_kafka_s": kafka_rate,
        "resident_mb": [first_mb, last_mb],
        "books_to_peer": ratio,
    }
    report.targets(_targets(rate, kafka_rate, last_mb / first_mb, ratio))
    report.write()


def _targets(rate: float, kafka_rate: float, growth: float, ratio: float | None) -> dict[str, Any]:
    met = {
        f"at least {IN_PROCESS_MIN:,}/s in process": rate >= IN_PROCESS_MIN,
        f"at least {ON_KAFKA_MIN:,}/s on Kafka": kafka_rate >= ON_KAFKA_MIN,
        f"memory grows by less than {GROWTH_MAX - 1:.0%}": growth < GROWTH_MAX,
    }
    if ratio is not None:
        met[f"books at least as fast as betfairlightweight ({ratio:.2f} times)"] = ratio >= 1
    return met


if __name__ == "__main__":
    main()

"""A recorded match through FEEDS and MARKETS in process: the bytes of all its quotes.

    python -m tests.kit.recorded_match

prints how many there are and their SHA-256, for a comparison with another process.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from agents.markets import MARKETS
from cli.demo.match import timeline
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.runtime.in_process import InProcess, LogRecord
from tests.kit.match import wire
from topologies.sportsbook import MATCH_DAY

FINAL = Path(__file__).resolve().parents[2] / "examples" / "world_cup_2022_final.jsonl"
MATCH = "final"


def played() -> InProcess:
    """The final of 2022 with a clock message each ten seconds, as a provider tells it."""
    engine = InProcess(MATCH_DAY, wire(), partitions=1)
    start_us = engine.now_us
    for timed in timeline(FINAL, MATCH):
        at_us = start_us + round(timed.at_s * 1e6)
        engine.pipe(topics.FEEDS_INBOX, MATCH, timed.record, at_us=at_us)
        engine.run()
    return engine


def quotes(engine: InProcess) -> list[bytes]:
    """The bytes of each version, in their order."""
    return _told(engine, topics.QUOTES)


def side_quotes(engine: InProcess) -> list[bytes]:
    """The same of the side markets."""
    return _told(engine, topics.SIDE_QUOTES)


def _told(engine: InProcess, topic: Topic) -> list[bytes]:
    return [record.value or b"" for record in engine.log.read(topic.name, 0)]


def inbox(engine: InProcess) -> list[LogRecord]:
    """What MARKETS was told of the match."""
    return engine.log.read(MARKETS.inbox.name, 0)


def digest(messages: Iterable[bytes]) -> str:
    """How many there are, and the SHA-256 of them all."""
    kept = list(messages)
    return f"{len(kept)} {sha256(b''.join(kept)).hexdigest()}"


if __name__ == "__main__":
    final = played()
    print(digest(quotes(final) + side_quotes(final)))

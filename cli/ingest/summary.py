"""A recording through ingress and FEEDS in this process, and what it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.feeds import FEEDS
from overround.adapters.feeds.provider import Ingress, Provider
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.domain.feeds.books import MarketBook
from overround.domain.feeds.events import SelectionBook
from overround.domain.feeds.exchange import best_of
from overround.domain.feeds.model import Feed
from overround.domain.feeds.order import LATENESS_US
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.match import IncidentKind
from overround.runtime.records import Headers
from overround.runtime.shell import Task

# The tables are drained as often as a worker would commit at least.
_COMMIT_EVENTS = 5_000


class _LogRecord(NamedTuple):
    """A record of the inbox, as a log would hand it out."""

    key: bytes | None
    value: bytes
    partition: int
    offset: int
    timestamp: int
    headers: Headers = ()


@dataclass(slots=True)
class _Counts:
    """Lanes that keep only what a summary tells."""

    codec: Codec
    dead_letters: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    results: int = 0

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Count a dead letter by its reason, a gap, and a result."""
        if topic == topics.FEEDS_INBOX.dead_letters:
            self.dead_letters[dict(headers)["reason"].decode()] += 1
        elif topic == topics.GAPS.name:
            self.gaps += 1
        elif topic == topics.INCIDENTS.name and value is not None:
            happened = self.codec.decode(value).value
            self.results += getattr(happened, "kind", None) is IncidentKind.RESULT_CONFIRMED

    def publish(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Let go: what is published is sent, too."""

    def store(self, changelog: str, key: bytes, value: bytes | None, partition: int) -> None:
        """Let go: the tables are in memory."""


class Run:
    """FEEDS on one partition, fed by one connection."""

    def __init__(self, provider: Provider, codec: Codec) -> None:
        self._codec = codec
        self._counts = _Counts(codec)
        self._ingress = Ingress(provider, "file")
        self._task = Task(FEEDS, 0, codec, self._counts)
        self.messages = 0
        self.records = 0

    def feed(self, messages: Iterable[bytes], told: Callable[[int], None]) -> None:
        """Put messages through, in their order; `told` hears of the progress."""
        for message in messages:
            self.messages += 1
            for command in self._ingress.records(message, self.messages, self.messages):
                self._put(command)
            if self.messages % _COMMIT_EVENTS == 0:
                self._task.flush()
                told(self.messages)

    def _put(self, command: Any) -> None:
        # The number of the message serves as its time: a summary is the same each time.
        self._process(command, command.event_id.encode(), self.messages)
        self.records += 1

    def _process(self, value: Any, key: bytes | None, at_ms: int) -> None:
        id_ = f"file:{self.records}"
        payload = self._codec.encode(value, id=id_, at_us=at_ms * 1_000, caused_by=None)
        self._task.process(_LogRecord(key, payload, 0, self.records, at_ms))

    @property
    def results(self) -> int:
        """How many results of matches came out."""
        return self._counts.results

    def summary(self) -> dict[str, Any]:
        """What the recording came to, as the command prints it."""
        # Nothing fills a recording's gaps any more: what waits behind them is told.
        self._process(Tick(0), None, self.messages + LATENESS_US // 1_000 + 1)
        feeds, markets = self._task.tables["feeds"], self._task.tables["exchange_markets"]
        seen: list[Feed] = [feeds[key] for key in feeds]
        books: list[MarketBook] = [markets[key] for key in markets]
        return {
            "messages": self.messages,
            "dead_letters": dict(sorted(self._counts.dead_letters.items())),
            "duplicates": sum(one.duplicates for feed in seen for one in feed.providers.values()),
            "gaps": self._counts.gaps,
            "markets": {book.market_id: market_summary(book) for book in books},
        }


def market_summary(book: MarketBook) -> dict[str, Any]:
    """A market as it stands, with the best prices of each selection."""
    return {
        "status": book.status,
        "in_play": book.in_play,
        "version": book.version,
        "selections": {
            selection: _selection(best_of(selection, book)) for selection in sorted(book.runners)
        },
    }


def _selection(best: SelectionBook) -> dict[str, Any]:
    return {
        "best_back": _offer(best.back_milli, best.back_size_minor),
        "best_lay": _offer(best.lay_milli, best.lay_size_minor),
        "status": best.status,
    }


def _offer(price_milli: int | None, size_minor: int | None) -> list[float] | None:
    if price_milli is None or size_minor is None:
        return None
    return [price_milli / 1_000, size_minor / 100]

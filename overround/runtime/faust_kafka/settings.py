"""The engine's settings, read from the broker URL, each with its argument."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from yarl import URL

_DEFAULT_PORT = 9092


@dataclass(frozen=True, slots=True)
class Settings:
    """How a worker commits; every field can be set in the URL: `?instance=1&commit_ms=100`.

    Raises ValueError for a name it does not know, so that a typing error is not a default.
    """

    bootstrap_servers: str
    # Names the worker among its kind. A worker that starts under the name of a dead one fences
    # it at once; under another name its open transaction ends only by its timeout.
    instance: str = "0"
    # A commit costs 4-5 ms. Under load one in 50 ms spends a tenth of the time on it.
    commit_ms: int = 50
    # A drained inbox commits sooner if somebody waits for what was sent, but not twice within
    # this time. What nobody waits for would only keep the broker busy.
    commit_idle_ms: int = 10
    # Work that nobody waits for. A commit costs the broker 1 to 2 ms for each partition that was
    # written, 24 and more of them: at one in 50 ms that kept two cores busy with little else.
    commit_lazy_ms: int = 500
    # Bounds the work that a crash repeats and the size of a transaction.
    commit_events: int = 5_000
    # How long a stopped worker's open transaction may hold back readers of committed records.
    transaction_timeout_ms: int = 10_000
    # How long a published record waits for company: a quote should not wait.
    linger_ms: int = 1
    # Longer than the transaction timeout, which is what a restore can have to wait for.
    restore_timeout_ms: int = 60_000
    # How often the owner of an inbox partition writes a tick into it; 0 writes none.
    tick_ms: int = 1_000

    @classmethod
    def from_urls(cls, urls: list[URL]) -> Settings:
        """The settings in the app's broker URLs; the query of the first one counts."""
        servers = ",".join(f"{url.host or '127.0.0.1'}:{url.port or _DEFAULT_PORT}" for url in urls)
        return cls(bootstrap_servers=servers, **_options(urls[0]))


def _options(url: URL) -> dict[str, Any]:
    known = {field.name: field for field in fields(Settings)}
    options: dict[str, Any] = {}
    for name, text in url.query.items():
        if name not in known or name == "bootstrap_servers":
            raise ValueError(f"unknown option {name!r} in the broker URL; known: {sorted(known)}")
        options[name] = text if name == "instance" else int(text)
    return options

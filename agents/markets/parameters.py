"""Parameters change: one partition's writer decides, and every partition hears of it in order.

The command goes by its sport to one partition, which gives the version. From there the outcome is
sent to all partitions by keys that lead to them, in the order of the versions. Matches are priced
with them from their next record on; a match that has none is at the next ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import count

from agents.markets.books import MarketTables, put
from agents.markets.controls import DEFAULTS, NAMES, SPORT, checked
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.domain.control import parameters
from overround.domain.control.commands import SetParameters
from overround.domain.control.events import ParametersChanged
from overround.domain.control.parameters import InForce
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing import sport_settings
from overround.domain.pricing.quoting import FOLLOWED, tried
from overround.runtime.in_process import partition_of
from overround.runtime.topology import Event, Outbox

# Prices of so many matches are made in some 15 ms. With more at once a tick would hold bets up.
_RENEWED_A_TICK = 64


def order(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Decide on a command: who is first in this partition's log is first everywhere."""
    command: SetParameters = event.value
    if event.key != command.sport:
        # Another key could lead to another partition, which would give out versions of its own.
        raise Refusal("key_is_not_sport", str(event.key))
    sport = command.sport
    names, check = _rules(sport)
    before = tables.parameters.get(sport) or InForce(sport)
    decision = parameters.decide(before, command, names, check)
    for changed in decision.events:
        tables.parameters[sport] = decision.state
        out.send(topics.MARKET_EVENTS, sport, changed)
        for key in partition_keys(PARTITIONS):
            out.send(topics.MARKETS_INBOX, key, changed)


def _rules(sport: str) -> tuple[Sequence[str], parameters.Check]:
    """What may be set of a sport, and what tries it.

    Raises:
        Refusal: `unknown_sport`.
    """
    if sport == SPORT:
        return NAMES, checked
    if sport not in FOLLOWED:
        raise Refusal("unknown_sport", sport)
    return sport_settings.names(FOLLOWED[sport]), partial(tried, sport)


def hear(event: Event, tables: MarketTables, _out: Outbox) -> None:
    """Take what was decided into this partition."""
    changed: ParametersChanged = event.value
    before = tables.parameters.get(changed.sport) or InForce(changed.sport)
    after = parameters.changed_to(before, changed)
    if after is not before:
        tables.parameters[changed.sport] = after


def renew(tables: MarketTables, out: Outbox) -> None:
    """Price football matches with the newest parameters where no record of theirs has come.

    Those of other sports are renewed by `sports.tick`.
    """
    version = (tables.parameters.get(SPORT) or DEFAULTS).version
    left = _RENEWED_A_TICK
    for event_id in tables.books:
        book = tables.books[event_id]
        if book.parameters_version == version or not book.match.is_priced:
            continue
        put(tables, out, book, book)
        left -= 1
        if not left:
            return


@lru_cache(maxsize=1)
def partition_keys(partitions: int) -> tuple[str, ...]:
    """A key for each partition, that leads to it."""
    found: dict[int, str] = {}
    for number in count():
        key = f"parameters-{number}"
        found.setdefault(partition_of(key.encode(), partitions), key)
        if len(found) == partitions:
            return tuple(found[partition] for partition in range(partitions))
    raise AssertionError("a hash that misses a partition")

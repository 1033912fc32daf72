"""A point or a basket in, its quotes out, in one process: how long, and how long at worst.

    python -m benches.sports_to_quote [ticks]          about 40 s for 20,000 of each sport

Claim: from the bytes of a record of `markets.inbox` to the bytes of all quotes of the match takes
less than 2 ms at P50 in tennis (396 selections) and in basketball (1,392).

Method: that of `tick_to_quote`, on simulated matches: eight side by side in each sport, a record of
one of them every second in turn, and a time record each second.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count, zip_longest
from typing import Any

import numpy as np

import topologies.app  # noqa: F401 - for its weight: a worker has Faust on its heap
from benches.play import SIDE_BY_SIDE, START_US, Reel
from benches.report import PERCENTILES, Latency, Report, table
from benches.tick_to_quote import by_kind, run
from overround.contracts.codec import Codec
from overround.contracts.derive import snake_case
from overround.domain.feeds.events import FixtureScheduled, ObservedPrice, PricesObserved
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.pricing.basketball.events import ClockTold, PointsScored
from overround.domain.pricing.basketball.model import NBA, Clock, Scored, Strength
from overround.domain.pricing.basketball.simulate import simulate as baskets
from overround.domain.pricing.tennis.events import PointPlayed
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR
from overround.domain.pricing.tennis.simulate import draw_serves, simulate
from overround.runtime.memory import settle_memory
from topologies.wire import sportsbook_wire

TICKS = 20_000
_PROVIDER = "partner"
_STRENGTH = Strength(4_000_000, 220_000_000, 12_500_000, 17_500_000)
_LEVEL = {"match_winner/home": 1_800, "match_winner/away": 2_050}
_LINES = {
    "handicap:-4.5/home": 1_900,
    "handicap:-4.5/away": 1_900,
    "total_points:220.5/over": 1_900,
    "total_points:220.5/under": 1_900,
}


def _opened(event_id: str, sport: str, prices: dict[str, int]) -> Iterator[Any]:
    yield FixtureScheduled(event_id, _PROVIDER, 1, "Cup", "A", "B", START_US, sport)
    observed = tuple(ObservedPrice(*each) for each in prices.items())
    yield PricesObserved(event_id, _PROVIDER, 2, observed)


def tennis(event_id: str, seed: int) -> Iterator[Any]:
    """What MARKETS hears of a simulated tennis match."""
    yield from _opened(event_id, "tennis", _LEVEL)
    rng = np.random.default_rng(seed)
    for point in simulate(*draw_serves(TOUR, 1, rng), rng, BEST_OF_THREE).points(0):
        yield PointPlayed(event_id, _PROVIDER, point.sequence + 2, point.server, point.winner)


def basketball(event_id: str, seed: int) -> Iterator[Any]:
    """What MARKETS hears of a simulated basketball match."""
    yield from _opened(event_id, "basketball", _LINES)
    rng = np.random.default_rng(seed)
    for told in baskets(_STRENGTH, 1, rng, NBA).incidents(0, rng):
        if isinstance(told, Scored):
            own = (told.period, told.left_s, told.side, told.points)
            yield PointsScored(event_id, _PROVIDER, told.sequence + 2, *own)
        elif isinstance(told, Clock):
            yield ClockTold(event_id, _PROVIDER, told.sequence + 2, told.period, told.left_s)


MATCHES: dict[str, Callable[[str, int], Iterator[Any]]] = {
    "tennis": tennis,
    "basketball": basketball,
}


def reel(codec: Codec, match: Callable[[str, int], Iterator[Any]], records: int) -> Reel:
    """The first so many records of `markets.inbox`, partition 0, equal in each run."""
    made = Reel()
    for second, value in enumerate(_values(match)):
        if len(made) >= records:
            return made
        at_us = START_US + second * MICROS_PER_SECOND // SIDE_BY_SIDE
        values = [value] if second % SIDE_BY_SIDE else [Tick(at_us), value]
        for each in values:
            key = getattr(each, "event_id", "").encode() or None
            payload = codec.encode(each, id=f"bench:{len(made)}", at_us=at_us, caused_by=None)
            made.add(snake_case(type(each).__name__), key, at_us // 1000, payload)
    raise AssertionError("the log of matches has no end")


def _values(match: Callable[[str, int], Iterator[Any]]) -> Iterator[Any]:
    for wave in count():
        seeds = range(wave * SIDE_BY_SIDE, (wave + 1) * SIDE_BY_SIDE)
        for together in zip_longest(*(match(f"match-{seed}", seed) for seed in seeds)):
            yield from (value for value in together if value is not None)


def main(ticks: int = TICKS) -> None:
    """Run, print, write."""
    report = Report("sports_to_quote", "A point's or a basket's bytes to its quotes' bytes.")
    codec = sportsbook_wire()
    met = {}
    for name, match in MATCHES.items():
        records = reel(codec, match, ticks)
        run(codec, records, min(500, ticks))  # fills the caches of chains and of line texts
        settle_memory()
        measured = run(codec, records, ticks)
        whole = Latency.of(measured.quoted_ms)
        rows = [
            whole.row("quoted"),
            *by_kind(records, measured),
            Latency.of(measured.flush_ms).row("flush"),
        ]
        size = measured.quotes_bytes / whole.count
        title = f"{name}: {ticks:,} records, {size:,.0f} bytes a message of quotes"
        report.add(title, table(Latency.header(), rows))
        report.figures[name] = {
            "percentiles_ms": dict(zip(map(str, PERCENTILES), whole.percentiles_ms, strict=True)),
            "max_ms": whole.max_ms,
            "quotes_bytes": size,
        }
        met[f"{name}: P50 below 2 ms"] = whole.percentiles_ms[0] < 2.0
    report.targets(met)
    report.write()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

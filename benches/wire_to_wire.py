"""A provider's record on the wire to the match's quotes on the wire, through a real Kafka.

    python -m benches.wire_to_wire [seconds] [bets a second]      about 60 s for 30

Claim: at 500 ticks/s, from a feed record due to be produced to its quotes readable on
`markets.quotes`, less than 10 ms at P50 and 50 ms at P99.

Method: one FEEDS and one MARKETS worker, as `overround worker` runs them, with default settings,
12 partitions, 100 matches in play that report their clock in turn, each second of it once. A
quote's match and clock say which record caused it. The load is open-loop: records go out on a
schedule whatever comes back, and latency is counted from the moment a record was due. Ten seconds
of warm-up do not count. Client, broker and workers share the machine.

A worker that is behind makes no quotes of a state of which a newer one is there: such ticks are
told apart, by the versions that were left out, and have no latency. Any other tick without quotes
is missing.

Bets beside it: with a second argument, ACCOUNTS runs too and punters bet at that rate. Its open
transactions hold back readers of committed records of `markets.inbox`, so ticks wait for commits.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from secrets import token_hex
from typing import Any

from benches.bets import MATCHES, PRICES, Cast
from benches.open_loop import Arrival, Arrivals, Plan, arrivals, drive, first_arrivals, latencies_ms
from benches.pipeline import REST_S_MAX, Client, worker_options, workers
from benches.processes import CoreClock, Process
from benches.report import PERCENTILES, Latency, Report, histogram, table
from cli.local_kafka import cluster
from cli.topics import create_all
from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed
from overround.domain.kernel.match import IncidentKind, Period
from overround.domain.pricing.events import Quotes

RATE_S, SECONDS, WARM_UP_S = 500, 30.0, 10.0
PROVIDER = "bench"
STAGES = (
    "due to markets.inbox (client, FEEDS)",
    "to quotes produced (MARKETS)",
    "to quotes read",
)
P50_MS_MAX, P99_MS_MAX = 10.0, 50.0

_READY_S_MAX = 90.0


class Feeds:
    """The provider's side: matches whose next record is made when it is asked for."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._sequences = [0] * MATCHES

    def opening(self, match: int) -> list[RecordFeed]:
        """A match scheduled, priced and kicked off."""
        prices = [{"selection": name, "price_milli": price} for name, price in PRICES]
        fixture = {"competition": "League", "home": "Home", "away": "Away"}
        return [
            self._record(match, type="fixture", kickoff_at="2026-01-03T15:00:00Z", **fixture),
            self._record(match, type="prices", prices=prices),
            self._record(match, **_incident(IncidentKind.PERIOD, 0)),
        ]

    def clock(self, number: int) -> RecordFeed:
        """The clock of the match whose turn it is, a second on from its last."""
        match, clock_s = number % MATCHES, number // MATCHES + 1
        return self._record(match, **_incident(IncidentKind.CLOCK, clock_s))

    def _record(self, match: int, **message: Any) -> RecordFeed:
        self._sequences[match] += 1
        sequence, name = self._sequences[match], self._cast.event_id(match)
        whole = {"format": FORMAT, "match": name, "sequence": sequence, **message}
        payload = json.dumps(whole).encode()
        received_at_us = time.time_ns() // 1000
        digest = sha256(payload).digest()
        return RecordFeed(name, PROVIDER, sequence, received_at_us, payload, digest)


def _incident(kind: IncidentKind, clock_s: int) -> dict[str, Any]:
    return {
        "type": "incident",
        "kind": str(kind),
        "period": str(Period.FIRST_HALF),
        "clock_s": clock_s,
        "home_goals": 0,
        "away_goals": 0,
    }


@dataclass(frozen=True, slots=True)
class Run:
    """Latencies, whole and by stage, the client's own worst delay, and each worker's cores.

    `superseded` counts the ticks without quotes of which a newer version was published.
    """

    values_ms: list[float]
    stages_ms: dict[str, list[float]]
    late_ms: float
    cores: dict[str, float]
    superseded: int


def run(bootstrap: str, plan: Plan, bets_s: int) -> Run:
    """Start the workers, make the matches ready, drive the load and match up what came."""
    create_all(bootstrap)
    cast = Cast(f"-{token_hex(3)}")
    feeds, client = Feeds(cast), Client(bootstrap)
    agents = ("feeds", "markets", "accounts") if bets_s else ("feeds", "markets")
    with workers(bootstrap, *agents) as running, arrivals(bootstrap, topics.QUOTES.name) as seen:
        for match in range(MATCHES):
            for record in feeds.opening(match):
                client.write(topics.FEEDS_INBOX, record)
        if bets_s:
            for command in cast.accounts():
                client.write(topics.ACCOUNTS_INBOX, command)
        client.flush()
        _await_quotes(client, seen, running)
        every = plan.rate_s // bets_s if bets_s else 0

        def send(number: int) -> None:
            client.write(topics.FEEDS_INBOX, feeds.clock(number))
            if every and number % every == 0:
                client.write(topics.ACCOUNTS_INBOX, cast.bet(number // every))

        came, clock = len(seen.seen), CoreClock(running)
        began_ns, late_ms = drive(plan, send)
        cores = clock.cores()
        seen.wait(came + plan.records, REST_S_MAX, running)
    names: dict[Hashable, int] = {
        (cast.event_id(number % MATCHES), number // MATCHES + 1): number
        for number in range(plan.records)
    }

    quoted = {arrival.payload: client.codec.decode(arrival.payload).value for arrival in seen.seen}

    def name_of(payload: bytes) -> Hashable:
        return quoted[payload].event_id, quoted[payload].clock_s

    first = first_arrivals(plan, seen.seen, name_of, names)
    stages = _stages(plan, began_ns, first, client)
    left_out = [names[tick] for tick in superseded(quoted.values()) if tick in names]
    counted = sum(number >= plan.first_counted for number in left_out)
    return Run(latencies_ms(plan, began_ns, first), stages, late_ms, cores, counted)


def superseded(quoted: Iterable[Quotes]) -> Iterator[tuple[str, int]]:
    """The ticks, as event and clock, whose quotes were left out for a newer version's.

    Each tick makes a version. The ticks between two that were published next to each other are
    left out if there are versions enough for all of them; if not, any of them may be missing.
    """
    versions: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for quotes in quoted:
        versions[quotes.event_id][quotes.version] = quotes.clock_s
    for event_id, clocks in versions.items():
        for (before, from_s), (after, to_s) in pairwise(sorted(clocks.items())):
            between = range(from_s + 1, to_s)
            if len(between) < after - before:
                yield from ((event_id, clock_s) for clock_s in between)


def _stages(
    plan: Plan, began_ns: int, first: Mapping[int, Arrival], client: Client
) -> dict[str, list[float]]:
    """The same latencies in three, by the times that stand in the records; to a millisecond."""
    epoch_ns = time.time_ns() - time.perf_counter_ns()
    stages: dict[str, list[float]] = {name: [] for name in STAGES}
    for number, arrival in first.items():
        due_ms = (plan.due_ns(number, began_ns) + epoch_ns) / 1e6
        # Quotes carry the time at which the log took the record that caused them.
        taken_ms = client.codec.decode(arrival.payload).at_us / 1e3
        read_ms = (arrival.at_ns + epoch_ns) / 1e6
        moments = (due_ms, taken_ms, float(arrival.stamped_ms), read_ms)
        for name, before, after in zip(STAGES, moments, moments[1:], strict=False):
            stages[name].append(after - before)
    return stages


def _await_quotes(client: Client, seen: Arrivals, running: list[Process]) -> None:
    """Wait until each match has been quoted in play: the workers own their partitions then."""
    # Kick-off is the second record that makes quotes; the first is the prices.
    if not seen.wait(2 * MATCHES, _READY_S_MAX, running):
        tails = "\n".join(f"--- {worker.name}:\n{worker.tail()}" for worker in running)
        raise TimeoutError(f"{len(seen.seen)} quotes of {2 * MATCHES}:\n{tails}")


def main(seconds: float = SECONDS, bets_s: float = 0) -> None:
    """Run, print, write."""
    name = "wire_to_wire_with_bets" if bets_s else "wire_to_wire"
    report = Report(name, "A feed record produced to its quotes readable, on Kafka.")
    plan = Plan(RATE_S, seconds, WARM_UP_S)
    with cluster() as bootstrap:
        measured = run(bootstrap, plan, int(bets_s))
    latency = Latency.of(measured.values_ms)
    expected = plan.records - plan.first_counted
    missing = expected - latency.count - measured.superseded
    load = f"{RATE_S} ticks/s" + (f", {bets_s:g} bets/s" if bets_s else "") + f" for {seconds:g} s"
    rows = [latency.row("record to quotes")]
    rows += [Latency.of(stage_ms).row(stage) for stage, stage_ms in measured.stages_ms.items()]
    report.add(load, table(Latency.header(), rows))
    report.add("Latencies", histogram(measured.values_ms, "ms"), is_plain=True)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in measured.cores.items())
    report.add(
        "Around it",
        f"Of {expected} ticks {measured.superseded} had no quotes of their own, as a newer state "
        f"was there, and {missing} are missing. The client was {measured.late_ms:.1f} ms behind "
        "its schedule at most, which is in the latencies. "
        f"Of a core: {shares}. Engine settings: {worker_options() or 'the defaults'}.",
    )
    report.figures = {
        "percentiles_ms": dict(zip(map(str, PERCENTILES), latency.percentiles_ms, strict=True)),
        "max_ms": latency.max_ms,
        "superseded": measured.superseded,
        "missing": missing,
    }
    report.targets(
        {
            f"P50 below {P50_MS_MAX:g} ms": latency.percentiles_ms[0] < P50_MS_MAX,
            f"P99 below {P99_MS_MAX:g} ms": latency.percentiles_ms[2] < P99_MS_MAX,
            "every tick made its quotes, or a newer one did": missing == 0,
        }
    )
    report.write()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:3]))

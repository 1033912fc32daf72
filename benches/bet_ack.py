"""A bet placed to its acceptance readable, through ACCOUNTS, MARKETS and a real Kafka.

    python -m benches.bet_ack [seconds]      about 60 s for 30

Claim: at 100 bets/s, from a `PlaceBet` due to be produced to its `BetAccepted` readable by a
reader of committed records, less than 60 ms at P50 and 300 ms at P99.

Method: one ACCOUNTS and one MARKETS worker, as `overround worker` runs them, with default
settings, 12 partitions, 1,000 customers and 100 matches in play, whose clocks are reported five
times a minute each. A bet is three events and three transactions: the stake is held and the leg
asked for, the leg is reserved, the hold is posted; each is read by the next only when committed.
The load is open-loop: bets go out on a schedule whatever comes back, and latency is counted from
the moment a bet was due. Ten seconds of warm-up do not count. Client, broker and workers share
the machine.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import dataclass
from secrets import token_hex

from benches.bets import CUSTOMERS, MATCHES, Cast
from benches.open_loop import Arrivals, Plan, arrivals, drive, first_arrivals, latencies_ms
from benches.pipeline import REST_S_MAX, Client, worker_options, workers
from benches.processes import CoreClock, Process
from benches.report import PERCENTILES, Latency, Report, histogram, table
from cli.local_kafka import cluster
from cli.topics import create_all
from overround.contracts import topics
from overround.domain.betting.events import BetAccepted

RATE_S, SECONDS, WARM_UP_S = 100, 30.0, 10.0
P50_MS_MAX, P99_MS_MAX = 60.0, 300.0

# A match's feed that is silent for 20 s suspends its trading: one clock for each five bets
# reports each match every five seconds.
BETS_A_CLOCK = 5
_OPENING_SEQUENCE = 3

_READY_S_MAX = 90.0


@dataclass(frozen=True, slots=True)
class Run:
    """Latencies, the client's own worst delay, and the share of a core that each worker took."""

    values_ms: list[float]
    late_ms: float
    cores: dict[str, float]


def run(bootstrap: str, plan: Plan) -> Run:
    """Start the workers, open matches and accounts, drive the load and match up what came."""
    create_all(bootstrap)
    cast, client = Cast(f"-{token_hex(3)}"), Client(bootstrap)
    with (
        workers(bootstrap, "accounts", "markets") as running,
        arrivals(bootstrap, topics.BET_EVENTS.name) as seen,
    ):
        _open(bootstrap, cast, client, running)

        def send(number: int) -> None:
            client.write(topics.ACCOUNTS_INBOX, cast.bet(number))
            clock, rest = divmod(number, BETS_A_CLOCK)
            if not rest:
                turn = clock // MATCHES + 1
                told = cast.clock(clock, _OPENING_SEQUENCE + turn, turn)
                client.write(topics.MARKETS_INBOX, told)

        clock = CoreClock(running)
        began_ns, late_ms = drive(plan, send)
        cores = clock.cores()
        seen.wait(plan.records, REST_S_MAX, running)
    names: dict[Hashable, int] = {
        (cast.customer_id(number * 7), f"bet-{number}"): number for number in range(plan.records)
    }

    def name_of(payload: bytes) -> Hashable:
        answer = client.codec.decode(payload).value
        if not isinstance(answer, BetAccepted):
            return None  # an unanswered bet, as far as the claim goes
        return answer.customer_id, answer.bet_id

    first = first_arrivals(plan, seen.seen, name_of, names)
    return Run(latencies_ms(plan, began_ns, first), late_ms, cores)


def _open(bootstrap: str, cast: Cast, client: Client, running: list[Process]) -> None:
    """Open matches and accounts, and wait until both workers have told of all of them."""
    with (
        arrivals(bootstrap, topics.QUOTES.name) as quotes,
        arrivals(bootstrap, topics.ACCOUNT_EVENTS.name) as accounts,
    ):
        for value in cast.matches():
            client.write(topics.MARKETS_INBOX, value)
        for value in cast.accounts():
            client.write(topics.ACCOUNTS_INBOX, value)
        client.flush()
        _await(quotes, 2 * MATCHES, running)  # of the prices, and of the kick-off
        _await(accounts, 2 * CUSTOMERS, running)  # of the account, and of the deposit


def _await(seen: Arrivals, records: int, running: list[Process]) -> None:
    if not seen.wait(records, _READY_S_MAX, running):
        tails = "\n".join(f"--- {worker.name}:\n{worker.tail()}" for worker in running)
        raise TimeoutError(f"{len(seen.seen)} records of {records} in time\n{tails}")


def main(seconds: float = SECONDS) -> None:
    """Run, print, write."""
    report = Report("bet_ack", "A bet produced to its acceptance readable, on Kafka.")
    plan = Plan(RATE_S, seconds, WARM_UP_S)
    with cluster() as bootstrap:
        measured = run(bootstrap, plan)
    latency = Latency.of(measured.values_ms)
    expected = plan.records - plan.first_counted
    report.add(
        f"{RATE_S} bets/s for {seconds:g} s",
        table(Latency.header(), [latency.row("placed to accepted")]),
    )
    report.add("Latencies", histogram(measured.values_ms, "ms"), is_plain=True)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in measured.cores.items())
    report.add(
        "Around it",
        f"{expected - latency.count} of {expected} bets were not accepted in time. The client was "
        f"{measured.late_ms:.1f} ms behind its schedule at most, which is in the latencies. "
        f"Of a core: {shares}. Engine settings: {worker_options() or 'the defaults'}.",
    )
    report.figures = {
        "percentiles_ms": dict(zip(map(str, PERCENTILES), latency.percentiles_ms, strict=True)),
        "max_ms": latency.max_ms,
        "unanswered": expected - latency.count,
    }
    report.targets(
        {
            f"P50 below {P50_MS_MAX:g} ms": latency.percentiles_ms[0] < P50_MS_MAX,
            f"P99 below {P99_MS_MAX:g} ms": latency.percentiles_ms[2] < P99_MS_MAX,
            "every bet was accepted": latency.count == expected,
        }
    )
    report.write()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))

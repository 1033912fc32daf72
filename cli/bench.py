"""`overround bench`: run benches, each of which says its claim and its conditions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from cli.tether import tethered

# What has a claim, in the order in which all of them are run, with the minutes that each takes on
# two quiet cores; the others are for whoever changes that part.
BENCHES = {
    "tick_to_quote": "a tick's bytes to its quotes' bytes, in process; 2 min",
    "sports_to_quote": "the same of tennis and basketball; 1 min",
    "wire_to_wire": "a feed record to its quotes readable, on Kafka; 1 min",
    "bet_ack": "a bet to its acceptance readable, on Kafka; 1 min",
    "throughput": "the counting job on five engines; 3 min",
    "metrics_cost": "the counting job with its metrics and without; 2.5 min",
    "restore": "a million keys back into memory; 1 min",
    "same_without_us": "Faust's own exactly once and ours under the same chaos; 3.5 min",
    "cpu_by_part": "where an event's CPU time goes; 1.5 min",
    "reprice": "one match priced, 1,000 at once, and a peer; 30 s",
    "adaptive_batching": "ticks of 200 matches into one worker; 1 min",
    "football": "the football model on matches that were played; 1 min",
    "football_seasons": "its parameters from three seasons, scored on the fourth; 1 min",
    "football_calibration": "whether its probabilities come true, by deciles; 1 min",
    "football_filters": "filters of the shots, and red cards, out of sample; 2 min",
    "football_exchange": "an exchange's offers as evidence, simulated and recorded; 1 min",
    "football_corners": "what a count of corners is worth in play; 5 s",
    "tennis": "the tennis model on matches that were played; 2 min",
    "margin_shape": "how bookmakers lay their margin over 1X2; 10 s",
    "codec": "each record written and read; 1 min",
    "ingest": "an exchange's recordings through ingress and FEEDS; 4 min",
    "identity": "three providers of one season, linked by name and day; 10 s",
    "identity_flow": "the same, fixture by fixture as they come; 20 s",
    "sink": "records from Kafka into the lake; 1 min",
}


def checkout() -> Path:
    """The repository's root.

    Raises:
        click.ClickException: the package was installed without the repository around it.
    """
    root = Path(__file__).resolve().parents[1]
    if not (root / "benches" / "__init__.py").is_file():
        raise click.ClickException("the benches are in the repository: run this in a checkout")
    return root


def _listed() -> str:
    width = max(map(len, BENCHES))
    # The backspace keeps click from filling the lines into a paragraph.
    return "\b\n" + "\n".join(f"{name:<{width}}  {what}" for name, what in BENCHES.items())


@click.command(
    epilog=f"{_listed()}\n\nExample: overround bench tick_to_quote restore",
)
@click.argument("names", nargs=-1, metavar="[NAME...]", type=click.Choice(tuple(BENCHES)))
def bench(names: tuple[str, ...]) -> None:
    """Run the benches NAME, or all of them, one after the other.

    Each prints its conditions and figures; those with a target say whether it was met and write
    all of it to benches/results/. They start a Kafka of their own unless BOOTSTRAP_SERVERS is
    set. Nothing else should run on the machine. Exit status: 0 all ran to their end, 1 one did
    not.
    """
    failed = [name for name in names or tuple(BENCHES) if not _ran(name)]
    if failed:
        raise click.ClickException(f"did not run to the end: {', '.join(failed)}")


def _ran(name: str) -> bool:
    # In a process of its own: what one bench leaves on the heap would be in the next one's tail.
    command = tethered([sys.executable, "-m", f"benches.{name}"])
    return subprocess.run(command, cwd=checkout(), check=False).returncode == 0

"""`overround plot`: what became of a match, as PNG and in the terminal."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from cli.options import unknown
from cli.plot.course import course
from cli.plot.told import Told, told_by_lake, told_by_log
from overround.contracts.topic import PARTITIONS
from overround.lake import open_lake
from overround.runtime.in_process import partition_of
from topologies.wire import sportsbook_wire

_NEEDS = (
    "plots need matplotlib and plotille, which come with the extra `plot`: "
    "pip install 'overround[plot]'"
)
# A pipe has no width of its own.
_COLUMNS = 100


@click.group()
def plot() -> None:
    """Draw what became of a match. Needs the extra `plot`."""


@plot.command(epilog="Example: overround plot match match-1 --lake lake --png match-1.png")
@click.argument("event", metavar="EVENT")
@click.option(
    "--market", help="Whose prices are drawn; without it the 1x2, or its sport's match winner."
)
@click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("lake"),
    show_default=True,
    help="The directory that `overround sink` writes.",
)
@click.option("--log", "from_log", is_flag=True, help="Read the topics instead of the lake.")
@click.option(
    "--bootstrap",
    envvar="BOOTSTRAP_SERVERS",
    metavar="HOST:PORT",
    help="The Kafka cluster, for --log; BOOTSTRAP_SERVERS serves as well.",
)
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="The picture's file; EVENT.png without it.",
)
@click.option("--no-png", is_flag=True, help="Draw in the terminal alone.")
def match(  # noqa: PLR0917 - one for each option
    event: str,
    market: str | None,
    lake: Path,
    from_log: bool,
    bootstrap: str | None,
    png: Path | None,
    no_png: bool,
) -> None:
    """Draw a match's prices, score, suspensions and exposure over time, as PNG and here.

    From shortly before kick-off until betting was over. Exit status: 0 drawn, 1 nothing is known
    of the match or the market had no price.
    """
    told = _from_log(event, bootstrap) if from_log else _from_lake(event, lake)
    if not told.quotes:
        raise click.ClickException(f"no quotes of {event!r} there")
    market = market or told.markets[0]
    if market not in told.markets:
        raise unknown("market", market, told.markets)
    drawn = course(told, market)
    if not drawn.prices:
        raise click.ClickException(f"{market} was never offered on {event}")
    try:
        from cli.plot.png import draw  # noqa: PLC0415 - an extra, and a second to import
        from cli.plot.terminal import drawn as in_words  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise click.ClickException(f"{missing}: {_NEEDS}") from missing
    console = Console(highlight=False)
    columns = console.width if console.is_terminal else _COLUMNS
    click.echo(in_words(drawn, columns, colours=console.is_terminal))
    if not no_png:
        path = png or Path(f"{event}.png")
        draw(drawn, path)
        click.echo(f"{path}: {path.stat().st_size:,} bytes")


def _from_lake(event: str, path: Path) -> Told:
    try:
        lake = open_lake(path)
    except FileNotFoundError as missing:
        raise click.ClickException(f"{missing}, or read the topics with --log") from missing
    told = told_by_lake(lake, event)
    if not told.quotes:
        known = lake.execute(
            "SELECT event_id FROM quote_versions UNION SELECT event_id FROM sport_quote_versions"
        ).fetchall()
        raise unknown("event", event, (name for (name,) in known))
    return told


def _from_log(event: str, bootstrap: str | None) -> Told:
    if not bootstrap:
        raise click.UsageError("--log needs --bootstrap, or BOOTSTRAP_SERVERS")
    from cli.topic_reader import KafkaTopics  # noqa: PLC0415 - librdkafka only where it is used

    place = partition_of(event.encode(), PARTITIONS)
    recorded = KafkaTopics(bootstrap, PARTITIONS, [place])
    return told_by_log(recorded, place, sportsbook_wire(), event)

"""`overround sink`: topics into the lake's Parquet files, each record once."""

from __future__ import annotations

import signal
from pathlib import Path

import click
from confluent_kafka import KafkaException
from rich.console import Console
from rich.live import Live

from cli.options import bootstrap_option
from overround.contracts.topics import PUBLIC
from overround.sinks.manifest import LakeBusy, LakeDamaged
from overround.sinks.parquet import ParquetSink, Progress, Roll
from overround.sinks.schema import locked_schemas
from overround.sinks.source import NoSuchTopic, RecordsGone

_DEFAULTS = Roll()


def share_of(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, int]:
    """The two numbers of `I/N`; refuses anything but 1 <= I <= N."""
    share, _, shares = value.partition("/")
    if not (share.isdecimal() and shares.isdecimal() and 1 <= int(share) <= int(shares)):
        raise click.BadParameter(f"{value!r} is not I/N with I from 1 to N")
    return int(share), int(shares)


@click.command(
    epilog="Example: overround sink bets.events ledger.entries --bootstrap localhost:9092 --once"
)
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@bootstrap_option
@click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("lake"),
    show_default=True,
    help="The directory to write, made when absent.",
)
@click.option("--once", is_flag=True, help="Sink to the topics' present end, and exit.")
@click.option(
    "--instance",
    default="1/1",
    show_default=True,
    metavar="I/N",
    callback=share_of,
    help="The I-th share of the partitions, of N.",
)
@click.option("--rows", default=_DEFAULTS.rows, show_default=True, help="A file's most rows.")
@click.option(
    "--seconds", default=_DEFAULTS.seconds, show_default=True, help="A row's longest wait."
)
def sink(  # noqa: PLR0917 - one for each option
    topics: tuple[str, ...],
    bootstrap: str,
    lake: Path,
    once: bool,
    instance: tuple[int, int],
    rows: int,
    seconds: float,
) -> None:
    """Write topics into Parquet files, each committed record once; all public ones by default.

    It goes on where the lake ends, may be killed at any time, and writes what it holds on
    SIGTERM. Several instances share the partitions of the topics.
    """
    names = topics or tuple(topic.name for topic in PUBLIC)
    with Live(console=Console(stderr=True), auto_refresh=False) as shown:
        try:
            with ParquetSink(
                names,
                lake,
                bootstrap_servers=bootstrap,
                schema_of=locked_schemas(),
                instance=instance,
                roll=Roll(rows=rows, seconds=seconds),
                on_progress=lambda progress: shown.update(progress_line(progress), refresh=True),
            ) as opened:
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, lambda *_: opened.stop())
                opened.run(once=once)
        except (KafkaException, LakeBusy, LakeDamaged, NoSuchTopic, RecordsGone) as reason:
            raise click.ClickException(str(reason)) from reason


def progress_line(progress: Progress) -> str:
    """What an operator looks at: records so far, their rate, and how many wait."""
    records = progress.rows + progress.rejects
    rate = records / progress.elapsed_s if progress.elapsed_s else 0
    rejected = f" ({progress.rejects:,} rejected)" if progress.rejects else ""
    return f"{records:,} records{rejected}, {rate:,.0f}/s, lag {progress.lag:,}"

"""`overround ingest`: a provider's messages into the house."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import click

from cli.ingest.summary import Run
from cli.ingest.to_kafka import Inbox, NotDelivered, Pace, replay
from overround.adapters.feeds.provider import Provider
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts.codec import Codec
from topologies.wire import sportsbook_wire

_EXAMPLES = """\b
Examples: overround ingest betfair --file 1.200806927.bz2 --summary
          overround ingest betfair --file 1.200806927.bz2 --bootstrap 127.0.0.1:9092 --speed 60
"""


@click.command(epilog=_EXAMPLES)
@click.argument("provider", type=click.Choice(sorted(PROVIDERS)))
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="A recording of the provider's messages; bzip2 and gzip are read as well.",
)
@click.option("--summary", is_flag=True, help="Print what it comes to as JSON; write nothing.")
@click.option(
    "--bootstrap",
    envvar="BOOTSTRAP_SERVERS",
    metavar="HOST:PORT",
    help="The Kafka cluster whose feeds.inbox gets the recording, when no summary is asked for.",
)
@click.option(
    "--speed",
    default=0.0,
    type=click.FloatRange(min=0),
    help="1 is the pace at which it came, 60 a minute in a second, 0 (default) full speed.",
)
def ingest(provider: str, path: Path, summary: bool, bootstrap: str | None, speed: float) -> None:
    """Put a PROVIDER's recording into the house.

    With --summary it goes through ingress and FEEDS in this process, and one JSON object tells
    its messages, the refused ones by reason, repeats, gaps, and each exchange market as the
    recording leaves it, with its best prices. Otherwise it goes to feeds.inbox. Exit status: 0
    the file was read, however many of its messages were refused; 1 it could not be, or Kafka did
    not take it.
    """
    if not (summary or bootstrap):
        raise click.UsageError("say where it goes: --summary, or --bootstrap HOST:PORT")
    source, codec = PROVIDERS[provider], sportsbook_wire()
    try:
        if summary or bootstrap is None:
            click.echo(json.dumps(_summed_up(source, path, codec)))
            return
        count = replay(source, source.messages(path), Inbox(bootstrap, codec), Pace(speed), _tell)
    except (OSError, EOFError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error
    except NotDelivered as error:
        raise click.ClickException(
            f"Kafka did not take all of it: {error}; is {bootstrap} up, and are its topics made "
            "(overround topics create)?"
        ) from error
    finally:
        _tell(0)
    click.echo(f"{count:,} messages of {path.name} are in feeds.inbox")


def _summed_up(provider: Provider, path: Path, codec: Codec) -> dict[str, Any]:
    # Each refused message would be a line of the log; the summary counts them.
    logging.getLogger("overround.runtime.shell").setLevel(logging.ERROR)
    run = Run(provider, codec)
    run.feed(provider.messages(path), _tell)
    return run.summary()


def _tell(messages: int) -> None:
    """Show the progress on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        text = f"\r{messages:,} messages" if messages else "\r\033[K"
        print(text, end="", file=sys.stderr, flush=True)

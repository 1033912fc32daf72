"""`overround ingest`: a provider's messages into the house."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click

from cli.ingest.summary import Run
from overround.adapters.feeds.providers import PROVIDERS
from topologies.wire import sportsbook_wire


@click.command(epilog="Example: overround ingest betfair --file 1.200806927.bz2 --summary")
@click.argument("provider", type=click.Choice(sorted(PROVIDERS)))
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="A recording of the provider's messages, one a line; may end in .bz2 or .gz.",
)
@click.option("--summary", is_flag=True, required=True, help="Print what it came to, as JSON.")
def ingest(provider: str, path: Path, summary: bool) -> None:
    """Put a PROVIDER's recording through ingress and FEEDS in this process.

    Nothing is written anywhere: the summary tells the messages, the refused ones by reason,
    repeats, gaps, and each exchange market as the recording leaves it, with its best prices.
    Exit status: 0 the file was read, however many of its messages were refused; 1 it could not be.
    """
    # Each refused message would be a line; the summary counts them.
    logging.getLogger("overround.runtime.shell").setLevel(logging.ERROR)
    run = Run(PROVIDERS[provider], sportsbook_wire())
    try:
        run.feed(PROVIDERS[provider].messages(path), _tell)
    except (OSError, EOFError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error
    finally:
        _tell(0)
    click.echo(json.dumps(run.summary()))


def _tell(messages: int) -> None:
    """Show the progress on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        text = f"\r{messages:,} messages" if messages else "\r\033[K"
        print(text, end="", file=sys.stderr, flush=True)

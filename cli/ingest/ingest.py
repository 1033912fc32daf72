"""`overround ingest`: a provider's messages into the house."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from cli.ingest.identities import followed
from cli.ingest.live import run_live
from cli.ingest.settings import known, settings_of
from cli.ingest.summary import Run
from cli.ingest.to_kafka import Inbox, NotDelivered, Pace, replay
from cli.metrics_port import metrics_options
from overround.adapters.feeds.connection import SettingRefused, Target
from overround.adapters.feeds.connector import Patience
from overround.adapters.feeds.provider import Provider
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts.codec import Codec
from overround.runtime.breaker import Breaker
from topologies.wire import sportsbook_wire

_EXAMPLES = """\b
Examples: overround ingest betfair --file 1.200806927.bz2 --summary
          overround ingest betfair --file 1.200806927.bz2 --bootstrap 127.0.0.1:9092 --speed 60
          OVERROUND_PARTNER_TOKEN=... overround ingest partner \\
              --connect wss://feed.example/live --bootstrap 127.0.0.1:9092 --metrics-port 9480
          overround ingest partner --settings
"""
_BREAKER = Breaker()  # its defaults


def _list_settings(context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked and not context.resilient_parsing:
        provider = PROVIDERS[context.params["provider"]]
        click.echo(known(provider))
        context.exit()


@click.command(epilog=_EXAMPLES)
@click.argument("provider", type=click.Choice(sorted(PROVIDERS)), is_eager=True)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="A recording of the provider's messages; bzip2 and gzip are read as well.",
)
@click.option("--connect", "url", metavar="URL", help="The provider itself, until stopped.")
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the connection. OVERROUND_<PROVIDER>_<NAME> in the environment serves as "
    "well, and shows a secret to fewer.",
)
@click.option(
    "--settings",
    is_flag=True,
    expose_value=False,
    callback=_list_settings,
    help="List the provider's settings, and leave.",
)
@click.option("--summary", is_flag=True, help="Print what it comes to as JSON; write nothing.")
@click.option(
    "--bootstrap",
    envvar="BOOTSTRAP_SERVERS",
    metavar="HOST:PORT",
    help="The Kafka cluster whose feeds.inbox gets it, when no summary is asked for.",
)
@click.option(
    "--speed",
    default=0.0,
    type=click.FloatRange(min=0),
    help="1 is the pace at which it came, 60 a minute in a second, 0 (default) full speed.",
)
@click.option(
    "--silent-after",
    "silent_after_s",
    type=click.FloatRange(min=0.5),
    metavar="SECONDS",
    help="How long a source may be silent before it is lost; by default what its contract says.",
)
@click.option(
    "--breaker-failures",
    default=_BREAKER.failures_max,
    show_default=True,
    type=click.IntRange(min=1),
    help="After so many failed connections in a row the breaker opens.",
)
@click.option(
    "--breaker-open",
    "open_s",
    default=_BREAKER.open_s,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long it stays open before one more is tried.",
)
@metrics_options("A connection's figures for Prometheus; 0: none.")
def ingest(  # noqa: PLR0917 - one for each option
    provider: str,
    path: Path | None,
    url: str | None,
    given: tuple[str, ...],
    summary: bool,
    bootstrap: str | None,
    speed: float,
    silent_after_s: float | None,
    breaker_failures: int,
    open_s: float,
    metrics_port: int,
    metrics_host: str,
) -> None:
    """Put what a PROVIDER sends into the house: live, or a recording of it.

    With --connect the provider is connected to, and again whenever that fails, and feeds.inbox
    gets its messages and how the connection stands, until SIGTERM or SIGINT. When Kafka is slow,
    the connection is not read on. Log lines tell each change of the connection and its breaker.

    With --summary a recording goes through ingress and FEEDS in this process, and one JSON object
    tells its messages, the refused ones by reason, repeats, gaps, and each exchange market as the
    recording leaves it, with its best prices. Otherwise it goes to feeds.inbox.

    What comes of a match goes in for the event that IDENTITY has linked it to, else for one of its
    own.

    Exit status: 0 the file was read, however many of its messages were refused, or the connection
    was stopped; 1 it could not be, or Kafka did not take it; 2 the words are off, or a setting is.
    """
    source, codec = PROVIDERS[provider], sportsbook_wire()
    if (path is None) == (url is None):
        raise click.UsageError("say where it comes from: --file PATH, or --connect URL")
    if not (summary or bootstrap):
        raise click.UsageError("say where it goes: --summary, or --bootstrap HOST:PORT")
    if path is not None:
        _recorded(source, path, codec, None if summary else bootstrap, speed)
        return
    if summary or bootstrap is None:
        raise click.UsageError("--summary is of a --file; a connection needs --bootstrap HOST:PORT")
    if source.connect is None:
        able = ", ".join(name for name, each in PROVIDERS.items() if each.connect is not None)
        raise click.UsageError(f"{provider} has recordings only; live are: {able}")
    try:
        count = run_live(
            source,
            Target(url or "", settings_of(source, given, os.environ)),
            bootstrap,
            codec,
            patience=Patience(silent_after_s),
            breaker=Breaker(breaker_failures, open_s),
            metrics_at=(metrics_host, metrics_port),
        )
    except SettingRefused as error:
        raise click.UsageError(f"{error}\n{known(source)}") from error
    except NotDelivered as error:
        raise _not_delivered(error, bootstrap) from error
    click.echo(f"stopped; {count:,} messages of {provider} are in feeds.inbox")


def _recorded(
    source: Provider, path: Path, codec: Codec, bootstrap: str | None, speed: float
) -> None:
    try:
        if bootstrap is None:
            click.echo(json.dumps(_summed_up(source, path, codec)))
            return
        with followed(bootstrap, codec) as identities:
            inbox, messages = Inbox(bootstrap, codec), source.messages(path)
            count = replay(source, messages, inbox, Pace(speed), _tell, identities=identities)
    except (OSError, EOFError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error
    except NotDelivered as error:
        raise _not_delivered(error, bootstrap) from error
    finally:
        _tell(0)
    click.echo(f"{count:,} messages of {path.name} are in feeds.inbox")


def _not_delivered(error: NotDelivered, bootstrap: str | None) -> click.ClickException:
    return click.ClickException(
        f"Kafka did not take all of it: {error}; is {bootstrap} up, and are its topics made "
        "(overround topics create)?"
    )


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

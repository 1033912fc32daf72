"""What the commands share that Prometheus scrapes: where, and what to say if that is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from prometheus_client import CollectorRegistry

from overround.runtime.metrics import serve

_Command = TypeVar("_Command", bound=Callable[..., Any])


def metrics_options(note: str, default: int = 0, least: int = 0) -> Callable[[_Command], _Command]:
    """`--metrics-port` and `--metrics-host` of a command; port 0 is none."""
    port = click.option(
        "--metrics-port",
        default=default,
        show_default=True,
        type=click.IntRange(least, 65_535),
        help=note,
    )
    host = click.option(
        "--metrics-host",
        default="127.0.0.1",
        show_default=True,
        help="The address of --metrics-port; 0.0.0.0 lets other machines scrape it.",
    )
    return lambda command: port(host(command))


def show_metrics(registry: CollectorRegistry, host: str, port: int) -> Callable[[], None]:
    """Answer Prometheus on an address, until what this gives is called.

    Raises:
        ClickException: the address cannot be had; says what to do.
    """
    try:
        return serve(registry, host, port)
    except OSError as error:
        raise click.ClickException(
            f"no metrics on {host}:{port}: {error}; choose another --metrics-port"
        ) from error

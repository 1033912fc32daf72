"""`overround asyncapi`: print the contract of every topic as an AsyncAPI 3 document."""

from __future__ import annotations

import click

from overround.contracts.asyncapi import text


@click.command(epilog="Example: overround asyncapi > docs/asyncapi.yaml")
def asyncapi() -> None:
    """Print every topic and record as an AsyncAPI 3 document (YAML)."""
    click.echo(text())

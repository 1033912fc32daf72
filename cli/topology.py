"""`overround topology`: print the graph of agents, topics and tables."""

from __future__ import annotations

import click

from topologies.describe import describe, mermaid
from topologies.sportsbook import SPORTSBOOK


@click.command(epilog="Example: overround topology --format mermaid")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid"]),
    default="text",
    show_default=True,
    help="text is that of Kafka Streams' TopologyDescription, which its viewers draw.",
)
def topology(form: str) -> None:
    """Print the graph of agents, topics and tables."""
    click.echo(describe(SPORTSBOOK) if form == "text" else mermaid(SPORTSBOOK), nl=False)

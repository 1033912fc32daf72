"""What several commands share: where the cluster is."""

from __future__ import annotations

import click

bootstrap_option = click.option(
    "--bootstrap",
    envvar="BOOTSTRAP_SERVERS",
    required=True,
    metavar="HOST:PORT",
    help="The Kafka cluster; BOOTSTRAP_SERVERS in the environment serves as well.",
)

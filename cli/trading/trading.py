"""`overround trading`: the group of its commands."""

from __future__ import annotations

import click

from cli.trading.orders import confirm, lift, override, reopen, suspend
from cli.trading.parameters import parameters


@click.group()
def trading() -> None:
    """Change what is offered while the house runs: parameters, prices, suspensions.

    Every order goes into markets.inbox and is kept with who gave it (--by); what came of it is on
    markets.events.
    """


for command in (parameters, override, confirm, lift, suspend, reopen):
    trading.add_command(command)

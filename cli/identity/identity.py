"""`overround identity`: the group of its commands."""

from __future__ import annotations

import click

from cli.identity.link import link
from cli.identity.review import (
    confirm,
    merge,
    merge_participants,
    reject,
    reject_participant,
    review,
    split,
    split_participant,
)


@click.group()
def identity() -> None:
    """Say which fixtures, competitions, teams and players of several providers are one.

    IDENTITY links what is safe by itself, and puts doubts on feeds.unresolved: look at them with
    `review`, and decide them with `confirm` or `reject`, of names with `merge-participants` or
    `reject-participant`. What it linked wrongly, `merge` and `split` put right. Whoever decides is
    named with --by, and kept.
    """


for command in (
    *(link, review, confirm, reject, merge, split),
    *(merge_participants, reject_participant, split_participant),
):
    identity.add_command(command)

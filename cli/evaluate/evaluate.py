"""`overround evaluate SPORT`."""

from __future__ import annotations

import click

from cli.evaluate.football import football
from cli.evaluate.tennis import tennis


@click.group()
def evaluate() -> None:
    """Score the models' probabilities on matches that were played."""


evaluate.add_command(football)
evaluate.add_command(tennis)

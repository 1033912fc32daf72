"""`overround trading parameters`: what is in force, and a change of it."""

from __future__ import annotations

import json
from typing import Any

import click

from agents.markets.controls import SPORT, SPORTS, figures_of
from cli.options import bootstrap_option, unknown
from cli.trading.desk import answered, json_option, tell
from overround.domain.control.commands import SetParameters
from overround.domain.control.parameters import InForce
from overround.domain.kernel.settings import Setting


@click.command(
    epilog="Example: overround trading parameters --set margin.1x2=0.06 --set "
    "margin.method=odds_ratio --by ann --reason 'cup final' --bootstrap 127.0.0.1:9092"
)
@bootstrap_option
@json_option
@click.option("--sport", default=SPORT, show_default=True, help="Whose parameters.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="A change; may be given again. The value `default` takes a parameter back.",
)
@click.option("--by", "author_id", metavar="NAME", help="Who changes them; it is kept.")
@click.option("--reason", default="", help="Why; it is kept.")
@click.option(
    "--based-on",
    type=click.IntRange(0),
    metavar="VERSION",
    help="Refuse the change if another version is in force.",
)
def parameters(
    bootstrap: str, as_json: bool, sport: str, changes: tuple[str, ...], **who: Any
) -> None:
    """Show the parameters in force, or change some without a restart.

    Matches are priced with them from their next record on, and within seconds if they have none.
    What fits no match is refused as a whole. Exit status: 0 done, 1 refused or not answered.
    """
    if sport not in SPORTS:
        raise unknown("sport", sport, SPORTS)
    if not changes:
        _show(answered(lambda desk: desk.in_force(sport), bootstrap), as_json)
        return
    if who["author_id"] is None:
        raise click.UsageError("a change needs --by: who makes it is kept")
    settings = tuple(map(_setting, changes))
    command = SetParameters(sport, who["author_id"], who["reason"], settings, who["based_on"])
    tell(answered(lambda desk: desk.put(sport, command), bootstrap), as_json)


def _setting(text: str) -> Setting:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is no NAME=VALUE, such as margin.1x2=0.06")
    return Setting(name.strip(), value.strip())


def _show(in_force: InForce, as_json: bool) -> None:
    now, shipped = (figures_of(in_force.sport, settings) for settings in (in_force.settings, ()))
    if as_json:
        shown = {"version": in_force.version, "author_id": in_force.author_id}
        click.echo(json.dumps(shown | {"parameters": now, "defaults": shipped}))
        return
    by = f", by {in_force.author_id}" if in_force.version else ": the defaults"
    click.echo(f"version {in_force.version}{by}")
    for name, value in now.items():
        was = "" if value == shipped[name] else f"   (default {shipped[name]})"
        click.echo(f"{name} = {value}{was}")

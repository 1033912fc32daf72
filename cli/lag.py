"""`overround lag`: whether the workers keep up, by Burrow's rules."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import click
from confluent_kafka import KafkaException
from rich.console import Console
from rich.table import Table

from cli.group_lag import Groups
from cli.options import bootstrap_option
from overround.runtime.lag import WINDOW_SAMPLES, GroupState, GroupWindow, group_state
from overround.runtime.topology import Agent
from topologies.app import group_of
from topologies.sportsbook import SPORTSBOOK

NAMES = tuple(agent.name for agent in SPORTSBOOK.agents)

# What a shell is answered; 2 is taken by a word that is off.
_STATUS = {
    GroupState.OK: 0,
    GroupState.WARNING: 1,
    GroupState.ERROR: 3,
    GroupState.NOT_FOUND: 3,
}
_EXAMPLES = """\b
Examples: overround lag --bootstrap 127.0.0.1:9092
          overround lag markets --json | jq '.groups[0].state'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("agents", nargs=-1, type=click.Choice(NAMES))
@bootstrap_option
@click.option(
    "--window",
    "window_s",
    default=float(WINDOW_SAMPLES),
    show_default=True,
    type=click.FloatRange(min=1.0),
    help=f"Seconds to look on for, in {WINDOW_SAMPLES} samples.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object, with every partition.")
def lag(agents: tuple[str, ...], bootstrap: str, window_s: float, is_json: bool) -> None:
    """Judge whether the workers of AGENTS (all) keep up with their inboxes.

    Looks on for a while and judges each partition by Burrow's rules: OK, WARNING (goes on, but
    the lag never fell), STALL (commits without going on), STOP (commits no more), REWIND (went
    back). A group is OK, WARNING, ERROR, or NOT_FOUND if it has never committed. Exit status: 0
    all are OK, 1 one is in WARNING or Kafka does not answer, 3 one is in ERROR or NOT_FOUND.
    """
    chosen = [SPORTSBOOK.agent(name) for name in agents or NAMES]
    groups = Groups(bootstrap, chosen)
    try:
        _look_on(groups, window_s)
    except KafkaException as error:
        raise click.ClickException(
            f"{error.args[0].str()}; is {bootstrap} up, and are its topics made "
            "(overround topics create)?"
        ) from error
    now_ms = time.time_ns() // 1_000_000
    found = [_judged(agent, window, now_ms) for agent, window in groups.windows.items()]
    if is_json:
        click.echo(json.dumps({"groups": found}))
    else:
        _print(found)
    raise SystemExit(max(_STATUS[GroupState(group["state"])] for group in found))


def _look_on(groups: Groups, window_s: float) -> None:
    began_s, is_seen = time.monotonic(), sys.stderr.isatty()
    for number in range(1, WINDOW_SAMPLES + 1):
        groups.sample()
        if is_seen:
            print(f"\rsample {number} of {WINDOW_SAMPLES}", end="", file=sys.stderr, flush=True)
        if number < WINDOW_SAMPLES:
            due_s = began_s + window_s * number / (WINDOW_SAMPLES - 1)
            time.sleep(max(0.0, due_s - time.monotonic()))
    if is_seen:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _judged(agent: Agent, window: GroupWindow, now_ms: int) -> dict[str, Any]:
    states = window.states(now_ms)
    partitions = [
        {
            "partition": number,
            "state": states.get(number),
            "lag": seen.last.lag,
            "committed": seen.last.committed,
            "end": seen.last.end,
            "owner": seen.last.owner,
        }
        for number, seen in sorted(window.partitions.items())
        if seen.last is not None
    ]
    return {
        "group": group_of(agent),
        "topic": agent.inbox.name,
        "state": group_state(states.values()),
        "lag": window.lag(),
        "partitions": partitions,
    }


def _print(groups: list[dict[str, Any]]) -> None:
    table = Table("group", "inbox", "state", header_style="bold")
    table.add_column("lag", justify="right")
    table.add_column("partitions that are not OK", overflow="fold")
    for group in groups:
        faulty = [
            f"{each['partition']} {each['state']} ({each['lag']:,})"
            for each in group["partitions"]
            if each["state"] not in (None, "OK")
        ]
        cells = (group["group"], group["topic"], group["state"], f"{group['lag']:,}")
        table.add_row(*cells, ", ".join(faulty))
    Console().print(table)
    if any(group["state"] != GroupState.OK for group in groups):
        click.echo("docs/runbooks/group-behind.md says what to do about each state.")

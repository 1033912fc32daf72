"""What traders order: written to MARKETS, and answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import getdoc
from typing import Any

import click

from cli import desk
from cli.desk import Answer, reaching
from cli.options import bootstrap_option
from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.domain.control.parameters import InForce
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire

_STATUS = "Exit status: 0 it is done, 1 it is refused or not answered."
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


class Desk(desk.Desk):
    """Puts orders to MARKETS on a cluster, and looks up what is in force there."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        super().__init__(bootstrap, codec, SPORTSBOOK.agent("markets"), (topics.MARKET_EVENTS,))

    def in_force(self, sport: str) -> InForce:
        """The parameters of a sport, as the newest version that any partition has."""
        table = next(table for table in self._agent.owns if table.value is InForce)
        found = InForce(sport)
        for record in self.records(self._agent.changelog(table)):
            if record.key == sport.encode() and record.value is not None:
                each: Any = self.codec.decode_state(record.value)
                found = max(found, each, key=lambda one: one.version)
        return found


def answered(ask: Callable[[Desk], Any], bootstrap: str) -> Any:
    """What a desk on this cluster says; raises ClickException if the cluster is not there."""
    with reaching(bootstrap):
        return ask(Desk(bootstrap, sportsbook_wire()))


def tell(answer: Answer, as_json: bool) -> None:
    """Print what came of an order, and end with the exit status that says so."""
    if as_json:
        click.echo(json.dumps(answer.as_json()))
    elif answer.refused:
        click.echo(f"refused: {answer.refused} ({answer.detail})")
    else:
        click.echo("\n".join(map(_in_words, answer.told)) or "nothing to change: it is so already")
    raise SystemExit(1 if answer.refused else 0)


def order(name: str, example: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that orders something about a match, and tells what came of it.

    The function makes the record from its options; `--by` gives the trader's id.
    """

    def made(command_of: Callable[..., Any]) -> click.Command:
        def ordered(bootstrap: str, as_json: bool, **given: Any) -> None:
            command = command_of(**given)
            put = lambda at: at.put(command.event_id, command)  # noqa: E731
            tell(answered(put, bootstrap), as_json)

        ordered.__doc__ = f"{getdoc(command_of)}\n\n{_STATUS}"
        # Options and arguments that were put on the function itself.
        ordered.__click_params__ = getattr(command_of, "__click_params__", [])  # type: ignore[attr-defined]
        by = click.option(
            "--by", "trader_id", required=True, metavar="NAME", help="Who orders it; it is kept."
        )
        for option in (json_option, bootstrap_option, by):
            ordered = option(ordered)
        return click.command(name, epilog=f"Example: overround trading {example}")(ordered)

    return made


def _in_words(told: Any) -> str:
    words = _WORDS.get(type(told).__name__)
    return words(told) if words is not None else f"{type(told).__name__}: {told}"


def _override(told: Any) -> str:
    if told.status != "waiting":
        return f"override {told.override_id} of {told.event_id} is {told.status}"
    moves = f"it moves a probability by {told.move_micro / 10_000:.1f} points"
    how = f"overround trading confirm {told.event_id} {told.override_id} --by NAME"
    return f"override {told.override_id} waits for somebody else, as {moves}: {how}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "OverrideChanged": _override,
    "MarketTradingChanged": lambda t: f"{t.market} of {t.event_id} is {t.status}",
    "ParametersChanged": lambda t: f"version {t.version} is in force, by {t.author_id}",
    "TradingChanged": lambda t: f"{t.event_id} is {t.status}" + (f": {t.reason}" * bool(t.reason)),
}

"""The command line: `overround COMMAND`."""

from __future__ import annotations

import importlib
from typing import Any

import click

import overround

# Where each command is. They are imported when asked for: Faust, DuckDB and Arrow take seconds,
# and `overround --help` has no need of them.
COMMANDS = {
    "asyncapi": "cli.asyncapi:asyncapi",
    "bench": "cli.bench:bench",
    "demo": "cli.demo.run:demo",
    "evaluate": "cli.evaluate.evaluate:evaluate",
    "explain": "cli.explain.explain:explain",
    "identity": "cli.identity.identity:identity",
    "ingest": "cli.ingest.ingest:ingest",
    "lag": "cli.lag:lag",
    "monitor": "cli.monitor:monitor",
    "plot": "cli.plot.plot:plot",
    "query": "cli.query:query",
    "replay": "cli.replay:replay",
    "sink": "cli.sink:sink",
    "trading": "cli.trading.trading:trading",
    "verify": "cli.verify:verify",
    "worker": "cli.worker:worker",
    "topics": "cli.topics:topics",
    "topology": "cli.topology:topology",
}


class _Lazy(click.Group):
    """A group that imports a command when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: Any = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.command(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: overround demo. Completion in your shell: "
    'eval "$(_OVERROUND_COMPLETE=bash_source overround)" (or zsh_source, fish_source).',
)
@click.version_option(overround.__version__, prog_name="overround")
def main() -> None:
    """The backend of a sportsbook on Kafka, exactly once.

    Exit status: 0 done, 1 the answer is no or something failed, 2 the words are off.
    """


if __name__ == "__main__":
    main()

"""What several commands share: where the cluster is, and what a name that is none may mean."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import click

_NEAR_MAX = 5
# Ids are alike in their beginnings; half as alike as difflib's own bound still helps.
_ALIKE_MIN = 0.3

bootstrap_option = click.option(
    "--bootstrap",
    envvar="BOOTSTRAP_SERVERS",
    required=True,
    metavar="HOST:PORT",
    help="The Kafka cluster; BOOTSTRAP_SERVERS in the environment serves as well.",
)


def unknown(kind: str, name: str, known: Iterable[str]) -> click.ClickException:
    """The error for a name that is not known, with those near it."""
    names = sorted(known)
    if near := get_close_matches(name, names, _NEAR_MAX, _ALIKE_MIN):
        return click.ClickException(f"no {kind} {name!r}; did you mean {', '.join(near)}?")
    some = ", ".join(names[:_NEAR_MAX]) or "none at all"
    return click.ClickException(f"no {kind} {name!r}; there are {len(names)}: {some}")

"""Which parameters are in force: one version after another, each with its author."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from overround.domain.control.commands import SetParameters
from overround.domain.control.events import ParametersChanged
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Setting

DEFAULT = "default"
"""The value that takes a parameter back to what the house ships with."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The parameters of a sport: what differs from the defaults, by name; version 0: nothing."""

    sport: str
    version: int = 0
    author_id: str = ""
    settings: tuple[Setting, ...] = ()


Check = Callable[[tuple[Setting, ...]], object]
"""Raises a Refusal for settings that no match could be priced and traded with."""


def decide(
    in_force: InForce, command: SetParameters, names: Collection[str], check: Check
) -> Decision[InForce, ParametersChanged]:
    """Put changes on what is in force; what is so already is no change, and makes no version.

    Raises:
        Refusal: `malformed_id`; `parameters_empty`; `parameter_named_twice`; `unknown_parameter`;
            `parameters_moved_on` if another version is in force than the author has seen; or what
            `check` raises.
    """
    require_id("author_id", command.author_id)
    changed = [change.name for change in command.changes]
    if not changed:
        raise Refusal("parameters_empty")
    for name in changed:
        if name not in names:
            raise Refusal("unknown_parameter", name)
        if changed.count(name) > 1:
            raise Refusal("parameter_named_twice", name)
    kept = {each.name: each for each in in_force.settings} | {c.name: c for c in command.changes}
    settings = tuple(kept[name] for name in sorted(kept) if kept[name].value != DEFAULT)
    if settings == in_force.settings:
        return Decision(in_force)
    if command.based_on not in (None, in_force.version):
        raise Refusal("parameters_moved_on", f"from {command.based_on} to {in_force.version}")
    check(settings)
    event = ParametersChanged(
        in_force.sport, in_force.version + 1, command.author_id, command.reason, settings
    )
    return Decision(changed_to(in_force, event), (event,))


def changed_to(in_force: InForce, event: ParametersChanged) -> InForce:
    """What is in force once this was told; a version that is not newer changes nothing."""
    if event.version <= in_force.version:
        return in_force
    return InForce(event.sport, event.version, event.author_id, event.settings)

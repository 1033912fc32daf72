"""What the desk orders while the house runs."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.settings import Setting


@dataclass(frozen=True, slots=True)
class SetParameters:
    """Change parameters of a sport by name; the others stay. The value `default` takes one back.

    `based_on` is the version that the author has seen: if another is in force by now the command is
    refused. None takes it on whatever is in force.
    """

    sport: str
    author_id: str
    reason: str
    changes: tuple[Setting, ...]
    based_on: int | None = None

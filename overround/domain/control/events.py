"""What the desk has changed."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.settings import Setting


@dataclass(frozen=True, slots=True)
class ParametersChanged:
    """The parameters of a sport from here on; `settings` are all that differ from the defaults.

    Versions rise by one. A reader drops a version that it has seen.
    """

    sport: str
    version: int
    author_id: str
    reason: str
    settings: tuple[Setting, ...]

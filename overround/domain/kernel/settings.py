"""Figures that people set by name while the house runs, and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from overround.domain.kernel.ids import require_id
from overround.domain.kernel.refusal import Refusal

Figures = TypeVar("Figures", bound=Any)


@dataclass(frozen=True, slots=True)
class Setting:
    """A figure as somebody set it: `model.red_own` to `0.61`; text, so that it stays as written."""

    name: str
    value: str


class Kind(Protocol):
    """What a setting may be: read from its text, and shown as it would be set."""

    def read(self, setting: Setting) -> Any:
        """The figure of a setting; raises a Refusal for one that cannot be."""

    def show(self, figure: Any) -> str:
        """The text that `read` makes this figure of."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a figure may be, bounds included; a whole one is an int."""

    low: float
    high: float
    is_whole: bool = False

    def read(self, setting: Setting) -> float | int:
        """The figure of a setting.

        Raises:
            Refusal: `parameter_malformed` or `parameter_out_of_range`.
        """
        try:
            figure = int(setting.value) if self.is_whole else float(setting.value)
        except ValueError as error:
            raise Refusal("parameter_malformed", f"{setting.name}: {setting.value!r}") from error
        # Said so that a NaN is refused as well.
        if not self.low <= figure <= self.high:
            bounds = f"{self.low:g} to {self.high:g}"
            raise Refusal("parameter_out_of_range", f"{setting.name}: {figure} is not in {bounds}")
        return figure

    def show(self, figure: float) -> str:
        """The figure as text."""
        return str(figure)


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids, with commas between them; none is said by taking the setting back."""

    def read(self, setting: Setting) -> tuple[str, ...]:
        """The ids of a setting, sorted, each once.

        Raises:
            Refusal: `parameter_malformed`.
        """
        ids = sorted({each.strip() for each in setting.value.split(",")})
        try:
            for each in ids:
                require_id(setting.name, each)
        except Refusal as error:
            raise Refusal("parameter_malformed", f"{setting.name}: {setting.value!r}") from error
        return tuple(ids)

    def show(self, figure: Sequence[str]) -> str:
        """The ids with commas between them; empty for none."""
        return ",".join(figure)


def named(ranges: Mapping[str, Kind], group: str) -> tuple[str, ...]:
    """The names of a group of figures, sorted: `group.field`."""
    return tuple(f"{group}.{field}" for field in sorted(ranges))


def replaced(
    defaults: Figures, ranges: Mapping[str, Kind], group: str, settings: Sequence[Setting]
) -> Figures:
    """The figures of a dataclass with those that were set; names of other groups are left alone.

    Raises:
        Refusal: `unknown_parameter`, or what `Kind.read` raises.
    """
    changes = {}
    for setting in settings:
        of, _, field = setting.name.partition(".")
        if of != group:
            continue
        if field not in ranges:
            raise Refusal("unknown_parameter", setting.name)
        changes[field] = ranges[field].read(setting)
    return replace(defaults, **changes)


def shown(figures: Any, ranges: Mapping[str, Kind], group: str) -> dict[str, str]:
    """A dataclass's figures by name, as they would be set to what they are."""
    return {
        f"{group}.{field}": ranges[field].show(getattr(figures, field)) for field in sorted(ranges)
    }

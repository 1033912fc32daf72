"""The figures that people set of a sport that is followed by its interface: its margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Range, Setting, named, replaced, shown
from overround.domain.pricing.margin_settings import MARGIN, METHOD, method_of, shown_method
from overround.domain.pricing.sport import Margins, Sport

_MODEL = {
    "probability_min": Range(0.0001, 0.05),
    "probability_max": Range(0.9, 0.999),
    "refunded_max": Range(0.9, 0.999),
}


def names(sport: Sport[Any, Any, Any]) -> tuple[str, ...]:
    """What may be set: `margin.<kind of market>`, `margin.method`, `model.<figure>`."""
    return (*named(_MODEL, "model"), *(f"margin.{kind}" for kind in _kinds(sport)), METHOD)


def margins_of(sport: Sport[Any, Any, Any], settings: Sequence[Setting]) -> Margins:
    """The margins that the sport ships with, and those that were set.

    Raises:
        Refusal: `unknown_parameter`, `parameter_malformed` or `parameter_out_of_range`.
    """
    assert sport.live is not None, "a sport that is followed"
    margins = replaced(sport.live.margins, _MODEL, "model", settings)
    of_kind, method, kinds = dict(margins.of_kind), margins.method, _kinds(sport)
    for setting in settings:
        group, _, kind = setting.name.partition(".")
        if setting.name == METHOD:
            method = method_of(setting)
        elif group == "margin" and kind in kinds:
            of_kind[kind] = MARGIN.read(setting)
        elif group != "model":
            raise Refusal("unknown_parameter", setting.name)
    return replace(margins, of_kind=of_kind, method=method)


def shown_of(sport: Sport[Any, Any, Any], settings: Sequence[Setting]) -> dict[str, str]:
    """The figures by name, as they would be set to what they are."""
    margins = margins_of(sport, settings)
    by_kind = {f"margin.{kind}": str(margins.of(kind)) for kind in _kinds(sport)}
    return shown(margins, _MODEL, "model") | by_kind | {METHOD: shown_method(margins.method)}


def _kinds(sport: Sport[Any, Any, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offer.market.partition(":")[0] for offer in sport.catalogue))

"""Margins as people set them: how much of one, and by which method it lies over the outcomes."""

from __future__ import annotations

from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Range, Setting
from overround.domain.pricing.margin import SHAPE_MIN, Method

# A book past these is no offer; none at all would give away every mistake of the model.
MARGIN = Range(0.005, 0.35)
METHOD = "margin.method"
"""The name of the setting that `method_of` reads."""

# Shapes above 0 would price outsiders at no probability at all; those below -1 meet probabilities
# whose powers are no numbers, but for the multiplicative method, which takes none.
_SHAPE = Range(-1.0, 0.0)
_METHODS: dict[Method, Method | float] = {
    Method.MULTIPLICATIVE: SHAPE_MIN,
    Method.POWER: 0.0,
    Method.ODDS_RATIO: -1.0,
    Method.LOGARITHMIC: -1.0,
    Method.SHIN: Method.SHIN,
    Method.ADDITIVE: Method.ADDITIVE,
}


def method_of(setting: Setting) -> Method | float:
    """The method of a name as `Loading` has it, or a shape as a number.

    Raises:
        Refusal: `parameter_malformed` or `parameter_out_of_range`.
    """
    if setting.value in _METHODS:
        return _METHODS[Method(setting.value)]
    try:
        return _SHAPE.read(setting)
    except Refusal as refusal:
        raise Refusal(
            refusal.reason, f"{refusal.detail}; or one of {', '.join(_METHODS)}"
        ) from refusal


def shown_method(method: Method | float) -> str:
    """The text that `method_of` makes this of."""
    names = {method: str(name) for name, method in reversed(_METHODS.items())}
    return names.get(method, str(method))

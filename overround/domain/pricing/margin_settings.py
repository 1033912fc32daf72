"""Margins as people set them: how much of one, and by which method it lies over the outcomes."""

from __future__ import annotations

from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Range, Setting
from overround.domain.pricing.margin import SHAPE_MIN, Method

# A book past these is no offer; none at all would give away every mistake of the model.
MARGIN = Range(0.005, 0.35)
METHOD = "margin.method"
"""The name of the setting that `shape_of` reads."""

# Shapes above 0 would price outsiders at no probability at all; those below -1 meet probabilities
# whose powers are no numbers, but for the multiplicative method, which takes none.
_SHAPE = Range(-1.0, 0.0)
_SHAPES = {
    Method.MULTIPLICATIVE: SHAPE_MIN,
    Method.POWER: 0.0,
    Method.ODDS_RATIO: -1.0,
    Method.LOGARITHMIC: -1.0,
}


def shape_of(setting: Setting) -> float:
    """The shape of a method's name, or one as a number.

    Raises:
        Refusal: `parameter_malformed` or `parameter_out_of_range`.
    """
    if setting.value in _SHAPES:
        return _SHAPES[Method(setting.value)]
    try:
        return _SHAPE.read(setting)
    except Refusal as refusal:
        raise Refusal(
            refusal.reason, f"{refusal.detail}; or one of {', '.join(_SHAPES)}"
        ) from refusal


def shown_shape(shape: float) -> str:
    """The text that `shape_of` makes this shape of."""
    methods = {shape: str(method) for method, shape in reversed(_SHAPES.items())}
    return methods.get(shape, str(shape))

"""A mean over matches with its interval, as figures and as text."""

from __future__ import annotations

from typing import Any

from benches.played.matches import Floats
from overround.domain.pricing.scoring import bootstrap_interval

_SEED = 1


def mean_of(values: Floats) -> dict[str, Any]:
    """The mean over matches, and its 95 % interval by bootstrap."""
    low, high = bootstrap_interval(values, _SEED)
    return {"mean": float(values.mean()), "interval": [low, high]}


def told(figure: dict[str, Any]) -> str:
    """A mean with its interval."""
    low, high = figure["interval"]
    return f"{figure['mean']:+.5f} [{low:+.5f}, {high:+.5f}]"

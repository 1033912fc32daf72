"""What a sport is to the rest of the house, and how sports are found.

A sport is a folder beside this file whose package has a `SPORT`. Nothing outside of the folder
names it: a new sport is a new folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from overround.domain import pricing

Floats = NDArray[np.float64]
State = TypeVar("State")
Incident = TypeVar("Incident")
Parameters = TypeVar("Parameters")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to bet on: a market's id and an outcome of it."""

    market: str
    outcome: str

    @property
    def id(self) -> str:
        """Market and outcome joined by a slash: `total_games:22.5/over`."""
        return f"{self.market}/{self.outcome}"


@dataclass(frozen=True, slots=True)
class Sport(Generic[State, Incident, Parameters]):
    """A sport as a value: how its matches begin, change and are priced.

    `observe` gives the state after an incident and refuses what cannot be. `price` gives the
    expected won and refunded shares of a stake on each selection of `catalogue`, in its order,
    two arrays of its length: a bet at price d returns won x d + refunded of its stake, so the
    fair price is (1 - refunded) / won; where won is 0 nothing can be offered.
    """

    name: str
    catalogue: tuple[Offer, ...]
    start: State
    parameters: Parameters
    observe: Callable[[State, Incident], State]
    price: Callable[[State, Parameters], tuple[Floats, Floats]]


def sports(package: ModuleType = pricing) -> dict[str, Sport[Any, Any, Any]]:
    """Every sport of a package, by name: whatever folder of it has a `SPORT`."""
    names = sorted(each.name for each in iter_modules(package.__path__) if each.ispkg)
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    found = [getattr(module, "SPORT", None) for module in modules]
    return {sport.name: sport for sport in found if isinstance(sport, Sport)}

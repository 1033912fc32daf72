"""What a sport is to the rest of the house, and how sports are found.

A sport is a folder beside this file whose package has a `SPORT`. Nothing outside of the folder
names it: a new sport is a new folder.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from overround.domain import pricing
from overround.domain.kernel.market import Factor
from overround.domain.pricing.margin import Method

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


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """What the house takes on each market of a sport, and what it does not offer at all.

    `of_kind` are the margins by the market's kind, which is its id up to a colon; other kinds
    carry `usual`. `method` is how a margin lies over outcomes (`pricing.margin`; 0: power method).
    Outside of the two probabilities a selection is as good as decided, and above `refunded_max` a
    price is the ratio of two vanishing numbers: neither is offered.
    """

    of_kind: Mapping[str, float] = field(default_factory=dict)
    usual: float = 0.05
    method: Method | float = 0.0
    probability_min: float = 0.0005
    probability_max: float = 0.995
    refunded_max: float = 0.995

    def of(self, market: str) -> float:
        """The margin of a market, or of a kind of them."""
        return self.of_kind.get(market.partition(":")[0], self.usual)


@dataclass(frozen=True, slots=True, eq=False)
class Live(Generic[State, Incident]):
    """What it takes to follow a sport's matches, to quote them and to settle bets on them.

    `incidents` are the records that tell of its play, each with what `Sport.observe` takes of it;
    they begin with `event_id`, `provider` and `sequence` and end with `order` (`kernel.play`).
    `starts` are the ways in which a match may be played, by the name that a fixture says; the
    usual way has the empty name. `fit` gives a match that has not begun the belief that somebody's
    prices have of it (thousandths by selection id), or refuses them. `score` is the score in
    words.

    `fate` is what becomes of a bet once nothing that may still be played can change it, None
    before; it comes from the score alone, never from a probability. At most one outcome of a
    market wins, and while one does no other is refunded. Once a match is over every fate is known.
    `milestone` is a value that is another one whenever a fate may be, so that bets are not looked
    at after each point; as it stands, they are looked at after each change.

    `coming` are the states that may come next, each with how often a second it does. By how far
    they move prices, these are wider while nothing is heard; a sport without it has them no wider.
    """

    incidents: Mapping[type, Callable[[Any], Incident]]
    starts: Mapping[str, State]
    fit: Callable[[State, Mapping[str, int]], State]
    has_begun: Callable[[State], bool]
    is_over: Callable[[State], bool]
    score: Callable[[State], str]
    fate: Callable[[State, Offer], Factor | None]
    milestone: Callable[[State], Hashable] = lambda state: state
    coming: Callable[[State], Sequence[tuple[float, State]]] = lambda _state: ()
    margins: Margins = Margins()


@dataclass(frozen=True, slots=True)
class Sport(Generic[State, Incident, Parameters]):
    """A sport as a value: how its matches begin, change and are priced.

    `observe` gives the state after an incident and refuses what cannot be. `price` gives the
    expected won and refunded shares of a stake on each selection of `catalogue`, in its order,
    two arrays of its length: a bet at price d returns won x d + refunded of its stake, so the
    fair price is (1 - refunded) / won; where won is 0 nothing can be offered. `live` is what
    MARKETS needs of a sport that it follows by this interface; football, which it knows, has none.
    """

    name: str
    catalogue: tuple[Offer, ...]
    start: State
    parameters: Parameters
    observe: Callable[[State, Incident], State]
    price: Callable[[State, Parameters], tuple[Floats, Floats]]
    live: Live[State, Incident] | None = None


def sports(package: ModuleType = pricing) -> dict[str, Sport[Any, Any, Any]]:
    """Every sport of a package, by name: whatever folder of it has a `SPORT`."""
    names = sorted(each.name for each in iter_modules(package.__path__) if each.ispkg)
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    found = [getattr(module, "SPORT", None) for module in modules]
    return {sport.name: sport for sport in found if isinstance(sport, Sport)}

"""The parameters in force, as the rules that read them take them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from overround.domain.control.limits import (
    BREAKER_RANGES,
    OVERRIDE_RANGES,
    Breaker,
    OverrideLimits,
)
from overround.domain.control.parameters import InForce
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Setting, named, replaced, shown
from overround.domain.pricing import sport_settings
from overround.domain.pricing.football import settings as football
from overround.domain.pricing.football.model import Parameters
from overround.domain.pricing.football.quorum import QUORUM_KINDS, RULES, QuorumRules
from overround.domain.pricing.quoting import FOLLOWED
from overround.domain.pricing.spread import DEFAULT_SPREAD, SPREAD_RANGES, Spread
from overround.runtime.topology import TableView

SPORT = "football"
SPORTS = (SPORT, *FOLLOWED)
"""Every sport whose parameters may be set."""

NAMES: tuple[str, ...] = (
    *football.NAMES,
    *named(SPREAD_RANGES, "spread"),
    *named(BREAKER_RANGES, "breaker"),
    *named(OVERRIDE_RANGES, "override"),
    *named(QUORUM_KINDS, "quorum"),
)
"""The parameters that may be set."""


DEFAULTS = InForce(SPORT)
"""What is in force as long as nobody has set anything."""


class Controls(NamedTuple):
    """Everything that the desk can set."""

    model: Parameters
    spread: Spread
    breaker: Breaker
    overrides: OverrideLimits
    quorum: QuorumRules


def controls_of(table: TableView[InForce]) -> Controls:
    """What is in force now."""
    return built((table.get(SPORT) or DEFAULTS).settings)


def checked(settings: tuple[Setting, ...]) -> None:
    """Refuse settings with which a match could not be priced or traded.

    Raises:
        Refusal: of each group's own rules.
    """
    football.tried(_read(settings).model)


def figures(controls: Controls) -> dict[str, str]:
    """Every parameter by name, as it would be set to what it is."""
    return (
        football.shown_of(controls.model)
        | shown(controls.spread, SPREAD_RANGES, "spread")
        | shown(controls.breaker, BREAKER_RANGES, "breaker")
        | shown(controls.overrides, OVERRIDE_RANGES, "override")
        | shown(controls.quorum, QUORUM_KINDS, "quorum")
    )


def figures_of(sport: str, settings: tuple[Setting, ...]) -> dict[str, str]:
    """Every parameter of a sport by name, with those that were set."""
    if sport == SPORT:
        return figures(built(settings))
    return sport_settings.shown_of(FOLLOWED[sport], settings)


# Equal settings give the same values, so that what is derived from them is made once a worker.
@lru_cache(maxsize=32)
def built(settings: tuple[Setting, ...]) -> Controls:
    """What these settings, which were in force, make of the defaults."""
    try:
        return _read(settings)
    except Refusal as refusal:
        # Not the fault of the record at hand, which a refusal would make a dead letter.
        raise RuntimeError(f"parameters of another release: {refusal}") from None


def _read(settings: tuple[Setting, ...]) -> Controls:
    return Controls(
        football.parameters_of(settings),
        replaced(DEFAULT_SPREAD, SPREAD_RANGES, "spread", settings),
        replaced(Breaker(), BREAKER_RANGES, "breaker", settings),
        replaced(OverrideLimits(), OVERRIDE_RANGES, "override", settings),
        replaced(RULES, QUORUM_KINDS, "quorum", settings),
    )

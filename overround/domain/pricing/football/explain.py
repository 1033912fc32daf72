"""Why a price is what it is: the multipliers in force, and what time and observations did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.football.course import pushed
from overround.domain.pricing.football.decide import workings
from overround.domain.pricing.football.evidence import shot_factors
from overround.domain.pricing.football.intensity import (
    red_factors,
    remaining_rates,
    share_left,
)
from overround.domain.pricing.football.layout import ON_SCORE, Layout
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.football.pull import pull_factors

Floats = NDArray[np.float64]
Sides = tuple[float, float]
"""A figure of the home side and one of the away side."""


@dataclass(frozen=True, slots=True)
class Multipliers:
    """What the rates before kick-off are multiplied with now, and what comes of it.

    `goals` = rates before kick-off x `share_left` x `reds` x `shots` x `exchange` x `score`: the
    goals that each side is expected to score yet, were the score to stand. `rho` is the dependence
    left.
    """

    share_left: float
    reds: Sides
    shots: Sides
    exchange: Sides
    score: Sides
    goals: Sides
    rho: float


class Priced(NamedTuple):
    """A match and the parameters that it is priced with."""

    match: Match
    parameters: Parameters = DEFAULTS


def multipliers(priced: Priced) -> Multipliers:
    """The multipliers that a match is priced with."""
    match, parameters = priced
    lead = match.home_goals - match.away_goals
    home, away, rho = remaining_rates(match, parameters)
    return Multipliers(
        share_left=share_left(match.period, match.clock_s, parameters),
        reds=red_factors(match, parameters),
        shots=shot_factors(match, parameters),
        exchange=pull_factors(match.pull, match.clock_s, parameters.pulling),
        score=pushed(1.0, 1.0, lead, parameters),
        goals=pushed(home, away, lead, parameters),
        rho=rho,
    )


class Effect(NamedTuple):
    """Changes of the effective probabilities, (selections,) each; together the whole change."""

    time: Floats
    observed: Floats


def effect(before: Priced, after: Priced, layout: Layout = ON_SCORE) -> Effect:
    """What changed between two states of a match, both of which have prices; in a layout's order.

    Time's own effect is that of the clock going on with nothing else changed; the rest is the
    observation's, other parameters and the end of a half before its expected stoppage among it.
    """
    waited = before._replace(match=replace(before.match, clock_s=after.match.clock_s))
    unchanged, expected, found = (
        workings(*each, layout=layout).effective for each in (before, waited, after)
    )
    return Effect(expected - unchanged, found - expected)

"""What an exchange does to a match's rates, as the match's state keeps it: see `exchange`."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Pulling:
    """The figures of the pull. Judgement, not measured, unless a comment says otherwise."""

    # Standard deviation in log rate of what our own rates miss: what the shots' filter found of
    # the prices before kick-off (`Parameters.shots_prior` of 45 is 0.15).
    spread: float = 0.15
    # What is not repeated within a quarter of an hour of play is two thirds forgotten.
    forgotten_s: float = 900.0
    # A price is a step of the ladder, and the middle of a spread is not where it trades. Before
    # kick-off recorded offers are 0.0013 off those before them; of play there is no recording, so
    # that the calibration error which the model is held to stands here.
    probability_noise: float = 0.01
    # With this size behind the thinner offer the noise's variance is doubled: who wants to move
    # our price has to stand for as much as could be won from it.
    size_half_minor: int = 100_000
    # An offer that stands is not said again: what is heard sooner than this after the last one
    # counts for as much less.
    news_s: float = 30.0
    # Prices are not made for each step of an exchange's ladder: sooner after the last one, offers
    # wait for the next.
    pause_s: float = 1.0
    # An exchange stops for a goal and is back within half a minute; what it said before that may
    # be on its way when we have heard of the goal already.
    settle_s: float = 30.0


DEFAULT_PULLING = Pulling()
"""The figures used where nobody chose others."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Logarithms of what the exchange does to both rates, and their covariance; in millionths.

    As of the match's `clock_s` at which it was last heard, at `heard_at_us` by the log.
    """

    heard_at_us: int
    clock_s: int
    home_micro: int
    away_micro: int
    home_variance_micro: int
    away_variance_micro: int
    covariance_micro: int


def pull_factors(pull: Pull | None, clock_s: int, pulling: Pulling) -> tuple[float, float]:
    """What it does to the rates of home and away at a moment, if nothing was heard since."""
    if pull is None:
        return 1.0, 1.0
    kept = kept_since(pull, clock_s, pulling) / 1e6
    return exp(kept * pull.home_micro), exp(kept * pull.away_micro)


def kept_since(pull: Pull, clock_s: int, pulling: Pulling) -> float:
    """The share of a pull that play since has left; all while the clock has not moved on."""
    return exp(-max(0, clock_s - pull.clock_s) / pulling.forgotten_s)

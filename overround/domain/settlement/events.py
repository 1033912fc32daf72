"""How legs and bets ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from overround.domain.kernel.facts import Facts


class Certainty(StrEnum):
    """How sure a result is: as seen live, or confirmed by the competition."""

    LIVE = "live"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class LegSettled:
    """The fate of a leg in halves of its stake; a higher `revision` replaces a lower one."""

    customer_id: str
    bet_id: str
    leg_id: str
    event_id: str
    selection: str
    win_halves: int
    refund_halves: int
    certainty: Certainty
    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class BetSettled:
    """A bet was paid (`payout_minor` includes a refunded stake; 0 when it lost)."""

    customer_id: str
    bet_id: str
    currency: str
    stake_minor: int
    payout_minor: int
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class BetResettled:
    """A paid bet's result was corrected; the difference is booked, nothing is edited.

    `shortfall_minor` is what the customer's balance could not give back.
    """

    customer_id: str
    bet_id: str
    currency: str
    stake_minor: int
    payout_minor: int
    previous_payout_minor: int
    shortfall_minor: int
    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class ResultRecorded:
    """The match has a result of regular time, at a level of certainty; `legs` were settled."""

    event_id: str
    home_goals: int
    away_goals: int
    certainty: Certainty
    revision: int
    legs: int


@dataclass(frozen=True, slots=True)
class FactsRecorded:
    """What `legs` were settled on at half time, at the end, when it was abandoned, or corrected.

    A later one replaces it, but a live one no confirmed one.
    """

    event_id: str
    facts: Facts
    certainty: Certainty
    legs: int


@dataclass(frozen=True, slots=True)
class DecidedFate:
    """What becomes of a bet on a selection, in halves of its stake."""

    selection: str
    win_halves: int
    refund_halves: int


@dataclass(frozen=True, slots=True)
class FatesRecorded:
    """What a match of another sport than football has decided since the last such record.

    `score` is the score in words. Of each selection the newest fate counts, unless it is among the
    `undecided` of a later record, after a correction. `legs` were settled.
    """

    event_id: str
    sport: str
    score: str
    fates: tuple[DecidedFate, ...]
    undecided: tuple[str, ...]
    certainty: Certainty
    legs: int

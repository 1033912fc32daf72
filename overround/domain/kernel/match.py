"""What happens on the pitch: the words that feeds, pricing and settlement share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from overround.domain.kernel.refusal import Refusal


class Side(StrEnum):
    """A team by its place in the fixture."""

    HOME = "home"
    AWAY = "away"


class Period(StrEnum):
    """The parts of a football match, in their order."""

    NOT_STARTED = "not_started"
    FIRST_HALF = "first_half"
    HALF_TIME = "half_time"
    SECOND_HALF = "second_half"
    FULL_TIME = "full_time"
    EXTRA_TIME = "extra_time"
    PENALTIES = "penalties"
    ENDED = "ended"


BEFORE_FULL_TIME = (Period.NOT_STARTED, Period.FIRST_HALF, Period.HALF_TIME, Period.SECOND_HALF)


class IncidentKind(StrEnum):
    """What an incident reports.

    The suspicions (`POSSIBLE_*`, `VAR_REVIEW`) and `CLEARED` open and close a moment of doubt in
    which no bet is taken; `RESULT_CONFIRMED` is the second level of certainty, and may correct the
    first. `STATUS` is of providers that tell the state of play as a whole and not what led to it:
    its score is the score, higher or lower. `BETS_STOPPED` does not say what is suspected.
    """

    CLOCK = "clock"
    STATUS = "status"
    PERIOD = "period"
    GOAL = "goal"
    GOAL_CANCELLED = "goal_cancelled"
    YELLOW_CARD = "yellow_card"
    RED_CARD = "red_card"
    SHOT = "shot"
    POSSIBLE_GOAL = "possible_goal"
    POSSIBLE_RED_CARD = "possible_red_card"
    POSSIBLE_PENALTY = "possible_penalty"
    VAR_REVIEW = "var_review"
    BETS_STOPPED = "bets_stopped"
    CLEARED = "cleared"
    SHOOT_OUT_GOAL = "shoot_out_goal"
    SHOOT_OUT_MISS = "shoot_out_miss"
    RESULT_CONFIRMED = "result_confirmed"
    ABANDONED = "abandoned"


SUSPICIONS = (
    IncidentKind.POSSIBLE_GOAL,
    IncidentKind.POSSIBLE_RED_CARD,
    IncidentKind.POSSIBLE_PENALTY,
    IncidentKind.VAR_REVIEW,
    IncidentKind.BETS_STOPPED,
)


@dataclass(frozen=True, slots=True)
class WholePlay:
    """What a `STATUS` counts beside the score; null where the provider does not tell it.

    `*_reds` are dismissals, by a second yellow card too, `*_yellows` all cautions. The goals of
    regular time are told from extra time on, the kicks scored are those of a shoot-out.
    """

    home_reds: int | None = None
    away_reds: int | None = None
    home_yellows: int | None = None
    away_yellows: int | None = None
    home_regular_goals: int | None = None
    away_regular_goals: int | None = None
    home_kicks_scored: int | None = None
    away_kicks_scored: int | None = None


# No match has come near it; a count above is a feed's mistake.
_COUNT_MAX = 99


def check_whole(whole: WholePlay) -> None:
    """Refuse counts that no match has.

    Raises:
        Refusal: `out_of_range`.
    """
    for name in WholePlay.__slots__:
        count = getattr(whole, name)
        if count is not None and not 0 <= count <= _COUNT_MAX:
            raise Refusal("out_of_range", f"{name} {count}")


@dataclass(frozen=True, slots=True)
class Incident:
    """One report of a match, with the state of play after it.

    `sequence` is the provider's own order, from 1 without gaps, or the count of its records if it
    numbers none. `clock_s` is the match clock in seconds from kick-off (the second half begins at
    2,700). The goals are those of play,
    extra time included and the shoot-out not. `is_late`: it was let by, out of its order, after
    newer ones had been told. `xg_milli` are the expected goals of a shot in thousandths, where
    the provider tells them. `whole` is of a `STATUS`.
    """

    event_id: str
    provider: str
    sequence: int
    kind: IncidentKind
    period: Period
    clock_s: int
    home_goals: int
    away_goals: int
    side: Side | None = None
    player: str | None = None
    is_late: bool = False
    xg_milli: int | None = None
    whole: WholePlay | None = None

"""What a match of football in the Unified Odds Feed is here: its state of play, and its markets.

Source: the feed's public documentation. No message says what sport its match is of. The numbers
of markets are read as football's, and FEEDS passes them on where a fixture has told the sport. A
status is read where it has the counts that football's alone have (`statistics`); any other may be
another sport's, whose numbers for parts of a match are partly the same.

A status tells what is and not what happened, so it is one incident of the kind `STATUS`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from overround.adapters.feeds.uof_statistics import PERIOD, clock_s
from overround.adapters.feeds.xml import integer, optional_integer
from overround.domain.kernel.market import MARKETS
from overround.domain.kernel.match import Incident, IncidentKind, Period, WholePlay

# Where a status has no clock, because nothing is played.
_STANDING_S = {
    Period.NOT_STARTED: 0,
    Period.HALF_TIME: 2_700,
    Period.FULL_TIME: 5_400,
    Period.PENALTIES: 7_200,
    Period.ENDED: 5_400,
}
_LIVE, _CLOSED, _ABANDONED = "1", "4", "9"
# Parts of a match by their number in `period_scores`: both halves, and the shoot-out.
_HALVES, _SHOOT_OUT = ("6", "7"), "50"
# Parts that only a match that was level is played to.
_PAST_REGULAR_TIME = frozenset({"41", "33", "42", "34", "50", "110", "120"})


class _Both(NamedTuple):
    """A count of home and of away."""

    home: int
    away: int


def status(root: Any, event_id: str, provider: str, sequence: int) -> Incident | None:
    """The state of play that an odds change tells; None where it is not sure to be football's.

    Also None while the match is played without a clock: a price that stood still in it would be
    wrong, and silence holds bets back.

    Raises:
        Refusal: missing_field, wrong_type, bad_time.
    """
    found = root.find("sport_event_status")
    if found is None or (counts := found.find("statistics")) is None:
        return None
    part, kind = found.get("match_status", ""), _kind(found)
    period = Period.ENDED if kind is IncidentKind.ABANDONED else PERIOD.get(part)
    if period is None:
        return None
    at_s = clock_s(found)
    goals = _goals_of_play(found, part)
    if at_s is None:
        at_s = _STANDING_S.get(period)
    if at_s is None or goals is None:
        return None
    told = event_id, provider, sequence, kind, period, at_s, *goals
    return Incident(*told, whole=_whole(found, counts, part))


def _kind(found: Any) -> IncidentKind:
    """A closed event is one whose result stands; before, an ended one may still change."""
    code = found.get("status", "")
    if code == _ABANDONED:
        return IncidentKind.ABANDONED
    is_over = PERIOD.get(found.get("match_status", "")) is Period.ENDED
    return IncidentKind.RESULT_CONFIRMED if code == _CLOSED and is_over else IncidentKind.STATUS


def _goals_of_play(found: Any, part: str) -> _Both | None:
    """By the parts of the match where they are told, as the whole may count a shoot-out."""
    parts = _by_part(found)
    if parts:
        played = [goals for number, goals in parts if number != _SHOOT_OUT]
        return _Both(sum(goals.home for goals in played), sum(goals.away for goals in played))
    if part in ("50", "120") or found.get("home_score") is None:
        return None
    return _Both(integer(found, "home_score"), integer(found, "away_score"))


def _by_part(found: Any) -> list[tuple[str, _Both]]:
    return [
        (each.get("match_status_code", ""), _score(each))
        for each in found.iterfind("period_scores/period_score")
    ]


def _score(element: Any) -> _Both:
    return _Both(integer(element, "home_score"), integer(element, "away_score"))


def _whole(found: Any, counts: Any, part: str) -> WholePlay:
    parts = _by_part(found)
    regular = _regular(parts) if part in _PAST_REGULAR_TIME else None
    kicks = next((goals for number, goals in parts if number == _SHOOT_OUT), None)
    reds, yellows = _dismissals(counts), _count(counts, "yellow_cards")
    nothing = None, None
    return WholePlay(
        *(reds or nothing), *(yellows or nothing), *(regular or nothing), *(kicks or nothing)
    )


def _dismissals(counts: Any) -> _Both | None:
    """A dismissal is in one of two counts; one of them alone does not say how many there were."""
    red, second_yellow = _count(counts, "red_cards"), _count(counts, "yellow_red_cards")
    if red is None or second_yellow is None:
        return None
    return _Both(red.home + second_yellow.home, red.away + second_yellow.away)


def _regular(parts: list[tuple[str, _Both]]) -> _Both | None:
    halves = [goals for number, goals in parts if number in _HALVES]
    if len(halves) != len(_HALVES):
        return None
    return _Both(sum(goals.home for goals in halves), sum(goals.away for goals in halves))


def _count(counts: Any, name: str) -> _Both | None:
    element = counts.find(name)
    return None if element is None else _Both(integer(element, "home"), integer(element, "away"))


def in_play(root: Any, product: int) -> bool | None:
    """Whether odds were made while the match was played; None where that is not told."""
    found = root.find("sport_event_status")
    if found is not None and (code := optional_integer(found, "status")) is not None:
        return str(code) == _LIVE
    return False if product == _PRE_MATCH else None


# The producer of odds that are taken down at kick-off.
_PRE_MATCH = 3

_OUTCOMES: dict[str, dict[str, str]] = {
    "1x2": {"1": "home", "2": "draw", "3": "away"},
    "totals": {"12": "over", "13": "under"},
    "both_teams_to_score": {"74": "yes", "76": "no"},
}
_HOUSE = frozenset(market.id for market in MARKETS)
_MARKETS = {"1": "1x2", "18": "totals", "29": "both_teams_to_score"}


def house_market(market: Any) -> str:
    """The house's market that a market element is of football (`totals:2.5`), or empty."""
    kind = _MARKETS.get(market.get("id", ""), "")
    specifiers = [each for each in market.get("specifiers", "").split("|") if each]
    if kind == "totals":
        name, _, line = specifiers[0].partition("=") if len(specifiers) == 1 else ("", "", "")
        kind, specifiers = (f"totals:{line}" if name == "total" else ""), []
    return kind if not specifiers and kind in _HOUSE else ""


def selection(house: str, outcome: str) -> str:
    """The house's selection of an outcome of one of its markets, or empty."""
    known = _OUTCOMES.get(house.partition(":")[0], {}).get(outcome)
    return "" if known is None else f"{house}/{known}"

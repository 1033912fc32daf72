"""The running counts of a football match in the Unified Odds Feed: `sport_event_status/statistics`.

Source: the feed's public documentation. An odds change brings them beside the odds. Other sports
have a status without them.
"""

from __future__ import annotations

import re
from typing import Any

from overround.adapters.feeds.xml import integer
from overround.domain.kernel.match import Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved

# By `match_status`; the breaks after regular and extra time belong to what they follow. One that
# is not here (interrupted, say) is no part of a match, so how far it has come is not told.
PERIOD = {
    "0": Period.NOT_STARTED,
    "6": Period.FIRST_HALF,
    "31": Period.HALF_TIME,
    "7": Period.SECOND_HALF,
    "32": Period.FULL_TIME,
    "41": Period.EXTRA_TIME,
    "33": Period.EXTRA_TIME,
    "42": Period.EXTRA_TIME,
    "34": Period.EXTRA_TIME,
    "50": Period.PENALTIES,
    "100": Period.ENDED,
    "110": Period.ENDED,
    "120": Period.ENDED,
}
# Counts of a match that ended after extra time, or after a shoot-out, reach past regular time.
_REACHED = {"110": Period.EXTRA_TIME, "120": Period.PENALTIES}
_MATCH_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9])")


def statistics(root: Any, event_id: str, provider: str, sequence: int) -> StatisticsObserved | None:
    """What an odds change counts; None if it counts nothing.

    Raises:
        Refusal: missing_field, wrong_type, bad_time.
    """
    counts = root.find("sport_event_status/statistics")
    if counts is None:
        return None
    status = counts.getparent()
    part = status.get("match_status", "")
    period = _REACHED.get(part) or PERIOD.get(part)
    sides = (_side(counts, side) for side in ("home", "away"))
    return StatisticsObserved(event_id, provider, sequence, period, clock_s(status), *sides)


def _side(counts: Any, side: str) -> SideStatistics:
    red, second_yellow = _count(counts, "red_cards", side), _count(counts, "yellow_red_cards", side)
    # A dismissal is in one of them; one alone does not say how many there were.
    return SideStatistics(
        corners=_count(counts, "corners", side),
        yellow_cards=_count(counts, "yellow_cards", side),
        red_cards=None if red is None or second_yellow is None else red + second_yellow,
    )


def _count(counts: Any, name: str, side: str) -> int | None:
    element = counts.find(name)
    return None if element is None else integer(element, side)


def clock_s(status: Any) -> int | None:
    """The match clock of a status, stoppage time included; None if it has none.

    Raises:
        Refusal: bad_time.
    """
    clock = status.find("clock")
    match_time = None if clock is None else clock.get("match_time")
    if match_time is None:
        return None
    return _seconds("match_time", match_time) + _seconds(
        "stoppage_time", clock.get("stoppage_time", "0:00")
    )


def _seconds(name: str, text: str) -> int:
    parts = _MATCH_TIME.fullmatch(text)
    if parts is None:
        raise Refusal("bad_time", f"{name} {text}"[:100])
    return 60 * int(parts[1]) + int(parts[2])

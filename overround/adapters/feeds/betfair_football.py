"""What a football market of Betfair's is here: its selections, and the match that it is of.

Only what recordings show is read. In all 140 recorded markets of 1X2 the runners come home, away,
draw, and the draw has the same id; the home side won there by 40 % of the prices, the away side by
29 %. Lines of goals and both-to-score have ids of their own. What is anything else, or contradicts
the names that a recording may have, is left alone.
"""

from __future__ import annotations

from datetime import datetime

from overround.adapters.feeds.contracts.betfair import MarketDefinition
from overround.domain.feeds.books import RunnerSelection
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.time import from_datetime

_FOOTBALL = "1"
_RESULT = "MATCH_ODDS"
_DRAW = 58_805
# Runners that are the same in every match; lines above have ids that nobody has shown us.
_BY_ID: dict[str, dict[int, str]] = {
    "OVER_UNDER_05": {5_851_482: "totals:0.5/under", 5_851_483: "totals:0.5/over"},
    "OVER_UNDER_15": {1_221_385: "totals:1.5/under", 1_221_386: "totals:1.5/over"},
    "OVER_UNDER_25": {47_972: "totals:2.5/under", 47_973: "totals:2.5/over"},
    "BOTH_TEAMS_TO_SCORE": {
        30_246: "both_teams_to_score/yes",
        110_503: "both_teams_to_score/no",
    },
}
# How Betfair names a match, the home side first.
_VERSUS = " v "
# Countries with one league system. `GB` is four of them.
_COUNTRIES = {
    "BE": "Belgium",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GR": "Greece",
    "IT": "Italy",
    "NL": "Netherlands",
    "PT": "Portugal",
    "TR": "Turkey",
}


def selections(definition: MarketDefinition) -> tuple[RunnerSelection, ...]:
    """Which selection each runner is here; nothing where any of it is not sure."""
    if definition.event_type_id != _FOOTBALL:
        return ()
    runners = definition.runners or []
    if definition.market_type == _RESULT:
        return _of_result(definition)
    known = _BY_ID.get(definition.market_type or "", {})
    if {runner.id for runner in runners} != known.keys() or len(runners) != len(known):
        return ()
    return tuple(RunnerSelection(str(each.id), known[each.id]) for each in runners)


def _of_result(definition: MarketDefinition) -> tuple[RunnerSelection, ...]:
    runners = definition.runners or []
    placed = sorted((runner.sort_priority or 0, runner.id, runner.name) for runner in runners)
    if [place for place, _, _ in placed] != [1, 2, 3] or placed[2][1] != _DRAW:
        return ()
    home, away, _ = placed
    if (definition.event_name or "").split(_VERSUS) == [away[2], home[2]]:
        return ()
    ids = [str(id_) for _, id_, _ in placed]
    return tuple(map(RunnerSelection, ids, ("1x2/home", "1x2/away", "1x2/draw")))


def fixture(definition: MarketDefinition, command: RecordFeed) -> FixtureScheduled | None:
    """The match that a market of 1X2 is of, if the definition names it: recordings do.

    Raises:
        Refusal: `bad_kickoff`, or `bad_text` for a name with what no name has.
    """
    if definition.event_type_id != _FOOTBALL or definition.market_type != _RESULT:
        return None
    home, versus, away = (definition.event_name or "").partition(_VERSUS)
    if not versus or _VERSUS in away or definition.open_date is None:
        return None
    if not (home + away).isprintable():
        raise Refusal("bad_text", "eventName")
    return FixtureScheduled(
        command.event_id,
        command.provider,
        command.sequence,
        "",
        home,
        away,
        _kickoff_us(definition.open_date),
        country=_COUNTRIES.get(definition.country_code or "", ""),
    )


def _kickoff_us(text: str) -> int:
    try:
        return from_datetime(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z"))
    except ValueError as error:
        raise Refusal("bad_kickoff", text) from error

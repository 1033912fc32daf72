"""`overround explain`: why a market is quoted as it is, recomputed from the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import click
from rich.console import Console

from cli.explain.account import Explanation
from cli.explain.account import explain as explain_market
from cli.explain.history import MARKETS, Change, history, sport_history
from cli.explain.other_sports import explain_sport, sports_offering
from cli.explain.quoted import compare, compare_sides
from cli.explain.show import kept, show
from cli.explain.times import At, moment_at, parsed
from cli.options import bootstrap_option, unknown
from cli.topic_reader import KafkaTopics
from overround.contracts.topic import PARTITIONS
from overround.domain.kernel.traded import TRADED_MARKET_IDS
from overround.domain.pricing.football.layout import ON_SIDES
from overround.runtime.in_process import partition_of
from overround.runtime.records import Wire
from overround.runtime.replay import Recorded
from topologies.wire import sportsbook_wire

# A pipe has no width of its own; the widest table fits.
_COLUMNS = 120


@click.command(epilog="Example: overround explain match-1 1x2 --at 63:10")
@click.argument("event", metavar="EVENT")
@click.argument("market", metavar="MARKET")
@click.option(
    "--at",
    callback=parsed,
    metavar="TIME",
    help="Match clock (63:10, 45+2:30) or ISO 8601 time (UTC); the newest state without it.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="How many observations to show, those of the largest effect.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@bootstrap_option
def explain(  # noqa: PLR0917 - one for each option
    event: str, market: str, at: At, limit: int, as_json: bool, bootstrap: str
) -> None:
    """Explain a market's prices: prior, observations, multipliers, margin, and where all is logged.

    EVENT is an event id and MARKET a market's (1x2, totals:2.5, half_1x2:1; of tennis
    set_winner:1). All of it is recomputed from the log and held against what was quoted. Exit
    status: 0 they are equal, 1 they differ, or there is nothing to explain.
    """
    if market not in TRADED_MARKET_IDS and not sports_offering(market):
        raise unknown("market", market, TRADED_MARKET_IDS)
    place = partition_of(event.encode(), PARTITIONS)
    told = explained(
        KafkaTopics(bootstrap, PARTITIONS, [place]), sportsbook_wire(), event, market, at
    )
    if told is None:
        everything = KafkaTopics(bootstrap, PARTITIONS)
        raise unknown("event", event, _events(everything))
    if as_json:
        click.echo(json.dumps(_as_json(told, limit)))
    else:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=_COLUMNS)
        show(console, told, limit)
    raise SystemExit(0 if told.is_equal else 1)


def explained(
    recorded: Recorded, wire: Wire, event_id: str, market: str, at: At = None
) -> Explanation | None:
    """Explain a market at a time, from the topics of any engine; None for an unknown match.

    A side market is explained as it was quoted last, which may have been a second before.

    Raises:
        ClickException: the match was not known yet, has not come so far, or its sport has no such
            market.
    """
    moments = history(recorded, wire, event_id)
    if not moments:
        return _explained_sport(recorded, wire, event_id, market, at)
    if market not in TRADED_MARKET_IDS:
        raise _not_offered(event_id, "football", market)
    until = moments[: moment_at(moments, at) + 1]
    if market in ON_SIDES.markets:
        sides = compare_sides(recorded, wire, event_id, until)
        return explain_market(sides.moments, market, sides.quotes, sides.comparison)
    quotes = _in_force(until, wire)
    return explain_market(until, market, quotes, compare(recorded, wire, event_id, until))


def _explained_sport(
    recorded: Recorded, wire: Wire, event_id: str, market: str, at: At
) -> Explanation | None:
    """The same of a match of another sport."""
    moments = sport_history(recorded, wire, event_id)
    if not moments:
        return None
    sport = moments[0].book.sport
    if sport not in sports_offering(market):
        raise _not_offered(event_id, sport, market)
    until = moments[: moment_at(moments, at) + 1]
    quotes = _in_force(until, wire)
    return explain_sport(until, market, quotes, compare(recorded, wire, event_id, until))


def _in_force(moments: Sequence[Change], wire: Wire) -> Any:
    """The last quotes that were made by then, None before there were any."""
    told = next((each.told for each in reversed(moments) if each.told is not None), None)
    return None if told is None else wire.decode(told).value


def _not_offered(event_id: str, sport: str, market: str) -> click.ClickException:
    return click.ClickException(f"{event_id} is {sport}, which has no market {market}")


def _events(recorded: Recorded) -> set[str]:
    return {
        record.key.decode(errors="replace")
        for partition in range(recorded.partitions)
        for record in recorded.read(MARKETS.inbox.name, partition)
        if record.key is not None
    }


def _as_json(told: Explanation, limit: int) -> dict[str, Any]:
    observations = tuple(told.observations[n] for n in kept(told.observations, limit))
    found = asdict(replace(told, observations=observations))
    return found | {
        "observations_in_all": len(told.observations),
        "is_equal": told.is_equal,
    }
